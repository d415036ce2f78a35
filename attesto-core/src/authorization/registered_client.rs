//! A registered client, with the settings that this server uses (catalogue HC-1).

use super::error::reason::Reason;
use super::flow::cors::is_origin;
use super::scopes::ScopeSet;
use crate::crypto::Algorithm;
use crate::jose::JwkSet;
use crate::mtls::DistinguishedName;
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// A grant type of the token endpoint (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum GrantType {
    /// `authorization_code` (RFC 6749 §4.1).
    AuthorizationCode,
    /// `client_credentials` (RFC 6749 §4.4). The subject of its tokens is the client's identifier: give clients
    /// identifiers that no user has, or distinguish the two by
    /// [`principal_kinds`](crate::authorization::AuthorizationServerBuilder::principal_kinds) (RFC 9700 §4.15).
    ClientCredentials,
    /// `refresh_token` (RFC 6749 §6).
    RefreshToken,
}

impl GrantType {
    /// Every supported grant.
    pub const ALL: &'static [Self] = &[Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// Returns the grant of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|grant| grant.name() == name)
    }

    /// Whether a public client may use it (TK-1).
    pub(crate) const fn is_for_public_clients(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::RefreshToken => true,
            Self::ClientCredentials => false,
        }
    }
}

/// A method of client authentication (RFC 7591 §2, RFC 8705 §2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: a public client only names itself.
    None,
    /// `client_secret_basic` (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_secret_post` (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// `private_key_jwt` (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// `tls_client_auth` (RFC 8705 §2.1).
    TlsClientAuth,
    /// `self_signed_tls_client_auth` (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
}

impl AuthMethod {
    /// Every supported method.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }
}

impl AuthMethod {
    /// Returns the method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }
}

/// How one client authenticates: exactly with what it is registered with (CA-10).
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// No authentication: a public client (CA-9).
    None,
    /// A secret, in the `Authorization` field or in the body, one at a time: for libraries that alternate between the
    /// two, or if it is unknown which one a library uses (RFC 6749 §2.3.1; CA-2, CA-3). The host stores and checks the
    /// secret.
    Secret,
    /// A secret in the `Authorization` field (CA-2).
    SecretBasic,
    /// A secret in the body (CA-3).
    SecretPost,
    /// An assertion signed with one of these keys (CA-4).
    PrivateKeyJwt(ClientKeys),
    /// A certificate with this subject, whose chain the TLS terminator has validated (CA-7): see
    /// [`tls_chains_are_validated`](crate::authorization::AuthorizationServerBuilder::tls_chains_are_validated).
    TlsClientAuth(TlsSubject),
    /// One of these certificates, each as DER (CA-8).
    SelfSignedTls(Vec<Vec<u8>>),
}

impl ClientAuthentication {
    /// The methods that the client may use: one, or two with [`Secret`](Self::Secret).
    #[must_use]
    pub const fn methods(&self) -> &'static [AuthMethod] {
        match self {
            Self::None => &[AuthMethod::None],
            Self::Secret => &[AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            Self::SecretBasic => &[AuthMethod::ClientSecretBasic],
            Self::SecretPost => &[AuthMethod::ClientSecretPost],
            Self::PrivateKeyJwt(_) => &[AuthMethod::PrivateKeyJwt],
            Self::TlsClientAuth(_) => &[AuthMethod::TlsClientAuth],
            Self::SelfSignedTls(_) => &[AuthMethod::SelfSignedTlsClientAuth],
        }
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.methods().iter().map(|method| method.name())).finish()
    }
}

/// The source of a client's keys (RFC 7591 §2: `jwks` or `jwks_uri`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientKeys {
    /// Registered by value, and parsed for each request that needs them. For a client with many requests, cache
    /// [`VerificationKeys`](crate::jose::VerificationKeys) and use [`AskHost`](Self::AskHost).
    Registered(JwkSet),
    /// The host has them, and is asked for them ([`Ask::ClientKeys`](crate::authorization::Ask::ClientKeys)).
    AskHost,
}

/// The subject that a client's certificate must have (RFC 8705 §2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsSubject {
    /// `tls_client_auth_subject_dn`, in the form of RFC 4514, most specific name first. Compared name by name, each
    /// value exactly. Attribute types are the descriptors of RFC 4519, those of extended validation certificates, and
    /// numbers.
    Dn(String),
    /// `tls_client_auth_san_dns`, in any case.
    SanDns(String),
    /// `tls_client_auth_san_uri`, byte for byte.
    SanUri(String),
    /// `tls_client_auth_san_ip`, as text.
    SanIp(String),
    /// `tls_client_auth_san_email`: the part before the `@` compares exactly, the host in any case.
    SanEmail(String),
}

