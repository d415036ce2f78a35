//! Creates a proof with one change, and the expected verdict.

use super::change::{Change, Json};
use super::{Accepted, Either, Expected, METHOD, Never, Refused, TOKEN};
use crate::fixture::{AUDIENCE, SECONDS, WORLD, World, sign};
use crate::model::{base64url, base64url_decoded};
use attesto_core::crypto::{Algorithm, Signer};
use attesto_core::dpop::ProofError;
use attesto_core::limits;
use serde_json::{Map, Value, json};

/// Header and claims on their way.
pub(super) struct Draft {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Draft {
    /// A sound one of this key's.
    pub(super) fn new(signer: &dyn Signer) -> Self {
        let mut header = Map::new();
        header.insert("typ".into(), "dpop+jwt".into());
        header.insert("alg".into(), signer.algorithm().name().into());
        header.insert("jwk".into(), World::jwk(signer));
        let claims = json!({
            "jti": "proof-1", "htm": METHOD, "htu": AUDIENCE, "iat": SECONDS, "ath": WORLD.digest(TOKEN.as_bytes()),
        });
        let Value::Object(claims) = claims else { unreachable!("written as an object") };
        Self { header, claims }
    }

    fn signed(self, signer: &dyn Signer) -> Vec<u8> {
        let [header, claims] = [self.header, self.claims].map(|part| Value::Object(part).to_string());
        sign(signer, header.as_bytes(), claims.as_bytes()).into_bytes()
    }

    /// Returns the proof with one change, and the expected verdict.
    pub(super) fn changed(mut self, signer: &dyn Signer, change: &Change) -> (Vec<u8>, Expected) {
        let expected = match change {
            Change::HeaderBytes(header) => {
                let claims = Value::Object(self.claims).to_string();
                return (sign(signer, header, claims.as_bytes()).into_bytes(), Never);
            }
            Change::PayloadBytes(payload) => {
                let header = Value::Object(self.header).to_string();
                return (sign(signer, header.as_bytes(), payload).into_bytes(), Never);
            }
            Change::SignatureBit(_) | Change::SignatureLength(_) | Change::Byte(..) | Change::Appended(_) => {
                return self.damaged(signer, change);
            }
            _ => self.header_changed(signer, change).or_else(|| self.claims_changed(change)).unwrap_or(Accepted),
        };
        let proof = self.signed(signer);
        if proof.len() > limits::DPOP_PROOF
            || proof.iter().position(|byte| *byte == b'.') > Some(limits::PROTECTED_HEADER)
        {
            return (proof, Refused(ProofError::TooLarge));
        }
        (proof, expected)
    }

