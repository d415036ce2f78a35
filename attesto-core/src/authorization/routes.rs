//! The paths of the endpoints on the issuer's origin, and their URLs (MD-2, EP-3).

use crate::ConfigError;
use crate::http::{PlainHttp, WebUrl};
use crate::metadata::JWKS;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One endpoint: the path to mount it at, and its URL for clients. The URL derives from the configured issuer, never
/// from a request (EP-3).
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
    /// `/.well-known/jwks.json`, below the issuer's path if it has one.
    pub jwks: Endpoint,
}

/// Names an endpoint, to set its path:
/// [`AuthorizationServerBuilder::endpoint_path`](crate::authorization::AuthorizationServerBuilder::endpoint_path).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EndpointName {
    /// The authorization endpoint (RFC 6749 §3.1).
    Authorization,
    /// The token endpoint (RFC 6749 §3.2).
    Token,
    /// The pushed authorization request endpoint (RFC 9126).
    PushedAuthorization,
    /// The revocation endpoint (RFC 7009).
    Revocation,
    /// The introspection endpoint (RFC 7662).
    Introspection,
    /// The key set (`jwks_uri`).
    Jwks,
}

impl Routes {
    /// Builds all endpoints below a prefix on the issuer's origin, except those with a custom path. CF-4.
    pub(crate) fn new(
        prefix: &str,
        own: &[(EndpointName, String)],
        issuer: &str,
        plain_http: PlainHttp,
    ) -> Result<Self, ConfigError> {
        prefix_is_a_path(prefix)?;
        own_paths_are_paths(own)?;
        let issuer = WebUrl::parse("issuer", issuer, plain_http)?;
        let at = |name: EndpointName, otherwise: String| {
            let own = own.iter().find(|(own, _)| *own == name);
            let path = own.map_or(otherwise, |(_, path)| path.clone());
            Endpoint { url: issuer.sibling(&path), path }
        };
        let under = |name, suffix: &str| at(name, format!("{prefix}/{suffix}"));
        Ok(Self {
            authorization: under(EndpointName::Authorization, "authorize"),
            token: under(EndpointName::Token, "token"),
            pushed_authorization: under(EndpointName::PushedAuthorization, "par"),
            revocation: under(EndpointName::Revocation, "revoke"),
            introspection: under(EndpointName::Introspection, "introspect"),
            jwks: at(EndpointName::Jwks, issuer.below(JWKS)),
        })
    }
}

/// Whether this is a sequence of `/` and segments of unreserved characters, which every router takes literally.
fn is_path(path: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved);
    path.strip_prefix('/').is_some_and(|segments| segments.split('/').all(is_segment))
}

/// Checks that the prefix is empty or a path.
fn prefix_is_a_path(prefix: &str) -> Result<(), ConfigError> {
    if prefix.is_empty() || is_path(prefix) {
        Ok(())
    } else {
        Err(ConfigError::new("path_prefix", "must be empty or look like `/oauth`, without a final slash"))
    }
}

/// Checks that each custom path is a path, and that no endpoint has two. CF-4.
fn own_paths_are_paths(own: &[(EndpointName, String)]) -> Result<(), ConfigError> {
    let problem = |text: String| Err(ConfigError::new("endpoint_path", text));
    for (name, path) in own {
        if !is_path(path) {
            return problem(format!("{path:?}: must look like `/oauth/token`, without a final slash"));
        }
        if own.iter().filter(|(other, _)| other == name).count() > 1 {
            return problem(format!("{name:?} has two paths"));
        }
    }
    Ok(())
}

