//! Extracts the access token of a request: one method, one token, strictly (RFC 6750 §2, RFC 9110 §11.4, RFC 9449 §7.1;
//! catalogue C1 to C11).

mod error;
mod form_body;
mod presented;
mod syntax;

pub use error::CredentialError;
pub use presented::{Channel, Extraction, Presented};

use crate::challenge::AuthScheme;
use crate::encoding::form;
use crate::http::{Lines, RequestParts};
use crate::{ConfigError, limits};
use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;

/// Finds a token where the host keeps it, for example in a cookie. C9.
///
/// Called only if the request has no `Authorization` field. It runs while the request is handled, so it must not block.
/// Its result is checked like any other credential. A browser attaches cookies by itself, so with an extractor that
/// reads one, the host must defend against cross-site request forgery.
pub trait CredentialExtractor: Send + Sync + fmt::Debug {
    /// Looks for a credential in `request`.
    fn extract(&self, request: &RequestParts<'_>) -> Extraction;
}

/// What to do about an `access_token` parameter in the query. It is never used as a credential. C7.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum QueryTokenPolicy {
    /// Refuse the request: a token in a URI has already leaked to logs and histories (RFC 9700 §4.3.2).
    #[default]
    Refuse,
    /// Ignore the parameter, for an API that uses the name itself.
    Ignore,
}

/// Which channels may carry an access token, and under which schemes.
#[derive(Clone, Debug)]
pub struct CredentialPolicy {
    bearer: bool,
    dpop: bool,
    form_body: bool,
    query_token: QueryTokenPolicy,
    header_limit: usize,
    extractor: Option<Arc<dyn CredentialExtractor>>,
}

