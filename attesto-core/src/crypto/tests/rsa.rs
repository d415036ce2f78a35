//! RSA: the bounds of keys, the consistency of private keys, and invalid signatures.

use super::*;
use crypto_bigint::{BoxedUint, NonZero};
use zeroize::Zeroizing;

fn modulus(bytes: usize, first: u8) -> Vec<u8> {
    let mut n = alloc::vec![0xff; bytes];
    n[0] = first;
    n
}

fn key(n: Vec<u8>, e: &[u8]) -> PublicKey {
    PublicKey::Rsa { n, e: e.to_vec() }
}

#[test]
fn j11_modulus_and_exponent_bounds() {
    assert_eq!(refused(&key(modulus(256, 0x80), &[1, 0, 1])), None);
    assert_eq!(refused(&key(modulus(1024, 0xff), &[3])), None);
    for (n, e) in [
        (modulus(256, 0x7f), &[1, 0, 1][..]), // 2047 bits
        (modulus(128, 0xff), &[1, 0, 1]),
        (modulus(1025, 0x01), &[1, 0, 1]), // 8193 bits
        (modulus(256, 0xff), &[1]),
        (modulus(256, 0xff), &[2]),
        (modulus(256, 0xff), &[1, 0, 0]),
        (modulus(256, 0xff), &[1, 0, 3]), // 65539
        (modulus(256, 0xff), &[1, 0, 0, 1]),
        (modulus(256, 0xff), &[]),
        (Vec::new(), &[3]),
    ] {
        let length = n.len();
        assert_eq!(refused(&key(n, e)), Some(KeyError::Weak), "{length} bytes, {e:?}");
    }
}

#[test]
fn j11_even_modulus_and_leading_zeros_are_refused() {
    let mut even = modulus(256, 0xff);
    even[255] = 0xfe;
    for key in [key(even, &[1, 0, 1]), key(modulus(257, 0), &[3]), key(modulus(256, 0xff), &[0, 3])] {
        assert_eq!(refused(&key), Some(KeyError::Invalid), "{key:?}");
    }
}

struct Parts {
    n: Vec<u8>,
    e: Vec<u8>,
    d: Vec<u8>,
    p: Vec<u8>,
    q: Vec<u8>,
}

impl Parts {
    fn from_key(private: &PrivateKey) -> Self {
        let PrivateKey::Rsa { n, e, d, p, q } = private else { panic!("an RSA key") };
        Self { n: n.clone(), e: e.clone(), d: d.to_vec(), p: p.to_vec(), q: q.to_vec() }
    }

    fn key(self) -> PrivateKey {
        let (d, p, q) = (Zeroizing::new(self.d), Zeroizing::new(self.p), Zeroizing::new(self.q));
        PrivateKey::Rsa { n: self.n, e: self.e, d, p, q }
    }
}

/// Returns the error for the test's key after one change.
fn changed(change: impl Fn(&mut Parts)) -> Option<KeyError> {
    let mut parts = Parts::from_key(&private(pem!("rsa2048.pkcs8")));
    change(&mut parts);
    refused_to_sign(&parts.key(), Algorithm::RS256)
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice(bytes, 2048).unwrap()
}

#[test]
fn j11_private_key_whose_numbers_do_not_belong_together_is_refused() {
    let invalid = Some(KeyError::Invalid);
    assert_eq!(changed(|_| {}), None);
    assert_eq!(changed(|parts| core::mem::swap(&mut parts.p, &mut parts.q)), None, "the primes have no order");
    assert_eq!(changed(|parts| parts.d[255] ^= 2), invalid);
    assert_eq!(changed(|parts| parts.p[100] ^= 1), invalid);
    assert_eq!(changed(|parts| parts.q[127] ^= 1), invalid, "even");
    assert_eq!(changed(|parts| parts.e = [3].to_vec()), invalid);
    assert_eq!(changed(|parts| parts.d.clear()), invalid);
    assert_eq!(changed(|parts| parts.p.clear()), invalid);
    assert_eq!(changed(|parts| parts.q = parts.p.clone()), invalid);
    assert_eq!(changed(|parts| (parts.p, parts.q) = ([1].to_vec(), parts.n.clone())), invalid);
    assert_eq!(changed(|parts| parts.e = [1, 0, 3].to_vec()), Some(KeyError::Weak));
    assert_eq!(changed(|parts| parts.n.insert(0, 0)), invalid);
}

