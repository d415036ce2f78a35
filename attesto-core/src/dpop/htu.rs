//! Compares a proof's `htu` with the URI of the request that carries it (RFC 9449 §4.3 check 9; D10, D-norm).
//!
//! Both sides are compared after the syntax-based and scheme-based normalisation of RFC 3986 §6.2.2 and §6.2.3, part by
//! part and while reading, without building either normal form:
//!
//! 1. an absolute `https` URI (`http` only in development); a URI that [`ObservedUri::parse`] refuses never matches;
//! 2. query and fragment are ignored on both sides, after their characters have been checked;
//! 3. scheme and host in any case; IP literals and ports by value; an absent or empty port is the scheme's. A host with
//!    percent triplets is refused, not decoded: no name in DNS needs one, and resolvers disagree about its meaning;
//! 4. percent triplets in either case; a triplet of an unreserved character equals the character (`%7E` is `~`), any
//!    other equals only itself (`%2F` is never `/`);
//! 5. dot segments are removed, `%2E` ones too; the empty path is `/`; a trailing slash and the case of the path are
//!    significant.
//!
//! ```
//! use attesto_core::dpop::htu::htu_matches;
//! use attesto_core::http::ObservedUri;
//!
//! let observed = ObservedUri::parse("https://api.example.com/orders/~me").unwrap();
//! assert!(htu_matches("https://API.example.com:443/v1/../orders/%7eme?page=2", &observed, false));
//! assert!(!htu_matches("https://api.example.com/orders/~me/", &observed, false));
//! ```

use crate::http::{ObservedUri, Scheme};

/// Whether the claim names the observed URI. RFC 9449 §4.3 check 9. An unparsable URI, on either side, never matches.
#[must_use]
pub fn htu_matches(claim: &str, observed: &ObservedUri<'_>, allow_http: bool) -> bool {
    ObservedUri::parse(claim).is_some_and(|claim| {
        scheme_is_acceptable(observed.scheme, allow_http)
            && claim.scheme == observed.scheme
            && claim.authority.agrees_with(&observed.authority, observed.scheme)
            && observed.path_is_comparable()
            && segments(&claim).eq(segments(observed))
    })
}

fn scheme_is_acceptable(scheme: Scheme, allow_http: bool) -> bool {
    match scheme {
        Scheme::Https => true,
        Scheme::Http => allow_http,
    }
}

/// Iterates over the path's segments from the last to the first, with dot segments applied (RFC 3986 §5.2.4).
///
/// Read backwards, a `..` comes before the segment that it removes, so a count replaces the output buffer.
fn segments<'u>(uri: &ObservedUri<'u>) -> impl Iterator<Item = Segment<'u>> {
    let path = if uri.prefix.is_empty() && uri.path.is_empty() { "/" } else { uri.path };
    let written = [uri.prefix, path].into_iter().filter_map(|part| part.strip_prefix('/')).flat_map(|p| p.split('/'));
    let mut is_last = true;
    let mut to_remove = 0_usize;
    written.rev().filter_map(move |text| {
        let segment = Segment(text);
        let was_last = core::mem::replace(&mut is_last, false);
        if segment.is_parent() {
            to_remove = to_remove.saturating_add(1);
        } else if segment.is_current() {
        } else if to_remove > 0 {
            to_remove = to_remove.saturating_sub(1);
            return None;
        } else {
            return Some(segment);
        }
        // A dot segment at the end keeps the slash before it, and so an empty last segment.
        was_last.then_some(Segment(""))
    })
}

/// One path segment; equality compares percent-normalised characters.
#[derive(Clone, Copy, Debug)]
struct Segment<'u>(&'u str);

impl<'u> Segment<'u> {
    fn characters(self) -> impl Iterator<Item = Character> + use<'u> {
        let mut bytes = self.0.bytes();
        core::iter::from_fn(move || match bytes.next()? {
            b'%' => Some(Character::from_triplet(bytes.next()?, bytes.next()?)),
            byte => Some(Character::Plain(byte)),
        })
    }

    fn is_current(self) -> bool {
        self.characters().eq([Character::Plain(b'.')])
    }

    fn is_parent(self) -> bool {
        self.characters().eq([Character::Plain(b'.'), Character::Plain(b'.')])
    }
}

