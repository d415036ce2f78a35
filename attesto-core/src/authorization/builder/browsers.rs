//! Options for browsers: redirect URIs, scopes, consent, scripts (AZ-8, AZ-14, AZ-25, EP-11).

use super::options::AuthorizationServerBuilder;
use crate::authorization::scopes::ScopeSet;
use alloc::string::String;

impl AuthorizationServerBuilder {
    /// Sets private-use URI schemes without a dot that redirect URIs may have: `cursor`, `vscode`. Without the colon,
    /// in lower case.
    ///
    /// A scheme with a dot, `com.example.app`, is a reversed domain name and needs no permission (RFC 8252 §7.1). Any
    /// application can claim one without a dot, so list only those of applications that you know (§8.4). By default
    /// none.
    pub fn private_use_schemes<S: Into<String>>(mut self, schemes: impl IntoIterator<Item = S>) -> Self {
        self.private_use_schemes = schemes.into_iter().map(Into::into).collect();
        self
    }

    /// Grants the requested scopes that a client may have and leaves out the others with an event
    /// ([`ScopesLeftOut`](crate::authorization::EventKind::ScopesLeftOut)), instead of refusing the authorization
    /// request with `invalid_scope` (RFC 6749 §3.3 allows both). If none is left, the request is still refused. Off by
    /// default.
    pub const fn narrow_scopes(mut self) -> Self {
        self.narrow_scopes = true;
        self
    }

    /// Ties scopes to a resource (RFC 9068 §3; TK-5). A token carries them only if this resource is one of its own, and
    /// the response's `scope` lists what it carries. Scopes tied to no resource go into every token. An authorization
    /// request with tied scopes and none of their resources is refused with `invalid_scope`, or narrowed with
    /// [`narrow_scopes`](Self::narrow_scopes).
    ///
    /// A client that was granted scopes of two resources gets a token for each by naming one `resource` at the token
    /// endpoint. Spell resources as in [`audience`](Self::audience): two spellings of one are a configuration error.
    pub fn scopes_of_resource<S: AsRef<str>>(
        mut self,
        resource: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.tied_scopes.0.push((resource.into(), ScopeSet::new(scopes)));
        self
    }

    /// Lets scripts read responses to requests sent with `credentials: "include"` (Fetch §3.3.5), from the origins
    /// registered for the client, as always. Cookies are ignored. Few libraries need it, among them keycloak-js. Off by
    /// default.
    pub const fn allow_browser_credentials(mut self) -> Self {
        self.browser_credentials = true;
        self
    }

    /// **Development only.** Accepts earlier consent for a site on the developer's own machine: a client that is not
    /// [`native`](crate::authorization::Client::native), with a plain http loopback redirect URI that is registered
    /// exactly, including the port.
    ///
    /// Otherwise the user is asked each time the response goes to the device itself, since another application may be
    /// listening there (RFC 8252 §8.6), and `prompt=none` always ends with `consent_required`.
    pub const fn danger_loopback_is_a_site(mut self) -> Self {
        self.loopback_is_a_site = true;
        self
    }
}