impl Default for CredentialPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialPolicy {
    /// Accepts `Authorization` with `Bearer` or `DPoP`; no form body, no extractor; refuses a query token.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bearer: true,
            dpop: true,
            form_body: false,
            query_token: QueryTokenPolicy::Refuse,
            header_limit: limits::HEADER_VALUE,
            extractor: None,
        }
    }

    /// Sets whether `Authorization: Bearer` is accepted. Form body and extractor have their own switches.
    #[must_use]
    pub const fn bearer(mut self, accepted: bool) -> Self {
        self.bearer = accepted;
        self
    }

    /// Sets whether the scheme `DPoP` is accepted, in the header or from an extractor.
    #[must_use]
    pub const fn dpop(mut self, accepted: bool) -> Self {
        self.dpop = accepted;
        self
    }

    /// Adjusts the limit to tokens of this size, unless a lower one was configured.
    pub(super) const fn for_tokens_of(mut self, bytes: usize) -> Self {
        if self.header_limit >= limits::HEADER_VALUE || bytes < self.header_limit {
            self.header_limit = bytes;
        }
        self
    }

    /// Sets whether a form body may carry the token (RFC 6750 §2.2), always as `Bearer`. C8.
    #[must_use]
    pub const fn form_body(mut self, accepted: bool) -> Self {
        self.form_body = accepted;
        self
    }

    /// Sets what to do about a token in the query.
    #[must_use]
    pub const fn query_token(mut self, policy: QueryTokenPolicy) -> Self {
        self.query_token = policy;
        self
    }

    /// Calls `extractor` if a request has no `Authorization` field. C9.
    #[must_use]
    pub fn extractor(mut self, extractor: Arc<dyn CredentialExtractor>) -> Self {
        self.extractor = Some(extractor);
        self
    }

    /// Sets the longest token accepted from a header field or an extractor, in bytes; [`limits::HEADER_VALUE`] by
    /// default. Raise it together with the limit of the token itself (J1).
    ///
    /// # Errors
    ///
    /// Fails above [`limits::ACCESS_TOKEN_CEILING`].
    pub fn header_limit(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if bytes > limits::ACCESS_TOKEN_CEILING {
            return Err(ConfigError::new("credentials.header_limit", "at most limits::ACCESS_TOKEN_CEILING bytes"));
        }
        self.header_limit = bytes;
        Ok(self)
    }

    /// Whether a form body may carry the token, so that the host must read it (C8).
    #[must_use]
    pub const fn reads_form_body(&self) -> bool {
        self.form_body
    }

    /// Whether any channel accepts `scheme`, so that it is worth a challenge.
    #[must_use]
    pub const fn accepts(&self, scheme: AuthScheme) -> bool {
        match scheme {
            AuthScheme::Bearer => self.bearer || self.form_body || self.extractor.is_some(),
            AuthScheme::Dpop => self.dpop,
        }
    }

    /// Whether a token may come in an `Authorization` header field, under either scheme.
    pub(crate) const fn reads_header(&self) -> bool {
        self.bearer || self.dpop
    }

    /// Checks that at least one channel is enabled. For the constructor of the policy's owner.
    ///
    /// # Errors
    ///
    /// Fails if every channel is off.
    pub fn check(&self) -> Result<(), ConfigError> {
        if AuthScheme::ALL.into_iter().any(|scheme| self.accepts(scheme)) {
            return Ok(());
        }
        Err(ConfigError::new("credentials", "every channel is off: enable bearer, dpop, form_body or an extractor"))
    }

    /// Takes the one credential of a request, in the order header, extractor, body. If an `Authorization` field is
    /// present but unusable, no other channel is tried. C10.
    ///
    /// # Errors
    ///
    /// The rule that was broken. [`CredentialError::Missing`] and [`CredentialError::UnsupportedScheme`] mean that
    /// there is no credential (401 without an error code), [`CredentialError::ExtractorUnavailable`] that the host
    /// could not answer (503), all others that the request is malformed (400).
    pub fn extract<'r>(&self, request: &RequestParts<'r>) -> Result<Presented<'r>, CredentialError> {
        self.query_holds_no_token(request)?;
        let outside_body = match request.headers.lines("authorization") {
            Lines::Many => return Err(CredentialError::MultipleHeaders),
            Lines::One(value) => Some(self.header_credential(value)?),
            Lines::None => self.extracted_credential(request)?,
        };
        let body = if self.form_body { form_body::with_token(request) } else { None };
        match (outside_body, body) {
            (Some(_), Some(_)) => Err(CredentialError::MultipleMethods),
            (Some(presented), None) => Ok(presented),
            (None, Some(body)) => form_body::take_token(body),
            (None, None) => Err(CredentialError::Missing),
        }
    }

    /// Checks that no parameter of the query decodes to the name `access_token`. RFC 9700 §4.3.2; C7.
    fn query_holds_no_token(&self, request: &RequestParts<'_>) -> Result<(), CredentialError> {
        let query = match self.query_token {
            QueryTokenPolicy::Refuse => request.query.unwrap_or_default(),
            QueryTokenPolicy::Ignore => return Ok(()),
        };
        match form::pairs(query.as_bytes()).any(|pair| pair.name_is(form_body::ACCESS_TOKEN)) {
            true => Err(CredentialError::QueryToken),
            false => Ok(()),
        }
    }

    /// Reads the credential of the one `Authorization` field. C2, C3, C4.
    fn header_credential<'r>(&self, value: &'r [u8]) -> Result<Presented<'r>, CredentialError> {
        if value.len() > self.header_limit.saturating_add(syntax::SCHEME_ROOM) {
            return Err(CredentialError::TooLarge);
        }
        let (scheme, rest) = syntax::split_scheme(value).ok_or(CredentialError::Malformed)?;
        let scheme = match AuthScheme::from_name(scheme) {
            Some(AuthScheme::Bearer) if self.bearer => AuthScheme::Bearer,
            Some(AuthScheme::Dpop) if self.dpop => AuthScheme::Dpop,
            Some(_) | None => return Err(CredentialError::UnsupportedScheme),
        };
        let token = syntax::credentials(rest).ok_or(CredentialError::Malformed)?;
        Ok(Presented { scheme, token: Cow::Borrowed(token), channel: Channel::Header })
    }

    /// Checks the credential that the host's extractor returned. C9.
    fn extracted_credential<'r>(&self, request: &RequestParts<'r>) -> Result<Option<Presented<'r>>, CredentialError> {
        let Some(extractor) = &self.extractor else { return Ok(None) };
        let (scheme, token) = match extractor.extract(request) {
            Extraction::None => return Ok(None),
            Extraction::Unavailable => return Err(CredentialError::ExtractorUnavailable),
            Extraction::Token { scheme, token } => (scheme, token),
        };
        if !self.accepts(scheme) {
            return Err(CredentialError::UnsupportedScheme);
        }
        if token.len() > self.header_limit {
            return Err(CredentialError::TooLarge);
        }
        syntax::token68(token.as_bytes()).ok_or(CredentialError::ExtractorMalformed)?;
        Ok(Some(Presented { scheme, token: Cow::Owned(token), channel: Channel::Extractor }))
    }
}

/// Whether the request is a CORS preflight: `OPTIONS` with `Access-Control-Request-Method` (Fetch §3.2.3; C11).
///
/// A preflight carries no credentials and passes without them, but only if the adapter is configured to answer it
/// itself. Never use this function to admit any other request.
#[must_use]
pub fn is_cors_preflight(request: &RequestParts<'_>) -> bool {
    request.method == "OPTIONS"
        && matches!(request.headers.lines("access-control-request-method"), Lines::One(method) if !method.is_empty())
}

#[cfg(test)]
mod tests;
