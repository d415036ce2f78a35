//! Whom to ask about a token, and how (RFC 7662 §2.1).

use super::answer::{self, Introspected};
use super::error::IntrospectionError;
use crate::encoding::form;
use crate::http::{Header, HttpFailure, IncomingResponse, OutgoingRequest, PlainHttp, WebUrl};
use crate::token::{IssuerProfile, TrustedIssuer};
use crate::{ConfigError, Timestamp, limits};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use core::fmt;
use zeroize::Zeroizing;

/// How this resource server authenticates at the endpoint. RFC 7662 §2.1 demands that it does.
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
    /// `client_secret_basic`.
    pub fn basic(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Basic { client_id: client_id.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// `client_secret_post`.
    pub fn post(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Post { client_id: client_id.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// A token for the endpoint.
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

/// Secrets are secret.
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

/// An introspection endpoint: what to send, and what to make of the answer. Pure; [`Introspector`](crate::host::Introspector) sends.
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
}

/// Who signs the answers, and for whom.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) issuer: TrustedIssuer,
    pub(super) audience: String,
}

impl IntrospectionEndpoint {
    /// The endpoint at this URL, of this issuer.
    ///
    /// # Errors
    /// Where the URL is not https, has userinfo or a fragment, the issuer is empty, or the credentials are.
    pub fn new(
        url: &str,
        issuer: impl Into<String>,
        credentials: IntrospectionCredentials,
    ) -> Result<Self, ConfigError> {
        Self::build(url, issuer.into(), credentials, PlainHttp::Refused)
    }

    /// **Development only.** As [`new`](Self::new), and plain http on a loopback host will do.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn insecure_loopback(
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
        })
    }

    /// Asks for signed answers and takes no others (RFC 9701): signed by this issuer's keys, for this resource server, by the name
    /// that the issuer knows it by (its client id, as a rule).
    ///
    /// # Errors
    /// Where the keys are another issuer's than the endpoint's.
    pub fn signed_by(mut self, issuer: TrustedIssuer, audience: impl Into<String>) -> Result<Self, ConfigError> {
        if issuer.issuer() != self.issuer {
            return Err(ConfigError::new("signed_by", "the keys are another issuer's than the endpoint's"));
        }
        self.signed = Some(Signed { issuer, audience: audience.into() });
        Ok(self)
    }

    /// Takes answers without `aud`: for an issuer that answers `active` only about tokens that are for whoever asks. Otherwise any
    /// token of the issuer, for whatever resource, is accepted here.
    pub const fn audience_is_implied(mut self) -> Self {
        self.audience_is_implied = true;
        self
    }

    /// Takes answers that do not say what kind of token they are about (`token_type`, `token_use` and `typ` are absent): for an issuer that
    /// never says it, and answers `active` about access tokens only. Several products leave `token_type` out precisely where the token is a
    /// refresh token (doorkeeper, Spring Authorization Server): with this, a refresh token of theirs lets its holder in here as an access
    /// token would, without client authentication. RFC 7662 §2.2; A13.
    pub const fn kind_may_be_unsaid(mut self) -> Self {
        self.kind_may_be_unsaid = true;
        self
    }

    /// The members that may name the subject, in place of `sub`; the first that is there and not empty counts. For an issuer that names its
    /// users elsewhere: `["sub", "username"]` for django-oauth-toolkit, whose answers have no `sub` at all. RFC 7662 §2.2 calls `username`
    /// a name for people to read: take it only where the issuer never gives the name of one user to another.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn subject_in<S: Into<String>>(mut self, members: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.subject = members.into_iter().map(Into::into).collect();
        if self.subject.is_empty() || self.subject.iter().any(|member| member.trim().is_empty()) {
            return Err(ConfigError::new("subject_in", "name at least one member, none of them blank"));
        }
        Ok(self)
    }

    /// Where an answer names no subject, takes the client's id for it: for an issuer that leaves `sub` out of tokens that stand for a
    /// client itself (npm oidc-provider). An answer that names a user elsewhere, in `username` or `email` say, is still refused: the users of
    /// a client are not the client. See [`subject_in`](Self::subject_in) for those. Client ids and users' names must not overlap.
    pub const fn subject_may_be_client(mut self) -> Self {
        self.subject_may_be_client = true;
        self
    }

    /// Where this issuer's answers say things: client, scopes and `jti` by other names, scopes as an array, what is pinned or forbidden, the
    /// private `typ`. Scopes in the array `scope` or in `scp` take `IssuerProfile::rfc9068().scopes_in(["scope", "scp"])`.
    ///
    /// Without a profile, `scope` is one string, and scopes elsewhere are not read. Header types have no meaning here.
    pub fn profile(mut self, profile: IssuerProfile) -> Self {
        self.profile = profile;
        self
    }

    /// The keys of signed answers, where they are fetched.
    #[cfg(feature = "std")]
    pub(crate) fn remote_keys(&self) -> Option<&alloc::sync::Arc<crate::remote::RemoteKeys>> {
        self.signed.as_ref().and_then(|signed| signed.issuer.remote_keys())
    }

    /// What to send. RFC 7662 §2.1, RFC 9701 §4.
    #[must_use]
    pub fn request(&self, token: &str) -> OutgoingRequest {
        // Joined at once: a string that grows leaves copies of its beginning behind, which nobody zeroizes.
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
        let accept = if self.signed.is_some() { answer::SIGNED } else { answer::JSON };
        let mut request =
            OutgoingRequest::post(self.url.as_str(), body.as_bytes().to_vec(), limits::INTROSPECTION_RESPONSE)
                .header(Header::own("content-type", "application/x-www-form-urlencoded"))
                .header(Header::own("accept", accept.to_string()));
        if let Some(authorization) = authorization {
            request = request.header(Header::own("authorization", authorization));
        }
        request
    }

    /// What the answer says. RFC 7662 §2.2.
    ///
    /// # Errors
    /// Where it is no answer, or one that the token cannot be accepted by.
    pub fn judge(
        &self,
        response: Result<IncomingResponse, HttpFailure>,
        now: Timestamp,
    ) -> Result<Introspected, IntrospectionError> {
        answer::judge(self, &response?, now)
    }
}
