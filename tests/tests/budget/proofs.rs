//! The `DPoP` field.

use crate::credentials::{longest, many_members};
use crate::measured_input::{Row, bytes};
use crate::scene::{nonces, plain, refused, with_nonces};
use attesto_core::dpop::ProofError;
use attesto_core::encoding::base64url;
use attesto_core::jose::Jwk;
use attesto_core::limits;
use attesto_core::resource::{BindingError, CredentialError};
use attesto_core::token::TokenError;
use attesto_tests::{AUDIENCE, Call, NOW, World, sign};

fn jwk(signer: &dyn attesto_core::crypto::Signer) -> String {
    Jwk::new(signer.public_key().clone()).to_json()
}

/// A proof of the thief's own key, valid but for what is put into it.
fn proof(world: &World, token: &str, members: &str, length: usize) -> String {
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, jwk(world.thief.as_ref()));
    let ath = world.digest(token.as_bytes());
    let claims = format!(r#""htm":"POST","htu":"{AUDIENCE}","iat":{NOW},"ath":"{ath}",{members}"#);
    sign(world.thief.as_ref(), &header, &many_members(&claims, claims.len() + 2 + length))
}

pub(crate) fn proof_without_a_good_token() -> Row {
    let call = |world: &World| {
        let token = sign(world.thief.as_ref(), r#"{"typ":"at+jwt","alg":"ES256","kid":"k1"}"#, "{}");
        Call::new().dpop(&token, &proof(world, &token, r#""jti":"1""#, 100))
    };
    assert!(
        refused(plain, |_| Call::new().header("dpop", "a.b.c"), CredentialError::Missing).is_without_cryptography()
    );
    Row {
        input: "A proof beside a forged token: not looked at",
        limit: bytes(limits::DPOP_PROOF),
        beyond: "401".into(),
        work: refused(plain, call, TokenError::InvalidSignature),
    }
}

pub(crate) fn proof_of_a_stranger() -> Row {
    let nonce = |world: &World| nonces().issue(world.provider.as_ref(), world.now());
    let call = |world: &World| {
        let (token, nonce) = (world.bound_token(), nonce(world));
        let members = format!(r#""nonce":"{nonce}","jti":"{}""#, "j".repeat(limits::JTI));
        let proof = longest(limits::DPOP_PROOF, |padding| proof(world, &token, &members, padding));
        Call::new().dpop(&token, &proof)
    };
    let longer = |world: &World| {
        let token = world.bound_token();
        Call::new().dpop(&token, &"a".repeat(limits::DPOP_PROOF + 1))
    };
    assert_eq!(refused(plain, longer, ProofError::TooLarge).signatures, 1, "the token's");
    Row {
        input: "A stranger's proof beside a stolen token, good in all but its key: token, proof, `ath`, thumbprint, replay key",
        limit: bytes(limits::DPOP_PROOF),
        beyond: "401, unread; nothing is recorded".into(),
        work: refused(with_nonces, call, BindingError::KeyMismatch),
    }
}

pub(crate) fn proof_with_the_largest_key() -> Row {
    let call = |bits: usize| {
        move |world: &World| {
            let mut n = vec![0xff; bits / 8];
            n[1] = 0x5a;
            let jwk = format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB"}}"#, base64url::encode(&n));
            let header = format!(r#"{{"typ":"dpop+jwt","alg":"PS512","jwk":{jwk}}}"#);
            let input = [header.as_str(), "{}"].map(|part| base64url::encode(part.as_bytes())).join(".");
            let signature = base64url::encode(&vec![0x11; bits / 8]);
            Call::new().dpop(&world.bound_token(), &[input, signature].join("."))
        }
    };
    let weak = refused(plain, call(limits::RSA_MODULUS_BITS_MIN - 8), ProofError::WeakJwk);
    let larger = refused(plain, call(limits::RSA_MODULUS_BITS_MAX + 8), ProofError::InvalidJwk);
    assert_eq!((weak.signatures, larger.signatures), (1, 1), "the token's");
    Row {
        input: "A proof's `jwk`: RSA at its largest, with a forged signature",
        limit: format!("{} bits", limits::RSA_MODULUS_BITS_MAX),
        beyond: "401 before any arithmetic".into(),
        work: refused(plain, call(limits::RSA_MODULUS_BITS_MAX), ProofError::InvalidSignature),
    }
}

pub(crate) fn proof_with_an_unknown_nonce() -> Row {
    let call = |length: usize| {
        move |world: &World| {
            let token = world.bound_token();
            // Of the right length, but forged: only the MAC check can detect it.
            let nonce = if length == 34 { base64url::encode(&[1; 25]) } else { "n".repeat(length) };
            Call::new().dpop(&token, &proof(world, &token, &format!(r#""jti":"1","nonce":"{nonce}""#), 0))
        }
    };
    let longer = refused(with_nonces, call(limits::NONCE), ProofError::UseDpopNonce);
    assert_eq!(longer.macs, 1, "a nonce of another length is none: one MAC, for the new nonce");
    Row {
        input: "A forged nonce, while a secret is being replaced: one MAC under each secret, one for a new nonce",
        limit: "34 bytes".into(),
        beyond: "401; nonces are not stored".into(),
        work: refused(with_nonces, call(34), ProofError::UseDpopNonce),
    }
}

pub(crate) fn jti_of_a_proof() -> Row {
    let call = |length: usize| {
        move |world: &World| {
            let token = world.bound_token();
            Call::new().dpop(&token, &proof(world, &token, &format!(r#""jti":"{}""#, "j".repeat(length)), 0))
        }
    };
    let work = refused(plain, call(limits::JTI), BindingError::KeyMismatch);
    let longer = refused(plain, call(limits::JTI + 1), ProofError::InvalidJti);
    assert_eq!(longer.digests + 1, work.digests, "all but the replay key");
    Row {
        input: "A proof's `jti` (as kept: one SHA-256 of key and `jti`)",
        limit: bytes(limits::JTI),
        beyond: "401".into(),
        work,
    }
}
