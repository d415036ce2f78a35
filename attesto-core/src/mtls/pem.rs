//! Percent-encoded PEM, as some proxies forward certificates (M5).

use super::policy::one_line;
use super::{CertificateExtractor, UnreadableCertificate};
use crate::ConfigError;
use crate::http::HeaderLines;
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};

/// A header field with the certificate as percent-encoded PEM: `$ssl_client_escaped_cert` of nginx, or the
/// client-certificate field of AWS load balancers (in the mode that verifies it).
///
/// One field line with one `CERTIFICATE` block (RFC 7468); `+` is literal. nginx sets the variable whether or not the
/// server accepted the handshake; the field must only be set after a completed one (M6).
#[derive(Clone, Debug)]
pub struct EscapedPem {
    header: String,
}

impl EscapedPem {
    /// Reads the field called `header`, in any case.
    ///
    /// # Errors
    /// [`ConfigError`] if `header` is not a field name (RFC 9110 §5.1).
    pub fn new(header: &str) -> Result<Self, ConfigError> {
        field_name(header).map(|header| Self { header })
    }
}

/// Returns the name of a field, in lower case. RFC 9110 §5.1.
pub(super) fn field_name(header: &str) -> Result<String, ConfigError> {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if header.is_empty() || !header.bytes().all(is_tchar) {
        return Err(ConfigError::new("certificate_header", "must be the name of a header field"));
    }
    Ok(header.to_ascii_lowercase())
}

impl CertificateExtractor for EscapedPem {
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let Some(line) = one_line(headers, &self.header)? else { return Ok(None) };
        decode_escaped_pem(line).map(Some).ok_or(UnreadableCertificate)
    }
}

/// Decodes percent-encoded PEM with exactly one certificate.
pub(super) fn decode_escaped_pem(escaped: &[u8]) -> Option<Vec<u8>> {
    decode_pem(&percent_decode(escaped)?)
}

fn percent_decode(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(if byte == b'%' { hex(bytes.next()?)?.wrapping_shl(4) | hex(bytes.next()?)? } else { byte });
    }
    Some(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Decodes one `CERTIFICATE` block with white space around it (RFC 7468 §3, §5). Line breaks may be anywhere in the
/// base64, or absent, since proxies fold and unfold it. Base64 has no dash, so a second block or a comment cannot hide
/// inside.
fn decode_pem(pem: &[u8]) -> Option<Vec<u8>> {
    let body = pem.trim_ascii().strip_prefix(b"-----BEGIN CERTIFICATE-----")?;
    let body = body.strip_suffix(b"-----END CERTIFICATE-----")?;
    let base64: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Base64::decode_vec(core::str::from_utf8(&base64).ok()?).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::limits;
    use crate::mtls::test_certificates::{RFC8705, der};
    use alloc::format;
    use alloc::string::ToString;

    const HEADER: &str = "x-ssl-client-cert";

    fn extract(lines: &[&str]) -> Option<Vec<u8>> {
        let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| (HEADER, line.as_bytes())).collect();
        EscapedPem::new("X-SSL-Client-Cert").unwrap().extract(&headers.as_slice()).ok().flatten()
    }

    /// Writes PEM with lines of 64 characters, in which every byte is escaped that is neither unreserved nor in `kept`.
    pub(in crate::mtls) fn escaped_pem(base64: &str, kept: &str) -> String {
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| core::str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c);
        pem.chars().map(|c| if is_plain(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) }).collect()
    }

    #[test]
    fn m5_pem_is_read_as_nginx_and_aws_escape_it() {
        for kept in ["", "+=/", " "] {
            let line = escaped_pem(RFC8705, kept);
            assert_eq!(extract(&[&line]).unwrap(), der(RFC8705), "{line}");
            assert_eq!(extract(&[&line.replace("%0A", "%0d%0a")]).unwrap(), der(RFC8705));
            assert_eq!(extract(&[&line.replace("%0A", "")]).unwrap(), der(RFC8705));
        }
    }

    #[test]
    fn m5_anything_but_one_block_in_one_line_is_no_certificate() {
        let line = escaped_pem(RFC8705, "");
        assert_eq!(extract(&[]), None);
        assert_eq!(extract(&[&line, &line]), None);
        for wrong in [
            String::new(),
            line.repeat(2),
            format!("x{line}"),
            format!("{line}x"),
            format!("{line}%00"),
            line.replace("END%20", "END"),
            line.replace("CERTIFICATE", "TRUSTED%20CERTIFICATE"),
            line.replace("CERTIFICATE", "PRIVATE%20KEY"),
            line.replacen("MIIB", "MIIB-", 1),
            line.replacen("MIIB", "MIIB%3D", 1),
            line.replacen("MIIB", "MII", 1),
            line.replacen("%0A", "%0", 1),
            line.replacen("%0A", "%zz", 1),
            line.replace("%2B", "%20"),
            RFC8705.to_string(),
            "-----BEGIN CERTIFICATE-----".to_string(),
            "%".to_string(),
        ] {
            assert_eq!(extract(&[&wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn m5_the_field_is_bounded() {
        let line = escaped_pem(RFC8705, "");
        let padded = |length: usize| format!("{line}{}", " ".repeat(length - line.len()));
        assert!(extract(&[&padded(limits::HEADER_VALUE)]).is_some());
        assert!(extract(&[&padded(limits::HEADER_VALUE + 1)]).is_none());
    }

    #[test]
    fn m5_the_field_needs_a_name() {
        for name in ["", "x cert", "x-cert:", "x\n", "\u{fc}"] {
            assert_eq!(EscapedPem::new(name).unwrap_err().member(), "certificate_header");
        }
    }
}
