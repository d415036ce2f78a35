//! jwt-simple in pure Rust: signature, `exp`, `nbf`, issuer, audience, `typ` and `kid`; scope by hand.

use crate::Peer;
use crate::common::world::{ISSUER, RESOURCE, SCOPE, World};
use attesto_core::crypto::PublicKey;
use jwt_simple::prelude::{
    Duration, ECDSAP256PublicKeyLike, ES256PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike, JWTClaims, RS256PublicKey,
    RSAPublicKeyLike, VerificationOptions,
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Claims {
    client_id: String,
    scope: String,
}

type Verified = Result<JWTClaims<Claims>, jwt_simple::Error>;

fn verifier(key: &PublicKey) -> Box<dyn Fn(&str, VerificationOptions) -> Verified> {
    match key {
        PublicKey::P256 { x, y } => {
            let key = ES256PublicKey::from_bytes(&[&[4], &x[..], &y[..]].concat()).expect("a key");
            Box::new(move |token, options| key.verify_token(token, Some(options)))
        }
        PublicKey::Ed25519 { x } => {
            let key = Ed25519PublicKey::from_bytes(x).expect("a key");
            Box::new(move |token, options| key.verify_token(token, Some(options)))
        }
        PublicKey::Rsa { n, e } => {
            let key = RS256PublicKey::from_components(n, e).expect("a key");
            Box::new(move |token, options| key.verify_token(token, Some(options)))
        }
        other => unreachable!("not measured: {other:?}"),
    }
}

pub fn peer(world: &World) -> Peer {
    let (key, kid) = (world.key().key().clone(), world.key().kid().map(str::to_owned));
    let prepare = move |token: &str, _: Option<&str>| {
        let (token, verify) = (token.to_owned(), verifier(&key));
        let options = VerificationOptions {
            required_key_id: kid.clone(),
            required_signature_type: Some("at+jwt".into()),
            allowed_issuers: Some([ISSUER.to_owned()].into()),
            allowed_audiences: Some([RESOURCE.to_owned()].into()),
            time_tolerance: Some(Duration::from_secs(0)),
            ..VerificationOptions::default()
        };
        let check = move || {
            // It takes its options by value, so each check is given a copy.
            verify(&token, options.clone())
                .is_ok_and(|claims| claims.custom.scope.split(' ').any(|scope| scope == SCOPE))
        };
        Box::new(check) as crate::Check
    };
    let backend = "p256, ed25519-compact, superboring";
    Peer { name: "jwt-simple 0.15", backend, side: "RustCrypto", prepare: Box::new(prepare) }
}
