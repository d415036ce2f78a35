//! What a verifier enforces, as far as metadata speaks of it: catalogue P6 and P8.

use crate::ConfigError;
use crate::crypto::AlgorithmSet;

/// How a bearer token may be sent (RFC 9728 §2). A token in the query does not exist here.
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

/// The verifier's own configuration, from which metadata is filled in and against which it is checked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct EnforcedCapabilities {
    /// Tokens are taken from the `Authorization` field.
    pub header: bool,
    /// Tokens are taken from form bodies (C8).
    pub body: bool,
    /// The algorithms of DPoP proofs; `None` where DPoP is off.
    pub dpop_algs: Option<AlgorithmSet>,
    /// Tokens must be bound to a DPoP key.
    pub dpop_required: bool,
    /// Tokens bound to a client certificate are enabled.
    pub mtls_bound: bool,
}

impl EnforcedCapabilities {
    /// Bearer tokens in the `Authorization` field, nothing else.
    pub const HEADER_ONLY: Self =
        Self { header: true, body: false, dpop_algs: None, dpop_required: false, mtls_bound: false };

    /// The accepted methods, in the order they are listed.
    pub(super) fn bearer_methods(&self) -> impl Iterator<Item = BearerMethod> {
        let header = self.header.then_some(BearerMethod::Header);
        header.into_iter().chain(self.body.then_some(BearerMethod::Body))
    }

    /// Whether the verifier takes tokens this way.
    pub(super) fn accepts(&self, method: BearerMethod) -> bool {
        self.bearer_methods().any(|accepted| accepted == method)
    }

    /// A verifier cannot require proofs that it does not check.
    pub(super) fn is_coherent(&self) -> Result<(), ConfigError> {
        if self.dpop_required && self.dpop_algs.is_none() {
            return Err(ConfigError::new("dpop", "DPoP is required but off; name its algorithms"));
        }
        Ok(())
    }
}
