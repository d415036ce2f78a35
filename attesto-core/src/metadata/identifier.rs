//! The resource identifier and the location of its metadata: RFC 9728 §1.2 and §3.1; P1 to P3.

use crate::ConfigError;
use crate::http::{PlainHttp, WebUrl};
use alloc::format;
use alloc::string::String;
use core::fmt;

/// The suffix of RFC 9728 §3.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The URL that identifies a protected resource. It is the audience of the resource's tokens and the `resource` of its
/// metadata, and its well-known URL is derived from it.
///
/// Kept exactly as given: identifiers are compared byte for byte, so `https://h/mcp` and `https://h/mcp/` differ.
///
/// ```
/// use attesto_core::metadata::ResourceIdentifier;
///
/// assert!(ResourceIdentifier::parse("https://mcp.example.com/mcp").is_ok());
/// assert!(ResourceIdentifier::parse("http://mcp.example.com/mcp").is_err());
/// assert!(ResourceIdentifier::danger_insecure_loopback("http://localhost:3000/mcp").is_ok());
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ResourceIdentifier(WebUrl);

impl ResourceIdentifier {
    /// Checks an identifier: an absolute https URL with a host, without fragment and userinfo, with complete
    /// percent-encoding. A query is allowed. P1.
    ///
    /// # Errors
    /// Fails if it is not such a URL, or if the path has dot segments: clients remove them, and would not find the
    /// metadata.
    pub fn parse(identifier: &str) -> Result<Self, ConfigError> {
        WebUrl::parse("resource", identifier, PlainHttp::Refused).map(Self)
    }

    /// Like [`parse`](Self::parse), but plain `http` is allowed if the host is this machine (`localhost`, 127.0.0.0/8,
    /// `[::1]`). For development: everything on the path can read and replay the traffic.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn danger_insecure_loopback(identifier: &str) -> Result<Self, ConfigError> {
        WebUrl::parse("resource", identifier, PlainHttp::LoopbackOnly).map(Self)
    }

    /// The identifier as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and port, without a trailing slash.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.origin()
    }

    /// The path; empty if the identifier has none.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The query without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// The path of the metadata document: the well-known suffix, followed by the identifier's path unless that is `/`.
    /// P2.
    #[must_use]
    pub fn well_known_path(&self) -> String {
        let path = if self.path() == "/" { "" } else { self.path() };
        [WELL_KNOWN, path].concat()
    }

    /// The URL of the metadata document: origin, [`well_known_path`](Self::well_known_path), and the identifier's
    /// query. RFC 9728 §3.1; P2.
    #[must_use]
    pub fn well_known_url(&self) -> String {
        let mut url = self.0.sibling(&self.well_known_path());
        if let Some(query) = self.query() {
            url.push('?');
            url.push_str(query);
        }
        url
    }

    /// Checks that a resource mounted at `path` is the identified one. A missing path equals `/`. P3.
    ///
    /// # Errors
    /// Fails if the paths differ: clients would derive the metadata URL of another resource.
    pub fn resource_is_mounted_at(&self, path: &str) -> Result<(), ConfigError> {
        paths_agree("resource", self.path(), path)
    }

    /// Checks that a document mounted at `path` is where clients look for it. P3.
    ///
    /// # Errors
    /// Fails if the path is not [`well_known_path`](Self::well_known_path).
    pub fn document_is_mounted_at(&self, path: &str) -> Result<(), ConfigError> {
        paths_agree("metadata path", &self.well_known_path(), path)
    }

    /// Whether the host is this machine: `localhost` or a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// The scheme that other URLs of this resource may have: plain http only if the identifier is plain http, on
    /// loopback.
    pub(super) fn plain_http(&self) -> PlainHttp {
        if self.0.is_plain_http() { PlainHttp::LoopbackOnly } else { PlainHttp::Refused }
    }
}

fn paths_agree(member: &'static str, expected: &str, mounted: &str) -> Result<(), ConfigError> {
    let or_root = |path| if path == "/" { "" } else { path };
    if or_root(expected) != or_root(mounted) {
        let problem = format!("mounted at {mounted:?}, but the resource identifier says {expected:?}; make them equal");
        return Err(ConfigError::new(member, problem));
    }
    Ok(())
}

