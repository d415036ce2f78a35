//! The policy for client certificates (M4).

use super::thumbprint::is_one_certificate;
use crate::crypto::CryptoProvider;
use crate::http::{HeaderLines, Lines, RequestParts, TrustedProxies};
use crate::jose::Thumbprint;
use crate::limits;
use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Finds the client certificate that a proxy forwards in a header field.
///
/// Called for requests from trusted proxies only. The result must still be one DER certificate (M1). An implementation
/// must bound its own work: the server limits the field's length, not this crate.
pub trait CertificateExtractor: fmt::Debug + Send + Sync {
    /// Returns the certificate as DER; `None` if the proxy forwards none.
    ///
    /// # Errors
    /// Fails in any doubtful case: a repeated field, a second value, a malformed encoding.
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate>;
}

/// A presented or forwarded certificate cannot be read. Most often the configurations of proxy and server do not match.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the client's certificate cannot be read")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to say about it")]
pub struct UnreadableCertificate;

/// Returns the only line of the field, if it has a value. For clients without certificate, proxies write an empty
/// value, or Apache's `(null)`.
pub(super) fn one_line<'h>(
    headers: &'h dyn HeaderLines,
    name: &str,
) -> Result<Option<&'h [u8]>, UnreadableCertificate> {
    match headers.lines(name) {
        Lines::None => Ok(None),
        Lines::One(line) if matches!(line.trim_ascii(), b"" | b"(null)") => Ok(None),
        Lines::One(line) if line.len() <= limits::HEADER_VALUE => Ok(Some(line)),
        Lines::One(_) | Lines::Many => Err(UnreadableCertificate),
    }
}

/// The source of client certificates: the TLS socket, and optionally a trusted proxy's header field (M4).
#[derive(Clone, Debug, Default)]
pub struct CertificatePolicy {
    forwarded: Option<Arc<dyn CertificateExtractor>>,
}

impl CertificatePolicy {
    /// Uses certificates of the TLS socket only. The default.
    #[must_use]
    pub const fn new() -> Self {
        Self { forwarded: None }
    }

    /// Also accepts certificates that trusted proxies forward. Read the [deployment contract](crate::mtls) first.
    #[must_use]
    pub fn forwarded(mut self, extractor: Arc<dyn CertificateExtractor>) -> Self {
        self.forwarded = Some(extractor);
        self
    }