    /// Checks 4, 5 and 7 of RFC 9449 §4.3.
    fn header_changed(&mut self, signer: &dyn Signer, change: &Change) -> Option<Expected> {
        let header = &mut self.header;
        let expected = match change {
            Change::Typ(None) => {
                header.remove("typ");
                Refused(ProofError::InvalidTyp)
            }
            Change::Typ(Some(typ)) => {
                header.insert("typ".into(), typ.as_str().into());
                let lower = typ.to_ascii_lowercase();
                if matches!(lower.as_str(), "dpop+jwt" | "application/dpop+jwt") {
                    Accepted
                } else {
                    Refused(ProofError::InvalidTyp)
                }
            }
            Change::Alg(name) => {
                header.remove("alg");
                if let Some(name) = name {
                    header.insert("alg".into(), name.as_str().into());
                }
                match name.as_deref().and_then(Algorithm::from_name) {
                    Some(_) => Either,
                    None => Refused(ProofError::InvalidAlg),
                }
            }
            Change::AlgOfAnother(index) => {
                let algorithm = Algorithm::ALL[usize::from(*index) % Algorithm::ALL.len()];
                header.insert("alg".into(), algorithm.name().into());
                // EdDSA and Ed25519 are one algorithm under two names.
                if algorithm.key_kind() == signer.public_key().kind() { Accepted } else { Refused(ProofError::JwkAlg) }
            }
            Change::Crit(value) => {
                header.insert("crit".into(), value.value());
                Refused(ProofError::UnsupportedCriticalHeader)
            }
            Change::B64(value) => {
                header.insert("b64".into(), (*value).into());
                if *value { Accepted } else { Refused(ProofError::UnsupportedCriticalHeader) }
            }
            Change::Kid(kid) => {
                header.insert("kid".into(), kid.as_str().into());
                if kid.is_empty() { Refused(ProofError::Malformed) } else { Accepted }
            }
            Change::HeaderMember(name, value) => {
                let known = ["typ", "alg", "kid", "jwk", "crit", "b64"].contains(&name.as_str());
                header.insert(name.clone(), value.value());
                if known { Either } else { Accepted }
            }
            Change::NoJwk => {
                header.remove("jwk");
                Refused(ProofError::MissingJwk)
            }
            Change::Jwk(value) => {
                header.insert("jwk".into(), value.value());
                match value {
                    Json::Object(members) if !members.is_empty() => Never,
                    _ => Refused(ProofError::MissingJwk),
                }
            }
            Change::JwkMember(name, value) => {
                let Some(Value::Object(jwk)) = header.get_mut("jwk") else { unreachable!("just put there") };
                jwk.insert(name.clone(), value.value());
                jwk_member(name, &value.value())
            }
            Change::JwkWithoutMember(index) => {
                let Some(Value::Object(jwk)) = header.get_mut("jwk") else { unreachable!("just put there") };
                let names: Vec<String> = jwk.keys().cloned().collect();
                jwk.remove(&names[usize::from(*index) % names.len()]);
                Refused(ProofError::InvalidJwk)
            }
            Change::JwkOfThief => {
                header.insert("jwk".into(), World::jwk(WORLD.thief.as_ref()));
                let same_kind = signer.public_key().kind() == WORLD.thief.public_key().kind();
                Refused(if same_kind { ProofError::InvalidSignature } else { ProofError::JwkAlg })
            }
            _ => return None,
        };
        Some(expected)
    }

    /// Checks 3, 8, 9, 11 and 12 of RFC 9449 §4.3.
    fn claims_changed(&mut self, change: &Change) -> Option<Expected> {
        let claims = &mut self.claims;
        let mut put = |name: &str, value: Value| {
            claims.insert(name.into(), value);
        };
        let expected = match change {
            Change::Htm(value) => {
                put("htm", value.value());
                if value.value() == METHOD { Accepted } else { Refused(ProofError::InvalidHtm) }
            }
            Change::Htu(value) => {
                put("htu", value.value());
                let text = value.value().as_str().unwrap_or_default().to_owned();
                if text.to_ascii_lowercase().starts_with("https://api.example.com") {
                    Either
                } else {
                    Refused(ProofError::InvalidHtu)
                }
            }
            Change::HtuDecorated(which) => {
                let (htu, expected) = HTU[usize::from(*which) % HTU.len()];
                put("htu", htu.into());
                if expected { Accepted } else { Refused(ProofError::InvalidHtu) }
            }
            Change::Iat(value) => {
                put("iat", value.value());
                match value.value().as_u64() {
                    Some(_) => Refused(ProofError::ProofExpired),
                    None => Refused(ProofError::InvalidIat),
                }
                .unless(value.value().as_u64().is_some_and(|iat| iat > 1_700_000_000))
            }
            Change::IatOffset(offset) => {
                put("iat", SECONDS.saturating_add_signed((*offset).into()).into());
                match offset {
                    -60..=60 => Accepted,
                    61.. => Refused(ProofError::IatInFuture),
                    _ => Refused(ProofError::ProofExpired),
                }
            }
            Change::Jti(value) => {
                put("jti", value.value());
                let sound = value.value().as_str().is_some_and(|jti| (1..=limits::JTI).contains(&jti.len()));
                if sound { Accepted } else { Refused(ProofError::InvalidJti) }
            }
            Change::JtiOfLength(length) => {
                let length = usize::from(*length) % 600;
                put("jti", "j".repeat(length).into());
                if (1..=limits::JTI).contains(&length) { Accepted } else { Refused(ProofError::InvalidJti) }
            }
            Change::Ath(value) => {
                put("ath", value.value());
                Refused(ProofError::InvalidAth)
            }
            Change::AthOfToken(token) => {
                put("ath", WORLD.digest(token.as_bytes()).into());
                if token == TOKEN { Accepted } else { Refused(ProofError::InvalidAth) }
            }
            Change::WithoutClaim(index) => {
                let (name, error) = REQUIRED[usize::from(*index) % REQUIRED.len()];
                claims.remove(name);
                Refused(error)
            }
            Change::Claim(name, value) => {
                let known = REQUIRED.iter().any(|(known, _)| known == name);
                put(name, value.value());
                if known { Either } else { Accepted }
            }
            _ => return None,
        };
        Some(expected)
    }