impl TlsSubject {
    /// Whether any certificate can match it. RFC 8705 §2.1.2; CA-7.
    fn is_readable(&self) -> bool {
        match self {
            Self::Dn(name) => DistinguishedName::parse(name).is_some(),
            Self::SanDns(name) => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()),
            Self::SanUri(uri) => uri.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty()),
            Self::SanIp(address) => address.parse::<IpAddr>().is_ok(),
            Self::SanEmail(mailbox) => {
                mailbox.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
            }
        }
    }

    /// The member's name in a registration (RFC 8705 §2.1.2).
    const fn member(&self) -> &'static str {
        match self {
            Self::Dn(_) => "tls_client_auth_subject_dn",
            Self::SanDns(_) => "tls_client_auth_san_dns",
            Self::SanUri(_) => "tls_client_auth_san_uri",
            Self::SanIp(_) => "tls_client_auth_san_ip",
            Self::SanEmail(_) => "tls_client_auth_san_email",
        }
    }
}

/// What a client's tokens must be bound to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SenderConstraint {
    /// A DPoP key (RFC 9449).
    Dpop,
    /// A client certificate (RFC 8705 §3).
    Mtls,
}

/// Why a registration is unusable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    DefaultScopes,
    /// The member with the subject.
    Subject(&'static str),
    /// The key set has no key.
    Keys,
}

impl Fault {
    /// The reason to refuse the client's requests.
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Self::DefaultScopes => Reason::RegistrationScopes,
            Self::Subject(_) => Reason::RegistrationSubject,
            Self::Keys => Reason::RegistrationKeys,
        }
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DefaultScopes => Self::new("default_scopes", "hold a scope that is not among the client's scopes"),
            Fault::Subject(member) => Self::new(member, "cannot be read: no certificate could ever have it"),
            Fault::Keys => Self::new("jwks", "holds no key: no assertion could ever verify"),
        }
    }
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
            require_par: false,
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
        self.scopes = ScopeSet::of(scopes);
        self
    }

    /// Sets the scopes of a request that names none; by default all of the client's. All of them must be among the
    /// [`scopes`](Self::scopes), or no request of the client is answered (see [`check`](Self::check)).
    pub fn default_scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.default_scopes = ScopeSet::of(scopes);
        self
    }

    /// Sets the resources that the client may request tokens for, besides the server's own audience (RFC 8707 §2):
    /// absolute URIs of any scheme, without a fragment. `https://host` and `https://host/` are one resource: requests
    /// may use either spelling, and tokens use the one given here. A client that has both is refused with
    /// [`Reason::ResourceSpelledTwice`](crate::authorization::Reason::ResourceSpelledTwice) (AZ-21).
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
    pub const fn require_par(mut self) -> Self {
        self.require_par = true;
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
    /// [`browser_clients`](crate::authorization::AuthorizationServerBuilder::browser_clients) is also required.
    pub fn origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins = origins.into_iter().map(Into::into).filter(|origin: &String| is_origin(origin)).collect();
        self
    }

    /// Checks that the parts of the registration are valid and agree with each other.
    ///
    /// Call it when a client is registered. The server checks each client that the host returns: an invalid one gets no
    /// token, the response is `server_error`, and the event names the part.
    ///
    /// ```
    /// use attesto_core::authorization::{Client, ClientAuthentication};
    ///
    /// let job = Client::new("job", ClientAuthentication::SecretBasic).scopes(["read"]);
    /// assert!(job.check().is_ok());
    /// // A scope was removed in one place of two.
    /// assert_eq!(job.default_scopes(["read", "admin"]).check().unwrap_err().member(), "default_scopes");
    /// ```
    ///
    /// # Errors
    /// The first part that contradicts another, or is invalid.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.fault().map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Returns what is wrong with the registration.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.defaults_are_within_the_scopes().and_then(|()| self.credentials_can_be_met()).err()
    }

    /// Checks that the registered credentials can be presented at all. A client that can never authenticate is a
    /// mistake of its registration, and must not look like a mistake of the client.
    fn credentials_can_be_met(&self) -> Result<(), Fault> {
        match &self.authentication {
            ClientAuthentication::TlsClientAuth(subject) if !subject.is_readable() => {
                Err(Fault::Subject(subject.member()))
            }
            ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(keys)) if keys.keys().is_empty() => {
                Err(Fault::Keys)
            }
            ClientAuthentication::None
            | ClientAuthentication::Secret
            | ClientAuthentication::SecretBasic
            | ClientAuthentication::SecretPost
            | ClientAuthentication::PrivateKeyJwt(_)
            | ClientAuthentication::TlsClientAuth(_)
            | ClientAuthentication::SelfSignedTls(_) => Ok(()),
        }
    }

    /// Checks that the default scopes are among the client's. RFC 6749 §3.3; TK-4. Only the host knows which of the two
    /// is meant.
    fn defaults_are_within_the_scopes(&self) -> Result<(), Fault> {
        if self.default_scopes.is_within(&self.scopes) { Ok(()) } else { Err(Fault::DefaultScopes) }
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
