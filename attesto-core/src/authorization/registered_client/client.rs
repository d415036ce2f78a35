//! A registered client, with the settings that this server uses (HC-1).

use super::authentication::ClientAuthentication;
use super::grant_type::GrantType;
use super::origin::is_origin;
use crate::Timestamp;
use crate::authorization::scopes::ScopeSet;
use crate::crypto::Algorithm;
use alloc::string::String;
use alloc::vec::Vec;

/// What a client's tokens must be bound to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SenderConstraint {
    /// A DPoP key (RFC 9449).
    Dpop,
    /// A client certificate (RFC 8705 §3).
    Mtls,
}

/// One registered client.
///
/// ```
/// use attesto_core::authorization::{Client, ClientAuthentication, GrantType};
///
/// let native = Client::new("cli", ClientAuthentication::None)
///     .native()
///     .redirect_uris(["http://127.0.0.1/callback"])
///     .scopes(["files.read", "files.write"])
///     .grants([GrantType::AuthorizationCode, GrantType::RefreshToken]);
/// assert!(native.is_public());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Client {
    pub(crate) id: String,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) secret_expires_at: Option<Timestamp>,
    pub(crate) older_assertion_audiences: bool,
    pub(crate) grants: Vec<GrantType>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: ScopeSet,
    pub(crate) default_scopes: ScopeSet,
    pub(crate) resources: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) native: bool,
    pub(crate) localhost_redirects: bool,
    pub(crate) constraint: Option<SenderConstraint>,
    pub(crate) require_pushed_requests: bool,
    pub(crate) default_max_age: Option<u32>,
    pub(crate) origins: Vec<String>,
    pub(crate) id_token_alg: Option<Algorithm>,
    pub(crate) introspection_alg: Option<Algorithm>,
    pub(crate) nonce_instead_of_pkce: bool,
    pub(crate) without_pkce: bool,
}

impl Client {
    /// Creates a client with this identifier and authentication. It has no permissions yet.
    pub fn new(id: impl Into<String>, authentication: ClientAuthentication) -> Self {
        Self {
            id: id.into(),
            authentication,
            secret_expires_at: None,
            older_assertion_audiences: false,
            grants: Vec::new(),
            redirect_uris: Vec::new(),
            scopes: ScopeSet::default(),
            default_scopes: ScopeSet::default(),
            resources: Vec::new(),
            name: None,
            native: false,
            localhost_redirects: false,
            constraint: None,
            require_pushed_requests: false,
            default_max_age: None,
            origins: Vec::new(),
            id_token_alg: None,
            introspection_alg: None,
            nonce_instead_of_pkce: false,
            without_pkce: false,
        }
    }

    /// Sets when its secret expires (RFC 7591 §3.2.1; CA-12).
    pub const fn secret_expires_at(mut self, at: Timestamp) -> Self {
        self.secret_expires_at = Some(at);
        self
    }

    /// **For clients that cannot be changed.** Accepts assertions of this client whose `aud` is not only the issuer,
    /// but the URL of the token endpoint or of the endpoint for pushed requests, or a list of one. Applies at every
    /// endpoint, except if `typ` is `client-authentication+jwt` (RFC 7523 §3, RFC 9126 §2; CA-5).
    ///
    /// The risk: the client also uses a server whose metadata names our token endpoint as its own. The client makes an
    /// assertion for that, sends it to an endpoint of that server, and that server can then impersonate the client
    /// here. So each use is reported:
    /// [`EventKind::OlderAssertionAudience`](crate::authorization::EventKind::OlderAssertionAudience).
    pub const fn danger_older_assertion_audiences(mut self) -> Self {
        self.older_assertion_audiences = true;
        self
    }

    /// Sets the grants that the client may use.
    pub fn grants(mut self, grants: impl IntoIterator<Item = GrantType>) -> Self {
        self.grants = grants.into_iter().collect();
        self
    }

