//! Deterministic keys and certificates, which anyone can compute.

use super::finding::sound;
use super::proof::ProofBuilder;
use attesto_core::ConfigError;
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, RustCrypto, Signer};
use attesto_core::http::TlsSession;
use attesto_core::jose::{Jwk, KeyMaterial, Thumbprint};
use std::fmt;
use std::sync::Arc;

/// Returns bytes that depend only on the label and the seed: the same test has the same keys.
pub(super) fn entropy(label: &'static str, seed: u64) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut block: u64 = 0;
    move |out| {
        for chunk in out.chunks_mut(32) {
            let parts: [&[u8]; 4] = [b"attesto testkit ", label.as_bytes(), &seed.to_be_bytes(), &block.to_be_bytes()];
            let digest = RustCrypto::new().sha256(&parts);
            chunk.iter_mut().zip(digest).for_each(|(byte, fresh)| *byte = fresh);
            block = block.wrapping_add(1);
        }
        Ok(())
    }
}

pub(super) fn signer(label: &'static str, algorithm: Algorithm, seed: u64) -> Result<Arc<dyn Signer>, ConfigError> {
    let material = KeyMaterial::generate(algorithm.key_kind(), &mut entropy(label, seed))?;
    let private = material.private().ok_or_else(|| ConfigError::new("key", "a generated key is private"))?;
    let signer = RustCrypto::new().signer(private, algorithm);
    signer.map(Arc::from).map_err(|error| ConfigError::new("key", error.to_string()))
}

/// A client's DPoP key. **For tests only**: it is computed from its seed, so it is not secret.
///
/// ```
/// use attesto_core::crypto::Algorithm;
/// use attesto_testkit::DpopKey;
///
/// assert_eq!(DpopKey::new(1).jkt(), DpopKey::new(1).jkt());
/// assert_ne!(DpopKey::new(1).jkt(), DpopKey::new(2).jkt());
/// assert!(DpopKey::with_algorithm(Algorithm::Ed25519, 1).is_ok());
/// ```
#[derive(Clone)]
pub struct DpopKey {
    signer: Arc<dyn Signer>,
}

impl DpopKey {
    /// The ES256 key of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        sound("a DPoP key", Self::with_algorithm(Algorithm::ES256, seed))
    }

    /// A key for another algorithm.
    ///
    /// # Errors
    /// For RSA, whose keys are not generated here.
    pub fn with_algorithm(algorithm: Algorithm, seed: u64) -> Result<Self, ConfigError> {
        Ok(Self { signer: signer("dpop", algorithm, seed)? })
    }

    /// The key's thumbprint, as in a token's `cnf`.
    #[must_use]
    pub fn jkt(&self) -> Thumbprint {
        self.public_jwk().thumbprint(|parts| RustCrypto::new().sha256(parts))
    }

    /// The public half.
    #[must_use]
    pub fn public_jwk(&self) -> Jwk {
        Jwk::new(self.signer.public_key().clone())
    }

    /// Starts a proof for this method and URL. [`Fixture::proof`](super::Fixture::proof) also sets the time and a
    /// `jti`.
    pub fn proof(&self, method: &str, url: &str) -> ProofBuilder {
        ProofBuilder::new(self.clone(), method, url)
    }

    pub(super) fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }
}

/// Prints the thumbprint.
impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DpopKey").field(&self.jkt()).finish()
    }
}

/// A self-signed client certificate. **For tests only.** Its private key was discarded, so it works in a
/// [`TlsSession`], but not in a handshake.
///
/// ```
/// use attesto_testkit::CertificateFixture;
///
/// let session = CertificateFixture::CLIENT.tls_session();
/// assert!(session.connection(None).certificate.is_some());
/// assert_ne!(CertificateFixture::CLIENT.thumbprint(), CertificateFixture::OTHER.thumbprint());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CertificateFixture {
    der: &'static [u8],
}

impl CertificateFixture {
    /// The certificate of the client.
    pub const CLIENT: Self = Self { der: include_bytes!("client.der") };
    /// The certificate of another client.
    pub const OTHER: Self = Self { der: include_bytes!("other.der") };

    /// The DER.
    #[must_use]
    pub const fn der(&self) -> &'static [u8] {
        self.der
    }

    /// The certificate's SHA-256 thumbprint, as in a token's `x5t#S256` (RFC 8705 §3.1).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::from_bytes(RustCrypto::new().sha256(&[self.der]))
    }

    /// The TLS session of a client that presented it.
    #[must_use]
    pub fn tls_session(&self) -> TlsSession {
        TlsSession::with_client_certificate(self.der)
    }

    /// Header fields in which proxies forward certificates: RFC 9440, Envoy and common nginx configurations. Servers
    /// must ignore them from any peer but a trusted proxy.
    #[must_use]
    pub fn forwarding_headers(&self) -> Vec<(&'static str, String)> {
        use base64ct::{Base64, Encoding};
        let base64 = Base64::encode_string(self.der);
        let line = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let pem = format!("-----BEGIN%20CERTIFICATE-----%0A{line}%0A-----END%20CERTIFICATE-----%0A");
        vec![
            ("client-cert", format!(":{base64}:")),
            ("x-forwarded-client-cert", format!("Cert=\"{pem}\"")),
            ("x-ssl-client-cert", pem),
        ]
    }
}
