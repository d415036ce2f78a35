//! Envoy's `X-Forwarded-Client-Cert` (M5).

use super::pem::decode_escaped_pem;
use super::policy::one_line;
use super::{CertificateExtractor, UnreadableCertificate};
use crate::http::HeaderLines;
use alloc::vec::Vec;

/// `X-Forwarded-Client-Cert`, as Envoy writes it: elements separated by commas, one for each proxy on the path, each
/// with `key=value` pairs separated by semicolons. `Cert` is the certificate as percent-encoded PEM.
///
/// The last element is used, which the nearest proxy added. It is the only element that the trusted peer itself
/// asserts, and it has the client certificate of the connection to that proxy. Configure the proxy to include the
/// certificate (`set_current_client_cert_details: cert: true`) and to set or append the field, never to forward what
/// clients send. `Hash` and `Chain` are not used.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the field has nothing to configure")]
pub struct XForwardedClientCert;

impl CertificateExtractor for XForwardedClientCert {
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let Some(line) = one_line(headers, "x-forwarded-client-cert")? else { return Ok(None) };
        let Some(escaped) = certificate_of_last(line).ok_or(UnreadableCertificate)? else { return Ok(None) };
        decode_escaped_pem(escaped).map(Some).ok_or(UnreadableCertificate)
    }
}

/// Returns the `Cert` value of the last element, if it has one. The whole line must be well-formed: otherwise an open
/// quotation could make the proxy's element part of the client's.
fn certificate_of_last(line: &[u8]) -> Option<Option<&[u8]>> {
    let mut rest = line;
    loop {
        let certificate = element(&mut rest)?;
        match rest.split_first() {
            None => return Some(certificate),
            Some((b',', after)) => rest = after,
            Some(_) => return None,
        }
    }
}

/// Parses one element, up to its comma or the end, and returns its certificate, if any. Two certificates are malformed.
fn element<'l>(rest: &mut &'l [u8]) -> Option<Option<&'l [u8]>> {
    let mut certificate = None;
    loop {
        *rest = rest.trim_ascii_start();
        let (key, value) = pair(rest)?;
        if key.eq_ignore_ascii_case(b"cert") && certificate.replace(value).is_some() {
            return None;
        }
        match rest.strip_prefix(b";") {
            Some(after) => *rest = after,
            None => return Some(certificate),
        }
    }
}

/// Parses `key=value`. A value with a comma, a semicolon or an equals sign is quoted.
fn pair<'l>(rest: &mut &'l [u8]) -> Option<(&'l [u8], &'l [u8])> {
    let (key, after) = rest.split_at_checked(rest.iter().position(|byte| !byte.is_ascii_alphabetic())?)?;
    *rest = after.strip_prefix(b"=")?;
    let value = match rest.strip_prefix(b"\"") {
        Some(inner) => quoted(rest, inner)?,
        None => {
            let length = rest.iter().position(|byte| b",;\"".contains(byte)).unwrap_or(rest.len());
            let (value, after) = rest.split_at_checked(length)?;
            *rest = after;
            value
        }
    };
    (!key.is_empty()).then_some((key, value))
}

/// Reads up to the closing quote; a backslash escapes the next byte. Escapes are kept: no PEM needs one, and a value
/// with one fails to decode.
fn quoted<'l>(rest: &mut &'l [u8], inner: &'l [u8]) -> Option<&'l [u8]> {
    let mut escaped = false;
    let end = inner.iter().position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    let (value, after) = inner.split_at_checked(end)?;
    *rest = after.strip_prefix(b"\"")?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::mtls::pem::tests::escaped_pem;
    use crate::mtls::test_certificates::{ED25519, RFC8705, der};
    use alloc::format;

    fn extract(lines: &[&str]) -> Option<Vec<u8>> {
        let headers: Vec<_> = lines.iter().map(|line| ("x-forwarded-client-cert", line.as_bytes())).collect();
        XForwardedClientCert.extract(&headers.as_slice()).ok().flatten()
    }

    #[test]
    fn m5_the_certificate_of_the_last_element_is_read() {
        let (first, last) = (escaped_pem(ED25519, ""), escaped_pem(RFC8705, ""));
        let is_last = |line: &str| assert_eq!(extract(&[line]).as_ref(), Some(&der(RFC8705)), "{line}");
        is_last(&format!("Cert=\"{last}\""));
        is_last(&format!("cert={last}"));
        is_last(&format!("By=spiffe://a/b;Hash=00ff;Subject=\"CN=\\\"x\\\",O=a;b\\\\\";URI=;Cert=\"{last}\";DNS=h"));
        is_last(&format!("Cert=\"{first}\",Cert=\"{last}\""));
        is_last(&format!("Hash=00, By=x;CERT={last}"));
    }

    #[test]
    fn m5_doubtful_fields_hold_no_certificate() {
        let (first, last) = (escaped_pem(ED25519, ""), escaped_pem(RFC8705, ""));
        assert_eq!(extract(&[]), None);
        assert_eq!(extract(&[&format!("Cert={last}"), &format!("Cert={last}")]), None);
        for line in [
            format!("Cert={first},Hash=00"),     // the nearest proxy saw no certificate
            format!("Cert={first};Cert={last}"), // which one?
            format!("Cert={last},"),
            format!(",Cert={last}"),
            format!("Cert={last};"),
            format!("Cert=\"{last}"),
            format!("Cert=\"{last}\\\""),
            format!("Cert=\"{last}\"x"),
            format!("X=\",Cert=\"{last}\""), // a quotation that a client left open
            format!("Cert\"={last}"),
            format!("={last}"),
            format!("Cert ={last}"),
            format!("Cert=\"{}\"", last.replacen("MIIB", "MI\\IB", 1)),
            format!("Chain=\"{last}\""),
            last.clone(),
            "Cert=".into(),
            "Cert".into(),
            "Cert=\"\"".into(),
            "".into(),
        ] {
            assert_eq!(extract(&[&line]), None, "{line}");
        }
    }

    #[test]
    fn m5_the_field_is_bounded() {
        let certificate = escaped_pem(RFC8705, "");
        let line = |length: usize| {
            let fixed = format!("DNS=;Cert={certificate}");
            fixed.replacen("DNS=", &format!("DNS={}", "a".repeat(length - fixed.len())), 1)
        };
        assert!(extract(&[&line(limits::HEADER_VALUE)]).is_some());
        assert!(extract(&[&line(limits::HEADER_VALUE + 1)]).is_none());
    }
}