    /// Sets the client's redirect URIs, compared as text (AZ-8). An application that listens on any free loopback port
    /// is registered without a port, and as [`native`](Self::native).
    ///
    /// Codes are sent to https URIs, to plain http ones of loopback addresses (`127.0.0.1`, `[::1]`, `localhost`;
    /// RFC 9700 §2.6), and to private-use schemes that contain a dot (RFC 8252 §7.1) or that
    /// [`private_use_schemes`](crate::authorization::AuthorizationServerBuilder::private_use_schemes) lists. They are
    /// never sent to `javascript:`, `data:`, `file:`, `mailto:`, `intent:` and the like, whatever is registered.
    pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.redirect_uris = uris.into_iter().map(Into::into).collect();
        self
    }

    /// Sets every scope that the client may be granted. Drops what is not a scope-token.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = ScopeSet::new(scopes);
        self
    }

    /// Sets the scopes of a request that names none; by default all of the client's. All of them must be among the
    /// [`scopes`](Self::scopes), or no request of the client is answered (see [`check`](Self::check)).
    pub fn default_scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.default_scopes = ScopeSet::new(scopes);
        self
    }

    /// Sets the resources that the client may request tokens for, besides the server's own audience (RFC 8707 §2):
    /// absolute URIs of any scheme, without a fragment. `https://host` and `https://host/` are one resource: requests
    /// may use either spelling, and tokens use the one given here. A client that has both is refused with
    /// [`HostError::ResourceSpelledTwice`](crate::authorization::HostError::ResourceSpelledTwice) (AZ-21).
    pub fn resources<S: Into<String>>(mut self, resources: impl IntoIterator<Item = S>) -> Self {
        self.resources = resources.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a name for people, shown when asking for consent.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Marks an application on the user's own device: its loopback redirect URIs match on any port (RFC 8252 §7.3;
    /// AZ-9), and it counts as public even with a secret (§8.5; CA-9).
    pub const fn native(mut self) -> Self {
        self.native = true;
        self
    }

    /// Also lets `http://localhost` redirects of a native client match on any port (AZ-9). RFC 8252 §8.3 advises
    /// against it, but half of the existing clients use it. With [`Profile::Mcp`](crate::authorization::Profile::Mcp)
    /// this applies to every native client.
    pub const fn localhost_redirects(mut self) -> Self {
        self.localhost_redirects = true;
        self
    }

    /// Requires every token of the client to be bound in this way; no other binding is accepted (SC-2).
    pub const fn require(mut self, constraint: SenderConstraint) -> Self {
        self.constraint = Some(constraint);
        self
    }

    /// Requires the client to push its authorization requests (RFC 9126 §6; AZ-13).
    pub const fn require_pushed_requests(mut self) -> Self {
        self.require_pushed_requests = true;
        self
    }

    /// Lets the client omit PKCE if its request is for `openid` and has a `nonce`, which the client then checks in the
    /// ID token (RFC 9700 §2.1.1, OAuth 2.1 §7.5.1; AZ-15). For relying parties whose library has no PKCE. If the user
    /// or the host does not allow `openid`, no code is issued. A challenge that is sent is always enforced.
    ///
    /// It has no effect on clients that are public, [`native`](Self::native) or [bound to a key](Self::require), with
    /// [`Profile::Mcp`](crate::authorization::Profile::Mcp), or if the server is not an OpenID provider. Use it for
    /// clients that you register yourself and whose check of the nonce you know, never because a registration request
    /// or a client's document asks for it.
    pub const fn nonce_instead_of_pkce(mut self) -> Self {
        self.nonce_instead_of_pkce = true;
        self
    }

    /// Lets the client omit PKCE, with or without a `nonce` (AZ-15). An attacker can then inject a stolen code into
    /// another user's session at this client, and this server cannot detect it (RFC 9700 §4.5). For old clients that
    /// cannot be corrected. A challenge that is sent is always enforced.
    ///
    /// It has no effect where [`nonce_instead_of_pkce`](Self::nonce_instead_of_pkce) has none, except that the server
    /// need not be an OpenID provider.
    pub const fn danger_without_pkce(mut self) -> Self {
        self.without_pkce = true;
        self
    }

    /// Sets the greatest age of the user's login, in seconds, for requests without `max_age` (OIDC Registration §2;
    /// AZ-18).
    pub const fn default_max_age(mut self, seconds: u32) -> Self {
        self.default_max_age = Some(seconds);
        self
    }

    /// Sets the origins of the client's scripts in browsers, as browsers send them: `https://app.example`, in lower
    /// case, without a path, with a port only if it is not the scheme's (EP-11). These scripts may read the responses
    /// of the token, revocation and pushed authorization request endpoints to this client. Drops what is not an origin.
    /// For requests of scripts with a DPoP proof,
    /// [`allow_browser_clients`](crate::authorization::AuthorizationServerBuilder::allow_browser_clients) is also required.
    pub fn origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins = origins.into_iter().map(Into::into).filter(|origin: &String| is_origin(origin)).collect();
        self
    }

    /// Sets the algorithm of the client's ID tokens (OIDC Registration §2). The server must have a key ring for it
    /// ([`id_token_keys`](crate::authorization::AuthorizationServerBuilder::id_token_keys)), or the client's requests
    /// for `openid` fail. By default RS256, or the algorithm of access tokens if the server has no RS256.
    pub const fn id_token_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.id_token_alg = Some(algorithm);
        self
    }

    /// Sets the algorithm of signed introspection responses to the client (RFC 9701 §6). By default that of access
    /// tokens.
    pub const fn introspection_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.introspection_alg = Some(algorithm);
        self
    }

    /// The client's identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client's name for people, or else its identifier.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether the client cannot keep a secret, so that nothing proves its identity (RFC 6749 §2.1; CA-9).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.authentication, ClientAuthentication::None) || self.native
    }

    /// The scopes of a request that names none.
    pub(crate) const fn defaults(&self) -> &ScopeSet {
        if self.default_scopes.is_empty() { &self.scopes } else { &self.default_scopes }
    }

    pub(crate) fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }
}
