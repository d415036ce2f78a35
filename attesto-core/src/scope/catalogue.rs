//! The scopes of a server, and the strings that grant them.

use super::is_scope_token;
use super::need::{Held, Need};
use crate::ConfigError;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;

/// The concrete scopes of a server: S2.
///
/// A scope with a dot belongs to the *resource* left of its first dot: `documents.read` to `documents`. A scope without
/// one, such as `mcp:tools:call`, belongs to none, so no resource wildcard covers it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Catalogue {
    scopes: BTreeSet<Box<str>>,
    resources: BTreeSet<Box<str>>,
}

/// A string that may be granted: S3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GrantForm<'a> {
    /// One entry of the catalogue.
    Entry(&'a str),
    /// `<resource>.*`: every entry of this resource.
    Resource(&'a str),
    /// `*`: every entry. Only for credentials that the system issues to itself (S4).
    Everything,
}

impl Catalogue {
    /// Creates the catalogue of these scopes. Order and duplicates do not matter.
    ///
    /// # Errors
    /// Fails if an entry is not a scope-token (S1), or has a `*` segment: wildcards are grants, not scopes (S2).
    pub fn new<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let mut catalogue = Self::default();
        for entry in entries {
            let entry = entry.as_ref();
            entry_is_concrete_token(entry)?;
            if let Some(resource) = resource_of(entry) {
                catalogue.resources.insert(resource.into());
            }
            catalogue.scopes.insert(entry.into());
        }
        Ok(catalogue)
    }

    /// Whether `scope` is a concrete entry.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// The entries in byte order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(AsRef::as_ref)
    }

    /// The resources in byte order.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().map(AsRef::as_ref)
    }

    /// Returns how `scope` may be granted over this catalogue, if at all: S3.
    ///
    /// `None` for scopes and resources outside the catalogue, and for every other use of a star: `a.b.*`, `.*`,
    /// `*.read`, `a.*.b`, `doc*`.
    #[must_use]
    pub fn grant_form<'a>(&self, scope: &'a str) -> Option<GrantForm<'a>> {
        if scope == "*" {
            return Some(GrantForm::Everything);
        }
        if self.contains(scope) {
            return Some(GrantForm::Entry(scope));
        }
        // A catalogued resource has no dot, so `a.b.*` is never found here.
        scope.strip_suffix(".*").filter(|resource| self.resources.contains(*resource)).map(GrantForm::Resource)
    }

    /// Whether a customer may be granted `scope`: every grant form but `*`. S4.
    #[must_use]
    pub fn is_customer_grant(&self, scope: &str) -> bool {
        self.grant_form(scope).is_some_and(|form| form != GrantForm::Everything)
    }

    /// Whether a credential that the system issues to itself may carry `scope`: every grant form, `*` included. S4.
    #[must_use]
    pub fn is_system_grant(&self, scope: &str) -> bool {
        self.grant_form(scope).is_some()
    }

    /// Returns the requested scopes that a customer cannot be granted, in the order requested: S4.
    ///
    /// Use it to decide on `invalid_scope`. The result contains only requested scopes, so it does not reveal the
    /// catalogue. The items are the client's bytes and must not be echoed unchecked.
    pub fn unknown<'a>(&self, requested: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
        requested.into_iter().filter(|scope| !self.is_customer_grant(scope))
    }

    /// Whether the granted scopes cover this one requirement: S5.
    ///
    /// A catalogued entry is covered by itself, by the wildcard of its resource, or by `*`. A requirement outside the
    /// catalogue, wildcards included, is never covered. A granted string that has no grant form grants nothing.
    #[must_use]
    pub fn grants<'a>(&self, granted: impl IntoIterator<Item = &'a str>, required: &str) -> bool {
        let Some(need) = self.need(required) else { return false };
        granted.into_iter().any(|scope| need.is_met_by(scope))
    }

    /// Whether the granted scopes cover every requirement: S6. Linear in both, up to a logarithm.
    ///
    /// # Errors
    /// Fails if nothing is required: an endpoint must declare its need.
    pub fn grants_all<'a>(
        &self,
        granted: impl IntoIterator<Item = &'a str>,
        required: &[impl AsRef<str>],
    ) -> Result<bool, ConfigError> {
        need_is_declared(required)?;
        let held = Held::collect(granted);
        Ok(required.iter().all(|required| self.need(required.as_ref()).is_some_and(|need| held.meets(need))))
    }

    /// Whether the granted scopes cover at least one of the alternatives: S6's separate, explicit form.
    ///
    /// # Errors
    /// Fails if there is no alternative: an endpoint must declare its need.
    pub fn any_of<'a>(
        &self,
        granted: impl IntoIterator<Item = &'a str>,
        alternatives: &[impl AsRef<str>],
    ) -> Result<bool, ConfigError> {
        need_is_declared(alternatives)?;
        let held = Held::collect(granted);
        Ok(alternatives.iter().any(|required| self.need(required.as_ref()).is_some_and(|need| held.meets(need))))
    }

    /// Returns what covers `required`; `None` if nothing does, because it is not in the catalogue.
    pub(super) fn need<'n>(&self, required: &'n str) -> Option<Need<'n>> {
        self.contains(required).then(|| Need::Catalogued { entry: required, resource: resource_of(required) })
    }
}

