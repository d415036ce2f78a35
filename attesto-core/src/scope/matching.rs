//! Compares granted scopes with required ones.

use super::need::{Held, Need};
use super::{Catalogue, is_scope_token};
use crate::ConfigError;
use alloc::format;
use alloc::sync::Arc;

/// Up to this many requirements, each is searched among the granted scopes, which does not allocate and stays linear in
/// the token's scopes. Above it, the granted scopes are indexed first.
const FEW: usize = 8;

/// How the scopes of an issuer's tokens are compared: S8. Chosen per issuer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ScopeMatch {
    /// Byte for byte: for third-party issuers, whose `*` or `documents.*` then has no special meaning.
    #[default]
    Exact,
    /// By the wildcards over this catalogue (S5): for our own tokens, and for issuers that are configured so.
    Algebra(Arc<Catalogue>),
}

impl ScopeMatch {
    /// Whether the granted scopes cover every required one. Linear in the granted scopes.
    ///
    /// Any token covers an empty `required` list: the requirement's constructor checks that a route declares its need.
    /// A requirement that is not a scope-token, or (in the algebra) not in the catalogue, is never covered.
    pub fn covers<'a>(&self, granted: impl Iterator<Item = &'a str> + Clone, required: &[impl AsRef<str>]) -> bool {
        let mut needs = required.iter().map(|required| self.need(required.as_ref()));
        if required.len() <= FEW {
            return needs.all(|need| need.is_some_and(|need| granted.clone().any(|scope| need.is_met_by(scope))));
        }
        let held = Held::collect(granted);
        needs.all(|need| need.is_some_and(|need| held.meets(need)))
    }

    /// Checks that a requirement can be met at all.
    ///
    /// # Errors
    /// Fails if a required scope is not a scope-token (S1), or not in the catalogue: no token would ever pass (S5).
    pub fn check_required(&self, required: &[impl AsRef<str>]) -> Result<(), ConfigError> {
        for required in required.iter().map(AsRef::as_ref) {
            if self.need(required).is_none() {
                let problem = match self {
                    Self::Exact => format!("{required:?} is not a scope-token; no token can ever carry it"),
                    Self::Algebra(_) => format!("{required:?} is not in the scope catalogue; add it there"),
                };
                return Err(ConfigError::new("scopes", problem));
            }
        }
        Ok(())
    }

    fn need<'n>(&self, required: &'n str) -> Option<Need<'n>> {
        match self {
            Self::Exact => is_scope_token(required).then_some(Need::Exactly(required)),
            Self::Algebra(catalogue) => catalogue.need(required),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn algebra() -> ScopeMatch {
        let entries = ["documents.read", "documents.write", "billing.read", "mcp:tools:call"];
        ScopeMatch::Algebra(Arc::new(Catalogue::new(entries).unwrap()))
    }

    #[test]
    fn s8_exact_is_the_default_and_foreign_wildcards_mean_nothing() {
        let exact = ScopeMatch::default();
        assert_eq!(exact, ScopeMatch::Exact);
        assert!(exact.covers(["a", "documents.read"].into_iter(), &["documents.read"]));
        for granted in ["*", "documents.*", "Documents.read", "documents.read2", "documents", ""] {
            assert!(!exact.covers([granted].into_iter(), &["documents.read"]), "{granted}");
        }
    }

    #[test]
    fn s8_algebra_reads_wildcards() {
        let algebra = algebra();
        assert!(algebra.covers(["documents.*", "mcp:tools:call"].into_iter(), &["documents.read", "mcp:tools:call"]));
        assert!(!algebra.covers(["documents.*"].into_iter(), &["documents.read", "billing.read"]));
        assert!(algebra.covers(["*"].into_iter(), &["documents.read", "billing.read"]));
        assert!(!algebra.covers(["people.read"].into_iter(), &["people.read"]));
    }

    #[test]
    fn s1_requirement_that_is_no_token_is_never_covered() {
        for required in ["", "a b", "é"] {
            assert!(!ScopeMatch::Exact.covers([required].into_iter(), &[required]));
            assert_eq!(ScopeMatch::Exact.check_required(&[required]).unwrap_err().member(), "scopes");
        }
        assert!(ScopeMatch::Exact.check_required(&["a", "b"]).is_ok());
    }

    #[test]
    fn s5_requirement_outside_the_catalogue_is_found_at_build_time() {
        assert!(algebra().check_required(&["documents.read"]).is_ok());
        assert!(algebra().check_required(&["documents.read", "documents.*"]).is_err());
    }

    #[test]
    fn s8_empty_requirement_is_the_callers_business() {
        let none: [&str; 0] = [];
        assert!(ScopeMatch::Exact.covers([].into_iter(), &none) && algebra().covers([].into_iter(), &none));
    }

    proptest! {
        /// Few and many requirements take different paths, which must agree.
        #[test]
        fn s6_indexed_and_scanning_paths_agree(
            granted in prop::collection::vec("[ab*]{0,2}(\\.[ab*]{0,2}){0,2}", 0..6),
            required in prop::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){0,2}", 1..4),
            entries in prop::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){0,2}", 0..8),
        ) {
            let repeated: Vec<&String> = required.iter().cycle().take(FEW * 2).collect();
            for matching in [ScopeMatch::Exact, ScopeMatch::Algebra(Arc::new(Catalogue::new(&entries).unwrap()))] {
                let granted = granted.iter().map(String::as_str);
                prop_assert_eq!(matching.covers(granted.clone(), &required), matching.covers(granted, &repeated));
            }
        }
    }
}
