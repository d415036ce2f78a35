//! DPoP proofs: D1 to D14.

use super::row::{Row, Told, row};
use crate::{Call, Json, NOW, World, sign};
use attesto_core::dpop::ProofError::*;
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofError, ProofPolicy};
use attesto_core::encoding::base64url;
use attesto_core::resource::ResourceServerBuilder;
use serde_json::{Value, json};

const REFUSED: Told = Told::Error(401, "DPoP", "invalid_dpop_proof");

fn proved(change: impl Fn(&World, &mut Json, &mut Json) + 'static) -> impl Fn(&World) -> Call {
    move |world| {
        let token = world.bound_token();
        let proof = world.proof(&token, |header, claims| change(world, header, claims));
        Call::new().dpop(&token, &proof)
    }
}

fn broken(name: &'static str, reason: ProofError, change: impl Fn(&World, &mut Json, &mut Json) + 'static) -> Row {
    row(name, reason, REFUSED, proved(change)).mended_by(World::dpop_call)
}

fn claim(name: &'static str, reason: ProofError, key: &'static str, value: Value) -> Row {
    broken(name, reason, move |_, _, claims| set(claims, key, &value))
}

fn header(name: &'static str, reason: ProofError, key: &'static str, value: Value) -> Row {
    broken(name, reason, move |_, header, _| set(header, key, &value))
}

fn jwk(name: &'static str, reason: ProofError, key: &'static str, value: Value) -> Row {
    broken(name, reason, move |_, header, _| {
        if let Some(Value::Object(jwk)) = header.get_mut("jwk") {
            set(jwk, key, &value);
        }
    })
}

fn set(members: &mut Json, key: &str, value: &Value) {
    match value {
        Value::Null => members.remove(key),
        value => members.insert(key.into(), value.clone()),
    };
}

fn good_claim(key: &'static str, value: Value) -> impl Fn(&World) -> Call {
    proved(move |_, _, claims| set(claims, key, &value))
}

fn nonces() -> NonceIssuer {
    NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]))
}

fn with_nonces(_: &World, builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder.dpop(ProofPolicy::new().require_nonces(nonces()))
}

fn with_nonce(world: &World) -> Call {
    let nonce = nonces().issue(world.provider.as_ref(), world.now());
    proved(move |_, _, claims| set(claims, "nonce", &json!(nonce)))(world)
}

fn header_rows() -> Vec<Row> {
    let rsa = json!({"kty": "RSA", "n": base64url::encode(&[0xff; 128]), "e": "AQAB"});
    let off_curve = base64url::encode(&[1; 32]);
    vec![
        header("d3 typ of a token", InvalidTyp, "typ", json!("at+jwt")),
        header("d3 no typ", InvalidTyp, "typ", Value::Null),
        header("d4 none", InvalidAlg, "alg", json!("none")),
        header("d4 symmetric", InvalidAlg, "alg", json!("HS256")),
        header("d5 crit", UnsupportedCriticalHeader, "crit", json!([])),
        header("d5 b64", UnsupportedCriticalHeader, "b64", json!(false)),
        header("d6 no jwk", MissingJwk, "jwk", Value::Null),
        header("d6 empty jwk", MissingJwk, "jwk", json!({})),
        header("d6 jwk is text", MissingJwk, "jwk", json!("key")),
        header("d6 symmetric key", InvalidJwk, "jwk", json!({"kty": "oct", "k": "AA"})),
        jwk("d6 coordinate is padded", InvalidJwk, "x", json!("AA==")),
        jwk("d6 private key", PrivateJwk, "d", json!("AA")),
        jwk("d7 use", JwkUse, "use", json!("enc")),
        jwk("d7 key_ops", JwkKeyOps, "key_ops", json!(["sign"])),
        header("d7 algorithm of another key", JwkAlg, "alg", json!("ES384")),
        broken("d7 weak rsa key", WeakJwk, move |_, header, _| {
            set(header, "jwk", &rsa);
            set(header, "alg", &json!("RS256"));
        }),
        jwk("d7 off the curve", JwkNotAKey, "x", json!(off_curve)),
        row("d8 another key's signature", InvalidSignature, REFUSED, |world| {
            let token = world.bound_token();
            let (header, claims) = world.proof_parts(&token);
            let (header, claims) = (Value::Object(header).to_string(), Value::Object(claims).to_string());
            Call::new().dpop(&token, &sign(world.thief.as_ref(), &header, &claims))
        })
        .mended_by(World::dpop_call),
    ]
}

