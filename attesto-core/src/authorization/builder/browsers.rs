//! Switches of what happens in browsers: redirect URIs, scopes, consent, scripts (AZ-8, AZ-14, AZ-25, EP-11).

use super::options::AuthorizationServerBuilder;
use crate::authorization::scopes::ScopeSet;
use alloc::string::String;

impl AuthorizationServerBuilder {
    /// Private-use URI schemes without a dot that redirect URIs may have: `cursor`, `vscode`. Without the colon, in lower case.
    ///
    /// A scheme that holds a dot, `com.example.app`, is a domain name in reverse and needs no permission (RFC 8252 §7.1). Any
    /// application can claim one without a dot, so list only those of applications that you know (§8.4). By default none.
    pub fn private_use_schemes<S: Into<String>>(mut self, schemes: impl IntoIterator<Item = S>) -> Self {
        self.private_use_schemes = schemes.into_iter().map(Into::into).collect();
        self
    }

    /// Grants what a client may have of the scopes that it asks for, and leaves out the others with an event
    /// ([`ScopesLeftOut`](crate::authorization::EventKind::ScopesLeftOut)), instead of refusing the authorization request with
    /// `invalid_scope` (RFC 6749 §3.3 allows both). Where nothing is left, it is refused all the same. Off by default.
    pub const fn narrow_scopes(mut self) -> Self {
        self.narrow_scopes = true;
        self
    }

    /// Ties scopes to a resource (RFC 9068 §3; TK-5): a token carries them where this resource is among those that it is for, and the
    /// answer's `scope` says what it carries. Scopes that are tied to none go into every token. An authorization request that names
    /// tied scopes and none of their resources is refused with `invalid_scope`, or narrowed with [`narrow_scopes`](Self::narrow_scopes).
    ///
    /// A client that was granted scopes of two resources gets a token for each by naming one `resource` at the token endpoint, with what
    /// belongs to it. Spell resources as they are spelled in [`audience`](Self::audience): two spellings of one are a configuration error.
    pub fn scopes_of_resource<S: AsRef<str>>(
        mut self,
        resource: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        self.tied_scopes.0.push((resource.into(), ScopeSet::of(scopes)));
        self
    }

    /// Lets scripts read answers to requests that they send with `credentials: "include"` (Fetch §3.3.5): those of the origins that the
    /// client is registered with, as always. Cookies are not looked at. Needed by few libraries, keycloak-js among them. Off by default.
    pub const fn browser_credentials(mut self) -> Self {
        self.browser_credentials = true;
        self
    }

    /// **Development only.** Consent that was given before may count for a site that runs on the developer's own machine: a client that is
    /// not [`native`](crate::authorization::Client::native), with a plain http loopback redirect URI that is registered to the letter,
    /// port and all.
    ///
    /// Otherwise the user is asked each time where the answer goes to the device itself, since any other application there may be the
    /// one that listens (RFC 8252 §8.6), and `prompt=none` always ends with `consent_required`.
    pub const fn danger_loopback_is_a_site(mut self) -> Self {
        self.loopback_is_a_site = true;
        self
    }
}
