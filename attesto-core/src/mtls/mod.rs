//! Certificate-bound access tokens (RFC 8705 §3): the client certificate of a request, and its thumbprint.
//!
//! A resource server uses only the thumbprint (M3). Whatever terminates TLS checks whether the certificate chains to a
//! trusted root, is in date or is revoked. A self-signed certificate binds a token just as well. The authorization
//! server also reads the names in a certificate, to authenticate clients by it (§2).
//!
//! # Deployment contract for forwarded certificates (M6)
//! If a proxy terminates TLS and forwards the client's certificate in a header field ([`ClientCert`],
//! [`XForwardedClientCert`], [`EscapedPem`], [`Base64Der`]), this crate trusts it under conditions that only the
//! operator can ensure. All of these must hold:
//!
//! - the proxy deletes every copy of the field that a client sent, in any spelling of its name, on every route;
//! - it sets the field only after a completed handshake in which the client proved possession of the certificate's key;
//! - only the proxy can connect to this server, and the proxy's address, as the socket shows it, is in
//!   [`TrustedProxies`](crate::http::TrustedProxies);
//! - the proxy does not itself present a client certificate on that connection (or the adapter does not report it): the
//!   socket's certificate takes precedence, and it would be the proxy's.
//!
//! These lines were tested. Each sets the field on every request of the listener:
//!
//! | proxy | lines | extractor |
//! |---|---|---|
//! | nginx | `ssl_verify_client optional;` and, beside every other `proxy_set_header` of the block, `proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;` | `EscapedPem::new("X-SSL-Client-Cert")` |
//! | Apache | `SSLVerifyClient optional`, `RequestHeader set X-SSL-Client-Cert "%{SSL_CLIENT_CERT}s"` | `EscapedPem::new("X-SSL-Client-Cert")` |
//! | HAProxy | `http-request set-header Client-Cert :%[ssl_c_der,base64]:`, without a condition | [`ClientCert`] |
//! | Caddy | `header_up Client-Cert ":{http.request.tls.client.certificate_der_base64}:"` | [`ClientCert`] |
//! | Envoy | `forward_client_cert_details: SANITIZE_SET`, `set_current_client_cert_details: {cert: true}` | [`XForwardedClientCert`] |
//!
//! An unreadable field has its own reason (`mtls_certificate_unreadable`): proxy and extractor do not match.
//!
//! The field is not read from any other peer (M4). `Client-Cert-Chain` is not used (M5).
//!
//! ```
//! use attesto_core::mtls::{CertificateExtractor, ClientCert};
//!
//! let headers: &[(&str, &[u8])] = &[("client-cert", b":AQIDBA==:")];
//! assert_eq!(ClientCert.extract(&headers), Ok(Some(vec![1, 2, 3, 4])));
//!
//! let two_lines: &[(&str, &[u8])] = &[("client-cert", b":AQIDBA==:"), ("client-cert", b":AQIDBA==:")];
//! assert!(ClientCert.extract(&two_lines).is_err());
//! ```

mod base64_der;
mod client_cert;
#[cfg(feature = "std")]
mod distinguished_name;
#[cfg(feature = "std")]
mod holder;
mod pem;
mod policy;
mod thumbprint;
mod xfcc;

#[cfg(test)]
pub(crate) mod test_certificates;

pub use base64_der::Base64Der;
pub use client_cert::ClientCert;
#[cfg(feature = "std")]
pub(crate) use distinguished_name::DistinguishedName;
#[cfg(feature = "std")]
pub(crate) use holder::Holder;
pub use pem::EscapedPem;
pub use policy::{CertificateExtractor, CertificatePolicy, UnreadableCertificate};
pub use thumbprint::certificate_thumbprint;
pub use xfcc::XForwardedClientCert;
