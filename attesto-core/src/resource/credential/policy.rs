//! Which channels may carry an access token.

use super::Extraction;
use crate::challenge::AuthScheme;
use crate::http::RequestParts;
use crate::{ConfigError, limits};
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
    pub(super) bearer: bool,
    pub(super) dpop: bool,
    pub(super) form_body: bool,
    pub(super) query_token: QueryTokenPolicy,
    pub(super) header_limit: usize,
    pub(super) extractor: Option<Arc<dyn CredentialExtractor>>,
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

    /// Refuses `Authorization: Bearer`. Form body and extractor have their own switches.
    #[must_use]
    pub const fn refuse_bearer(mut self) -> Self {
        self.bearer = false;
        self
    }

    /// Refuses the scheme `DPoP`, in the header and from an extractor.
    #[must_use]
    pub const fn refuse_dpop(mut self) -> Self {
        self.dpop = false;
        self
    }

    /// Adjusts the limit to tokens of this size, unless a lower one was configured.
    pub(in crate::resource) const fn for_tokens_of(mut self, bytes: usize) -> Self {
        if self.header_limit >= limits::HEADER_VALUE || bytes < self.header_limit {
            self.header_limit = bytes;
        }
        self
    }

    /// Accepts the token in a form body (RFC 6750 §2.2), always as `Bearer`. C8.
    #[must_use]
    pub const fn accept_form_body(mut self) -> Self {
        self.form_body = true;
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

    /// Whether an `Authorization` header field may carry the token, with either scheme.
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
        Err(ConfigError::new(
            "credentials",
            "every channel is off: keep bearer or dpop, or accept_form_body, or set an extractor",
        ))
    }
}
