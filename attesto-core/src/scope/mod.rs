//! Scopes: the token grammar, the catalogue of a server's scopes, and what a grant covers (RFC 6749 §3.3).
//!
//! ```
//! use attesto_core::scope::is_scope_token;
//!
//! assert!(is_scope_token("documents.read"));
//! assert!(!is_scope_token("documents read"));
//! ```

mod token;

pub use token::is_scope_token;
