//! Challenges: the `WWW-Authenticate` values that tell a client what went wrong and what is wanted (RFC 9110 §11.6.1).
//!
//! ```
//! use attesto_core::challenge::AuthScheme;
//!
//! assert_eq!(AuthScheme::Dpop.name(), "DPoP");
//! ```

mod scheme;

pub use scheme::AuthScheme;
