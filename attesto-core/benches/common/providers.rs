//! The providers that are built in, each with its bare verification.

use super::raw::{self, RawKey};
use attesto_core::crypto::{CryptoProvider, PublicKey, RustCrypto};
use std::sync::Arc;

/// One provider under test.
#[derive(Clone)]
pub(crate) struct Side {
    /// As in the tables.
    pub(crate) name: &'static str,
    /// What attesto verifies with.
    pub(crate) provider: Arc<dyn CryptoProvider>,
    /// The same library without attesto.
    pub(crate) raw: fn(&PublicKey) -> RawKey,
}

/// All that this build has: AWS-LC with the feature `aws-lc-rs`.
pub(crate) fn all() -> Vec<Side> {
    vec![
        #[cfg(feature = "aws-lc-rs")]
        Side { name: "AwsLc", provider: Arc::new(attesto_core::crypto::AwsLc::new()), raw: raw::aws_lc },
        Side { name: "RustCrypto", provider: Arc::new(RustCrypto::new()), raw: raw::rust_crypto },
    ]
}