impl PartialEq for Segment<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.characters().eq(other.characters())
    }
}

/// A character of a path in its normal form. RFC 3986 §6.2.2.1, §6.2.2.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Character {
    /// A literal character, or a triplet of an unreserved one.
    Plain(u8),
    /// Any other triplet, by its value, so that the case of its digits does not matter.
    Encoded(u8),
}

impl Character {
    /// Decodes the two digits of a triplet, which the URI's parser checked to be hexadecimal.
    fn from_triplet(high: u8, low: u8) -> Self {
        let byte = hex_value(high).wrapping_shl(4) | hex_value(low);
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            Self::Plain(byte)
        } else {
            Self::Encoded(byte)
        }
    }
}

fn hex_value(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn matches(claim: &str, observed: &str) -> bool {
        ObservedUri::parse(observed).is_some_and(|observed| htu_matches(claim, &observed, false))
    }

    /// The normal form as text, which the comparison itself never builds.
    fn normal_form(uri: &str) -> String {
        let uri = ObservedUri::parse(uri).unwrap();
        let mut path: Vec<String> = segments(&uri).map(|segment| segment.characters().map(text).collect()).collect();
        path.reverse();
        let origin = ObservedUri { path: "", prefix: "", ..uri };
        format!("{origin}/{}", path.join("/"))
    }

    fn text(character: Character) -> String {
        match character {
            Character::Plain(byte) => char::from(byte).to_string(),
            Character::Encoded(byte) => format!("%{byte:02X}"),
        }
    }

    const SAME: &[(&str, &str)] = &[
        ("https://h/a", "https://h/a"),
        ("HTTPS://h/a", "https://h/a"),
        ("https://API.Example.COM/a", "https://api.example.com/a"),
        ("https://h", "https://h/"),
        ("https://h/a?b=c", "https://h/a"),
        ("https://h/a#f", "https://h/a"),
        ("https://h/a?b#f", "https://h/a?other"),
        ("https://h?b", "https://h/"),
        ("https://h#f", "https://h/"),
        ("https://h:443/a", "https://h/a"),
        ("https://h:/a", "https://h/a"),
        ("https://h:/a", "https://h:443/a"),
        ("https://h:0443/a", "https://h/a"),
        ("https://h:8443/a", "https://h:08443/a"),
        ("https://[::1]/a", "https://[0:0:0:0:0:0:0:1]/a"),
        ("https://[2001:DB8::A]:443/", "https://[2001:db8:0::a]"),
        ("https://[::ffff:1.2.3.4]/", "https://[::ffff:102:304]/"),
        ("https://192.0.2.1/", "https://192.0.2.1:443/"),
        ("https://h/%7Euser", "https://h/~user"),
        ("https://h/%7euser", "https://h/%7Euser"),
        ("https://h/%41%5a%30%2D%2e%5F", "https://h/AZ0-._"),
        ("https://h/a%2fb", "https://h/a%2Fb"),
        ("https://h/%c3%bc", "https://h/%C3%BC"),
        ("https://h/a/./b", "https://h/a/b"),
        ("https://h/a/../b", "https://h/b"),
        ("https://h/a/%2E%2e/b", "https://h/b"),
        ("https://h/a/.%2E/b", "https://h/b"),
        ("https://h/a/%2E/b", "https://h/a/b"),
        ("https://h/a/b/c/./../../g", "https://h/a/g"),
        ("https://h/a/b/..", "https://h/a/"),
        ("https://h/a/b/.", "https://h/a/b/"),
        ("https://h/..", "https://h/"),
        ("https://h/../../a", "https://h/a"),
        ("https://h/.", "https://h"),
        ("https://h/a//../b", "https://h/a/b"),
        ("https://h/a/b/../../..//", "https://h//"),
        ("https://h/...", "https://h/..."),
        ("https://h/a:b@c!$&'()*+,;=", "https://h/a:b@c!$&'()*+,;="),
        ("https://h/a[1]|{x}", "https://h/a[1]|{x}"),
        ("https://h/..%2Fa", "https://h/..%2fa"),
    ];

    const DIFFERENT: &[(&str, &str)] = &[
        ("https://h/a", "https://h/A"),
        ("https://h/a", "https://h/a/"),
        ("https://h/a", "https://h/"),
        ("https://h/a", "https://h/aa"),
        ("https://h/a", "https://i/a"),
        ("https://h/a", "https://h.i/a"),
        ("https://h/a", "https://h./a"),
        ("https://h/a", "https://h:8443/a"),
        ("https://h:80/a", "https://h/a"),
        ("https://h/a%2Fb", "https://h/a/b"),
        ("https://h/a%252Fb", "https://h/a%2Fb"),
        ("https://h/%252E%252E/a", "https://h/a"),
        ("https://h/a%3Fb", "https://h/a?b"),
        ("https://h/a%23b", "https://h/a#b"),
        ("https://h/%40", "https://h/@"),
        ("https://h/a%5B", "https://h/a["),
        ("https://h/a+b", "https://h/a%20b"),
        ("https://h/a//b", "https://h/a/b"),
        ("https://h//", "https://h/"),
        ("https://h/a/..%2Fb", "https://h/b"),
        ("https://h/...", "https://h/"),
        ("https://h/a;p", "https://h/a"),
        ("https://[::1]/", "https://[::2]/"),
        ("https://[::ffff:1.2.3.4]/", "https://1.2.3.4/"),
        ("https://127.0.0.1/", "https://127.1/"),
        ("https://127.0.0.1/", "https://127.0.0.01/"),
        ("https://127.0.0.1/", "https://2130706433/"),
        ("http://h/a", "https://h/a"),
        ("https://h/a", "http://h/a"),
        ("http://h/a", "http://h/a"),
        ("/a", "https://h/a"),
        ("//h/a", "https://h/a"),
        ("h/a", "https://h/a"),
        ("", "https://h/"),
        ("https:/h/a", "https://h/a"),
        ("https:h/a", "https://h/a"),
        ("https:///a", "https://h/a"),
        ("https://u@h/a", "https://h/a"),
        ("https://u:p@h/a", "https://h/a"),
        ("https://@h/a", "https://h/a"),
        ("https://h\\@i/a", "https://i/a"),
        ("https://h/a\\b", "https://h/a/b"),
        ("https://h\\a", "https://h/a"),
        ("https://h/a b", "https://h/a%20b"),
        (" https://h/a", "https://h/a"),
        ("https://h/a ", "https://h/a"),
        ("https://h/a\n", "https://h/a"),
        ("https://h/a\0", "https://h/a"),
        ("https://h/a\u{7f}", "https://h/a"),
        ("https://h/\u{fc}", "https://h/%C3%BC"),
        ("https://h\u{fc}/", "https://h/"),
        ("https://h/%", "https://h/%25"),
        ("https://h/%4", "https://h/%4"),
        ("https://h/%4g", "https://h/%4g"),
        ("https://h/a?%", "https://h/a"),
        ("https://%68/a", "https://h/a"),
        ("https://h:0/a", "https://h:0/a"),
        ("https://h:65979/a", "https://h/a"),
        ("https://h:443:443/a", "https://h/a"),
        ("https://[::1/", "https://[::1]/"),
        ("https://[fe80::1%25lo]/", "https://[fe80::1]/"),
        ("https://h,i/a", "https://h,i/a"),
    ];

    #[test]
    fn d10_equivalent_uris_match() {
        for (claim, observed) in SAME {
            assert!(matches(claim, observed), "{claim} {observed}");
            assert!(matches(observed, claim), "{observed} {claim}");
            assert_eq!(normal_form(claim), normal_form(observed));
        }
    }

    #[test]
    fn d10_other_uris_do_not_match() {
        for (claim, observed) in DIFFERENT {
            assert!(!matches(claim, observed), "{claim} {observed}");
            assert!(!matches(observed, claim), "{observed} {claim}");
        }
    }

    #[test]
    fn d_norm_plain_http_needs_the_development_switch() {
        let observed = ObservedUri::parse("http://localhost/a").unwrap();
        assert!(htu_matches("http://localhost:80/a", &observed, true));
        assert!(!htu_matches("http://localhost:80/a", &observed, false));
        assert!(!htu_matches("https://localhost:80/a", &observed, true));
        assert!(!htu_matches("http://localhost:443/a", &observed, true));
    }

    #[test]
    fn d_norm_a_prefix_is_part_of_the_path() {
        let authority = ObservedUri::parse("https://h").unwrap().authority;
        let observed = |prefix, path| ObservedUri::from_parts(Scheme::Https, authority, prefix, path);
        assert!(htu_matches("https://h/api/a", &observed("/api", "/a"), false));
        assert!(htu_matches("https://h/api", &observed("/api", ""), false));
        assert!(htu_matches("https://h/api/", &observed("/api", "/"), false));
        assert!(htu_matches("https://h/api/v1/a", &observed("/%61pi/v1", "/x/../a?q"), false));
        assert!(!htu_matches("https://h/api", &observed("/api", "/"), false));
        assert!(!htu_matches("https://h/a", &observed("/api", "/a"), false));
    }

    #[test]
    fn d10_an_observed_path_that_is_none_matches_nothing() {
        let authority = ObservedUri::parse("https://h").unwrap().authority;
        for path in ["*", "a", "/a\\b", "/a b", "/%", "/%2", "/\u{fc}", "/\0", "https://h/"] {
            let observed = ObservedUri::from_parts(Scheme::Https, authority, "", path);
            for claim in ["https://h/", "https://h", "https://h/a", "https://h/*", &format!("https://h{path}")] {
                assert!(!htu_matches(claim, &observed, false), "{path:?}");
            }
        }
        let long = "/a".repeat(crate::limits::URI / 2);
        assert!(!htu_matches("https://h/a", &ObservedUri::from_parts(Scheme::Https, authority, "/b", &long), false));
    }

    /// RFC 3986 §5.2.4 as written there, with buffers.
    fn remove_dot_segments(path: &str) -> String {
        let mut output: Vec<&str> = Vec::new();
        let written: Vec<&str> = path.split('/').skip(1).collect();
        for (index, segment) in written.iter().enumerate() {
            match *segment {
                "." => {}
                ".." => drop(output.pop()),
                other => output.push(other),
            }
            if index + 1 == written.len() && matches!(*segment, "." | "..") {
                output.push("");
            }
        }
        format!("/{}", output.join("/"))
    }

    const URI: &str = "https://(h|API\\.example\\.com|192\\.0\\.2\\.1|\\[2001:DB8::1\\])(:|:443|:8443)?\
                       (/([a-zA-Z0-9.~!:@;=-]|%[0-9a-fA-F]{2}|%2[eEfF]|%7[eE]){0,4}){0,6}(\\?[a-z/?]{0,3})?";

    proptest! {
        #[test]
        fn d_norm_matching_is_reflexive(uri in URI) {
            prop_assert!(matches(&uri, &uri));
        }

        #[test]
        fn d_norm_normalisation_is_idempotent_and_keeps_the_match(uri in URI) {
            let normal = normal_form(&uri);
            prop_assert_eq!(normal_form(&normal), normal.clone());
            prop_assert!(matches(&uri, &normal) && matches(&normal, &uri));
        }

        #[test]
        fn d_norm_two_uris_match_exactly_if_their_normal_forms_are_equal(a in URI, b in URI) {
            prop_assert_eq!(matches(&a, &b), normal_form(&a) == normal_form(&b));
        }

        #[test]
        fn d_norm_dot_segments_are_removed_as_the_rfc_says(path in "(/(a|b|\\.|\\.\\.|)){1,8}") {
            let normal = normal_form(&format!("https://h{path}"));
            prop_assert_eq!(normal, format!("https://h{}", remove_dot_segments(&path)));
        }

        #[test]
        fn d_norm_encoded_tilde_is_tilde_and_encoded_slash_is_no_slash(a in "[a-z]{1,5}", b in "[a-z]{1,5}") {
            let uri = |separator: &str| format!("https://h/{a}{separator}{b}");
            prop_assert!(matches(&uri("%7E"), &uri("~")) && matches(&uri("~"), &uri("%7e")));
            prop_assert!(!matches(&uri("%2F"), &uri("/")) && !matches(&uri("/"), &uri("%2f")));
        }

        #[test]
        fn d10_no_claim_makes_it_panic(claim in "\\PC{0,40}", observed in "[ -~]{0,40}") {
            let _ = matches(&claim, &format!("https://h/{observed}"));
            let _ = matches(&format!("https://{claim}"), "https://h/");
        }
    }
}
