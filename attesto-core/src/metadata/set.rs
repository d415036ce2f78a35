//! The metadata documents of a server, and the responses that serve them: P3 to P5.

use super::document;
use super::{ProtectedResourceMetadata, ResourceIdentifier};
use crate::ConfigError;
use crate::http::ResponseParts;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The document served at the bare well-known path, without a resource's path: P4.
///
/// Not every client derives the whole path. A client that does finds its document regardless of this choice, and must
/// reject a document that names another resource (RFC 9728 §3.3). A resource whose identifier has no path owns the bare
/// path; then there is no choice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum RootDocument {
    /// The document of the first resource declared.
    #[default]
    First,
    /// The document of this resource.
    Named(ResourceIdentifier),
    /// None: 404.
    None,
}

/// The documents of one or more resources, ready to be served.
#[derive(Clone, Debug)]
pub struct MetadataSet {
    served: Vec<Served>,
    /// The index of the document at the bare path, if no resource owns that path.
    root: Option<usize>,
    warnings: Vec<&'static str>,
}

/// A document and its path.
#[derive(Clone, Debug)]
struct Served {
    resource: ResourceIdentifier,
    path: String,
    json: String,
}

/// The bare well-known path.
const ROOT: &str = "/.well-known/oauth-protected-resource";

const IMPLICIT_ROOT: &str = "several resources share one server, and the bare well-known path serves the first one's \
                             document; choose a root document explicitly";

impl MetadataSet {
    /// Creates a set of these documents; the bare path serves the first. With several documents, this gives a
    /// [warning](Self::warnings): choose with [`with_root`](Self::with_root).
    ///
    /// # Errors
    /// Fails if there is no document, or two have the same path: equal identifiers, or identifiers that differ only in
    /// their origin or in a lone `/`.
    pub fn new(documents: impl IntoIterator<Item = ProtectedResourceMetadata>) -> Result<Self, ConfigError> {
        let mut set = Self::with_root(documents, &RootDocument::First)?;
        if set.root.is_some() && set.served.len() > 1 {
            set.warnings.push(IMPLICIT_ROOT);
        }
        Ok(set)
    }

    /// Creates a set of these documents with an explicit choice for the bare path.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and if the named resource is not in the set, or another resource owns the bare path.
    pub fn with_root(
        documents: impl IntoIterator<Item = ProtectedResourceMetadata>,
        root: &RootDocument,
    ) -> Result<Self, ConfigError> {
        let mut served: Vec<Served> = Vec::new();
        for document in documents {
            let served_here = Served::new(&document);
            place_is_free(&served, &served_here)?;
            served.push(served_here);
        }
        if served.is_empty() {
            return Err(ConfigError::new("resources", "there is no document; declare at least one resource"));
        }
        let root = root_document(&served, root)?;
        Ok(Self { served, root, warnings: Vec::new() })
    }

    /// Warnings about the configuration; log them at start.
    #[must_use]
    pub fn warnings(&self) -> &[&'static str] {
        &self.warnings
    }

    /// The paths to mount, each once, without queries.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let paths: BTreeSet<&str> = self.served.iter().map(|served| served.path.as_str()).collect();
        let root = self.root.map(|_| ROOT);
        paths.into_iter().chain(root)
    }

    /// Checks that `path` is the path of a document, for adapters with a configured mount path. P3.
    ///
    /// # Errors
    /// Fails if the set has no document there.
    pub fn is_mounted_at(&self, path: &str) -> Result<(), ConfigError> {
        if self.paths().any(|known| known == path) {
            return Ok(());
        }
        let problem = format!("no resource has its metadata at {path:?}; mount the paths that the identifiers give");
        Err(ConfigError::new("metadata path", problem))
    }

    /// Answers a request; `None` if the target is not a document's. The router then answers, with 404 if it has nothing
    /// else there. P5.
    ///
    /// The target is the raw path and query of the request. It is compared unchanged: RFC 9728 §3.3 ties the document
    /// to the exact URL of the request.
    #[must_use]
    pub fn respond(&self, method: &str, path_and_query: &str) -> Option<ResponseParts> {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        self.respond_to(method, path, query)
    }

    /// Like [`respond`](Self::respond), with path and query separate.
    #[must_use]
    pub fn respond_to(&self, method: &str, path: &str, query: Option<&str>) -> Option<ResponseParts> {
        let own = self.served.iter().find(|served| served.is_at(path, query));
        let served = own.or_else(|| self.served.get(self.root?).filter(|_| path == ROOT && query.is_none()))?;
        Some(document::respond(method, &served.json))
    }
}

