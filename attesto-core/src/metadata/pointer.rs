//! The URL that a challenge points to: P9.

use super::ResourceIdentifier;
use crate::ConfigError;
use crate::http::{PlainHttp, WebUrl};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;

/// The source of `resource_metadata` in a challenge (RFC 9728 §5.1). A route's own value takes precedence over the
/// server's.
///
/// ```
/// use attesto_core::metadata::{MetadataPointer, PointerRequest, ResourceIdentifier};
///
/// let resource = ResourceIdentifier::parse("https://h/mcp")?;
/// let request = PointerRequest { resource: &resource, path: "/mcp" };
/// let url = MetadataPointer::Derived.url(&request).expect("nothing was asked for that could fail");
/// assert_eq!(url.as_deref(), Some("https://h/.well-known/oauth-protected-resource/mcp"));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum MetadataPointer {
    /// The well-known URL of the resource identifier: P2.
    #[default]
    Derived,
    /// No pointer.
    None,
    /// This URL; see [`MetadataPointer::fixed`].
    Static(PointerUrl),
    /// The resolver's URL. It is called only when a challenge is rendered.
    Resolver(Arc<dyn PointerResolver>),
}

/// A checked URL of a metadata document: absolute https, no userinfo, no fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PointerUrl(WebUrl);

/// The input of a resolver. It has no header fields: a client must not choose the authority that other clients are
/// directed to (P11).
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by whoever renders a challenge")]
pub struct PointerRequest<'r> {
    /// The resource whose challenge is rendered.
    pub resource: &'r ResourceIdentifier,
    /// The raw path of the request.
    pub path: &'r str,
}

/// Chooses a pointer per request, for hosts whose resources are not known in advance.
pub trait PointerResolver: core::fmt::Debug + Send + Sync {
    /// Returns the URL of the metadata document, or `None` for no pointer. A text that is not a valid URL (P1) counts
    /// as none.
    ///
    /// # Errors
    /// The resolver cannot answer now. The response is then 503: the server is at fault, not the client.
    fn resolve(&self, request: &PointerRequest<'_>) -> Result<Option<String>, PointerUnavailable>;
}

/// A resolver could not answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the metadata pointer cannot be resolved now")]
#[expect(clippy::exhaustive_structs, reason = "resolvers build it, and there is nothing to add")]
pub struct PointerUnavailable;

impl PointerUrl {
    /// Checks a URL as an identifier is checked: P1.
    ///
    /// # Errors
    /// Fails if it is not an absolute https URL with a host, or has userinfo, a fragment or an invalid
    /// percent-encoding.
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        WebUrl::parse("resource_metadata", url, PlainHttp::Refused).map(Self)
    }

    /// Like [`parse`](Self::parse), but allows plain `http` to this machine. For development.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse).
    pub fn danger_insecure_loopback(url: &str) -> Result<Self, ConfigError> {
        WebUrl::parse("resource_metadata", url, PlainHttp::LoopbackOnly).map(Self)
    }

    /// The URL as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl MetadataPointer {
    /// Creates a static pointer to this URL.
    ///
    /// # Errors
    /// As for [`PointerUrl::parse`].
    pub fn fixed(url: &str) -> Result<Self, ConfigError> {
        PointerUrl::parse(url).map(Self::Static)
    }

    /// Returns the URL for a challenge; `None` omits the parameter. Call it only when a challenge is rendered.
    ///
    /// # Errors
    /// The resolver could not answer.
    pub fn url(&self, request: &PointerRequest<'_>) -> Result<Option<Cow<'_, str>>, PointerUnavailable> {
        match self {
            Self::Derived => Ok(Some(Cow::Owned(request.resource.well_known_url()))),
            Self::None => Ok(None),
            Self::Static(url) => Ok(Some(Cow::Borrowed(url.as_str()))),
            Self::Resolver(resolver) => {
                let is_valid =
                    |url: &String| WebUrl::parse("resource_metadata", url, request.resource.plain_http()).is_ok();
                Ok(resolver.resolve(request)?.filter(is_valid).map(Cow::Owned))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Challenge;

    #[derive(Debug)]
    struct Says(Result<Option<&'static str>, PointerUnavailable>);
    impl PointerResolver for Says {
        fn resolve(&self, _: &PointerRequest<'_>) -> Result<Option<String>, PointerUnavailable> {
            self.0.map(|url| url.map(String::from))
        }
    }

    fn url(pointer: &MetadataPointer) -> Result<Option<String>, PointerUnavailable> {
        let resource = ResourceIdentifier::parse("https://h/mcp").unwrap();
        let request = PointerRequest { resource: &resource, path: "/mcp" };
        pointer.url(&request).map(|url| url.map(Cow::into_owned))
    }

    fn resolver(answer: Result<Option<&'static str>, PointerUnavailable>) -> MetadataPointer {
        MetadataPointer::Resolver(Arc::new(Says(answer)))
    }

    #[test]
    fn p9_derived_none_and_static() {
        let derived = url(&MetadataPointer::default()).unwrap();
        assert_eq!(derived.as_deref(), Some("https://h/.well-known/oauth-protected-resource/mcp"));
        assert_eq!(url(&MetadataPointer::None), Ok(None));
        let fixed = MetadataPointer::fixed("https://m/meta?x=1").unwrap();
        assert_eq!(url(&fixed).unwrap().as_deref(), Some("https://m/meta?x=1"));
    }

    #[test]
    fn p9_static_url_is_checked_when_configured() {
        for bad in ["http://h/", "/.well-known/x", "https://h/#f", "https://u@h/", "https://h/%"] {
            assert_eq!(MetadataPointer::fixed(bad).unwrap_err().member(), "resource_metadata", "{bad}");
        }
        assert!(PointerUrl::danger_insecure_loopback("http://localhost/m").is_ok());
    }

    #[test]
    fn p9_resolved_url_is_checked_and_dropped_if_invalid() {
        assert_eq!(url(&resolver(Ok(Some("https://m/x")))).unwrap().as_deref(), Some("https://m/x"));
        assert_eq!(url(&resolver(Ok(None))), Ok(None));
        for bad in ["http://m/x", "http://localhost/x", "https://m/\r\nSet-Cookie: a", "https://m/\"", "m", ""] {
            assert_eq!(url(&resolver(Ok(Some(bad)))), Ok(None), "{bad}");
        }
    }

    #[test]
    fn p9_resolver_that_fails_is_reported_and_not_passed_over() {
        assert_eq!(url(&resolver(Err(PointerUnavailable))), Err(PointerUnavailable));
    }

    #[test]
    fn w5_every_valid_pointer_can_be_sent() {
        let every_character = "https://h:1/a-._~!$&'()*+,;=:@%41/?/?";
        let pointer = url(&MetadataPointer::fixed(every_character).unwrap()).unwrap().unwrap();
        let value = Challenge::bearer().resource_metadata(pointer).header_value();
        assert_eq!(value, alloc::format!("Bearer resource_metadata=\"{every_character}\""));
    }
}
