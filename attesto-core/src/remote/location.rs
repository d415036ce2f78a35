//! The location of an issuer's keys: its name, the URLs of its metadata, and the checks of the metadata (RFC 8414,
//! OpenID Connect Discovery 1.0; J22, CDS-5, CDS-6).

use super::error::FetchError;
use crate::encoding::json::{Object, Value};
use crate::http::{PlainHttp, WebUrl};
use crate::{ConfigError, limits};
use alloc::string::String;
use alloc::vec::Vec;

/// An issuer's URL: https, with a host, without userinfo, query and fragment. RFC 8414 §2; J22.
#[derive(Clone, Debug)]
pub(super) struct IssuerUrl {
    url: WebUrl,
    plain_http: PlainHttp,
}

impl IssuerUrl {
    pub(super) fn parse(issuer: &str, plain_http: PlainHttp) -> Result<Self, ConfigError> {
        let url = WebUrl::parse("issuer", issuer, plain_http)?;
        if url.query().is_some() {
            return Err(ConfigError::new("issuer", "must not have a query"));
        }
        Ok(Self { url, plain_http })
    }

    pub(super) fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Checks the URL of a key set by the same rule; it may have a query.
    pub(super) fn jwks_uri_is_acceptable(&self, jwks_uri: &str) -> Result<(), ConfigError> {
        WebUrl::parse("jwks_uri", jwks_uri, self.plain_http).map(|_| ())
    }

    /// The metadata URLs in the order to try them: RFC 8414 §3.1, its form for OpenID, OpenID Connect Discovery 1.0 §4.
    /// For an issuer without path the last two are equal. CDS-5.
    pub(super) fn metadata_urls(&self) -> Vec<String> {
        const OAUTH: &str = "/.well-known/oauth-authorization-server";
        const OPENID: &str = "/.well-known/openid-configuration";
        let path = self.url.path().trim_end_matches('/');
        let mut urls = Vec::new();
        urls.push(self.url.sibling(&[OAUTH, path].concat()));
        urls.push(self.url.sibling(&[OPENID, path].concat()));
        if !path.is_empty() {
            urls.push(self.url.sibling(&[path, OPENID].concat()));
        }
        urls
    }

    /// Returns the `jwks_uri` of this issuer's metadata document. RFC 8414 §3.3: the names must be identical.
    pub(super) fn jwks_uri_of(&self, document: &[u8]) -> Result<String, FetchError> {
        let metadata = Object::parse(document.trim_ascii()).map_err(|_| FetchError::MalformedMetadata)?;
        match metadata.get("issuer") {
            Some(Value::String(issuer)) if issuer == self.as_str() => {}
            _ => return Err(FetchError::IssuerMismatch),
        }
        let jwks_uri = metadata.get("jwks_uri").and_then(Value::into_string).ok_or(FetchError::InvalidJwksUri)?;
        self.jwks_uri_is_acceptable(&jwks_uri).map_err(|_| FetchError::InvalidJwksUri)?;
        Ok(jwks_uri.into_owned())
    }
}

/// Returns the issuer that a metadata document names, for an operator to read.
pub(super) fn issuer_named_in(document: &[u8]) -> Option<String> {
    let metadata = Object::parse(document.trim_ascii()).ok()?;
    let named = metadata.get("issuer").and_then(Value::into_string)?;
    let end = (0..=limits::EVENT_TEXT).rev().find(|end| named.is_char_boundary(*end))?;
    Some(named.get(..end).unwrap_or(&named).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(url: &str) -> IssuerUrl {
        IssuerUrl::parse(url, PlainHttp::Refused).unwrap()
    }

    #[test]
    fn j22_issuer_is_https_with_a_host_and_nothing_but_a_path() {
        for wrong in [
            "http://as.example.com",
            "http://localhost",
            "as.example.com",
            "https://",
            "https://user@as.example.com",
            "https://as.example.com?tenant=1",
            "https://as.example.com/?",
            "https://as.example.com#f",
            "file:///keys",
        ] {
            assert!(IssuerUrl::parse(wrong, PlainHttp::Refused).is_err(), "{wrong}");
        }
        assert!(IssuerUrl::parse("http://localhost:1", PlainHttp::LoopbackOnly).is_ok());
        assert!(IssuerUrl::parse("http://as.example.com", PlainHttp::LoopbackOnly).is_err());
    }

    #[test]
    fn cds5_metadata_urls_in_order() {
        assert_eq!(
            issuer("https://as.example.com/t1").metadata_urls(),
            [
                "https://as.example.com/.well-known/oauth-authorization-server/t1",
                "https://as.example.com/.well-known/openid-configuration/t1",
                "https://as.example.com/t1/.well-known/openid-configuration",
            ]
        );
        let root = [
            "https://as.example.com/.well-known/oauth-authorization-server",
            "https://as.example.com/.well-known/openid-configuration",
        ];
        assert_eq!(issuer("https://as.example.com").metadata_urls(), root);
        // RFC 8414 §3.1: a trailing slash is removed before the well-known part is inserted; Auth0's issuers end in
        // one.
        assert_eq!(issuer("https://as.example.com/").metadata_urls(), root);
    }

    #[test]
    fn cds6_document_must_be_the_issuers_byte_for_byte() {
        let document = |issuer: &str, uri: &str| alloc::format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}"}}"#);
        let own = issuer("https://as.example.com");
        let good = document("https://as.example.com", "https://keys.example.com/jwks?p=1");
        assert_eq!(own.jwks_uri_of(good.as_bytes()).unwrap(), "https://keys.example.com/jwks?p=1");
        for other in ["https://as.example.com/", "https://AS.example.com", "https://evil.example.com", ""] {
            let found = own.jwks_uri_of(document(other, "https://as.example.com/jwks").as_bytes());
            assert_eq!(found.unwrap_err(), FetchError::IssuerMismatch, "{other}");
        }
        for uri in ["http://as.example.com/jwks", "http://localhost/jwks", "/jwks", "", "https://u@as.example.com/jwks"]
        {
            let found = own.jwks_uri_of(document("https://as.example.com", uri).as_bytes());
            assert_eq!(found.unwrap_err(), FetchError::InvalidJwksUri, "{uri}");
        }
        for (text, error) in [
            ("", FetchError::MalformedMetadata),
            ("[]", FetchError::MalformedMetadata),
            ("<html>", FetchError::MalformedMetadata),
            (r#"{"issuer":"https://as.example.com","issuer":"https://as.example.com"}"#, FetchError::MalformedMetadata),
            ("{}", FetchError::IssuerMismatch),
            (r#"{"issuer":1}"#, FetchError::IssuerMismatch),
            (r#"{"issuer":"https://as.example.com"}"#, FetchError::InvalidJwksUri),
            (
                r#"{"issuer":"https://as.example.com","jwks_uri":["https://as.example.com/"]}"#,
                FetchError::InvalidJwksUri,
            ),
        ] {
            assert_eq!(own.jwks_uri_of(text.as_bytes()).unwrap_err(), error, "{text}");
        }
    }
}
