//! The introspection endpoint, and how to call it (RFC 7662 §2.1).

use super::signed::Signed;
use crate::encoding::form;
use crate::http::{Header, OutgoingRequest, PlainHttp, WebUrl};
use crate::token::{IssuerProfile, TrustedIssuer};
use crate::{ConfigError, limits};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use core::fmt;
use zeroize::Zeroizing;

pub(super) const JSON: &str = "application/json";
pub(super) const SIGNED: &str = "application/token-introspection+jwt";

/// How this resource server authenticates at the endpoint, as RFC 7662 §2.1 requires.
#[derive(Clone)]
#[non_exhaustive]
pub enum IntrospectionCredentials {
    /// `client_secret_basic`: id and secret in the `Authorization` header (RFC 6749 §2.3.1).
    Basic {
        /// The client id.
        client_id: String,
        /// Its secret.
        secret: Zeroizing<String>,
    },
    /// `client_secret_post`: id and secret in the body (RFC 6749 §2.3.1).
    Post {
        /// The client id.
        client_id: String,
        /// Its secret.
        secret: Zeroizing<String>,
    },
    /// An access token for the endpoint (RFC 7662 §2.1).
    Bearer(Zeroizing<String>),
}

impl IntrospectionCredentials {
    /// Authenticates with `client_secret_basic`.
    pub fn basic(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Basic { client_id: client_id.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// Authenticates with `client_secret_post`.
    pub fn post(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Post { client_id: client_id.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// Authenticates with an access token for the endpoint.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self::Bearer(Zeroizing::new(token.into()))
    }

    fn are_usable(&self) -> Result<(), ConfigError> {
        let usable = match self {
            Self::Basic { client_id, secret } | Self::Post { client_id, secret } => {
                !client_id.is_empty() && !secret.is_empty()
            }
            Self::Bearer(token) => !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()),
        };
        if usable {
            Ok(())
        } else {
            Err(ConfigError::new("credentials", "an id, secret or token is empty or unprintable"))
        }
    }
}

/// Prints no secret.
impl fmt::Debug for IntrospectionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { client_id, .. } => {
                f.debug_struct("Basic").field("client_id", client_id).finish_non_exhaustive()
            }
            Self::Post { client_id, .. } => {
                f.debug_struct("Post").field("client_id", client_id).finish_non_exhaustive()
            }
            Self::Bearer(_) => f.write_str("Bearer(..)"),
        }
    }
}

/// An introspection endpoint: builds requests and checks responses, without IO.
/// [`Introspector`](crate::host::Introspector) sends them.
///
/// ```
/// use attesto_core::http::IncomingResponse;
/// use attesto_core::introspection::{Introspected, IntrospectionCredentials, IntrospectionEndpoint};
/// # use attesto_core::Timestamp;
///
/// let endpoint = IntrospectionEndpoint::new(
///     "https://auth.example.com/introspect",
///     "https://auth.example.com",
///     IntrospectionCredentials::basic("api", "s3cret"),
/// )?;
/// let request = endpoint.request("an-opaque-token");
/// assert_eq!(request.body.as_slice(), b"token=an-opaque-token&token_type_hint=access_token");
///
/// let json = br#"{"active":true,"token_type":"Bearer","sub":"usr_1","aud":"https://api.example.com","scope":"read"}"#;
/// let response = IncomingResponse::new(200, json.to_vec()).content_type("application/json");
/// let now = Timestamp::from_secs(1_800_000_000);
/// assert!(matches!(endpoint.judge(Ok(response), now), Ok(Introspected::Active(_))));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct IntrospectionEndpoint {
    url: WebUrl,
    credentials: IntrospectionCredentials,
    pub(super) issuer: String,
    pub(super) signed: Option<Signed>,
    pub(super) audience_is_implied: bool,
    pub(super) kind_may_be_unsaid: bool,
    pub(super) subject: Vec<String>,
    pub(super) subject_may_be_client: bool,
    pub(super) profile: IssuerProfile,
    pub(super) subjects: Option<Vec<String>>,
    pub(super) clients: Option<Vec<String>>,
}

