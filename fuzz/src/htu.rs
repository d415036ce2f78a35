//! `htu`: two URIs match where the `url` crate, too, finds them the same, as far as RFC 3986 and the WHATWG agree.

use attesto_core::dpop::htu::htu_matches;
use attesto_core::http::{ObservedUri, Scheme};
use url::{Host, Url};

/// Two URIs, a line each: the claim, and what was requested.
pub fn htu(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (claim, observed) = text.split_once('\n').unwrap_or((text, text));
    for uri in [claim, observed] {
        matches_itself(uri);
    }
    let (ours, theirs) = (matches(claim, observed), same_to_url(claim, observed));
    assert_eq!(ours, matches(observed, claim), "symmetric");
    if ours {
        assert_ne!(theirs, Some(false), "{claim} {observed}: other URLs to everybody else");
        assert!(ObservedUri::parse(claim).is_some_and(|claim| claim.scheme() == Scheme::Https));
    } else if theirs == Some(true) && [claim, observed].iter().all(|uri| is_plain(uri)) {
        assert!(
            ![claim, observed].iter().all(|uri| ObservedUri::parse(uri).is_some_and(is_https)),
            "{claim} {observed}"
        );
    }
}

fn is_https(uri: ObservedUri<'_>) -> bool {
    uri.scheme() == Scheme::Https
}

fn matches(claim: &str, observed: &str) -> bool {
    ObservedUri::parse(observed).is_some_and(|observed| htu_matches(claim, &observed, false))
}

/// What can be parsed matches itself, as it is and as it is displayed, if it is https.
fn matches_itself(uri: &str) {
    let Some(parsed) = ObservedUri::parse(uri) else {
        return assert!(!matches(uri, uri) && !matches(uri, "https://api.example.com/"));
    };
    let displayed = parsed.to_string();
    let again = ObservedUri::parse(&displayed).expect("what is displayed can be parsed");
    assert_eq!(again.to_string(), displayed);
    let is_https = parsed.scheme() == Scheme::Https;
    assert_eq!(matches(uri, uri), is_https);
    assert_eq!(htu_matches(uri, &again, false), is_https);
    assert!(htu_matches(&displayed, &parsed, true), "http and all");
    let longer = format!("{displayed}/x");
    assert!(!htu_matches(&longer, &parsed, true) || displayed.is_empty(), "{longer}");
}

/// `None` where that crate does not accept both.
fn same_to_url(claim: &str, observed: &str) -> Option<bool> {
    Some(normal_form(claim)? == normal_form(observed)?)
}

/// Where a URL leads, less query and fragment.
#[derive(PartialEq)]
struct NormalForm {
    scheme: String,
    host: Option<Host<String>>,
    port: Option<u16>,
    path: String,
}

/// The WHATWG's normal form, and the normalization of percent triplets (RFC 3986 §6.2.2) that it leaves out.
fn normal_form(uri: &str) -> Option<NormalForm> {
    let url = Url::parse(uri).ok()?;
    let mut path = String::new();
    let mut rest = url.path();
    while let Some((before, after)) = rest.split_once('%') {
        path.push_str(before);
        let (digits, after) = after.split_at_checked(2)?;
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => path.push(char::from(byte)),
            _ => path.extend(["%", &digits.to_ascii_uppercase()]),
        }
        rest = after;
    }
    path.push_str(rest);
    let host = url.host().map(|host| host.to_owned());
    Some(NormalForm { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default(), path })
}

/// Without what the two standards read differently: numbers that only the WHATWG takes for IPv4 addresses, internationalized
/// names, and path characters that it escapes.
fn is_plain(uri: &str) -> bool {
    let Some((_, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let path = rest[authority.len()..].split(['?', '#']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with(|first: char| first.is_ascii_digit());
    let international = host.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--"));
    let escaped = path.contains(['"', '<', '>', '`', '{', '}', '^', '|', '[', ']']);
    !numeric && !international && !escaped && !authority.starts_with('[')
}