/// Checks that an entry is a scope-token without a star segment. S2.
fn entry_is_concrete_token(entry: &str) -> Result<(), ConfigError> {
    if !is_scope_token(entry) {
        let problem = format!("{entry:?} is not a scope-token: visible ASCII without space, quote and backslash");
        return Err(ConfigError::new("catalogue", problem));
    }
    if entry.split('.').any(|segment| segment == "*") {
        let problem = format!("{entry:?} has a `*` segment; list the concrete scopes, wildcards are granted over them");
        return Err(ConfigError::new("catalogue", problem));
    }
    Ok(())
}

/// Checks that a requirement is not empty, since every token would meet it. S6.
fn need_is_declared(required: &[impl AsRef<str>]) -> Result<(), ConfigError> {
    if required.is_empty() {
        return Err(ConfigError::new("required", "the list is empty; name at least one scope"));
    }
    Ok(())
}

/// Returns the part left of the first dot. A scope that starts with the dot has none: `.*` is not a grant form.
fn resource_of(entry: &str) -> Option<&str> {
    entry.split_once('.').map(|(resource, _)| resource).filter(|resource| !resource.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn catalogue() -> Catalogue {
        Catalogue::new(["documents.read", "documents.write", "documents.page.read", "billing.read", "mcp:tools:call"])
            .unwrap()
    }

    #[test]
    fn s2_entries_are_concrete_tokens() {
        for entry in ["", "a b", "a\"", "é", "*", "a.*", "*.a", "a.*.b", ".*"] {
            assert_eq!(Catalogue::new([entry]).unwrap_err().member(), "catalogue", "{entry}");
        }
        for entry in ["a", "a.b", "a:*", "a.b*", ".a", "a."] {
            assert!(Catalogue::new([entry]).unwrap().contains(entry), "{entry}");
        }
    }

    #[test]
    fn s2_only_dotted_entries_make_resources() {
        assert_eq!(catalogue().resources().collect::<Vec<_>>(), ["billing", "documents"]);
        assert_eq!(Catalogue::new([".read", "x"]).unwrap().resources().count(), 0);
    }

    #[test]
    fn s3_grant_forms_are_entry_resource_wildcard_and_star() {
        let catalogue = catalogue();
        assert_eq!(catalogue.grant_form("billing.read"), Some(GrantForm::Entry("billing.read")));
        assert_eq!(catalogue.grant_form("documents.*"), Some(GrantForm::Resource("documents")));
        assert_eq!(catalogue.grant_form("*"), Some(GrantForm::Everything));
        for scope in [
            "",
            ".*",
            "*.read",
            "*.*",
            "**",
            "documents",
            "documents.",
            "documents.**",
            "documents.page.*",
            "documents.*.read",
            "documents.*.*",
            "doc*",
            "documents.re*",
            "people.*",
            "people.read",
            "mcp.*",
            "mcp:*",
            "mcp:tools:*",
            "mcp:tools:call.*",
            "Documents.read",
            " documents.read",
        ] {
            assert_eq!(catalogue.grant_form(scope), None, "{scope}");
        }
    }

    #[test]
    fn s4_star_is_for_the_system_only() {
        let catalogue = catalogue();
        assert!(catalogue.is_system_grant("*") && !catalogue.is_customer_grant("*"));
        assert!(catalogue.is_system_grant("billing.*") && catalogue.is_customer_grant("billing.*"));
        assert!(!catalogue.is_system_grant("people.*") && !catalogue.is_customer_grant("people.*"));
    }

    #[test]
    fn s4_unknown_lists_scopes_that_no_customer_is_granted() {
        let requested = ["billing.read", "*", "documents.*", "people.read", "mcp:tools:call", "people.read"];
        assert_eq!(catalogue().unknown(requested).collect::<Vec<_>>(), ["*", "people.read", "people.read"]);
    }

    #[test]
    fn s5_covered_by_equality_resource_wildcard_or_star() {
        let catalogue = catalogue();
        for granted in ["documents.page.read", "documents.*", "*"] {
            assert!(catalogue.grants([granted], "documents.page.read"), "{granted}");
        }
        for granted in ["documents.page.*", "documents.read", "documents", "billing.*", "documents.page", "", "*.*"] {
            assert!(!catalogue.grants([granted], "documents.page.read"), "{granted}");
        }
    }

    #[test]
    fn s5_uncatalogued_or_wildcard_requirement_is_never_granted() {
        let catalogue = catalogue();
        for required in ["people.read", "documents.*", "*", "", "documents", "billing.read "] {
            assert!(!catalogue.grants(["*", "documents.*", required], required), "{required}");
            assert_eq!(catalogue.grants_all(["*", required], &[required]), Ok(false), "{required}");
        }
    }

    #[test]
    fn s6_need_must_be_declared() {
        let none: [&str; 0] = [];
        assert_eq!(catalogue().grants_all(["*"], &none).unwrap_err().member(), "required");
        assert_eq!(catalogue().any_of(["*"], &none).unwrap_err().member(), "required");
    }

    #[test]
    fn s6_all_needs_every_scope_and_any_needs_one() {
        let (catalogue, granted) = (catalogue(), ["billing.read", "documents.*"]);
        assert_eq!(catalogue.grants_all(granted, &["billing.read", "documents.write"]), Ok(true));
        assert_eq!(catalogue.grants_all(granted, &["billing.read", "mcp:tools:call"]), Ok(false));
        assert_eq!(catalogue.any_of(granted, &["billing.read", "mcp:tools:call"]), Ok(true));
        assert_eq!(catalogue.any_of(["billing.read"], &["documents.read", "mcp:tools:call"]), Ok(false));
    }

    #[test]
    fn s6_ten_thousand_scopes_on_both_sides_are_matched_in_linear_time() {
        let entries: Vec<String> = (0..10_000).map(|n| format!("r{n}.read")).collect();
        let catalogue = Catalogue::new(&entries).unwrap();
        let wildcards: Vec<String> = (0..10_000).map(|n| format!("r{n}.*")).collect();
        assert_eq!(catalogue.grants_all(wildcards.iter().map(String::as_str), &entries), Ok(true));
        assert_eq!(catalogue.grants_all(wildcards.iter().skip(1).map(String::as_str), &entries), Ok(false));
    }

    /// S5 in its plainest form: compares segments, without an index.
    fn model_grants(entries: &[String], granted: &[String], required: &str) -> bool {
        let resources: Vec<&str> = entries.iter().filter_map(|e| e.split_once('.')).map(|(left, _)| left).collect();
        entries.iter().any(|entry| entry == required)
            && granted.iter().any(|grant| {
                let parts: Vec<&str> = grant.split('.').collect();
                let resource_matches = match parts.as_slice() {
                    [resource, "*"] => {
                        !resource.is_empty()
                            && resources.contains(resource)
                            && required.split_once('.').is_some_and(|(left, _)| left == *resource)
                    }
                    _ => false,
                };
                grant == "*" || grant == required || resource_matches
            })
    }

    fn entry() -> impl Strategy<Value = String> {
        "[ab]{1,2}(\\.[ab:]{0,2}){0,2}"
    }
    fn anything() -> impl Strategy<Value = String> {
        prop_oneof![entry(), "[ab]{0,2}(\\.[ab*]{0,2}){0,2}", Just(String::from("*")), "[ab]\\.\\*"]
    }

    proptest! {
        #[test]
        fn s7_laws_hold_and_agree_with_the_model(
            entries in prop::collection::vec(entry(), 0..6),
            granted in prop::collection::vec(anything(), 0..6),
            more in prop::collection::vec(anything(), 0..4),
            required in prop::collection::vec(prop_oneof![entry(), anything()], 1..4),
        ) {
            let catalogue = Catalogue::new(&entries).unwrap();
            let of = |granted: &[String], required: &str| {
                catalogue.grants(granted.iter().map(String::as_str), required)
            };
            let all = |granted: &[String]| catalogue.grants_all(granted.iter().map(String::as_str), &required).unwrap();
            for required in &required {
                prop_assert_eq!(of(&granted, required), model_grants(&entries, &granted, required));
                prop_assert!(!of(&[], required), "the empty grant grants nothing");
            }
            prop_assert_eq!(all(&granted), required.iter().all(|r| of(&granted, r)));
            let any = catalogue.any_of(granted.iter().map(String::as_str), &required).unwrap();
            prop_assert_eq!(any, required.iter().any(|r| of(&granted, r)));

            let wider: Vec<String> = granted.iter().chain(&more).cloned().collect();
            prop_assert!(!all(&granted) || all(&wider), "more grants never remove access");
            let shuffled: Vec<String> = granted.iter().rev().chain(granted.iter()).cloned().collect();
            prop_assert_eq!(all(&granted), all(&shuffled), "order and duplicates do not matter");
            let known: Vec<String> = granted.iter().filter(|g| catalogue.is_system_grant(g)).cloned().collect();
            prop_assert_eq!(all(&granted), all(&known), "unknown grants are inert");
        }

        #[test]
        fn s7_no_cross_resource_leak(entries in prop::collection::vec(entry(), 1..8), resource in "[ab]{1,2}") {
            let catalogue = Catalogue::new(&entries).unwrap();
            let wildcard = format!("{resource}.*");
            for entry in &entries {
                let inside = entry.starts_with(&format!("{resource}."));
                prop_assert_eq!(catalogue.grants([wildcard.as_str()], entry), inside);
            }
        }
    }
}
