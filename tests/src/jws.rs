//! Signing whatever a test wants signed.

use attesto_core::crypto::{EntropyError, Signer};
use attesto_core::encoding::base64url;

/// A JSON object to be changed at will.
pub type Json = serde_json::Map<String, serde_json::Value>;

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
