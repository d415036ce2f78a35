//! Where the endpoints are: paths on the issuer's origin, and the URLs that follow from them (catalogue MD-2, C-3).

use crate::ConfigError;
use crate::metadata::url::{PlainHttp, WebUrl};
use alloc::format;
use alloc::string::String;

/// One endpoint: the path to mount it at, and the URL that clients know it by. The URL follows from the configured issuer, never from
/// a request (C-3).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The path, beginning with `/`.
    pub path: String,
    /// The URL.
    pub url: String,
}

/// Every endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Routes {
    /// `{prefix}/authorize`.
    pub authorization: Endpoint,
    /// `{prefix}/token`.
    pub token: Endpoint,
    /// `{prefix}/par`.
    pub pushed_authorization: Endpoint,
    /// `{prefix}/revoke`.
    pub revocation: Endpoint,
    /// `{prefix}/introspect`.
    pub introspection: Endpoint,
    /// `/.well-known/jwks.json`.
    pub jwks: Endpoint,
}

impl Routes {
    /// All endpoints under a path on the issuer's origin.
    pub(super) fn under(prefix: &str, issuer: &str, plain_http: PlainHttp) -> Result<Self, ConfigError> {
        prefix_is_a_path(prefix)?;
        let issuer = WebUrl::parse("issuer", issuer, plain_http)?;
        let at = |path: String| Endpoint { url: issuer.sibling(&path), path };
        let under = |name: &str| at(format!("{prefix}/{name}"));
        Ok(Self {
            authorization: under("authorize"),
            token: under("token"),
            pushed_authorization: under("par"),
            revocation: under("revoke"),
            introspection: under("introspect"),
            jwks: at("/.well-known/jwks.json".into()),
        })
    }
}

/// Empty, or segments of unreserved characters each behind a `/`: what every router takes literally.
fn prefix_is_a_path(prefix: &str) -> Result<(), ConfigError> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved);
    let fits = match prefix.strip_prefix('/') {
        Some(segments) => segments.split('/').all(is_segment),
        None => prefix.is_empty(),
    };
    if fits {
        Ok(())
    } else {
        Err(ConfigError::new("path_prefix", "must be empty or look like `/oauth`, without a final slash"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(prefix: &str) -> Result<Routes, ConfigError> {
        Routes::under(prefix, "https://as.example/tenant", PlainHttp::Refused)
    }

    #[test]
    fn cf4_md2_endpoints_follow_the_prefix_on_the_issuers_origin() {
        let routes = under("/mcp/oauth").unwrap();
        assert_eq!(routes.token.path, "/mcp/oauth/token");
        assert_eq!(routes.token.url, "https://as.example/mcp/oauth/token");
        assert_eq!(routes.jwks.url, "https://as.example/.well-known/jwks.json");
        assert_eq!(under("").unwrap().authorization.path, "/authorize");
    }

    #[test]
    fn cf1_a_prefix_that_routers_would_not_take_literally_is_refused() {
        for prefix in ["oauth", "/", "/oauth/", "//oauth", "/a/../b", "/a b", "/{x}", "/:x", "/*", "/a?b", "/a%20"] {
            assert_eq!(under(prefix).unwrap_err().member(), "path_prefix", "{prefix}");
        }
    }
}
