//! Extracts the access token of a request: one method, one token, strictly (RFC 6750 §2, RFC 9110 §11.4, RFC 9449 §7.1;
//! C1 to C11).

mod error;
mod extract;
mod form_body;
mod policy;
mod preflight;
mod presented;
mod syntax;
#[cfg(test)]
mod tests;

pub use error::CredentialError;
pub use policy::{CredentialExtractor, CredentialPolicy, QueryTokenPolicy};
pub use preflight::is_cors_preflight;
pub use presented::{Channel, Extraction, Presented};
