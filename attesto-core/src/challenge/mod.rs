//! Challenges: the `WWW-Authenticate` values that tell a client what went wrong and what the server requires (RFC 9110
//! §11.6.1).
//!
//! A [`Challenge`] is written, one per field line (W1 to W4). It can always be sent: its values are checked
//! as they are set, and no byte of a value can end it early. [`parse_challenges`] reads what any server sent.
//!
//! ```
//! use attesto_core::challenge::{AuthScheme, Challenge, parse_challenges};
//! use attesto_core::crypto::{Algorithm, AlgorithmSet};
//!
//! let challenge = Challenge::dpop(AlgorithmSet::only(Algorithm::ES256))
//!     .error("invalid_token")
//!     .error_description("the access token is \"bad\"")
//!     .scope(["documents.read", "documents.write"])
//!     .resource_metadata("https://api.example.com/.well-known/oauth-protected-resource");
//! let value = challenge.header_value();
//! assert_eq!(
//!     value,
//!     "DPoP error=\"invalid_token\", error_description=\"the access token is ?bad?\", \
//!      scope=\"documents.read documents.write\", algs=\"ES256\", \
//!      resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\""
//! );
//!
//! let parsed = parse_challenges(&value)?;
//! assert_eq!(parsed[0].auth_scheme(), Some(AuthScheme::Dpop));
//! assert_eq!(parsed[0].get("error"), Some("invalid_token"));
//! assert_eq!(Challenge::parse(&value)?, challenge);
//! # Ok::<(), attesto_core::challenge::ChallengeError>(())
//! ```

mod hook;
mod parse;
mod read_back;
mod scheme;
mod values;
mod write;

pub use hook::ChallengeHook;
pub use parse::{ChallengeError, ParsedChallenge, parse_challenges};
pub use scheme::AuthScheme;
pub use values::{is_acr_value, is_realm};
pub use write::Challenge;
