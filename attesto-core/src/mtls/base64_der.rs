//! Bare base64 of DER, as some proxies forward certificates (M5).

use super::client_cert::decode_base64;
use super::pem::field_name;
use super::policy::one_line;
use super::{CertificateExtractor, UnreadableCertificate};
use crate::ConfigError;
use crate::http::HeaderLines;
use alloc::string::String;
use alloc::vec::Vec;

/// A header field with the bare base64 of the certificate's DER: what HAProxy writes with `http-request set-header
/// X-SSL-Client-DER %[ssl_c_der,base64]`.
///
/// One field line with one value; padding may be missing. With colons around the value, use
/// [`ClientCert`](super::ClientCert).
#[derive(Clone, Debug)]
pub struct Base64Der {
    header: String,
}

impl Base64Der {
    /// Reads the field called `header`, in any case.
    ///
    /// # Errors
    /// [`ConfigError`] if `header` is not a field name (RFC 9110 §5.1).
    pub fn new(header: &str) -> Result<Self, ConfigError> {
        field_name(header).map(|header| Self { header })
    }
}

impl CertificateExtractor for Base64Der {
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let Some(line) = one_line(headers, &self.header)? else { return Ok(None) };
        decode_base64(line.trim_ascii()).map(Some).ok_or(UnreadableCertificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::mtls::test_certificates::{RFC8705, RFC9440, der};
    use alloc::format;

    fn extract(lines: &[&str]) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| ("x-ssl-client-der", line.as_bytes())).collect();
        Base64Der::new("X-SSL-Client-DER").unwrap().extract(&headers.as_slice())
    }

    #[test]
    fn m5_bare_base64_is_read_padded_or_not() {
        for base64 in [RFC8705, RFC9440] {
            for line in [base64, base64.trim_end_matches('='), &format!(" {base64} ")] {
                assert_eq!(extract(&[line]), Ok(Some(der(base64))), "{line}");
            }
        }
    }

    #[test]
    fn m5_bare_base64_is_one_value_and_nothing_else() {
        for nothing in [&[][..], &[""], &[" "], &["(null)"]] {
            assert_eq!(extract(nothing), Ok(None), "{nothing:?}");
        }
        let (twice, list) = ([RFC8705; 2], format!("{RFC8705},{RFC8705}"));
        assert_eq!(extract(&twice), Err(UnreadableCertificate));
        let long = "A".repeat(limits::HEADER_VALUE + 1);
        for wrong in [&list, &format!(":{RFC8705}:"), "M", "%4dIIB", "MIIB-_==", "MIIB MIIB", "x\u{e9}", &long] {
            assert_eq!(extract(&[wrong]), Err(UnreadableCertificate), "{wrong}");
        }
        assert_eq!(Base64Der::new("a b").unwrap_err().member(), "certificate_header");
    }
}
