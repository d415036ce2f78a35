//! The world of the targets: keys, a time, and signatures over whatever a target wants signed.

use crate::model;
use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::jose::{Jwk, KeyMaterial, VerificationKeys};
use attesto_core::token::TrustedIssuer;
use std::sync::{Arc, LazyLock};

/// The issuer of the tokens.
pub(crate) const ISSUER: &str = "https://auth.example.com";
/// The protected resource.
pub(crate) const AUDIENCE: &str = "https://api.example.com/things";
/// The time, in seconds.
pub(crate) const SECONDS: u64 = 1_800_000_000;
/// The time.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(SECONDS);

/// The same keys every time.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// Keys.
pub(crate) struct World {
    /// The provider everything uses.
    pub(crate) provider: Arc<dyn CryptoProvider>,
    /// The second opinion of what verifies a signature or takes a key.
    pub(crate) other: Arc<dyn CryptoProvider>,
    /// The issuer's key.
    pub(crate) issuer: Box<dyn Signer>,
    /// The client's DPoP key.
    pub(crate) client: Box<dyn Signer>,
    /// Another DPoP key of the client's, on another curve.
    pub(crate) client_p256: Box<dyn Signer>,
    /// A thief's DPoP key.
    pub(crate) thief: Box<dyn Signer>,
}

impl World {
    fn new() -> Self {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let key = |seed, kind, algorithm| {
            let material = KeyMaterial::generate(kind, &mut counter(seed)).expect("a usable scalar");
            provider.signer(material.private().expect("a private key"), algorithm).expect("a signer")
        };
        let ed25519 = |seed| key(seed, KeyKind::Ed25519, Algorithm::EdDSA);
        let (issuer, client, thief) = (ed25519(1), ed25519(2), ed25519(3));
        let client_p256 = key(4, KeyKind::P256, Algorithm::ES256);
        Self { provider, other: Arc::new(AwsLc::new()), issuer, client, client_p256, thief }
    }

    /// The issuer as a resource with this provider knows it.
    pub(crate) fn trusted(&self, provider: &dyn CryptoProvider) -> TrustedIssuer {
        let jwk = Jwk::new(self.issuer.public_key().clone()).with_kid("k1");
        let keys = VerificationKeys::new().with_key(provider, &jwk).expect("a sound key");
        TrustedIssuer::new(ISSUER, keys).expect("a sound issuer")
    }

    /// The public key of a signer, as a JSON object.
    pub(crate) fn jwk(signer: &dyn Signer) -> serde_json::Value {
        let mut jwk: serde_json::Value =
            serde_json::from_str(&Jwk::new(signer.public_key().clone()).to_json()).expect("a JWK is JSON");
        jwk.as_object_mut().expect("a JWK is an object").remove("use");
        jwk
    }

    /// The thumbprint of a signer's key.
    pub(crate) fn jkt(&self, signer: &dyn Signer) -> String {
        Jwk::new(signer.public_key().clone()).thumbprint(|parts| self.provider.sha256(parts)).to_base64url()
    }

    /// SHA-256, as `ath` and `x5t#S256` are written.
    pub(crate) fn digest(&self, bytes: &[u8]) -> String {
        model::base64url(&self.provider.sha256(&[bytes]))
    }
}

/// Deterministic bytes in place of randomness.
pub(crate) fn counter(seed: u8) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut next = seed;
    move |out| {
        for byte in out {
            *byte = next;
            next = next.wrapping_mul(13).wrapping_add(7);
        }
        Ok(())
    }
}

/// A compact JWS over exactly these bytes.
pub(crate) fn sign(signer: &dyn Signer, header: &[u8], payload: &[u8]) -> String {
    let input = [model::base64url(header), model::base64url(payload)].join(".");
    let signature = signer.sign(input.as_bytes(), &mut counter(5)).expect("a local key signs");
    [input, model::base64url(&signature)].join(".")
}
