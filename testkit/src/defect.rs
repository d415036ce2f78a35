//! Proofs with one thing wrong (T3).

use super::finding::sound;
use super::keys::{DpopKey, entropy};
use super::proof::ProofBuilder;
use super::token::signing_input;
use super::weak_rsa;
use attesto_core::crypto::{CryptoProvider, PublicKey, RustCrypto};
use attesto_core::encoding::base64url;
use attesto_core::limits;
use serde_json::{Map, Value};
use std::fmt;

macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident => $text:literal),* $(,)?) => {
        /// One defect of a proof. Everything else about the proof is right, so that only one check can refuse it.
        ///
        /// ```
        /// use attesto_testkit::ProofDefect;
        ///
        /// assert!(ProofDefect::ALL.contains(&ProofDefect::MissingAth));
        /// assert_eq!(ProofDefect::OtherKey.error(), "invalid_token");
        /// ```
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum ProofDefect {
            $($(#[$doc])* $name,)*
        }

        impl ProofDefect {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Describes the defect.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

defects! {
    /// RFC 9449 §4.3 check 8.
    WrongHtm => "htm names another method",
    /// RFC 9449 §4.3 check 9.
    WrongHtu => "htu names another URL",
    /// RFC 9449 §4.3 check 12.
    WrongAth => "ath is the hash of another token",
    /// RFC 9449 §4.3 check 3.
    MissingHtm => "htm is missing",
    /// RFC 9449 §4.3 check 3.
    MissingHtu => "htu is missing",
    /// RFC 9449 §4.3 check 12.
    MissingAth => "ath is missing",
    /// RFC 9449 §4.3 check 3.
    MissingJti => "jti is missing",
    /// RFC 9449 §4.3 check 3.
    MissingIat => "iat is missing",
    /// RFC 9449 §4.3 check 7.
    MissingJwk => "jwk is missing",
    /// RFC 9449 §4.3 check 11.
    Expired => "iat lies two hours in the past",
    /// RFC 9449 §4.3 check 11.
    Future => "iat lies two hours in the future",
    /// RFC 9449 §4.3 check 4.
    WrongTyp => "typ is JWT",
    /// RFC 9449 §4.3 check 5.
    AlgNone => "alg is none and the signature is empty",
    /// RFC 9449 §4.3 check 5.
    AlgHs256 => "alg is HS256, keyed with the public key",
    /// RFC 7515 §4.1.11.
    Crit => "crit names a parameter that nobody understands",
    /// RFC 9449 §4.3 check 7.
    PrivateJwk => "jwk holds a private key",
    /// RFC 7518 §3.3.
    WeakRsa => "the key is RSA with 1024 bits",
    /// RFC 9449 §7.1: the token is bound to another key.
    OtherKey => "another key than the one that the token is bound to made it",
    /// RFC 9449 §4.3 check 6.
    BadSignature => "one bit of the signature is wrong",
    /// RFC 8725 §3.7.
    DuplicateMember => "a claim occurs twice",
    /// RFC 7515 §2.
    PaddedBase64 => "the payload's base64url is padded",
    /// RFC 9449 §11.1.
    OversizeJti => "jti is longer than 256 bytes",
}

impl ProofDefect {
    /// The `error` of the challenge in response to it (RFC 9449 §7.1).
    #[must_use]
    pub const fn error(self) -> &'static str {
        if matches!(self, Self::OtherKey) { "invalid_token" } else { "invalid_dpop_proof" }
    }
}

impl fmt::Display for ProofDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

pub(super) fn build(proof: ProofBuilder) -> String {
    let Some(defect) = proof.defect else { return signed(&proof, &object(&proof.claims)) };
    let proof = ProofBuilder { defect: None, ..proof };
    match defect {
        ProofDefect::DuplicateMember => {
            let claims = object(&proof.claims);
            let htm = proof.claims.get("htm").cloned().unwrap_or_default();
            let twice = claims.replacen('{', &format!("{{\"htm\":{htm},"), 1);
            signed(&proof, &twice)
        }
        ProofDefect::BadSignature => {
            let (input, mut signature) = signature_of(&proof, &object(&proof.claims));
            if let Some(byte) = signature.last_mut() {
                *byte ^= 1;
            }
            joined(&input, &signature)
        }
        ProofDefect::PaddedBase64 => padded(&proof),
        ProofDefect::AlgNone => {
            let proof = proof.header("alg", "none");
            joined(&signing_input(&object(&proof.header), &object(&proof.claims)), &[])
        }
        ProofDefect::AlgHs256 => {
            let secret = hmac_key(&proof);
            let proof = proof.header("alg", "HS256");
            let input = signing_input(&object(&proof.header), &object(&proof.claims));
            let mac = RustCrypto::new().hmac_sha256(&secret, &[input.as_bytes()]);
            joined(&input, &mac)
        }
        ProofDefect::WeakRsa => {
            let mut jwk = Map::new();
            for (name, value) in [("kty", "RSA"), ("n", weak_rsa::N), ("e", "AQAB")] {
                jwk.insert(name.into(), value.into());
            }
            let proof = proof.header("alg", "RS256").header("jwk", jwk);
            let input = signing_input(&object(&proof.header), &object(&proof.claims));
            let signature = weak_rsa::sign(&input).ok_or("the weak key does not sign");
            joined(&input, &sound("a weak signature", signature))
        }
        ProofDefect::Crit
        | ProofDefect::Expired
        | ProofDefect::Future
        | ProofDefect::MissingAth
        | ProofDefect::MissingHtm
        | ProofDefect::MissingHtu
        | ProofDefect::MissingIat
        | ProofDefect::MissingJti
        | ProofDefect::MissingJwk
        | ProofDefect::OtherKey
        | ProofDefect::OversizeJti
        | ProofDefect::PrivateJwk
        | ProofDefect::WrongAth
        | ProofDefect::WrongHtm
        | ProofDefect::WrongHtu
        | ProofDefect::WrongTyp => build(with_changed_members(proof, defect)),
    }
}

/// Applies a defect that changes one member.
fn with_changed_members(mut proof: ProofBuilder, defect: ProofDefect) -> ProofBuilder {
    let iat = proof.claims.get("iat").and_then(Value::as_u64).unwrap_or_default();
    match defect {
        ProofDefect::WrongHtm => proof.claim("htm", "PATCH"),
        ProofDefect::WrongHtu => proof.claim("htu", "https://other.example.com/elsewhere"),
        ProofDefect::WrongAth => proof.token("another token"),
        ProofDefect::MissingHtm => proof.without("htm"),
        ProofDefect::MissingHtu => proof.without("htu"),
        ProofDefect::MissingAth => proof.without("ath"),
        ProofDefect::MissingJti => proof.without("jti"),
        ProofDefect::MissingIat => proof.without("iat"),
        ProofDefect::MissingJwk => {
            proof.header.remove("jwk");
            proof
        }
        ProofDefect::Expired => proof.claim("iat", iat.saturating_sub(7200)),
        ProofDefect::Future => proof.claim("iat", iat.saturating_add(7200)),
        ProofDefect::WrongTyp => proof.header("typ", "JWT"),
        ProofDefect::Crit => proof.header("crit", Vec::from(["attesto-testkit"])).header("attesto-testkit", true),
        ProofDefect::PrivateJwk => {
            // Any `d` makes it a private key; the real one is not revealed.
            if let Some(Value::Object(jwk)) = proof.header.get_mut("jwk") {
                jwk.insert("d".into(), base64url::encode(&[1; 32]).into());
            }
            proof
        }
        ProofDefect::OtherKey => proof.by(&DpopKey::new(u64::MAX)),
        ProofDefect::OversizeJti => proof.claim("jti", "j".repeat(limits::JTI.saturating_add(1))),
        ProofDefect::AlgHs256
        | ProofDefect::AlgNone
        | ProofDefect::BadSignature
        | ProofDefect::DuplicateMember
        | ProofDefect::PaddedBase64
        | ProofDefect::WeakRsa => proof,
    }
}

fn object(members: &Map<String, Value>) -> String {
    Value::Object(members.clone()).to_string()
}

fn signed(proof: &ProofBuilder, payload: &str) -> String {
    let (input, signature) = signature_of(proof, payload);
    joined(&input, &signature)
}

fn signature_of(proof: &ProofBuilder, payload: &str) -> (String, Vec<u8>) {
    let input = signing_input(&object(&proof.header), payload);
    let signature = signature(&proof.key, &input);
    (input, signature)
}

fn signature(key: &DpopKey, input: &str) -> Vec<u8> {
    sound("a signature", key.signer().sign(input.as_bytes(), &mut entropy("signature", 1)))
}

fn joined(input: &str, signature: &[u8]) -> String {
    [input, ".", &base64url::encode(signature)].concat()
}

/// Signs the padded form, so that only the padding is wrong. White space makes a payload that needs padding.
fn padded(proof: &ProofBuilder) -> String {
    let mut payload = object(&proof.claims);
    while payload.len().checked_rem(3) == Some(0) {
        payload.push(' ');
    }
    let mut input = signing_input(&object(&proof.header), &payload);
    let encoded = input.split('.').next_back().map_or(0, str::len);
    let missing = encoded.checked_rem(4).map_or(0, |over| 4_usize.saturating_sub(over));
    input.push_str(&"=".repeat(missing));
    let signature = signature(&proof.key, &input);
    joined(&input, &signature)
}

/// The MAC key that a confused server would use.
fn hmac_key(proof: &ProofBuilder) -> [u8; 32] {
    match proof.key.signer().public_key() {
        PublicKey::P256 { x, .. } | PublicKey::Ed25519 { x } => *x,
        PublicKey::P384 { x, .. } => RustCrypto::new().sha256(&[x]),
        PublicKey::P521 { x, .. } => RustCrypto::new().sha256(&[x]),
        PublicKey::Rsa { n, .. } => RustCrypto::new().sha256(&[n]),
        _ => RustCrypto::new().sha256(&[proof.key.public_jwk().to_json().as_bytes()]),
    }
}
