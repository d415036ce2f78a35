//! Bare signature verification by the library below a provider: the floor that everything is held against. The key is parsed
//! before, the signature decoded; what is left is one hash and the mathematics.

use attesto_core::crypto::PublicKey;
use attesto_core::encoding::base64url;

/// One key of a library's own, ready to verify a message and a signature.
pub(crate) type RawKey = Box<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

/// By p256, ed25519-dalek and rsa.
pub(crate) fn rust_crypto(key: &PublicKey) -> RawKey {
    match key {
        PublicKey::P256 { x, y } => {
            use p256::ecdsa::signature::Verifier;
            let point = p256::Sec1Point::from_affine_coordinates(&(*x).into(), &(*y).into(), false);
            let key = p256::ecdsa::VerifyingKey::from_sec1_point(&point).expect("a point of the curve");
            Box::new(move |message, signature| {
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        PublicKey::Ed25519 { x } => {
            let key = ed25519_dalek::VerifyingKey::from_bytes(x).expect("a point of the curve");
            Box::new(move |message, signature| {
                let signature = ed25519_dalek::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            })
        }
        PublicKey::Rsa { n, e } => {
            use rsa::{BoxedUint, Pkcs1v15Sign, PublicKey as RsaPublicKey, traits::SignatureScheme};
            use sha2::{Digest, Sha256};
            let (n, e) = (BoxedUint::from_be_slice_vartime(n), BoxedUint::from_be_slice_vartime(e));
            let key = RsaPublicKey::new(n, e).expect("a sound key");
            Box::new(move |message, signature| {
                Pkcs1v15Sign::new::<Sha256>().verify(&key, &Sha256::digest(message), signature).is_ok()
            })
        }
        other => unreachable!("not measured: {other:?}"),
    }
}

/// By aws-lc-rs.
#[cfg(feature = "aws-lc-rs")]
pub(crate) fn aws_lc(key: &PublicKey) -> RawKey {
    use aws_lc_rs::rsa::PublicKeyComponents;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
    let key = match key {
        PublicKey::P256 { x, y } => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4], &x[..], &y[..]].concat()),
        PublicKey::Ed25519 { x } => ParsedPublicKey::new(&ED25519, x),
        PublicKey::Rsa { n, e } => {
            let numbers = PublicKeyComponents { n: n.clone(), e: e.clone() };
            let key = numbers.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a sound key");
            return Box::new(move |message, signature| key.verify_sig(message, signature).is_ok());
        }
        other => unreachable!("not measured: {other:?}"),
    };
    let key = key.expect("a point of the curve");
    Box::new(move |message, signature| key.verify_sig(message, signature).is_ok())
}

/// The bare verification of the whole signature of a compact JWS.
pub(crate) fn jws_verifier(key: RawKey, jws: &str) -> impl Fn() -> bool + use<> {
    let (signed, signature) = jws.rsplit_once('.').expect("a compact JWS");
    let (signed, mut decoded) = (signed.to_owned(), Vec::new());
    base64url::decode_append(signature.as_bytes(), &mut decoded).expect("base64url");
    move || key(signed.as_bytes(), &decoded)
}
