//! The three NIST curves.

use super::*;
use zeroize::Zeroizing;

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const P521_ORDER: &str = "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03b\
                          b5c9b8899c47aebb6fb71e91386409";

fn p256_signed() -> (PublicKey, Vec<u8>) {
    let signer = RustCrypto::new().signer(&private(pem!("p256.pkcs8")), Algorithm::ES256).unwrap();
    (signer.public_key().clone(), signature(signer.as_ref(), b"message"))
}

fn with_last<const N: usize>(mut bytes: [u8; N], change: i8) -> [u8; N] {
    bytes[N - 1] = bytes[N - 1].wrapping_add_signed(change);
    bytes
}

#[test]
fn j12_der_is_refused() {
    let (key, raw) = p256_signed();
    let der = p256::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
    assert_eq!(judged(&key, Algorithm::ES256, b"message", der.as_bytes()), Ok(false));
    assert_eq!(judged(&key, Algorithm::ES256, b"message", &raw), Ok(true));
}

#[test]
fn j12_high_and_low_s_are_both_accepted() {
    let (key, raw) = p256_signed();
    let signature = p256::ecdsa::Signature::from_slice(&raw).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    assert_ne!(signature, other);
    for signature in [signature, other] {
        assert_eq!(judged(&key, Algorithm::ES256, b"message", &signature.to_bytes()), Ok(true));
    }
}

#[test]
fn j12_r_and_s_outside_the_order_are_refused() {
    let (key, raw) = p256_signed();
    let (r, s) = raw.split_at(32);
    let order: [u8; 32] = hex(P256_ORDER);
    for (r, s) in [(&[0; 32][..], s), (r, &[0; 32]), (&order, s), (r, &order), (&[0xff; 32], s), (r, &[0xff; 32])] {
        assert_eq!(judged(&key, Algorithm::ES256, b"message", &[r, s].concat()), Ok(false));
    }
    // P-521 has seven spare bits: the same number plus the order still fits.
    let signer = RustCrypto::new().signer(&private(pem!("p521.pkcs8")), Algorithm::ES512).unwrap();
    let (order, raw): ([u8; 66], _) = (hex(P521_ORDER), signature(signer.as_ref(), b"message"));
    let (r, s) = raw.split_at(66);
    let (high_r, high_s) = (sum(r, &order).unwrap(), sum(s, &order).unwrap());
    let judge = |r: &[u8], s: &[u8]| judged(signer.public_key(), Algorithm::ES512, b"message", &[r, s].concat());
    assert_eq!((judge(r, s), judge(&high_r, s), judge(r, &high_s)), (Ok(true), Ok(false), Ok(false)));
}

#[test]
fn j11_point_off_the_curve_is_refused() {
    for key in [
        PublicKey::P256 { x: [1; 32], y: [1; 32] },
        PublicKey::P384 { x: [0; 48], y: [0; 48] },
        PublicKey::P521 { x: [0xff; 66], y: [0xff; 66] },
    ] {
        assert_eq!(refused(&key), Some(KeyError::Invalid), "{key:?}");
    }
}

#[test]
fn j11_coordinate_not_below_the_fields_order_is_refused() {
    // The point with the smallest x, and the same with the field's order added to x, which fits into as many bytes.
    let y = hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
    let x = hex("ffffffff00000001000000000000000000000001000000000000000000000004");
    assert_eq!(refused(&PublicKey::P256 { x: with_last([0; 32], 5), y }), None);
    assert_eq!(refused(&PublicKey::P256 { x, y }), Some(KeyError::Invalid));

    let y = hex("8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c");
    let x = hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff000000000000000100000001");
    assert_eq!(refused(&PublicKey::P384 { x: with_last([0; 48], 2), y }), None);
    assert_eq!(refused(&PublicKey::P384 { x, y }), Some(KeyError::Invalid));

    let y = hex(
        "0010e59be93c4f269c0269c79e2afd65d6aeaa9b701eacc194fb3ee03df47849bf550ec636ebee0ddd4a16f1cd9406605af38f584567770e3f27\
         2d688c832e843564",
    );
    let mut x = [0; 66];
    x[0] = 2; // 2^521 is one more than the field's order.
    assert_eq!(refused(&PublicKey::P521 { x: with_last([0; 66], 1), y }), None);
    assert_eq!(refused(&PublicKey::P521 { x, y }), Some(KeyError::Invalid));
}

#[test]
fn j11_scalar_outside_the_order_is_no_private_key() {
    let (p256, p384, p521) = (hex(P256_ORDER), hex(P384_ORDER), hex(P521_ORDER));
    let refused = |p256, p384, p521| {
        [
            refused_to_sign(&PrivateKey::P256 { d: Zeroizing::new(p256) }, Algorithm::ES256),
            refused_to_sign(&PrivateKey::P384 { d: Zeroizing::new(p384) }, Algorithm::ES384),
            refused_to_sign(&PrivateKey::P521 { d: Zeroizing::new(p521) }, Algorithm::ES512),
        ]
    };
    assert_eq!(refused([0; 32], [0; 48], [0; 66]), [Some(KeyError::Invalid); 3]);
    assert_eq!(refused(p256, p384, p521), [Some(KeyError::Invalid); 3]);
    assert_eq!(refused([0xff; 32], [0xff; 48], [0xff; 66]), [Some(KeyError::Invalid); 3]);
    assert_eq!(refused(with_last(p256, 1), with_last(p384, 1), with_last(p521, 1)), [Some(KeyError::Invalid); 3]);
    assert_eq!(refused(with_last(p256, -1), with_last(p384, -1), with_last(p521, -1)), [None; 3]);
    assert_eq!(refused(with_last([0; 32], 1), with_last([0; 48], 1), with_last([0; 66], 1)), [None; 3]);
}
