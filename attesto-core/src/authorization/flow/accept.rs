//! Reads the `Accept` field: whether the client prefers another type to JSON (RFC 9110 §12.5.1), a page for an error that
//! a person reads (AZ-32), or a signed response (IN-5).

use crate::http::HeaderLines;

/// The most list items of the field that are read.
const PIECES: usize = 32;

pub(crate) fn prefers_html(headers: &dyn HeaderLines) -> bool {
    prefers(headers, b"text/html", b"text/*")
}

/// Whether the caller prefers a signed introspection response. RFC 9701 §4; IN-5.
pub(crate) fn prefers_signed_introspection(headers: &dyn HeaderLines) -> bool {
    prefers(headers, b"application/token-introspection+jwt", b"application/*")
}

/// Whether the field prefers this type to JSON: with a higher quality, or with the same if it is named more exactly
/// than by a wildcard.
fn prefers(headers: &dyn HeaderLines, name: &[u8], family: &[u8]) -> bool {
    let (mut other, mut json) = (Preference::default(), Preference::default());
    headers.visit("accept", &mut |line| {
        for piece in line.split(|byte| *byte == b',').take(PIECES) {
            let mut parts = piece.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let range = parts.next().unwrap_or_default();
            let quality = parts.find_map(quality).unwrap_or(1000);
            other.consider(range, name, family, quality);
            json.consider(range, b"application/json", b"application/*", quality);
        }
    });
    other.quality > json.quality || (other.quality > 0 && other.quality == json.quality && other.named > json.named)
}

/// The quality of a type, and how exact the range was that named it.
#[derive(Default)]
struct Preference {
    named: u8,
    quality: u16,
}

impl Preference {
    /// Considers one range: the most exact one counts, and the first among equals.
    fn consider(&mut self, range: &[u8], name: &[u8], family: &[u8], quality: u16) {
        let named = match range {
            _ if range.eq_ignore_ascii_case(name) => 3,
            _ if range.eq_ignore_ascii_case(family) => 2,
            b"*/*" => 1,
            _ => return,
        };
        if named > self.named {
            *self = Self { named, quality };
        }
    }
}

/// Parses `q=`, in thousandths. Malformed weights are ignored: `weight = OWS ";" OWS "q=" qvalue`.
fn quality(parameter: &[u8]) -> Option<u16> {
    let (b"q=" | b"Q=", value) = parameter.split_at_checked(2)? else { return None };
    let mut digits = value.iter();
    let whole = match digits.next() {
        Some(b'0') => 0,
        Some(b'1') => 1000,
        Some(_) | None => return Some(0),
    };
    if digits.next().is_some_and(|byte| *byte != b'.') {
        return Some(0);
    }
    let mut thousandths: u16 = 0;
    for place in [100_u16, 10, 1] {
        match digits.next() {
            Some(digit @ b'0'..=b'9') => {
                let digit = u16::from(digit.wrapping_sub(b'0'));
                thousandths = thousandths.saturating_add(digit.saturating_mul(place));
            }
            Some(_) => return Some(0),
            None => break,
        }
    }
    Some(thousandths.saturating_add(whole).min(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn prefers(lines: &[&str]) -> bool {
        let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| ("accept", line.as_bytes())).collect();
        prefers_html(&headers.as_slice())
    }

    #[test]
    fn az32_html_is_for_those_who_prefer_it() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for html in [
            &[browser][..],
            &["text/html"],
            &["*/*", "TEXT/HTML"],
            &["text/*, */*"],
            &["application/json;q=0.1, text/html;q=0.2"],
        ] {
            assert!(prefers(html), "{html:?}");
        }
        for json in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["text/html, application/json"],
            &["text/html;q=0.5, application/json"],
            &["text/html;q=0"],
            &["text/html;q=2"],
            &["text/html; q=0.x, */*"],
            &["text/plain"],
        ] {
            assert!(!prefers(json), "{json:?}");
        }
    }

    #[test]
    fn in5_signatures_are_for_those_who_prefer_them() {
        let prefers = |line: &str| {
            let headers: &[(&str, &[u8])] = &[("accept", line.as_bytes())];
            prefers_signed_introspection(&headers)
        };
        for signed in [
            "application/token-introspection+jwt",
            "Application/Token-Introspection+JWT, application/json;q=0.9",
            "application/token-introspection+jwt;q=0.2, */*;q=0.1",
            "application/token-introspection+jwt, application/*",
        ] {
            assert!(prefers(signed), "{signed}");
        }
        for plain in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "application/jwt",
            "application/token-introspection+jwt;q=0",
            "application/token-introspection+jwt, application/json",
            "application/token-introspection+jwt;q=0.5, application/json",
        ] {
            assert!(!prefers(plain), "{plain}");
        }
    }

    #[test]
    fn az32_qualities_are_read_to_three_places() {
        for (text, thousandths) in [
            ("q=1", 1000),
            ("q=0", 0),
            ("q=0.25", 250),
            ("Q=0.007", 7),
            ("q=1.9", 1000),
            ("q=.5", 0),
            ("q=0.", 0),
            ("q=", 0),
            ("q=01", 0),
        ] {
            assert_eq!(quality(text.as_bytes()), Some(thousandths), "{text}");
        }
        assert_eq!(quality(b"level=1"), None);
    }
}