impl Served {
    fn new(document: &ProtectedResourceMetadata) -> Self {
        let resource = document.resource().clone();
        Self { path: resource.well_known_path(), resource, json: document.to_json() }
    }

    fn is_at(&self, path: &str, query: Option<&str>) -> bool {
        self.path == path && self.resource.query() == query
    }
}

/// Checks that no other document has this path. P4.
fn place_is_free(served: &[Served], next: &Served) -> Result<(), ConfigError> {
    match served.iter().find(|other| other.is_at(&next.path, next.resource.query())) {
        Some(other) => {
            let problem = format!("{} and {} have their metadata at one path", other.resource, next.resource);
            Err(ConfigError::new("resources", problem))
        }
        None => Ok(()),
    }
}

/// Returns the index of the document to serve at the bare path in addition to its own. P4.
fn root_document(served: &[Served], root: &RootDocument) -> Result<Option<usize>, ConfigError> {
    let owner = served.iter().find(|served| served.is_at(ROOT, None));
    match root {
        RootDocument::None => Ok(None),
        RootDocument::First => Ok(if owner.is_some() { None } else { Some(0) }),
        RootDocument::Named(name) => {
            let named = served.iter().position(|served| served.resource == *name);
            let named = named.ok_or_else(|| ConfigError::new("root document", "names a resource not in the set"))?;
            match owner {
                None => Ok(Some(named)),
                Some(owner) if owner.resource == *name => Ok(None),
                Some(owner) => {
                    let problem = format!("the bare path is that of {}; name that one, or none", owner.resource);
                    Err(ConfigError::new("root document", problem))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::EnforcedCapabilities;

    fn id(identifier: &str) -> ResourceIdentifier {
        ResourceIdentifier::parse(identifier).unwrap()
    }

    fn document(identifier: &str) -> ProtectedResourceMetadata {
        let builder = ProtectedResourceMetadata::builder(id(identifier));
        builder.build(&EnforcedCapabilities::HEADER_ONLY).unwrap()
    }

    fn set(identifiers: &[&str]) -> Result<MetadataSet, ConfigError> {
        MetadataSet::new(identifiers.iter().map(|identifier| document(identifier)))
    }

    fn rooted(identifiers: &[&str], root: &RootDocument) -> Result<MetadataSet, ConfigError> {
        MetadataSet::with_root(identifiers.iter().map(|identifier| document(identifier)), root)
    }

    /// The `resource` of the document at this target.
    fn resource_at(set: &MetadataSet, target: &str) -> Option<String> {
        let body = set.respond("GET", target)?.body_text();
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        json["resource"].as_str().map(String::from)
    }

    #[test]
    fn p3_each_document_is_served_where_its_identifier_derives_it() {
        let identifiers = ["https://h/a", "https://h/a/", "https://h/a?x=1", "https://h/a?x=2", "https://h/a%2Fb"];
        let set = set(&identifiers).unwrap();
        for identifier in identifiers {
            let url = id(identifier).well_known_url();
            let target = url.strip_prefix("https://h").unwrap();
            assert_eq!(resource_at(&set, target).as_deref(), Some(identifier));
        }
    }

    #[test]
    fn p5_other_targets_are_not_ours() {
        let set = set(&["https://h/a"]).unwrap();
        for target in [
            "/",
            "/a",
            "",
            "/.well-known/oauth-protected-resource/",
            "/.well-known/oauth-protected-resource/b",
            "/.well-known/oauth-protected-resource/a/",
            "/.well-known/oauth-protected-resource/A",
            "/.well-known/oauth-protected-resource/%61",
            "/.well-known/oauth-protected-resource/a?x=1",
            "/.well-known/oauth-protected-resource/a?",
            "/.well-known/oauth-protected-resource?x",
        ] {
            assert!(set.respond("GET", target).is_none(), "{target}");
        }
    }

    #[test]
    fn p4_duplicates_and_shared_places_are_refused() {
        for pair in [
            ["https://h/a", "https://h/a"],
            ["https://h", "https://h/"],
            ["https://h/a", "https://i/a"],
            ["https://h?x", "https://h/?x"],
        ] {
            assert_eq!(set(&pair).unwrap_err().member(), "resources", "{pair:?}");
        }
        assert_eq!(set(&[]).unwrap_err().member(), "resources");
    }

    #[test]
    fn p4_bare_path_serves_the_first_and_says_so_when_there_are_several() {
        let one = set(&["https://h/a"]).unwrap();
        assert_eq!(resource_at(&one, ROOT).as_deref(), Some("https://h/a"));
        assert!(one.warnings().is_empty());
        let two = set(&["https://h/a", "https://h/b"]).unwrap();
        assert_eq!(resource_at(&two, ROOT).as_deref(), Some("https://h/a"));
        assert_eq!(two.warnings().len(), 1);
        let explicit = rooted(&["https://h/a", "https://h/b"], &RootDocument::First).unwrap();
        assert!(explicit.warnings().is_empty());
    }

    #[test]
    fn p4_bare_path_serves_the_named_one_or_none() {
        let both = ["https://h/a", "https://h/b"];
        let named = rooted(&both, &RootDocument::Named(id("https://h/b"))).unwrap();
        assert_eq!(resource_at(&named, ROOT).as_deref(), Some("https://h/b"));
        assert!(resource_at(&rooted(&both, &RootDocument::None).unwrap(), ROOT).is_none());
        let absent = rooted(&both, &RootDocument::Named(id("https://h/c")));
        assert_eq!(absent.unwrap_err().member(), "root document");
    }

    #[test]
    fn p3_resource_without_a_path_owns_the_bare_path() {
        let both = ["https://h/a", "https://h"];
        let implicit = set(&both).unwrap();
        assert_eq!(resource_at(&implicit, ROOT).as_deref(), Some("https://h"));
        assert!(implicit.warnings().is_empty());
        assert!(rooted(&both, &RootDocument::Named(id("https://h"))).is_ok());
        assert!(rooted(&both, &RootDocument::Named(id("https://h/a"))).is_err());
        let none = rooted(&both, &RootDocument::None).unwrap();
        assert_eq!(resource_at(&none, ROOT).as_deref(), Some("https://h"));
    }

    #[test]
    fn p3_paths_to_mount_are_those_that_answer() {
        let set = set(&["https://h/a", "https://h/b?x=1", "https://h/b?x=2"]).unwrap();
        let paths: Vec<&str> = set.paths().collect();
        let suffixed = ["/.well-known/oauth-protected-resource/a", "/.well-known/oauth-protected-resource/b"];
        assert_eq!(paths, [suffixed[0], suffixed[1], ROOT]);
        assert!(set.is_mounted_at(suffixed[0]).is_ok() && set.is_mounted_at(ROOT).is_ok());
        assert_eq!(set.is_mounted_at("/a").unwrap_err().member(), "metadata path");
    }

    #[test]
    fn p5_get_and_head_are_public_json_and_other_methods_are_refused() {
        let set = set(&["https://h/a"]).unwrap();
        let target = "/.well-known/oauth-protected-resource/a";
        let get = set.respond("GET", target).unwrap();
        let headers: Vec<_> = get.headers.iter().map(|header| (header.name(), header.value())).collect();
        assert_eq!(get.status, 200);
        let expected = [
            ("content-type", "application/json"),
            ("cache-control", "public, max-age=3600"),
            ("access-control-allow-origin", "*"),
        ];
        assert_eq!(headers, expected);
        let head = set.respond("HEAD", target).unwrap();
        assert_eq!((head.status, &head.headers, head.body.len()), (200, &get.headers, 0));
        for method in ["POST", "DELETE", "get", ""] {
            let refused = set.respond(method, target).unwrap();
            assert_eq!((refused.status, refused.body.len()), (405, 0), "{method}");
            assert_eq!(refused.header("allow").collect::<Vec<_>>(), ["GET, HEAD, OPTIONS"]);
            assert!(set.respond(method, "/other").is_none());
        }
        assert_eq!(set.respond("OPTIONS", target).map(|preflight| preflight.status), Some(204));
        assert!(set.respond("OPTIONS", "/other").is_none());
    }
}
