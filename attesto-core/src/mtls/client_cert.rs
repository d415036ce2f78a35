//! The `Client-Cert` header field (RFC 9440 §2.2; M5).

use super::policy::one_line;
use super::{CertificateExtractor, UnreadableCertificate};
use crate::http::HeaderLines;
use alloc::vec::Vec;
use base64ct::{Base64, Base64Unpadded, Encoding};

/// `Client-Cert` (RFC 9440): one structured-field Byte Sequence, `:base64:`, that holds the certificate.
///
/// Several field lines, a list, or anything other than one Item (RFC 9651 §4.2) is no certificate. Parameters are
/// skipped; none is defined. Missing base64 padding is tolerated, as RFC 9651 §4.2.7 recommends; other flaws are not.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the field has nothing to configure")]
pub struct ClientCert;

impl CertificateExtractor for ClientCert {
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let Some(line) = one_line(headers, "client-cert")? else { return Ok(None) };
        let der = byte_sequence_item(line).ok_or(UnreadableCertificate)?;
        // For a client without certificate, a proxy's template writes `::`.
        Ok(Some(der).filter(|der| !der.is_empty()))
    }
}

/// Parses an Item whose value is a Byte Sequence. RFC 9651 §4.2.
fn byte_sequence_item(line: &[u8]) -> Option<Vec<u8>> {
    let mut rest = trim_spaces_start(line);
    let encoded = byte_sequence(&mut rest)?;
    while let Some(after) = rest.strip_prefix(b";") {
        rest = trim_spaces_start(after);
        parameter(&mut rest)?;
    }
    if trim_spaces_start(rest).is_empty() { decode_base64(encoded) } else { None }
}

fn trim_spaces_start(bytes: &[u8]) -> &[u8] {
    let content = bytes.iter().position(|&byte| byte != b' ');
    content.and_then(|start| bytes.get(start..)).unwrap_or_default()
}

/// Takes the base64 characters between the colons, of the certificate or of a parameter. RFC 9651 §4.2.7.
fn byte_sequence<'l>(rest: &mut &'l [u8]) -> Option<&'l [u8]> {
    let inner = rest.strip_prefix(b":")?;
    let (content, after) = inner.split_at_checked(inner.iter().position(|&byte| byte == b':')?)?;
    *rest = after.strip_prefix(b":")?;
    content.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)).then_some(content)
}

pub(super) fn decode_base64(encoded: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(encoded).ok()?;
    let decoded = if text.ends_with('=') { Base64::decode_vec(text) } else { Base64Unpadded::decode_vec(text) };
    decoded.ok()
}

/// Parses `parameter = param-key [ "=" bare-item ]`. RFC 9651 §3.1.2.
fn parameter(rest: &mut &[u8]) -> Option<()> {
    let starts = rest.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'*');
    let key = take(rest, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte));
    if !starts || key == 0 {
        return None;
    }
    match rest.strip_prefix(b"=") {
        None => Some(()),
        Some(after) => {
            *rest = after;
            bare_item(rest)
        }
    }
}

/// Skips a value of any type. RFC 9651 §3.3.
fn bare_item(rest: &mut &[u8]) -> Option<()> {
    match rest.first()? {
        b':' => byte_sequence(rest).map(drop),
        b'"' => string(rest),
        b'?' => prefixed(rest, b"?", |rest| (take(rest, |byte| matches!(byte, b'0' | b'1')) == 1).then_some(())),
        b'@' => prefixed(rest, b"@", integer),
        b'%' => prefixed(rest, b"%", display_string),
        b'-' | b'0'..=b'9' => number(rest),
        b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
            take(rest, |byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte));
            Some(())
        }
        _ => None,
    }
}

fn prefixed(rest: &mut &[u8], prefix: &[u8], then: fn(&mut &[u8]) -> Option<()>) -> Option<()> {
    *rest = rest.strip_prefix(prefix)?;
    then(rest)
}

/// Parses an Integer, or the number of a Date. RFC 9651 §4.2.9.
fn integer(rest: &mut &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(b"-").unwrap_or(rest);
    (1..=15).contains(&take(rest, |byte| byte.is_ascii_digit())).then_some(())
}

/// Parses an Integer or a Decimal. RFC 9651 §4.2.4.
fn number(rest: &mut &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let integer = take(rest, |byte| byte.is_ascii_digit());
    let Some(after) = rest.strip_prefix(b".") else {
        return (1..=15).contains(&integer).then_some(());
    };
    *rest = after;
    let fraction = take(rest, |byte| byte.is_ascii_digit());
    ((1..=12).contains(&integer) && (1..=3).contains(&fraction)).then_some(())
}

/// Parses a String: visible ASCII and spaces, `\"` and `\\` escaped. RFC 9651 §4.2.5.
fn string(rest: &mut &[u8]) -> Option<()> {
    let mut bytes = rest.strip_prefix(b"\"")?;
    loop {
        bytes = match bytes {
            [b'"', after @ ..] => {
                *rest = after;
                return Some(());
            }
            [b'\\', b'"' | b'\\', after @ ..] => after,
            [b'\\', ..] => return None,
            [b' '..=b'~', after @ ..] => after,
            _ => return None,
        };
    }
}

