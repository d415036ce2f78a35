//! jsonwebtoken 12: signature, `iss`, `aud`, `exp`, `nbf` and which claims must be there; `typ`,
//! `kid` and scope by hand, as its users do.

use crate::Peer;
use crate::common::world::{ISSUER, RESOURCE, SCOPE, World};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "what a handler would read")]
struct Claims {
    sub: String,
    client_id: String,
    jti: String,
    iat: u64,
    scope: String,
}

pub fn use_aws_lc() {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().expect("the first");
}

pub fn use_rust_crypto() {
    jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default().expect("the first");
}

pub fn aws_lc(world: &World) -> Peer {
    peer(world, "aws_lc_rs", "AwsLc")
}

pub fn rust_crypto(world: &World) -> Peer {
    peer(world, "rust_crypto (p256 0.14, rsa 0.10)", "RustCrypto")
}

fn peer(world: &World, backend: &'static str, side: &'static str) -> Peer {
    let jwk: Jwk = serde_json::from_str(&world.key().to_json()).expect("a JWK");
    let algorithm = world.algorithm.name().parse().expect("an algorithm");
    let prepare = move |token: &str, _: Option<&str>| {
        let (token, jwk) = (token.to_owned(), jwk.clone());
        let key = DecodingKey::from_jwk(&jwk).expect("a key");
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[RESOURCE]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        let check = move || {
            let header = decode_header(&token);
            header.is_ok_and(|header| header.typ.as_deref() == Some("at+jwt") && header.kid == jwk.common.key_id)
                && decode::<Claims>(&token, &key, &validation)
                    .is_ok_and(|token| token.claims.scope.split(' ').any(|scope| scope == SCOPE))
        };
        Box::new(check) as crate::Check
    };
    Peer { name: "jsonwebtoken 12.0", backend, side, prepare: Box::new(prepare) }
}
