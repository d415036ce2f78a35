//! Who may ask for tokens: a registered client, as far as this server needs to know it (HC-1).

use super::authentication::ClientAuthentication;
use super::grant_type::GrantType;
use super::origin::is_origin;
use crate::Timestamp;
use crate::authorization::scopes::ScopeSet;
use crate::crypto::Algorithm;
use alloc::string::String;
use alloc::vec::Vec;

/// What tokens can be bound to.
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
    pub(crate) require_par: bool,
    pub(crate) default_max_age: Option<u32>,
    pub(crate) origins: Vec<String>,
    pub(crate) id_token_alg: Option<Algorithm>,
    pub(crate) introspection_alg: Option<Algorithm>,
    pub(crate) nonce_instead_of_pkce: bool,
    pub(crate) without_pkce: bool,
}

impl Client {
    /// A client of this identifier that authenticates in this way. It may do nothing yet.
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
            require_par: false,
            default_max_age: None,
            origins: Vec::new(),
            id_token_alg: None,
            introspection_alg: None,
            nonce_instead_of_pkce: false,
            without_pkce: false,
        }
    }

    /// When its secret stops counting (RFC 7591 §3.2.1; CA-12).
    pub const fn secret_expires_at(mut self, at: Timestamp) -> Self {
        self.secret_expires_at = Some(at);
        self
    }

    /// **For clients that cannot be changed.** Takes assertions of this client whose `aud` is not the issuer alone, but the URL of the token
    /// endpoint or of the endpoint for pushed requests, or a list of one; at every endpoint, except where `typ` is
    /// `client-authentication+jwt` (RFC 7523 §3, RFC 9126 §2; CA-5).
    ///
    /// What can happen: the client also uses a server whose metadata names our token endpoint as its own. It makes an assertion for that,
    /// sends it to an endpoint of that server, and that server can be the client here. So each use is told of:
    /// [`EventKind::OlderAssertionAudience`](crate::authorization::EventKind::OlderAssertionAudience).
    pub const fn danger_older_assertion_audiences(mut self) -> Self {
        self.older_assertion_audiences = true;
        self
    }

    /// The grants it may use.
    pub fn grants(mut self, grants: impl IntoIterator<Item = GrantType>) -> Self {
        self.grants = grants.into_iter().collect();
        self
    }

    /// The redirect URIs that are its own, compared as text (AZ-8). An application that listens on whichever loopback port is free is
    /// registered without one, and as [`native`](Self::native).
    ///
    /// Codes are sent to https URIs, to plain http ones of loopback addresses (`127.0.0.1`, `[::1]`, `localhost`; RFC 9700 §2.6), and to
    /// private-use schemes that hold a dot (RFC 8252 §7.1) or that
    /// [`private_use_schemes`](crate::authorization::AuthorizationServerBuilder::private_use_schemes) lists; never to `javascript:`, `data:`, `file:`,
    /// `mailto:`, `intent:` and the like, whatever is registered.
    pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.redirect_uris = uris.into_iter().map(Into::into).collect();
        self
    }

    /// Every scope that it may ever be granted. What is no scope-token is left out.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = ScopeSet::of(scopes);
        self
    }

    /// What it is granted when it asks for nothing in particular; by default everything it may have. All of it must be among the
    /// [`scopes`](Self::scopes): else no request of the client is answered (see [`check`](Self::check)).
    pub fn default_scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.default_scopes = ScopeSet::of(scopes);
        self
    }

    /// The resources that it may ask tokens for, besides the server's own audience (RFC 8707 §2): absolute URIs of any scheme, without a
    /// fragment. `https://host` and `https://host/` are one resource: it may be asked for either way, tokens spell it as it stands
    /// here, and a client that has both is refused with [`Reason::ResourceSpelledTwice`](crate::authorization::Reason::ResourceSpelledTwice) (AZ-21).
    pub fn resources<S: Into<String>>(mut self, resources: impl IntoIterator<Item = S>) -> Self {
        self.resources = resources.into_iter().map(Into::into).collect();
        self
    }

    /// A name for people, shown where consent is asked for.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// An application on the user's own device: its loopback redirect URIs match on any port (RFC 8252 §7.3; AZ-9), and it
    /// counts as public whatever secret it has (§8.5; CA-9).
    pub const fn native(mut self) -> Self {
        self.native = true;
        self
    }

    /// Lets `http://localhost` redirects of a native client match on any port too (RFC 8252 §8.3 advises against it; AZ-9): half of the
    /// clients that there are write it so. With [`Profile::Mcp`](crate::authorization::Profile::Mcp) it is so for every native client.
    pub const fn localhost_redirects(mut self) -> Self {
        self.localhost_redirects = true;
        self
    }

    /// Every token of it is bound in this way; the other way does not do (SC-2).
    pub const fn require(mut self, constraint: SenderConstraint) -> Self {
        self.constraint = Some(constraint);
        self
    }

    /// It must push its authorization requests (RFC 9126 §6; AZ-13).
    pub const fn require_par(mut self) -> Self {
        self.require_par = true;
        self
    }

    /// It may leave out PKCE where its request is for `openid` and has a `nonce`, which the client then checks in the ID token (RFC 9700
    /// §2.1.1, OAuth 2.1 §7.5.1; AZ-15): for relying parties whose library has no PKCE. If the user or the host does not allow
    /// `openid`, there is no code. A challenge that is sent binds as always.
    ///
    /// It has no effect on clients that are public, [`native`](Self::native) or [bound to a key](Self::require), nor with
    /// [`Profile::Mcp`](crate::authorization::Profile::Mcp), nor where the server is no OpenID provider. Say it of clients that you register yourself
    /// and whose check of the nonce you know; never because a registration request or a client's document asks for it.
    pub const fn nonce_instead_of_pkce(mut self) -> Self {
        self.nonce_instead_of_pkce = true;
        self
    }

    /// It may leave out PKCE, with or without a `nonce` (AZ-15). A code that an attacker has stolen can then be slipped into another
    /// user's session at this client, and nothing here can tell (RFC 9700 §4.5): for old clients that cannot be mended, while
    /// they last. A challenge that is sent binds as always.
    ///
    /// It has no effect where [`nonce_instead_of_pkce`](Self::nonce_instead_of_pkce) has none, but for servers that are no OpenID provider.
    pub const fn danger_without_pkce(mut self) -> Self {
        self.without_pkce = true;
        self
    }

    /// Seconds since the user's last login that it puts up with where its request does not say (OIDC Registration §2; AZ-18).
    pub const fn default_max_age(mut self, seconds: u32) -> Self {
        self.default_max_age = Some(seconds);
        self
    }

    /// The origins that its scripts run on in browsers, as browsers send them: `https://app.example`, in lower case, without a path, with
    /// a port only where it is not the scheme's (EP-11). They may read what the token, the revocation and the pushed authorization
    /// request endpoint answer to this client. What is no origin is left out. Scripts whose requests carry a DPoP proof need
    /// [`browser_clients`](crate::authorization::AuthorizationServerBuilder::browser_clients) besides.
    pub fn origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins = origins.into_iter().map(Into::into).filter(|origin: &String| is_origin(origin)).collect();
        self
    }

    /// The algorithm that its ID tokens are signed with (OIDC Registration §2): one that the server has a ring of
    /// ([`id_token_keys`](crate::authorization::AuthorizationServerBuilder::id_token_keys)), or its requests for `openid` end with an error. By default
    /// RS256, or that of access tokens where a server has no RS256.
    pub const fn id_token_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.id_token_alg = Some(algorithm);
        self
    }

    /// The algorithm that answers of the introspection endpoint are signed with where it asks for signed ones (RFC 9701 §6). By default
    /// that of access tokens.
    pub const fn introspection_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.introspection_alg = Some(algorithm);
        self
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name for people, or its identifier.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether it can keep no secret: nothing that it presents tells it from somebody else (RFC 6749 §2.1; CA-9).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.authentication, ClientAuthentication::None) || self.native
    }

    /// What it is granted when it asks for nothing in particular.
    pub(crate) const fn defaults(&self) -> &ScopeSet {
        if self.default_scopes.is_empty() { &self.scopes } else { &self.default_scopes }
    }

    pub(crate) fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }
}
