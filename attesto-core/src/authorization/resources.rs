//! The resources that a token may be for (RFC 8707 §2; AZ-21, TK-5).

use super::error::reason::Reason;
use super::parameters::Parameters;
use crate::authorization::error::at_endpoint::ScopeError;
use crate::http::{ObservedUri, has_legal_characters};
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

/// The most resources that one request may name (AZ-21).
const MOST: usize = 16;

/// Returns the resources that a request names, each once, in order, in their configured spelling. RFC 8707 §2; AZ-21,
/// TK-5.
pub(crate) fn named(parameters: &Parameters, allowed: &[&str]) -> Result<Vec<String>, Reason> {
    let mut resources: Vec<String> = Vec::new();
    for asked in parameters.all("resource") {
        let own = configured(allowed.iter().copied(), asked).filter(|_| is_absolute(asked));
        let own = own.ok_or(Reason::Scope(ScopeError::InvalidTarget))?;
        if !resources.iter().any(|known| known == own) {
            resources.push(own.into());
        }
        if resources.len() > MOST {
            return Err(Reason::Scope(ScopeError::InvalidTarget));
        }
    }
    Ok(resources)
}

/// Returns the configured spelling of a resource, which tokens use. AZ-21.
pub(crate) fn configured<'a>(allowed: impl IntoIterator<Item = &'a str>, asked: &str) -> Option<&'a str> {
    allowed.into_iter().find(|own| is_the_same(own, asked))
}

/// Whether this is an absolute URI without a fragment, of any scheme: `urn:`, `api:`, `spiffe:` (RFC 3986 §4.3;
/// RFC 8707 §2). http and https ones must be valid URLs.
pub(crate) fn is_absolute(resource: &str) -> bool {
    let Some((scheme, rest)) = resource.split_once(':') else { return false };
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") {
        return !resource.contains('#') && ObservedUri::parse(resource).is_some();
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(legal);
    is_scheme
        && !rest.is_empty()
        && resource.len() <= limits::URI
        && has_legal_characters(resource)
        && !resource.contains('#')
}

/// Whether both are the same text, or the same host with and without the slash of an empty path (RFC 3986 §6.2.3).
/// Nothing else is normalised. AZ-21.
fn is_the_same(one: &str, other: &str) -> bool {
    one == other || bare_host(one).is_some_and(|host| bare_host(other) == Some(host))
}

/// Returns an http or https URI that consists only of its host, without the slash.
fn bare_host(uri: &str) -> Option<&str> {
    let without = uri.strip_suffix('/').unwrap_or(uri);
    let authority = without.strip_prefix("https://").or_else(|| without.strip_prefix("http://"))?;
    (!authority.is_empty() && !authority.contains(['/', '?', '#'])).then_some(without)
}

/// Whether each resource is configured in one spelling only: two would be two audiences for one resource. AZ-21.
pub(crate) fn are_spelled_once<'a>(resources: impl Iterator<Item = &'a str> + Clone) -> bool {
    let twice = |own: &str| resources.clone().any(|other| own != other && is_the_same(own, other));
    !resources.clone().any(|own| own.ends_with('/') && twice(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn az21_only_the_slash_of_an_empty_path_makes_no_difference() {
        for (one, other) in
            [("https://h", "https://h/"), ("http://127.0.0.1:1/", "http://127.0.0.1:1"), ("urn:a", "urn:a")]
        {
            assert!(is_the_same(one, other) && is_the_same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("https://h", "https://h//"),
            ("https://h", "https://h/?"),
            ("https://h", "https://h/#"),
            ("https://h/a", "https://h/a/"),
            ("https://h?a", "https://h/?a"),
            ("https://h", "https://H"),
            ("https://h", "http://h/"),
            ("https://", "https:///"),
            ("urn:a", "urn:a/"),
            ("ftp://h", "ftp://h/"),
        ] {
            assert!(!is_the_same(one, other) && !is_the_same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn az21_two_spellings_of_one_resource_are_seen() {
        let once = |resources: &[&str]| are_spelled_once(resources.iter().copied());
        assert!(
            once(&[])
                && once(&["https://h/"])
                && once(&["https://h", "https://h"])
                && once(&["https://h/a", "https://h/a/"])
        );
        assert!(!once(&["https://h", "https://h/"]) && !once(&["https://h/", "urn:a", "https://h"]));
    }

    #[test]
    fn az21_an_absolute_uri_has_a_scheme_and_something_behind_it() {
        for good in ["https://h", "http://h/?q", "urn:a:b", "api://x/y", "spiffe://td/a", "a+b-1.c:x"] {
            assert!(is_absolute(good), "{good}");
        }
        let long = alloc::format!("urn:{}", "a".repeat(limits::URI - 3));
        for bad in [
            "",
            "a",
            "/a",
            ":a",
            "urn:",
            "1a:b",
            "a_b:c",
            "urn:a#b",
            "urn:a b",
            "urn:\u{e9}",
            "urn:%z",
            "https:a",
            "HTTPS:a",
            &long,
        ] {
            assert!(!is_absolute(bad), "{bad}");
        }
    }
}
