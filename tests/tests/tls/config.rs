//! rustls configurations of both sides. The provider is named each time: no process-wide default decides.

use crate::pki::{Identity, PKI};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    ALL_VERSIONS, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use std::sync::Arc;

/// What the application protocol shall be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Alpn {
    Http1,
    Http2,
}

impl Alpn {
    pub(crate) const fn id(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Asks for a certificate of our authority and takes clients without one: the token says whether one is needed.
pub(crate) fn optional_client_auth() -> ServerConfig {
    let verifier = WebPkiClientVerifier::builder_with_provider(PKI.roots(), provider())
        .allow_unauthenticated()
        .build()
        .expect("a sound verifier");
    server(verifier)
}

/// Takes whatever certificate a client has the key of, as RFC 8705 §3 allows: the token names the one that counts.
pub(crate) fn any_client_auth() -> ServerConfig {
    server(Arc::new(AnyClient(provider())))
}

fn server(verifier: Arc<dyn ClientCertVerifier>) -> ServerConfig {
    let (chain, key) = PKI.server.credentials();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(ALL_VERSIONS)
        .expect("versions that the provider knows")
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .expect("a key that fits the certificate");
    config.alpn_protocols = vec![Alpn::Http2.id().to_vec(), Alpn::Http1.id().to_vec()];
    config
}

/// Verifies the server as every client should, and shows a certificate if it has one.
pub(crate) fn client(
    identity: Option<&Identity>,
    alpn: Alpn,
    version: &'static SupportedProtocolVersion,
) -> ClientConfig {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .expect("a version that the provider knows")
        .with_root_certificates(PKI.roots());
    let mut config = match identity.map(Identity::credentials) {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).expect("a key that fits the certificate"),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![alpn.id().to_vec()];
    config
}

/// Checks that the client has the certificate's key, and nothing else about the certificate.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