    /// Returns the certificate that the client presented, as DER: exactly one, as
    /// [`certificate_thumbprint`](super::certificate_thumbprint) requires. M1, M4.
    ///
    /// The TLS socket's certificate takes precedence, and hides a forwarded one even if it is unusable. A forwarded one
    /// is read only if the socket's peer is in `proxies`; for other peers no header field is read.
    ///
    /// # Errors
    /// Fails if the certificate, of the socket or of a trusted proxy, cannot be read.
    pub fn certificate<'r>(
        &self,
        request: &RequestParts<'r>,
        proxies: &TrustedProxies,
    ) -> Result<Option<Cow<'r, [u8]>>, UnreadableCertificate> {
        let der = match (request.connection.certificate, &self.forwarded) {
            (Some(der), _) => Some(Cow::Borrowed(der)),
            (None, Some(extractor)) if proxies.trust(&request.connection) => {
                extractor.extract(request.headers)?.map(Cow::Owned)
            }
            (None, Some(_) | None) => None,
        };
        if der.as_deref().is_some_and(|der| !is_one_certificate(der)) {
            return Err(UnreadableCertificate);
        }
        Ok(der)
    }

    /// Returns the thumbprint of [the certificate](Self::certificate) that the client presented. RFC 8705 §3.1;
    /// M4.
    ///
    /// # Errors
    /// As for [`certificate`](Self::certificate).
    pub fn thumbprint(
        &self,
        provider: &dyn CryptoProvider,
        request: &RequestParts<'_>,
        proxies: &TrustedProxies,
    ) -> Result<Option<Thumbprint>, UnreadableCertificate> {
        let der = self.certificate(request, proxies)?;
        Ok(der.map(|der| Thumbprint::from_bytes(provider.sha256(&[&der]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use crate::http::Connection;
    use crate::mtls::test_certificates::{ED25519, RFC8705, der};
    use crate::mtls::{ClientCert, certificate_thumbprint};
    use alloc::format;
    use alloc::string::{String, ToString};
    use std::sync::Mutex;

    /// One `Client-Cert` line, and a record of the names that were requested.
    #[derive(Default)]
    struct Recording(String, Mutex<Vec<String>>);

    impl HeaderLines for Recording {
        fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
            self.1.lock().unwrap().push(name.to_string());
            if name == "client-cert" {
                visit(self.0.as_bytes());
            }
        }
    }

    fn found(policy: &CertificatePolicy, headers: &Recording, connection: Connection<'_>) -> Option<Thumbprint> {
        shown(policy, headers, connection).ok().flatten()
    }

    fn shown(
        policy: &CertificatePolicy,
        headers: &Recording,
        connection: Connection<'_>,
    ) -> Result<Option<Thumbprint>, UnreadableCertificate> {
        let request = RequestParts::new("GET", "/", headers).connection(connection);
        let proxies = TrustedProxies::parse(["10.0.0.1"]).unwrap();
        let thumbprint = policy.thumbprint(&RustCrypto::new(), &request, &proxies);
        let certificate = policy.certificate(&request, &proxies);
        let of_certificate =
            certificate.map(|der| der.and_then(|der| certificate_thumbprint(&RustCrypto::new(), &der)));
        assert_eq!(of_certificate, thumbprint);
        thumbprint
    }

    fn headers() -> Recording {
        Recording(format!(":{RFC8705}:"), Mutex::default())
    }

    fn forwarding() -> CertificatePolicy {
        CertificatePolicy::new().forwarded(Arc::new(ClientCert))
    }

    #[test]
    fn m4_the_socket_comes_before_the_header() {
        let (socket, junk) = (der(ED25519), b"junk".to_vec());
        let proxy = Connection::new().peer("10.0.0.1".parse().unwrap());
        let headers = headers();
        let of_socket = certificate_thumbprint(&RustCrypto::new(), &socket);
        assert!(of_socket.is_some());
        assert_eq!(found(&forwarding(), &headers, proxy.certificate(&socket)), of_socket);
        assert_eq!(found(&forwarding(), &headers, proxy.certificate(&junk)), None, "it does not fall through");
        assert_eq!(found(&CertificatePolicy::new(), &headers, Connection::new().certificate(&socket)), of_socket);
        assert!(headers.1.lock().unwrap().is_empty());
    }

    #[test]
    fn m4_a_forwarded_certificate_is_read_from_trusted_proxies_only() {
        let of_header = certificate_thumbprint(&RustCrypto::new(), &der(RFC8705));
        let from = |peer: &str| Connection::new().peer(peer.parse().unwrap());
        let believed = headers();
        assert_eq!(found(&forwarding(), &believed, from("10.0.0.1")), of_header);
        assert_eq!(found(&forwarding(), &believed, from("::ffff:10.0.0.1").tls()), of_header);

        let untouched = headers();
        assert_eq!(found(&forwarding(), &untouched, from("10.0.0.2")), None);
        assert_eq!(found(&forwarding(), &untouched, Connection::new()), None);
        assert_eq!(found(&CertificatePolicy::new(), &untouched, from("10.0.0.1")), None);
        assert!(untouched.1.lock().unwrap().is_empty(), "the header is not even visited");
    }

    #[test]
    fn m1_a_forwarded_value_must_still_be_a_certificate() {
        let proxy = Connection::new().peer("10.0.0.1".parse().unwrap());
        let junk = Recording(":AQID:".to_string(), Mutex::default());
        assert_eq!(shown(&forwarding(), &junk, proxy), Err(UnreadableCertificate));
        assert_eq!(shown(&forwarding(), &junk, Connection::new()), Ok(None), "from a stranger it is not read");
        assert_eq!(shown(&forwarding(), &headers(), proxy.certificate(b"junk")), Err(UnreadableCertificate));
    }

    #[test]
    fn m5_what_proxies_write_for_clients_without_certificate_is_none() {
        let proxy = Connection::new().peer("10.0.0.1".parse().unwrap());
        for nothing in ["", " ", "::", " :: ", "(null)"] {
            let none = Recording(nothing.to_string(), Mutex::default());
            assert_eq!(shown(&forwarding(), &none, proxy), Ok(None), "{nothing:?}");
        }
        for unreadable in [RFC8705, "MIIB", ":", "(null) ", "-"] {
            let value = Recording(unreadable.to_string(), Mutex::default());
            let expected = if unreadable.trim() == "(null)" { Ok(None) } else { Err(UnreadableCertificate) };
            assert_eq!(shown(&forwarding(), &value, proxy), expected, "{unreadable:?}");
        }
    }
}
