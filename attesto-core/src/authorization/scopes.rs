//! The scopes of a request or a grant (RFC 6749 §3.3).

use crate::scope::is_scope_token;
use alloc::string::String;
use alloc::vec::Vec;

/// Scope-tokens, each once, in the order given.
///
/// ```
/// use attesto_core::authorization::ScopeSet;
///
/// let asked = ScopeSet::parse("b a b").ok_or("not a scope")?;
/// assert_eq!(asked.to_string(), "b a");
/// assert!(asked.is_within(&ScopeSet::new(["a", "b", "c"])));
/// assert!(ScopeSet::parse("a  b").is_none()); // two spaces
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// Creates a set of these scopes. Drops what is not a scope-token, which no request could name.
    #[must_use]
    pub fn new<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.add(scope.as_ref());
        }
        set
    }

    /// Parses a `scope` parameter; `None` if it breaks the grammar of RFC 6749 §3.3, or names more than
    /// [`limits::SCOPES`](crate::limits::SCOPES) scopes.
    #[must_use]
    pub fn parse(parameter: &str) -> Option<Self> {
        let bounded = parameter.split(' ').count() <= crate::limits::SCOPES;
        (bounded && parameter.split(' ').all(is_scope_token)).then(|| Self::new(parameter.split(' ')))
    }

    /// The scopes in both sets, in this set's order.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|scope| other.contains(scope)).cloned().collect())
    }

    pub(crate) fn add(&mut self, scope: &str) {
        if is_scope_token(scope) && !self.contains(scope) {
            self.0.push(scope.into());
        }
    }

    pub(crate) fn remove(&mut self, scope: &str) {
        self.0.retain(|own| own != scope);
    }

    /// Whether the set has this scope.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|own| own == scope)
    }

    /// Whether `other` has all of these scopes.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.contains(scope))
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Writes the value of a `scope` parameter: joined by spaces.
impl core::fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn az14_the_grammar_is_that_of_rfc_6749() {
        assert_eq!(ScopeSet::parse("openid files.read").unwrap().to_string(), "openid files.read");
        for bad in ["", " ", "a ", " a", "a  b", "a\tb", "a\"b", "a\\b", "é"] {
            assert!(ScopeSet::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn az14_a_parameter_of_too_many_scopes_is_refused() {
        let names = |count: usize| (0..count).map(|n| alloc::format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert!(ScopeSet::parse(&names(crate::limits::SCOPES)).is_some());
        assert!(ScopeSet::parse(&names(crate::limits::SCOPES + 1)).is_none());
    }

    #[test]
    fn tk4_within_is_by_whole_scopes() {
        let granted = ScopeSet::new(["files", "files.read"]);
        assert!(ScopeSet::new(["files"]).is_within(&granted));
        assert!(ScopeSet::default().is_within(&granted));
        assert!(!ScopeSet::new(["files.write"]).is_within(&granted));
        assert!(!ScopeSet::new(["file"]).is_within(&granted));
        assert_eq!(ScopeSet::new(["a", "a b", "", "a"]).iter().collect::<Vec<_>>(), ["a"]);
    }
}
