//! Ed25519, where libraries differ most about which signatures are valid.

use super::*;
#[cfg(feature = "aws-lc-rs")]
use crate::crypto::edwards::is_of_small_order;
use crate::crypto::edwards::y_is_canonical;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

/// A fixed scalar, to make signatures that no honest signer makes.
fn secret() -> Scalar {
    Scalar::from_bytes_mod_order([7; 32])
}

fn encoded(point: &EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// H(R, A, M). RFC 8032 §5.1.7 step 2.
fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(a).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

/// A signature with this R, whose discrete logarithm is `nonce`, for a key announced as `a`.
fn forged(r: &EdwardsPoint, nonce: Scalar, a: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let r = encoded(r);
    [r, (nonce + challenge(&r, a, message) * secret()).to_bytes()].concat()
}

fn judge(x: [u8; 32], message: &[u8], signature: &[u8]) -> Result<bool, KeyError> {
    judged(&PublicKey::Ed25519 { x }, Algorithm::Ed25519, message, signature)
}

#[test]
fn j11_keys_of_small_order_are_refused() {
    for point in EIGHT_TORSION {
        let x = encoded(&point);
        #[cfg(feature = "aws-lc-rs")]
        assert!(is_of_small_order(&x), "{x:?}");
        assert_eq!(refused(&PublicKey::Ed25519 { x }), Some(KeyError::Invalid), "{x:?}");
    }
    let x = encoded(&ED25519_BASEPOINT_POINT);
    #[cfg(feature = "aws-lc-rs")]
    assert!(!is_of_small_order(&x));
    assert_eq!(refused(&PublicKey::Ed25519 { x }), None);
}

#[test]
fn j11_second_encodings_of_a_key_are_refused() {
    let mut decoded = 0;
    // y of 2^255 - 19 and above, with either sign: the same points as for y of 0 to 18.
    for (low, sign) in (0xed..=0xff).flat_map(|low| [(low, 0x7f), (low, 0xff)]) {
        let mut x = [0xff; 32];
        (x[0], x[31]) = (low, sign);
        assert!(!y_is_canonical(&x), "{x:?}");
        assert_eq!(refused(&PublicKey::Ed25519 { x }), Some(KeyError::Invalid), "{x:?}");
        decoded += usize::from(CompressedEdwardsY(x).decompress().is_some_and(|point| !point.is_small_order()));
    }
    assert!(decoded > 0, "none of them is a key to anybody");
    let mut largest = [0xff; 32];
    (largest[0], largest[31]) = (0xec, 0x7f);
    assert!(y_is_canonical(&largest) && y_is_canonical(&[0x7f; 32]));
}

#[test]
fn j11_bytes_that_are_no_point_are_refused() {
    let mut refusals = 0;
    for y in 2..40 {
        let mut x = [0; 32];
        x[0] = y;
        let on_curve = CompressedEdwardsY(x).decompress().is_some();
        assert_eq!(refused(&PublicKey::Ed25519 { x }).is_none(), on_curve, "{y}");
        refusals += usize::from(!on_curve);
    }
    assert!((10..30).contains(&refusals), "about half of all y: {refusals}");
}

#[test]
fn j12_r_of_small_order_is_refused() {
    let a = encoded(&EdwardsPoint::mul_base(&secret()));
    let nonce = Scalar::from_bytes_mod_order([9; 32]);
    let honest = forged(&EdwardsPoint::mul_base(&nonce), nonce, &a, b"message");
    assert_eq!(judge(a, b"message", &honest), Ok(true));
    // The equation of RFC 8032 §5.1.7 is satisfied with the neutral element as R and a zero nonce.
    let neutral = forged(&EIGHT_TORSION[0], Scalar::ZERO, &a, b"message");
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&a).unwrap();
    let lenient = ed25519_dalek::Verifier::verify(&lenient, b"message", &neutral[..].try_into().unwrap());
    assert!(lenient.is_ok(), "or this test shows nothing");
    assert_eq!(judge(a, b"message", &neutral), Ok(false));
}

#[test]
fn j12_s_not_below_the_order_is_refused() {
    let a = encoded(&EdwardsPoint::mul_base(&secret()));
    let nonce = Scalar::from_bytes_mod_order([9; 32]);
    let signature = forged(&EdwardsPoint::mul_base(&nonce), nonce, &a, b"message");
    let order: [u8; 32] = hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    let mut s: Vec<u8> = signature[32..].iter().rev().copied().collect();
    s = sum(&s, &order).unwrap();
    s.reverse();
    assert_eq!(judge(a, b"message", &[&signature[..32], &s].concat()), Ok(false));
    // Also refused with any of the bits above the order.
    for bit in [0x20, 0x40, 0x80] {
        let mut signature = signature.clone();
        signature[63] |= bit;
        assert_eq!(judge(a, b"message", &signature), Ok(false), "{bit:x}");
    }
}

#[test]
fn j12_second_encodings_of_r_are_refused() {
    let a = encoded(&EdwardsPoint::mul_base(&secret()));
    // y of 2^255 - 18 is the neutral element again.
    let mut r = [0xff; 32];
    (r[0], r[31]) = (0xee, 0x7f);
    let s = (challenge(&r, &a, b"message") * secret()).to_bytes();
    assert_eq!(judge(a, b"message", &[r, s].concat()), Ok(false));
}

#[test]
fn j12_providers_agree_over_keys_and_signatures_of_mixed_order() {
    // A key with a component of order eight: cofactorless verification fails except for one message in eight; with the
    // cofactor it never fails.
    let mixed = EdwardsPoint::mul_base(&secret()) + EIGHT_TORSION[1];
    let a = encoded(&mixed);
    let nonce = Scalar::from_bytes_mod_order([9; 32]);
    let r = EdwardsPoint::mul_base(&nonce);
    let accepted = (0..64_u8).filter(|message| judge(a, &[*message], &forged(&r, nonce, &a, &[*message])) == Ok(true));
    let accepted = accepted.count();
    assert!((1..32).contains(&accepted), "{accepted} of 64");
    // An R with such a component is never accepted for an ordinary key.
    let a = encoded(&EdwardsPoint::mul_base(&secret()));
    for torsion in &EIGHT_TORSION[1..] {
        assert_eq!(judge(a, b"message", &forged(&(r + torsion), nonce, &a, b"message")), Ok(false));
    }
}
