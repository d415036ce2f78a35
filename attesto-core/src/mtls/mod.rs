//! Certificate-bound access tokens (RFC 8705 §3): which client certificate a request came with, and its thumbprint.
//!
//! Only the thumbprint matters to a resource server (M3): whether the certificate chains to anything, is in date or
//! revoked is for whoever terminates TLS to say. A self-signed certificate binds a token as well as any other.
//! The authorization server also reads whom a certificate names, to authenticate clients by it (§2).
//!
//! # Deployment contract for forwarded certificates (M6)
//! Where a proxy terminates TLS and passes the client's certificate on in a header field ([`ClientCert`],
//! [`XForwardedClientCert`], [`EscapedPem`], [`Base64Der`]), this crate believes it under conditions that only the operator can
//! provide. All of these must hold:
//!
//! - the proxy deletes every copy of the field that a client sent, in any spelling of its name, on every route;
//! - it sets the field only after a completed handshake in which the client proved possession of the certificate's key;
//! - nobody can connect to this server except through the proxy, and the proxy's address, as the socket shows it, is
//!   the one in [`TrustedProxies`](crate::http::TrustedProxies);
//! - the proxy does not itself present a client certificate on that connection (or the adapter does not report it):
//!   the socket's certificate comes first, and it would be the proxy's.
//!
//! Lines that were seen to do so, each for every request of the listener:
//!
//! | proxy | lines | extractor |
//! |---|---|---|
//! | nginx | `ssl_verify_client optional;` and, beside every other `proxy_set_header` of the block, `proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;` | `EscapedPem::new("X-SSL-Client-Cert")` |
//! | Apache | `SSLVerifyClient optional`, `RequestHeader set X-SSL-Client-Cert "%{SSL_CLIENT_CERT}s"` | `EscapedPem::new("X-SSL-Client-Cert")` |
//! | HAProxy | `http-request set-header Client-Cert :%[ssl_c_der,base64]:`, without a condition | [`ClientCert`] |
//! | Caddy | `header_up Client-Cert ":{http.request.tls.client.certificate_der_base64}:"` | [`ClientCert`] |
//! | Envoy | `forward_client_cert_details: SANITIZE_SET`, `set_current_client_cert_details: {cert: true}` | [`XForwardedClientCert`] |
//!
//! A field that is there and cannot be read has a reason of its own (`mtls_certificate_unreadable`): proxy and extractor do not fit.
//!
//! From any other peer the field is not even looked at (M4). `Client-Cert-Chain` is not used (M5).
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