impl fmt::Debug for ResourceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResourceIdentifier").field(&self.as_str()).finish()
    }
}

impl fmt::Display for ResourceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> ResourceIdentifier {
        ResourceIdentifier::parse(text).unwrap()
    }

    #[test]
    fn p1_identifier_is_kept_byte_for_byte() {
        for text in ["https://h", "https://h/", "https://H/%7e", "https://h:443/mcp?a=b"] {
            assert_eq!(id(text).as_str(), text);
        }
        assert_ne!(id("https://h"), id("https://h/"));
        assert_eq!(ResourceIdentifier::parse("https://h#f").unwrap_err().member(), "resource");
        assert!(ResourceIdentifier::parse("http://localhost").is_err());
        assert!(ResourceIdentifier::danger_insecure_loopback("http://example.com").is_err());
    }

    #[test]
    fn p2_suffix_goes_between_authority_and_path() {
        for (identifier, url) in [
            ("https://h", "https://h/.well-known/oauth-protected-resource"),
            ("https://h/", "https://h/.well-known/oauth-protected-resource"),
            ("https://h/mcp", "https://h/.well-known/oauth-protected-resource/mcp"),
            ("https://h/mcp/", "https://h/.well-known/oauth-protected-resource/mcp/"),
            ("https://h:8443/a/b?x=1", "https://h:8443/.well-known/oauth-protected-resource/a/b?x=1"),
            ("https://h?x=1", "https://h/.well-known/oauth-protected-resource?x=1"),
            ("https://h/?x=1", "https://h/.well-known/oauth-protected-resource?x=1"),
            // The examples of RFC 9728 §3.1.
            ("https://resource.example.com", "https://resource.example.com/.well-known/oauth-protected-resource"),
            (
                "https://resource.example.com/resource1",
                "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
            ),
        ] {
            assert_eq!(id(identifier).well_known_url(), url);
        }
        assert_eq!(id("https://h/a?x=1").well_known_path(), "/.well-known/oauth-protected-resource/a");
    }

    #[test]
    fn p3_mounted_paths_agree_with_the_identifier() {
        assert!(id("https://h/mcp").resource_is_mounted_at("/mcp").is_ok());
        assert!(id("https://h").resource_is_mounted_at("/").is_ok());
        for path in ["/", "", "/mcp/", "/MCP", "/mcp2", "mcp"] {
            assert_eq!(id("https://h/mcp").resource_is_mounted_at(path).unwrap_err().member(), "resource", "{path}");
        }
        assert!(id("https://h/mcp").document_is_mounted_at("/.well-known/oauth-protected-resource/mcp").is_ok());
        assert!(id("https://h/").document_is_mounted_at("/.well-known/oauth-protected-resource").is_ok());
        for path in ["/.well-known/oauth-protected-resource", "/mcp/.well-known/oauth-protected-resource", "/"] {
            assert!(id("https://h/mcp").document_is_mounted_at(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn p1_anything_is_parsed_or_refused(text in "(https://)?\\PC{0,30}|https?://[a\\[\\]:@/?#%.1-9]{0,16}") {
            if let Ok(identifier) = ResourceIdentifier::danger_insecure_loopback(&text) {
                let query = identifier.query().map(|query| format!("?{query}")).unwrap_or_default();
                prop_assert_eq!([identifier.origin(), identifier.path(), query.as_str()].concat(), text);
                prop_assert!(ResourceIdentifier::danger_insecure_loopback(&identifier.well_known_url()).is_ok());
            }
        }

        /// P2 is reversible: the document's URL leads back to the resource (except for a lone `/`).
        #[test]
        fn p2_well_known_url_leads_back(path in "(/[a-z%.]{1,4}){0,3}/?", query in prop::option::of("[a-z=&]{0,6}")) {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            if let Ok(identifier) = ResourceIdentifier::parse(&format!("https://h{path}{query}")) {
                let back = identifier.well_known_url().replacen(WELL_KNOWN, "", 1);
                let expected = if path == "/" { format!("https://h{query}") } else { identifier.as_str().into() };
                prop_assert_eq!(back, expected);
            }
        }
    }
}
