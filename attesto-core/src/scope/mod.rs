//! Scopes: the token grammar, the catalogue of a server's scopes, and what a grant covers (RFC 6749 §3.3).
//!
//! A [`Catalogue`] names the concrete scopes of a server. The server's own tokens may carry wildcards over it:
//! `documents.*` for every catalogued action of `documents`, and `*` for everything. Scopes of a foreign issuer are
//! compared byte for byte instead, because the meaning of its `*` is unknown: [`ScopeMatch`] chooses between the two.
//!
//! ```
//! use attesto_core::scope::{Catalogue, ScopeMatch};
//!
//! let catalogue = Catalogue::new(["documents.read", "documents.write", "billing.read"])?;
//! assert!(catalogue.grants(["documents.*"], "documents.write"));
//! assert!(!catalogue.grants(["documents.*"], "billing.read"));
//!
//! // The scopes that a customer may not request lead to `invalid_scope`.
//! let unknown: Vec<_> = catalogue.unknown(["billing.read", "*", "billing.close"]).collect();
//! assert_eq!(unknown, ["*", "billing.close"]);
//!
//! // A foreign issuer's wildcard has no special meaning.
//! assert!(!ScopeMatch::Exact.covers(["documents.*"].into_iter(), &["documents.read"]));
//! # Ok::<(), attesto_core::ConfigError>(())
//! ```

mod catalogue;
mod matching;
mod need;
mod token;

pub use catalogue::{Catalogue, GrantForm};
pub use matching::ScopeMatch;
pub use token::is_scope_token;
pub(crate) use token::{is_nqchar, is_nqschar};