/// Checks that no path is used twice by endpoints and documents. CF-4.
pub(crate) fn paths_differ(mut paths: Vec<&str>) -> Result<(), ConfigError> {
    paths.sort_unstable();
    match paths.iter().zip(paths.iter().skip(1)).find(|(one, next)| one == next) {
        None => Ok(()),
        Some((path, _)) => Err(ConfigError::new("endpoint_path", format!("two endpoints are at {path:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(prefix: &str) -> Result<Routes, ConfigError> {
        Routes::new(prefix, &[], "https://as.example", PlainHttp::Refused)
    }

    fn with(own: &[(EndpointName, &str)]) -> Result<Routes, ConfigError> {
        let own: Vec<_> = own.iter().map(|(name, path)| (*name, String::from(*path))).collect();
        Routes::new("/oauth", &own, "https://as.example/tenant", PlainHttp::Refused)
    }

    #[test]
    fn cf4_md2_endpoints_follow_the_prefix_on_the_issuers_origin() {
        let routes = under("/mcp/oauth").unwrap();
        assert_eq!(routes.token.path, "/mcp/oauth/token");
        assert_eq!(routes.token.url, "https://as.example/mcp/oauth/token");
        assert_eq!(routes.jwks.url, "https://as.example/.well-known/jwks.json");
        assert_eq!(under("").unwrap().authorization.path, "/authorize");
        assert_eq!(with(&[]).unwrap().token.url, "https://as.example/oauth/token");
    }

    #[test]
    fn cf4_md5_an_issuer_with_a_path_has_its_keys_below_it() {
        for (issuer, path) in [
            ("https://as.example", "/.well-known/jwks.json"),
            ("https://as.example/", "/.well-known/jwks.json"),
            ("https://as.example/t1", "/t1/.well-known/jwks.json"),
            ("https://as.example/t1/", "/t1/.well-known/jwks.json"),
            ("https://as.example/t1/t2", "/t1/t2/.well-known/jwks.json"),
        ] {
            let jwks = Routes::new("/oauth", &[], issuer, PlainHttp::Refused).unwrap().jwks;
            assert_eq!((jwks.path.as_str(), jwks.url), (path, format!("https://as.example{path}")), "{issuer}");
        }
    }

    #[test]
    fn cf4_each_endpoint_may_have_a_path_of_its_own() {
        let own = [(EndpointName::Jwks, "/keys"), (EndpointName::Token, "/connect/token")];
        let routes = with(&own).unwrap();
        assert_eq!((routes.jwks.path.as_str(), routes.jwks.url.as_str()), ("/keys", "https://as.example/keys"));
        assert_eq!(routes.token.url, "https://as.example/connect/token");
        assert_eq!(routes.revocation.path, "/oauth/revoke", "the others stay");
        let all = [
            (EndpointName::Authorization, "/1"),
            (EndpointName::Token, "/2"),
            (EndpointName::PushedAuthorization, "/3"),
            (EndpointName::Revocation, "/4"),
            (EndpointName::Introspection, "/5"),
            (EndpointName::Jwks, "/6"),
        ];
        let routes = with(&all).unwrap();
        let paths = [&routes.authorization, &routes.token, &routes.pushed_authorization, &routes.revocation];
        let paths = paths.into_iter().chain([&routes.introspection, &routes.jwks]).map(|endpoint| &*endpoint.path);
        assert!(paths.eq(["/1", "/2", "/3", "/4", "/5", "/6"]));
    }

    #[test]
    fn cf1_a_path_that_routers_would_not_take_literally_is_refused() {
        for prefix in ["oauth", "/", "/oauth/", "//oauth", "/a/../b", "/a b", "/{x}", "/:x", "/*", "/a?b", "/a%20"] {
            assert_eq!(under(prefix).unwrap_err().member(), "path_prefix", "{prefix}");
            assert_eq!(with(&[(EndpointName::Token, prefix)]).unwrap_err().member(), "endpoint_path", "{prefix}");
        }
        assert_eq!(with(&[(EndpointName::Token, "")]).unwrap_err().member(), "endpoint_path");
        let twice = [(EndpointName::Token, "/a"), (EndpointName::Token, "/b")];
        assert_eq!(with(&twice).unwrap_err().member(), "endpoint_path");
    }
}
