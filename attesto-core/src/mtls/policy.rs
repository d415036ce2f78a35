//! Which certificate counts (catalogue M4).

use super::thumbprint::is_one_certificate;
use crate::crypto::CryptoProvider;
use crate::http::{HeaderLines, RequestParts, TrustedProxies};
use crate::jose::Thumbprint;
use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Finds the client certificate that a proxy forwards in a header field.
///
/// Asked for requests from trusted proxies only; what it finds must still be one DER certificate (M1). An
/// implementation bounds its own work: the field may be as long as the server lets it be.
pub trait CertificateExtractor: fmt::Debug + Send + Sync {
    /// The certificate, as DER. `None` where there is none and where there is any doubt: a repeated field, a second
    /// value, a malformed encoding.
    fn extract(&self, headers: &dyn HeaderLines) -> Option<Vec<u8>>;
}

/// Where client certificates come from: the TLS socket, and optionally a trusted proxy's header field (M4).
#[derive(Clone, Debug, Default)]
pub struct CertificatePolicy {
    forwarded: Option<Arc<dyn CertificateExtractor>>,
}

impl CertificatePolicy {
    /// Certificates of the TLS socket only. The default.
    #[must_use]
    pub const fn new() -> Self {
        Self { forwarded: None }
    }

    /// Also accepts what trusted proxies forward. Read the [deployment contract](crate::mtls) first.
    #[must_use]
    pub fn forwarded(mut self, extractor: Arc<dyn CertificateExtractor>) -> Self {
        self.forwarded = Some(extractor);
        self
    }

    /// The certificate that the client presented, as DER: exactly one, as [`certificate_thumbprint`](super::certificate_thumbprint)
    /// wants it. M1, M4, X33.
    ///
    /// The TLS socket's certificate comes first, and where there is one nothing else is looked at, even if it is
    /// unusable. A forwarded one is looked for only if the socket's peer is in `proxies`; for others no header field is
    /// touched.
    #[must_use]
    pub fn certificate<'r>(&self, request: &RequestParts<'r>, proxies: &TrustedProxies) -> Option<Cow<'r, [u8]>> {
        let der = match request.connection.certificate {
            Some(der) => Cow::Borrowed(der),
            None => {
                let extractor = self.forwarded.as_ref().filter(|_| proxies.trust(&request.connection))?;
                Cow::Owned(extractor.extract(request.headers)?)
            }
        };
        is_one_certificate(&der).then_some(der)
    }

    /// The thumbprint of [the certificate](Self::certificate) that the client presented. RFC 8705 §3.1; M4, X33.
    #[must_use]
    pub fn thumbprint(
        &self,
        provider: &dyn CryptoProvider,
        request: &RequestParts<'_>,
        proxies: &TrustedProxies,
    ) -> Option<Thumbprint> {
        let der = self.certificate(request, proxies)?;
        Some(Thumbprint::from_bytes(provider.sha256(&[&der])))
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

    /// One `Client-Cert` line, and the names that were asked for.
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
        let request = RequestParts::new("GET", "/", headers).connection(connection);
        let proxies = TrustedProxies::parse(["10.0.0.1"]).unwrap();
        let thumbprint = policy.thumbprint(&RustCrypto::new(), &request, &proxies);
        let certificate = policy.certificate(&request, &proxies);
        assert_eq!(certificate.and_then(|der| certificate_thumbprint(&RustCrypto::new(), &der)), thumbprint);
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
    fn x33_a_forwarded_certificate_is_read_from_trusted_proxies_only() {
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
        let junk = Recording(":AQID:".to_string(), Mutex::default());
        assert_eq!(found(&forwarding(), &junk, Connection::new().peer("10.0.0.1".parse().unwrap())), None);
    }
}