impl IntrospectionEndpoint {
    /// Creates an endpoint of this issuer at this URL.
    ///
    /// # Errors
    /// Fails if the URL is not https, has userinfo or a fragment, or the issuer or the credentials are empty.
    pub fn new(
        url: &str,
        issuer: impl Into<String>,
        credentials: IntrospectionCredentials,
    ) -> Result<Self, ConfigError> {
        Self::build(url, issuer.into(), credentials, PlainHttp::Refused)
    }

    /// **Development only.** Like [`new`](Self::new), but allows plain http on a loopback host.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn danger_insecure_loopback(
        url: &str,
        issuer: impl Into<String>,
        credentials: IntrospectionCredentials,
    ) -> Result<Self, ConfigError> {
        Self::build(url, issuer.into(), credentials, PlainHttp::LoopbackOnly)
    }

    fn build(
        url: &str,
        issuer: String,
        credentials: IntrospectionCredentials,
        plain_http: PlainHttp,
    ) -> Result<Self, ConfigError> {
        credentials.are_usable()?;
        if issuer.is_empty() {
            return Err(ConfigError::new("issuer", "say whose endpoint it is: tokens of other issuers are refused"));
        }
        let url = WebUrl::parse("introspection_endpoint", url, plain_http)?;
        Ok(Self {
            url,
            credentials,
            issuer,
            signed: None,
            audience_is_implied: false,
            kind_may_be_unsaid: false,
            subject: Vec::from(["sub".to_string()]),
            subject_may_be_client: false,
            profile: IssuerProfile::rfc9068(),
            subjects: None,
            clients: None,
        })
    }

    /// Requires signed answers (RFC 9701): signed by this issuer's keys, with this audience, the name by which the
    /// issuer knows this resource server (usually its client id).
    ///
    /// # Errors
    /// Fails if the keys belong to an issuer other than the endpoint's.
    pub fn signed_by(mut self, issuer: TrustedIssuer, audience: impl Into<String>) -> Result<Self, ConfigError> {
        if issuer.issuer() != self.issuer {
            return Err(ConfigError::new("signed_by", "the keys are another issuer's than the endpoint's"));
        }
        self.signed = Some(Signed { issuer, audience: audience.into() });
        Ok(self)
    }

    /// Accepts answers without `aud`, for an issuer that answers `active` only about tokens for the calling resource
    /// server. With any other issuer, a token for any resource is then accepted here.
    pub const fn audience_is_implied(mut self) -> Self {
        self.audience_is_implied = true;
        self
    }

    /// Accepts answers that do not name the kind of token (`token_type`, `token_use` and `typ` are absent), for an
    /// issuer that never names it and answers `active` about access tokens only. Several products omit `token_type`
    /// exactly for refresh tokens (doorkeeper, Spring Authorization Server): with this setting, their refresh tokens
    /// are accepted here as access tokens, without client authentication. RFC 7662 §2.2; A13.
    pub const fn kind_may_be_unsaid(mut self) -> Self {
        self.kind_may_be_unsaid = true;
        self
    }

    /// Sets the members that may name the subject, instead of `sub`; the first one present and not empty counts. Use
    /// `["sub", "username"]` for django-oauth-toolkit, whose answers have no `sub`. RFC 7662 §2.2 defines `username` as
    /// human-readable: use it only if the issuer never gives one user's name to another.
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn subject_in<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.subject = members.into_iter().map(Into::into).collect();
        if self.subject.is_empty() || self.subject.iter().any(|member| member.trim().is_empty()) {
            return Err(ConfigError::new("subject_in", "name at least one member, none of them blank"));
        }
        Ok(self)
    }

    /// Uses the client's id as the subject if an answer names none, for an issuer that omits `sub` in tokens for a
    /// client itself (npm oidc-provider). An answer that names a user in another member, such as `username` or `email`,
    /// is still refused: the users of a client are not the client. For those see [`subject_in`](Self::subject_in).
    /// Client ids and subjects of users must not overlap. A [`profile`](Self::profile) with
    /// [`IssuerProfile::subject_may_be_client`] has the same effect.
    pub const fn subject_may_be_client(mut self) -> Self {
        self.subject_may_be_client = true;
        self
    }

    /// Sets which members of this issuer's answers carry what: other names for client, scopes and `jti`, scopes as an
    /// array, pinned or forbidden claims, the private `typ`, the client as subject. For scopes in the array `scope` or in `scp`, use
    /// `IssuerProfile::rfc9068().scopes_in(["scope", "scp"])`.
    ///
    /// Without a profile, `scope` is one string, and no other member holds scopes. Header types have no meaning here.
    pub fn profile(mut self, profile: IssuerProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Accepts tokens for these subjects only (A17). The list applies to every answer of this endpoint. A list on a
    /// [`TrustedIssuer`](TrustedIssuer::allow_subjects) applies as well, if the resource also trusts keys of this
    /// issuer.
    pub fn allow_subjects<S: Into<String>>(mut self, subjects: impl IntoIterator<Item = S>) -> Self {
        self.subjects = Some(subjects.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts tokens of these clients only, as [`allow_subjects`](Self::allow_subjects) does for subjects. A token whose
    /// client the answer does not name is refused. A17.
    pub fn allow_clients<S: Into<String>>(mut self, clients: impl IntoIterator<Item = S>) -> Self {
        self.clients = Some(clients.into_iter().map(Into::into).collect());
        self
    }

    /// The keys of signed answers, if they are fetched.
    #[cfg(feature = "std")]
    pub(crate) fn remote_keys(&self) -> Option<&alloc::sync::Arc<crate::remote::RemoteKeys>> {
        self.signed.as_ref().and_then(|signed| signed.issuer.remote_keys())
    }

    /// Builds the request. RFC 7662 §2.1, RFC 9701 §4.
    #[must_use]
    pub fn request(&self, token: &str) -> OutgoingRequest {
        // Joined at once: a growing string leaves copies of its beginning behind, which are not zeroized.
        let token = Zeroizing::new(form::encode(token));
        let mut body = Zeroizing::new(["token=", token.as_str(), "&token_type_hint=access_token"].concat());
        let mut authorization = None;
        match &self.credentials {
            IntrospectionCredentials::Basic { client_id, secret } => {
                let secret = Zeroizing::new(form::encode(secret));
                let pair = Zeroizing::new([form::encode(client_id).as_str(), secret.as_str()].join(":"));
                let encoded = Zeroizing::new(Base64::encode_string(pair.as_bytes()));
                authorization = Some(["Basic ", encoded.as_str()].concat());
            }
            IntrospectionCredentials::Post { client_id, secret } => {
                let secret = Zeroizing::new(form::encode(secret));
                let client_id = form::encode(client_id);
                let parts = [body.as_str(), "&client_id=", &client_id, "&client_secret=", secret.as_str()];
                body = Zeroizing::new(parts.concat());
            }
            IntrospectionCredentials::Bearer(token) => authorization = Some(["Bearer ", token.as_str()].concat()),
        }
        let accept = if self.signed.is_some() { SIGNED } else { JSON };
        let mut request =
            OutgoingRequest::post(self.url.as_str(), body.as_bytes().to_vec(), limits::INTROSPECTION_RESPONSE)
                .header(Header::own("content-type", "application/x-www-form-urlencoded"))
                .header(Header::own("accept", accept.to_string()));
        if let Some(authorization) = authorization {
            request = request.header(Header::own("authorization", authorization));
        }
        request
    }
}