#[test]
fn j11_square_of_a_prime_is_no_modulus() {
    let squared = |parts: &mut Parts| {
        let p = number(&parts.p);
        let less_one = p.wrapping_sub(BoxedUint::one());
        // d = e^-1 modulo p - 1: the numbers are consistent, but n has one prime.
        let totient = NonZero::new(less_one).unwrap();
        let d = number(&parts.e).invert_mod(&totient).unwrap();
        parts.n = p.wrapping_mul(&p).to_be_bytes().to_vec();
        parts.d = d.to_be_bytes().to_vec();
        parts.q = parts.p.clone();
    };
    assert_eq!(changed(squared), Some(KeyError::Invalid));
}

#[test]
fn j11_private_exponent_not_below_the_modulus_is_refused() {
    let sum_of = |times: usize| {
        changed(move |parts| {
            let (p, q, one) = (number(&parts.p), number(&parts.q), BoxedUint::one());
            let totient = p.wrapping_sub(&one).wrapping_mul(q.wrapping_sub(&one));
            let mut d = BoxedUint::from_be_slice(&parts.d, 2304).unwrap();
            for _ in 0..times {
                d = d.wrapping_add(&totient);
            }
            let bytes = d.to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            parts.d = bytes[zeros..].to_vec();
        })
    };
    // Congruent, so every check but this one passes. RFC 8017 §3.2.
    assert_eq!([sum_of(0), sum_of(1), sum_of(2)], [None, Some(KeyError::Invalid), Some(KeyError::Invalid)]);
}

#[test]
fn j11_private_numbers_may_have_leading_zeros_but_not_outgrow_the_modulus() {
    let padded = |length: usize| {
        move |parts: &mut Parts| {
            for number in [&mut parts.d, &mut parts.p, &mut parts.q] {
                let zeros = alloc::vec![0; length - number.len()];
                number.splice(0..0, zeros);
            }
        }
    };
    assert_eq!(changed(padded(256)), None);
    assert_eq!(changed(padded(257)), Some(KeyError::Invalid));
}

#[test]
fn j11_private_key_with_primes_of_unequal_length_is_refused() {
    let jwk: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/keys/rsa2048-unbalanced.jwk.json")).unwrap();
    let member = |name: &str| {
        let mut bytes = Vec::new();
        crate::encoding::base64url::decode_append(jwk[name].as_str().unwrap().as_bytes(), &mut bytes).unwrap();
        bytes
    };
    let parts = Parts { n: member("n"), e: member("e"), d: member("d"), p: member("p"), q: member("q") };
    assert!(number(&parts.p).wrapping_mul(number(&parts.q)) == number(&parts.n), "a key in all else");
    assert_eq!(refused_to_sign(&parts.key(), Algorithm::RS256), Some(KeyError::Invalid));
}

#[test]
fn j12_signature_not_below_the_modulus_is_refused() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let signer = RustCrypto::new().signer(&private_for(algorithm), algorithm).unwrap();
        let PublicKey::Rsa { n, .. } = signer.public_key() else { panic!("an RSA key") };
        let mut tried = 0;
        for message in 0..16_u8 {
            let signed = signature(signer.as_ref(), &[message]);
            // The same number modulo n, if it still fits.
            let Some(larger) = sum(&signed, n) else { continue };
            assert_eq!(judged(signer.public_key(), algorithm, &[message], &signed), Ok(true));
            assert_eq!(judged(signer.public_key(), algorithm, &[message], &larger), Ok(false), "{algorithm}");
            tried += 1;
        }
        assert!(tried > 0, "none of the signatures is small enough");
    }
}
