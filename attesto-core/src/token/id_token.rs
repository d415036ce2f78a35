//! ID tokens (OIDC Core §2; IT-2 to IT-4).

use super::{JwtSigner, MintError};
use crate::Timestamp;
use crate::crypto::{Algorithm, CryptoProvider, Entropy};
use crate::encoding::base64url;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Claims that only the issuer sets.
const RESERVED: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "sid",
];

/// The request to make one ID token.
pub(crate) struct IdTokenRequest<'r> {
    pub(crate) issuer: &'r str,
    pub(crate) subject: &'r str,
    pub(crate) client_id: &'r str,
    pub(crate) lifetime: u64,
    pub(crate) nonce: Option<&'r str>,
    pub(crate) auth_time: Option<Timestamp>,
    pub(crate) acr: Option<&'r str>,
    pub(crate) amr: &'r [String],
    pub(crate) sid: Option<&'r str>,
    /// The access token issued together with the ID token.
    pub(crate) access_token: &'r str,
    /// The authorization code that both were exchanged for.
    pub(crate) code: Option<&'r str>,
    /// The host's claims about the user. A reserved name is an error.
    pub(crate) claims: Map<String, Value>,
}

impl JwtSigner {
    /// Makes and signs one ID token. `at_hash` and `c_hash` use the hash of the signing algorithm.
    ///
    /// # Errors
    /// [`MintError`].
    pub(crate) fn id_token(
        &self,
        request: IdTokenRequest<'_>,
        provider: &dyn CryptoProvider,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Zeroizing<String>, MintError> {
        self.sign("JWT", id_token_claims(request, provider, self.algorithm(), now)?, entropy)
    }
}

fn id_token_claims(
    request: IdTokenRequest<'_>,
    provider: &dyn CryptoProvider,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<Map<String, Value>, MintError> {
    let mut claims = request.claims;
    if claims.keys().any(|name| RESERVED.contains(&name.as_str())) {
        return Err(MintError::ReservedClaim);
    }
    let optional = [
        ("nonce", request.nonce.map(Value::from)),
        ("auth_time", request.auth_time.map(|at| at.as_secs().into())),
        ("acr", request.acr.map(Value::from)),
        ("amr", (!request.amr.is_empty()).then(|| request.amr.iter().map(String::as_str).collect::<Vec<_>>().into())),
        ("sid", request.sid.map(Value::from)),
        ("c_hash", request.code.map(|code| half_hash(provider, algorithm, code).into())),
    ];
    let always = [
        ("iss", request.issuer.into()),
        ("sub", request.subject.into()),
        ("aud", request.client_id.into()),
        ("azp", request.client_id.into()),
        ("iat", now.as_secs().into()),
        ("exp", now.plus(request.lifetime).as_secs().into()),
        ("at_hash", half_hash(provider, algorithm, request.access_token).into()),
    ];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    claims.extend(always.into_iter().chain(optional).map(|(name, value)| (name.to_string(), value)));
    Ok(claims)
}

/// Returns the left half of the text's hash, computed with the hash of the signature's algorithm. OIDC Core §3.1.3.6,
/// §3.3.2.11; IT-3.
fn half_hash(provider: &dyn CryptoProvider, algorithm: Algorithm, text: &str) -> String {
    let text = text.as_bytes();
    let half = |digest: &[u8]| base64url::encode(digest.split_at(digest.len() / 2).0);
    match algorithm {
        Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256 => half(&provider.sha256(&[text])),
        Algorithm::ES384 | Algorithm::RS384 | Algorithm::PS384 => half(&provider.sha384(text)),
        Algorithm::ES512 | Algorithm::RS512 | Algorithm::PS512 => half(&provider.sha512(text)),
        // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
        Algorithm::EdDSA | Algorithm::Ed25519 => half(&provider.sha512(text)),
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;

    fn hash(algorithm: Algorithm, text: &str) -> String {
        half_hash(&RustCrypto::new(), algorithm, text)
    }

    #[test]
    fn it3_the_hash_is_the_left_half() {
        // OIDC Core appendices A.3 and A.4: access token and at_hash, code and c_hash.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(hash(Algorithm::RS256, token), "77QmUPtjPfzWtF2AnpK9RQ");
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(hash(Algorithm::ES256, code), "LDktKdoQak3Pk0cnXxCltA");
    }

    #[test]
    fn it3_the_hash_follows_the_algorithm() {
        // The left halves of FIPS 180-4's digests of "abc".
        let sha384 = "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj";
        let sha512 = "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o";
        for algorithm in [Algorithm::ES384, Algorithm::RS384, Algorithm::PS384] {
            assert_eq!(hash(algorithm, "abc"), sha384, "{algorithm:?}");
        }
        for algorithm in [Algorithm::ES512, Algorithm::RS512, Algorithm::PS512, Algorithm::EdDSA, Algorithm::Ed25519] {
            assert_eq!(hash(algorithm, "abc"), sha512, "{algorithm:?}");
        }
    }
}
