//! Keys, tokens and proofs: the same ones every time, all made by the pure Rust provider, whose signatures are deterministic.

use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::jose::{Jwk, JwkSet, KeyMaterial, Thumbprint, VerificationKeys};
use attesto_core::resource::{ResourceServer, ResourceServerBuilder};
use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, TrustedIssuer};
use std::sync::Arc;

/// Who issues.
pub(crate) const ISSUER: &str = "https://auth.example.com";
/// What is protected, and what a proof is made for.
pub(crate) const RESOURCE: &str = "https://api.example.com/documents";
/// The scope that the requests need.
pub(crate) const SCOPE: &str = "documents.read";
/// The time of the benches that need none of the real clock.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
/// The algorithms that are measured.
pub(crate) const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256];

/// Bytes in place of randomness: xorshift, the same ones for the same seed.
pub(crate) fn entropy(seed: u64) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut state = seed;
    move |out| {
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            [*byte, ..] = state.to_le_bytes();
        }
        Ok(())
    }
}

/// The issuer's key for an algorithm.
pub(crate) fn issuer_key(algorithm: Algorithm) -> KeyMaterial {
    let pem = match algorithm {
        Algorithm::ES256 => include_str!("../../tests/keys/p256.pkcs8.pem"),
        Algorithm::EdDSA => include_str!("../../tests/keys/ed25519.pkcs8.pem"),
        Algorithm::RS256 => include_str!("../../tests/keys/rsa2048.pkcs8.pem"),
        other => unreachable!("not measured: {other}"),
    };
    KeyMaterial::from_pem(pem).expect("a key of the tests")
}

/// Signs with this key through this provider.
pub(crate) fn signer(provider: &dyn CryptoProvider, key: &KeyMaterial, algorithm: Algorithm) -> Box<dyn Signer> {
    provider.signer(key.private().expect("a private key"), algorithm).expect("it suits the algorithm")
}

/// The issuer that signs with this algorithm through this provider.
pub(crate) fn issuer(provider: &Arc<dyn CryptoProvider>, algorithm: Algorithm) -> (AccessTokenIssuer, JwkSet) {
    let signer = signer(provider.as_ref(), &issuer_key(algorithm), algorithm);
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).expect("a ring"));
    let published = ring.jwks();
    let issuer = AccessTokenIssuer::builder(ISSUER, Arc::clone(provider), ring).build().expect("an issuer");
    (issuer, published)
}

/// What is asked of the issuer: about as much as an authorization server puts into a token.
pub(crate) fn request() -> MintRequest {
    let scopes = [SCOPE, "documents.write", "documents.share", "profile.read"];
    MintRequest::new("usr_01j9w5x4m2q8", "client-7f3a").audience([RESOURCE]).scopes(scopes)
}

/// The tokens of one algorithm, and the client that a bound one is bound to.
pub(crate) struct World {
    /// The algorithm of the tokens; proofs are ES256.
    pub(crate) algorithm: Algorithm,
    /// When the tokens are valid.
    pub(crate) now: Timestamp,
    /// The issuer's keys.
    pub(crate) published: JwkSet,
    /// An unbound token.
    pub(crate) bearer: String,
    /// An unbound token that has expired.
    pub(crate) expired: String,
    /// A token bound to the client's key.
    pub(crate) bound: String,
    /// A proof for `GET` of the resource with the bound token.
    pub(crate) proof: String,
    /// The client's key.
    pub(crate) client: Jwk,
}

impl World {
    /// The same tokens for the same time.
    pub(crate) fn new(algorithm: Algorithm, now: Timestamp) -> Self {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let (issuer, published) = issuer(&provider, algorithm);
        let mint = |request, at| issuer.mint(request, at, &mut entropy(3)).expect("a token").token().to_owned();
        let material = KeyMaterial::generate(KeyKind::P256, &mut entropy(11)).expect("a key");
        let client = Jwk::new(material.public().clone());
        let jkt: Thumbprint = client.thumbprint(|parts| provider.sha256(parts));
        let bound = mint(request().dpop_jkt(jkt), now);
        let signer = signer(provider.as_ref(), &material, Algorithm::ES256);
        let proof = ProofMaker::new("GET", RESOURCE).access_token(&bound).jti("e1j3V_bKic8-LAEB");
        let proof = proof.make(signer.as_ref(), provider.as_ref(), now, &mut entropy(5)).expect("a proof");
        let long_ago = Timestamp::from_secs(now.as_secs() - 100_000);
        let (bearer, expired) = (mint(request(), now), mint(request(), long_ago));
        Self { algorithm, now, published, bearer, expired, bound, proof, client }
    }

    /// The issuer's one key.
    pub(crate) fn key(&self) -> &Jwk {
        self.published.keys().first().expect("one key")
    }

    /// The resource server as its users configure it, up to what they add.
    pub(crate) fn server(&self, provider: &Arc<dyn CryptoProvider>) -> ResourceServerBuilder {
        Self::server_for(&self.published, provider)
    }

    /// Creates a resource server that trusts these published keys.
    pub(crate) fn server_for(published: &JwkSet, provider: &Arc<dyn CryptoProvider>) -> ResourceServerBuilder {
        let keys = VerificationKeys::from_jwk_set(provider.as_ref(), published).expect("a usable set");
        let issuer = TrustedIssuer::new(ISSUER, keys).expect("an issuer");
        ResourceServer::builder(RESOURCE, Arc::clone(provider)).issuer(issuer)
    }

    /// The unbound token with another signature: of the right length, and wrong.
    pub(crate) fn forged(&self) -> String {
        let (signed, signature) = self.bearer.rsplit_once('.').expect("a compact JWS");
        let (half, rest) = signature.split_at(signature.len() / 2);
        let (first, rest) = rest.split_at(1);
        format!("{signed}.{half}{}{rest}", if first == "A" { "B" } else { "A" })
    }
}
