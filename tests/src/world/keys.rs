//! Keys that are the same in every run, and what they sign.

use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto, Signer};
use attesto_core::encoding::base64url;
use attesto_core::jose::KeyMaterial;
use serde_json::Value;
use std::sync::Arc;

/// A JSON object to be changed at will.
pub type Json = serde_json::Map<String, Value>;

/// Deterministic bytes in place of randomness: the same run, the same keys.
pub fn counter(seed: u8) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    let mut next = seed;
    move |out| {
        for byte in out {
            *byte = next;
            next = next.wrapping_mul(13).wrapping_add(7);
        }
        Ok(())
    }
}

/// A compact JWS over exactly these texts.
pub fn sign(signer: &dyn Signer, header: &str, payload: &str) -> String {
    let mut jws = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = signer.sign(jws.as_bytes(), &mut counter(5)).expect("a local key signs");
    jws.push('.');
    base64url::encode_append(&signature, &mut jws);
    jws
}

/// The provider of the tests that need no other.
#[must_use]
pub fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::new())
}

/// A key of its own for each seed: Ed25519, whose signatures are always the same, and much faster than the rest in a debug build.
#[must_use]
pub fn ed25519(seed: u8) -> Box<dyn Signer> {
    let key = KeyMaterial::generate(KeyKind::Ed25519, &mut counter(seed)).expect("a key");
    provider().signer(key.private().expect("private"), Algorithm::EdDSA).expect("a signer")
}

/// An object with these members over its own; `null` takes one away.
#[must_use]
pub fn with_members(base: &Value, changes: &Value) -> Value {
    let mut changed = base.clone();
    let members = changed.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    changed
}
