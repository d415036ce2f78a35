//! Protected resources.

mod credential;

pub use credential::{
    Channel, CredentialError, CredentialExtractor, CredentialPolicy, Extraction, Presented, QueryTokenPolicy,
    is_cors_preflight,
};