fn claim_rows() -> Vec<Row> {
    vec![
        claim("d9 another method", InvalidHtm, "htm", json!("GET")),
        claim("d9 another case", InvalidHtm, "htm", json!("post")),
        claim("d10 another path", InvalidHtu, "htu", json!("https://mcp.example.com/mcp/")),
        claim("d10 another host", InvalidHtu, "htu", json!("https://evil.example.com/mcp")),
        claim("d10 http", InvalidHtu, "htu", json!("http://mcp.example.com/mcp")),
        claim("d10 in other words", InvalidHtu, "htu", json!("https://mcp.example.com/%2Fmcp"))
            .mended_by(good_claim("htu", json!("HTTPS://MCP.example.com:443/x/../%6Dcp?q#f"))),
        claim("d11 no iat", MissingIat, "iat", Value::Null),
        claim("d11 fraction", InvalidIat, "iat", json!(NOW as f64 + 0.5)),
        claim("d11 from the future", IatInFuture, "iat", json!(NOW + 61)).mended_by(good_claim("iat", json!(NOW + 60))),
        claim("d11 too old", ProofExpired, "iat", json!(NOW - 61)).mended_by(good_claim("iat", json!(NOW - 60))),
        claim("d12 no jti", MissingJti, "jti", Value::Null),
        claim("d12 empty", InvalidJti, "jti", json!("")),
        claim("d12 too many bytes", InvalidJti, "jti", json!("\u{e9}".repeat(129)))
            .mended_by(good_claim("jti", json!("\u{e9}".repeat(128)))),
        claim("d13 no ath", MissingAth, "ath", Value::Null),
        claim("d13 another token", InvalidAth, "ath", json!(base64url::encode(&[1; 32]))),
        row("d14 no nonce", UseDpopNonce, Told::Error(401, "DPoP", "use_dpop_nonce"), World::dpop_call)
            .on(with_nonces)
            .mended_by(with_nonce),
        row(
            "d14 nonce of nobody",
            UseDpopNonce,
            Told::Error(401, "DPoP", "use_dpop_nonce"),
            good_claim("nonce", json!("x")),
        )
        .on(with_nonces)
        .mended_by(with_nonce),
    ]
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("d1 no proof", MissingProof, REFUSED, |world| {
            Call::new().header("authorization", format!("DPoP {}", world.bound_token()))
        })
        .mended_by(World::dpop_call),
        row("d1 two proofs", MultipleProofs, REFUSED, |world| {
            let call = world.dpop_call();
            let proof = call.headers.last().expect("a proof").1.clone();
            call.header("dpop", proof)
        })
        .mended_by(World::dpop_call),
        row("d1 a list of proofs", MultipleProofs, REFUSED, |world| {
            let token = world.bound_token();
            let proof = world.proof(&token, |_, _| {});
            Call::new().dpop(&token, &format!("{proof},{proof}"))
        })
        .mended_by(World::dpop_call),
        row("b4 proof with bearer", DpopSchemeRequired, REFUSED, |world| {
            let token = world.token(|_, _| {});
            Call::new().bearer(&token).header("dpop", world.proof(&token, |_, _| {}))
        }),
        row("j1 proof over its limit", TooLarge, REFUSED, |world| {
            Call::new().dpop(&world.bound_token(), &"a".repeat(8 * 1024 + 1))
        })
        .mended_by(World::dpop_call),
        row("d2 no jws", Malformed, REFUSED, |world| Call::new().dpop(&world.bound_token(), "a.b"))
            .mended_by(World::dpop_call),
        row("d2 payload is no object", MalformedClaims, REFUSED, |world| {
            let token = world.bound_token();
            let (header, _) = world.proof_parts(&token);
            Call::new().dpop(&token, &sign(world.client.as_ref(), &Value::Object(header).to_string(), "[]"))
        })
        .mended_by(World::dpop_call),
    ];
    rows.extend(header_rows());
    rows.extend(claim_rows());
    rows
}
