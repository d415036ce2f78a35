//! Every provider verifies what one provider signs, and nothing else.

use super::*;
use crate::crypto::KeyKind;
use alloc::format;

#[test]
fn j12_what_one_provider_signs_the_others_verify() {
    for algorithm in Algorithm::ALL {
        let private = private_for(*algorithm);
        for maker in providers() {
            let signer = maker.signer(&private, *algorithm).unwrap();
            assert_eq!(signer.algorithm(), *algorithm);
            let signed = signature(signer.as_ref(), b"message");
            let judge = |message: &[u8], signed: &[u8]| judged(signer.public_key(), *algorithm, message, signed);
            assert_eq!(judge(b"message", &signed), Ok(true), "{algorithm} by {maker:?}");
            assert_eq!(judge(b"massage", &signed), Ok(false), "{algorithm} by {maker:?}");
            for position in [0, signed.len() / 2, signed.len() - 1] {
                let mut changed = signed.clone();
                changed[position] ^= 1;
                assert_eq!(judge(b"message", &changed), Ok(false), "{algorithm} by {maker:?}, byte {position}");
            }
        }
    }
}

#[test]
fn j12_signature_of_any_other_length_is_refused() {
    for algorithm in Algorithm::ALL {
        let signer = RustCrypto::new().signer(&private_for(*algorithm), *algorithm).unwrap();
        let signed = signature(signer.as_ref(), b"message");
        let longer = [&signed[..], &[0]].concat();
        let padded = [&[0], &signed[..]].concat();
        for signed in [&[], &signed[1..], &signed[..signed.len() - 1], &longer, &padded] {
            assert_eq!(judged(signer.public_key(), *algorithm, b"message", signed), Ok(false), "{algorithm}");
        }
    }
}

#[test]
fn j6_signature_never_verifies_under_another_algorithm() {
    for algorithm in Algorithm::ALL {
        let signer = RustCrypto::new().signer(&private_for(*algorithm), *algorithm).unwrap();
        let signed = signature(signer.as_ref(), b"message");
        for other in Algorithm::ALL {
            // One algorithm with two names.
            let same = algorithm == other || [algorithm, other].iter().all(|name| name.key_kind() == KeyKind::Ed25519);
            assert_eq!(judged(signer.public_key(), *other, b"message", &signed), Ok(same), "{algorithm}, {other}");
        }
    }
}

#[test]
fn j6_signer_of_another_kind_of_key_cannot_be_made() {
    for algorithm in Algorithm::ALL {
        let private = private_for(*algorithm);
        for other in Algorithm::ALL.iter().filter(|other| other.key_kind() != algorithm.key_kind()) {
            assert_eq!(refused_to_sign(&private, *other), Some(KeyError::AlgorithmMismatch), "{algorithm}, {other}");
        }
        assert_eq!(refused_to_sign(&private, *algorithm), None, "{algorithm}");
    }
}

#[test]
fn j20_public_half_is_the_same_from_every_provider() {
    for algorithm in Algorithm::ALL {
        let private = private_for(*algorithm);
        for provider in providers() {
            let known = RustCrypto::new().signer(&private, *algorithm).unwrap();
            let signer = provider.signer(&private, *algorithm).unwrap();
            assert_eq!(signer.public_key(), known.public_key(), "{algorithm} by {provider:?}");
        }
    }
}

#[test]
fn j20_generated_keys_sign_on_every_provider() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519] {
        let key = KeyMaterial::generate(kind, &mut counter()).unwrap();
        let algorithm = kind.default_algorithms().iter().next().unwrap();
        for provider in providers() {
            let signer = provider.signer(key.private().unwrap(), algorithm).unwrap();
            let signed = signature(signer.as_ref(), b"message");
            assert_eq!(judged(key.public(), algorithm, b"message", &signed), Ok(true), "{kind:?} by {provider:?}");
        }
    }
}

#[test]
fn j12_only_rsa_in_pure_rust_signs_with_the_entropy_of_the_caller() {
    for algorithm in Algorithm::ALL {
        for provider in providers() {
            let signer = provider.signer(&private_for(*algorithm), *algorithm).unwrap();
            let signed = signer.sign(b"message", &mut |_: &mut [u8]| Err(EntropyError));
            let takes = format!("{provider:?}") == "RustCrypto" && algorithm.key_kind() == KeyKind::Rsa;
            assert_eq!(signed.is_err(), takes, "{algorithm} by {provider:?}");
        }
    }
}

#[test]
fn debug_of_a_signer_shows_no_key() {
    for algorithm in Algorithm::ALL {
        for provider in providers() {
            let shown = format!("{:?}", provider.signer(&private_for(*algorithm), *algorithm).unwrap());
            assert!(shown.len() < 40, "{shown}");
        }
    }
}