/// Parses a Display String after its `%`: UTF-8 with octets as `%` and two lower-case digits, and no other escape.
/// RFC 9651 §4.2.10.
fn display_string(rest: &mut &[u8]) -> Option<()> {
    let mut bytes = rest.strip_prefix(b"\"")?;
    let mut text = Vec::new();
    loop {
        bytes = match bytes {
            [b'"', after @ ..] => {
                *rest = after;
                return core::str::from_utf8(&text).is_ok().then_some(());
            }
            [b'%', high, low, after @ ..] => {
                text.push(lower_hex(*high)?.wrapping_shl(4) | lower_hex(*low)?);
                after
            }
            [b'%', ..] => return None,
            [plain @ b' '..=b'~', after @ ..] => {
                text.push(*plain);
                after
            }
            _ => return None,
        };
    }
}

fn lower_hex(digit: u8) -> Option<u8> {
    let digit = Some(digit).filter(|digit| !digit.is_ascii_uppercase())?;
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Takes the leading bytes that belong, and returns their number.
fn take(rest: &mut &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    let length = rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len());
    *rest = rest.get(length..).unwrap_or_default();
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::mtls::test_certificates::{RFC9440, der};
    use alloc::format;

    fn extract(lines: &[&str]) -> Option<Vec<u8>> {
        let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| ("client-cert", line.as_bytes())).collect();
        ClientCert.extract(&headers.as_slice()).ok().flatten()
    }

    #[test]
    fn m5_the_example_of_rfc_9440_is_read() {
        assert_eq!(extract(&[&format!(":{RFC9440}:")]).unwrap(), der(RFC9440));
        let unpadded = RFC9440.trim_end_matches('=');
        assert_ne!(unpadded, RFC9440);
        assert_eq!(extract(&[&format!("  :{unpadded}:  ")]).unwrap(), der(RFC9440));
    }

    #[test]
    fn m5_parameters_are_read_over() {
        for parameters in [
            ";a",
            "; a",
            ";a=1",
            ";a=-1.5",
            ";a=\"x;y:\\\"\\\\\"",
            ";a=tok:en/x",
            ";a=*",
            ";a=:AQ==:",
            ";a=?1",
            ";a=@1",
            ";a=%\"%c3%bc\"",
            ";a=%\"\\\"; b",
            ";a=@-1",
            ";*a-b_c.d*=?0;  b=2 ",
            ";a=123456789012345",
        ] {
            assert_eq!(extract(&[&format!(":AQID:{parameters}")]), Some([1, 2, 3].to_vec()), "{parameters}");
        }
        for parameters in [
            ";",
            ";;a",
            ";A",
            ";1",
            ";a=",
            ";a= 1",
            " ;a",
            ";a;",
            ";a=\"",
            ";a=\"\\x\"",
            ";a=?2",
            ";a=?",
            ";a=?11",
            ";a=:AQ",
            ";a=1.",
            ";a=.1",
            ";a=1.2345",
            ";a=1234567890123456",
            ";a=-",
            ";a=(1)",
            ";a=1,b",
            ";a=%x",
            ";a=\"\u{fc}\"",
            ";a=:A Q:",
            ";a=:A-_:",
            ";a=:\u{fc}:",
            ";a=%\"%C3%bc\"",
            ";a=%\"%c3\"",
            ";a=%\"%c\"",
            ";a=%\"\\\"\"",
            ";a=@1.5",
        ] {
            assert_eq!(extract(&[&format!(":AQID:{parameters}")]), None, "{parameters}");
        }
    }

    #[test]
    fn m5_anything_but_one_byte_sequence_is_no_certificate() {
        assert_eq!(extract(&[]), None);
        assert_eq!(extract(&[":AQID:", ":AQID:"]), None);
        for line in [
            "",
            ":",
            "AQID",
            ":AQID",
            "AQID:",
            ":AQID:, :AQID:",
            ":AQID:,",
            "(:AQID:)",
            "\"AQID\"",
            "x=:AQID:",
            ":AQ ID:",
            ":AQID\n:",
            ":AQI:x",
            ":AQ=:",
            ":AQ===:",
            ":A:",
            ":AQIDB:",
            ":AQ_-:",
            ":AR==:",
            ":AQ==AQ==:",
            "\t:AQID:",
            ":AQID:\t",
            ":A%3D:",
            "::x:",
        ] {
            assert_eq!(extract(&[line]), None, "{line:?}");
        }
    }

    #[test]
    fn m5_the_field_is_bounded() {
        let line = |length: usize| format!(":{}:", "A".repeat(length - 2));
        assert!(extract(&[&line(limits::HEADER_VALUE - 2)]).is_some());
        assert!(extract(&[&line(limits::HEADER_VALUE + 2)]).is_none());
    }
}
