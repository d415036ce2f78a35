//! The enforced settings that metadata describes: P6 and P8.

use crate::ConfigError;
use crate::crypto::AlgorithmSet;

/// How a bearer token may be sent (RFC 9728 §2). Tokens in the query are not supported.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum BearerMethod {
    /// In the `Authorization` field: RFC 6750 §2.1.
    Header,
    /// In a form body: RFC 6750 §2.2.
    Body,
}

impl BearerMethod {
    /// The name in `bearer_methods_supported`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

/// The verifier's settings. Metadata is filled in from them and checked against them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EnforcedCapabilities {
    /// Tokens are accepted in the `Authorization` field.
    pub header: bool,
    /// Tokens are accepted in form bodies (C8).
    pub body: bool,
    /// The algorithms of DPoP proofs; `None` if DPoP is off.
    pub dpop_algs: Option<AlgorithmSet>,
    /// Tokens must be bound to a DPoP key.
    pub dpop_required: bool,
    /// Tokens bound to a client certificate are supported.
    pub mtls_bound: bool,
}

impl EnforcedCapabilities {
    /// Accepts bearer tokens in the `Authorization` field only.
    pub const HEADER_ONLY: Self =
        Self { header: true, body: false, dpop_algs: None, dpop_required: false, mtls_bound: false };

    /// The accepted methods, in the order of the document.
    pub(super) fn bearer_methods(&self) -> impl Iterator<Item = BearerMethod> {
        let header = self.header.then_some(BearerMethod::Header);
        header.into_iter().chain(self.body.then_some(BearerMethod::Body))
    }

    /// Whether the verifier accepts tokens sent this way.
    pub(super) fn accepts(&self, method: BearerMethod) -> bool {
        self.bearer_methods().any(|accepted| accepted == method)
    }

    /// Checks that required proofs are also checked.
    pub(super) fn is_coherent(&self) -> Result<(), ConfigError> {
        if self.dpop_required && self.dpop_algs.is_none() {
            return Err(ConfigError::new("dpop", "DPoP is required but off; name its algorithms"));
        }
        Ok(())
    }
}
