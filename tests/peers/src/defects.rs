//! What each crate lets pass: tokens and proofs with one thing wrong each, all signed with the right key. A table of times says
//! little without it.

use crate::common::world::{SCOPE, World, entropy, issuer_key, signer};
use crate::{Peer, attesto, dpop_verifier, huskarl, jsonwebtoken_12, jwt_simple, now, oauth_resource_server, turbomcp};
use attesto_core::crypto::{Algorithm, KeyKind, RustCrypto, Signer};
use attesto_core::encoding::base64url;
use attesto_core::jose::KeyMaterial;
use serde_json::{Value, json};

/// One thing that is wrong.
struct Defect {
    name: &'static str,
    jws: String,
}

fn decoded(jws: &str) -> (Value, Value) {
    let mut parts = jws.split('.').map(|part| {
        let mut bytes = Vec::new();
        base64url::decode_append(part.as_bytes(), &mut bytes).expect("base64url");
        bytes
    });
    let mut next = || serde_json::from_slice(&parts.next().expect("a part")).expect("JSON");
    (next(), next())
}

fn signed(signer: &dyn Signer, header: &str, claims: &str) -> String {
    let mut jws = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(claims.as_bytes()));
    let signature = signer.sign(jws.as_bytes(), &mut entropy(5)).expect("a signature");
    jws.push('.');
    base64url::encode_append(&signature, &mut jws);
    jws
}

/// Changes one member; `null` takes it away.
fn with(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("an object");
    if value.is_null() {
        members.remove(name)
    } else {
        members.insert(name.into(), value)
    };
    object.to_string()
}

/// The same object with one member written twice.
fn twice(object: &Value, name: &str, other: &Value) -> String {
    format!(r#"{{"{name}":{other},{}"#, &object.to_string()[1..])
}

/// The last character's unused bits set: the same bytes to a lenient decoder.
fn sloppy(jws: &str) -> String {
    let last = jws.chars().last().expect("not empty");
    let next = char::from_u32(u32::from(last) + 1).expect("ASCII");
    format!("{}{next}", &jws[..jws.len() - 1])
}

fn of_tokens(world: &World) -> Vec<Defect> {
    let signer = signer(&RustCrypto::new(), &issuer_key(Algorithm::ES256), Algorithm::ES256);
    let (header, claims) = decoded(&world.bearer);
    let at = world.now.as_secs();
    let of_header = |name, header: String| Defect { name, jws: signed(signer.as_ref(), &header, &claims.to_string()) };
    let of_claims = |name, claims: String| Defect { name, jws: signed(signer.as_ref(), &header.to_string(), &claims) };
    let claim = |name, member: &str, value: Value| of_claims(name, with(&claims, member, value));
    vec![
        of_header("another `typ`", with(&header, "typ", json!("JWT"))),
        of_header("no `typ`", with(&header, "typ", Value::Null)),
        of_header("`crit`", with(&header, "crit", json!(["exp"]))),
        of_header("`b64` false", with(&header, "b64", json!(false))),
        of_header("`kid` of nobody", with(&header, "kid", json!("other"))),
        of_claims("`sub` twice", twice(&claims, "sub", &json!("admin"))),
        Defect { name: "unused bits of base64url set", jws: sloppy(&world.bearer) },
        claim("another issuer", "iss", json!("https://other.example.com")),
        claim("another audience", "aud", json!("https://other.example.com")),
        claim("audience of which one is no string", "aud", json!([crate::common::world::RESOURCE, 7])),
        claim("expired a second ago", "exp", json!(at - 1)),
        claim("no `exp`", "exp", Value::Null),
        claim("`nbf` in an hour", "nbf", json!(at + 3600)),
        claim("`iat` in an hour", "iat", json!(at + 3600)),
        claim("no `sub`", "sub", Value::Null),
        claim("no `client_id`", "client_id", Value::Null),
        claim("no `jti`", "jti", Value::Null),
        claim("scope missing", "scope", json!("documents.write")),
        claim("scope as an array", "scope", json!([SCOPE])),
        claim("bound to a key, without proof", "cnf", decoded(&world.bound).1["cnf"].clone()),
        claim("bound in an unknown way", "cnf", json!({"x": "y"})),
    ]
}

fn of_proofs(world: &World) -> Vec<Defect> {
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy(11)).expect("the client's key");
    let signer = signer(&RustCrypto::new(), &key, Algorithm::ES256);
    let (header, claims) = decoded(&world.proof);
    let at = world.now.as_secs();
    let of_header = |name, header: String| Defect { name, jws: signed(signer.as_ref(), &header, &claims.to_string()) };
    let of_claims = |name, claims: String| Defect { name, jws: signed(signer.as_ref(), &header.to_string(), &claims) };
    let claim = |name, member: &str, value: Value| of_claims(name, with(&claims, member, value));
    let jwk = |member: &str, value: &str| {
        let mut jwk = header["jwk"].clone();
        jwk[member] = json!(value);
        with(&header, "jwk", jwk)
    };
    vec![
        of_header("another `typ`", with(&header, "typ", json!("JWT"))),
        of_header("`crit`", with(&header, "crit", json!(["exp"]))),
        of_header("`jwk` with a private member", jwk("d", "AAAA")),
        of_header("`jwk` for encryption", jwk("use", "enc")),
        of_claims("`htm` twice", twice(&claims, "htm", &json!("POST"))),
        Defect { name: "unused bits of base64url set", jws: sloppy(&world.proof) },
        claim("another method", "htm", json!("POST")),
        claim("method in lower case", "htm", json!("get")),
        claim("another path", "htu", json!("https://api.example.com/other")),
        claim("another host", "htu", json!("https://other.example.com/documents")),
        claim("path in upper case", "htu", json!("https://api.example.com/DOCUMENTS")),
        claim("two minutes old", "iat", json!(at - 120)),
        claim("from in two minutes", "iat", json!(at + 120)),
        claim("no `iat`", "iat", Value::Null),
        claim("no `jti`", "jti", Value::Null),
        claim("empty `jti`", "jti", json!("")),
        claim("no `ath`", "ath", Value::Null),
        claim("`ath` of another token", "ath", json!(base64url::encode(&[7; 32]))),
    ]
}

fn passes(peer: &Peer, bound: Option<&str>, defects: &[Defect]) {
    let passed: Vec<&str> = defects
        .iter()
        .filter(|defect| match bound {
            Some(token) => (peer.prepare)(token, Some(&defect.jws))(),
            None => (peer.prepare)(&defect.jws, None)(),
        })
        .map(|defect| defect.name)
        .collect();
    let passed = if passed.is_empty() { "none".to_owned() } else { passed.join("; ") };
    let what = if bound.is_some() { "proof" } else { "token" };
    println!("| {what} | {} | {passed} |", peer.name);
}

/// Prints which of the defects each crate lets pass.
pub fn print() {
    let world = World::new(Algorithm::ES256, now());
    let (tokens, proofs) = (of_tokens(&world), of_proofs(&world));
    println!("\nOf {} bad tokens and {} bad proofs, each lets in:\n", tokens.len(), proofs.len());
    println!("| | crate | lets in |\n|---|---|---|");
    for peer in [
        attesto::aws_lc(&world),
        jsonwebtoken_12::aws_lc(&world),
        huskarl::peer(&world),
        jwt_simple::peer(&world),
        oauth_resource_server::peer(&world),
    ] {
        passes(&peer, None, &tokens);
    }
    for peer in [attesto::aws_lc(&world), huskarl::peer(&world), turbomcp::peer(&world), dpop_verifier::peer(&world)] {
        passes(&peer, Some(&world.bound), &proofs);
    }
}
