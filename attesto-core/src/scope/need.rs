//! What a required scope needs, and whether granted scopes meet it.

use alloc::collections::BTreeSet;

/// One requirement, and what meets it.
#[derive(Clone, Copy)]
pub(super) enum Need<'n> {
    /// Exactly these bytes.
    Exactly(&'n str),
    /// A catalogued entry: met by itself, by `*`, or by the wildcard of its resource, if it has one.
    Catalogued { entry: &'n str, resource: Option<&'n str> },
}

impl Need<'_> {
    /// Whether one granted scope covers the requirement. `granted` need not be looked up in the catalogue: a string
    /// equal to an entry is one, and a wildcard over an entry's resource is over a catalogued resource (S3).
    pub(super) fn is_met_by(self, granted: &str) -> bool {
        match self {
            Self::Exactly(entry) => granted == entry,
            Self::Catalogued { entry, resource } => {
                granted == "*"
                    || granted == entry
                    || resource.is_some_and(|resource| granted.strip_suffix(".*") == Some(resource))
            }
        }
    }
}

/// Granted scopes, indexed for more than a few requirements (S6: quadratic matching would allow denial of service).
pub(super) struct Held<'a> {
    exact: BTreeSet<&'a str>,
    wildcards: BTreeSet<&'a str>,
}

impl<'a> Held<'a> {
    pub(super) fn collect(granted: impl IntoIterator<Item = &'a str>) -> Self {
        let exact: BTreeSet<&str> = granted.into_iter().collect();
        let wildcards = exact.iter().filter_map(|scope| scope.strip_suffix(".*")).collect();
        Self { exact, wildcards }
    }

    /// Whether any of the scopes meets the requirement, as [`Need::is_met_by`].
    pub(super) fn meets(&self, need: Need<'_>) -> bool {
        match need {
            Need::Exactly(entry) => self.exact.contains(entry),
            Need::Catalogued { entry, resource } => {
                self.exact.contains("*")
                    || self.exact.contains(entry)
                    || resource.is_some_and(|resource| self.wildcards.contains(resource))
            }
        }
    }
}