    /// Check 6, and everything that is no proof any more.
    fn damaged(self, signer: &dyn Signer, change: &Change) -> (Vec<u8>, Expected) {
        let mut proof = self.signed(signer);
        let dot = proof.iter().rposition(|byte| *byte == b'.').expect("three segments");
        let signature = base64url_decoded(&proof[dot + 1..]).expect("just encoded");
        let with = |signature: &[u8]| [&proof[..=dot], base64url(signature).as_bytes()].concat();
        match change {
            Change::SignatureBit(position) => {
                let mut signature = signature;
                let position = usize::from(*position) % (signature.len() * 8);
                signature[position / 8] ^= 1 << (position % 8);
                (with(&signature), Refused(ProofError::InvalidSignature))
            }
            Change::SignatureLength(length) => {
                let mut other = signature.clone();
                other.resize(usize::from(*length), 0);
                (with(&other), if other == signature { Accepted } else { Refused(ProofError::InvalidSignature) })
            }
            Change::Byte(position, byte) => {
                let position = usize::from(*position) % proof.len();
                let expected = if proof[position] == *byte { Accepted } else { Never };
                proof[position] = *byte;
                (proof, expected)
            }
            Change::Appended(bytes) => {
                proof.extend(bytes);
                (proof, if bytes.is_empty() { Accepted } else { Never })
            }
            other => unreachable!("{other:?} damages nothing"),
        }
    }
}

const REQUIRED: [(&str, ProofError); 5] = [
    ("ath", ProofError::MissingAth),
    ("htm", ProofError::InvalidHtm),
    ("htu", ProofError::InvalidHtu),
    ("iat", ProofError::MissingIat),
    ("jti", ProofError::MissingJti),
];

/// `htu` and whether it is [`AUDIENCE`].
const HTU: [(&str, bool); 14] = [
    ("https://api.example.com/things?page=1", true),
    ("https://api.example.com/things#top", true),
    ("HTTPS://API.example.com:443/%74hings", true),
    ("https://api.example.com/a/../things", true),
    ("https://api.example.com/./things?", true),
    ("http://api.example.com/things", false),
    ("https://api.example.com/things/", false),
    ("https://api.example.com/Things", false),
    ("https://api.example.com//things", false),
    ("https://api.example.com:8443/things", false),
    ("https://api.example.com./things", false),
    ("https://user@api.example.com/things", false),
    ("https://api.example.com/things%2F", false),
    ("/things", false),
];

/// RFC 7517 §4: what a member of the key may say.
fn jwk_member(name: &str, value: &Value) -> Expected {
    match name {
        "d" | "p" | "q" | "dp" | "dq" | "qi" | "oth" | "k" => Refused(ProofError::PrivateJwk),
        "use" if value != "sig" => Refused(ProofError::JwkUse),
        "use" => Accepted,
        "key_ops" if value.as_array().is_some_and(|operations| operations.iter().any(|item| item == "verify")) => {
            Accepted
        }
        "key_ops" => Refused(ProofError::JwkKeyOps),
        "kid" if !value.is_string() => Refused(ProofError::InvalidJwk),
        "alg" | "kty" | "crv" | "x" | "y" => Either,
        _ => Accepted,
    }
}
