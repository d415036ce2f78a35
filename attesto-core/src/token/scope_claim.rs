//! The `scope` claim (RFC 9068 §2.2.3, RFC 6749 §3.3; A10).

use super::TokenError;
use crate::encoding::json::Value;
use crate::scope::is_scope_token;
use alloc::collections::BTreeSet;
use alloc::string::String;

/// Above this many scopes, duplicates are found with a search tree instead of pairwise comparison.
const FEW: usize = 32;

/// Checks that the claim is absent, or a string of scope-tokens separated by single spaces; `""` is the empty set. A10.
pub(super) fn scope_is_well_formed(claim: Option<&Value<'_>>) -> Result<(), TokenError> {
    match claim {
        None => Ok(()),
        Some(Value::String(scope)) if scope.is_empty() || scope.split(' ').all(is_scope_token) => Ok(()),
        Some(
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_),
        ) => Err(TokenError::InvalidScope),
    }
}

/// Returns the string with every scope once, or `None` if it already is, which is the usual case and does not allocate.
pub(super) fn without_duplicates(scope: &str) -> Option<String> {
    let unique = if scope.split(' ').count() <= FEW {
        !scope.split(' ').enumerate().any(|(index, token)| scope.split(' ').take(index).any(|earlier| earlier == token))
    } else {
        let mut seen = BTreeSet::new();
        scope.split(' ').all(|token| seen.insert(token))
    };
    if unique {
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut rebuilt = String::with_capacity(scope.len());
    for token in scope.split(' ').filter(|token| seen.insert(*token)) {
        if !rebuilt.is_empty() {
            rebuilt.push(' ');
        }
        rebuilt.push_str(token);
    }
    Some(rebuilt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn well_formed(scope: &str) -> bool {
        scope_is_well_formed(Some(&Value::String(scope.into()))).is_ok()
    }

    #[test]
    fn a10_single_spaces_between_scope_tokens() {
        assert!(scope_is_well_formed(None).is_ok());
        for scope in ["", "a", "a b", "mcp:tools:call documents.*", "a a"] {
            assert!(well_formed(scope), "{scope:?}");
        }
        for scope in [" ", " a", "a ", "a  b", "a\tb", "a\nb", "a,b\"", "\u{e9}", "a\\b"] {
            assert!(!well_formed(scope), "{scope:?}");
        }
        assert!(scope_is_well_formed(Some(&Value::Null)).is_err());
        assert!(scope_is_well_formed(Some(&Value::Bool(true))).is_err());
    }

    #[test]
    fn a10_duplicates_collapse() {
        assert_eq!(without_duplicates("a b c"), None);
        assert_eq!(without_duplicates(""), None);
        assert_eq!(without_duplicates("a b a c b").as_deref(), Some("a b c"));
        let many: Vec<String> = (0..2000).map(|n| alloc::format!("s{n}")).collect();
        assert_eq!(without_duplicates(&many.join(" ")), None);
        let doubled = alloc::format!("{} s7", many.join(" "));
        assert_eq!(without_duplicates(&doubled), Some(many.join(" ")));
    }
}
