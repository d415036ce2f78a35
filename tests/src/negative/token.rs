//! Tokens: the J and A rules.

use super::row::{Row, Told, bearer, row};
use crate::{AUDIENCE, Answers, Call, ISSUER, Json, NOW, World, sign};
use attesto_core::crypto::{Algorithm, AlgorithmSet};
use attesto_core::jose::{Jwk, RotatingKeys, VerificationKeys};
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{KeysAnswer, ResourceServer, ResourceServerBuilder};
use attesto_core::token::TokenError::*;
use attesto_core::token::{
    ClaimShape, IssuerProfile, PrincipalKind, PrincipalKinds, TokenError, TokenRules, TrustedIssuer,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const REFUSED: Told = Told::Error(401, "Bearer", "invalid_token");

/// A token with one claim set (or, with null, taken away).
fn claim(reason: TokenError, name: &'static str, key: &'static str, value: Value) -> Row {
    row(name, reason, REFUSED, move |world| Call::new().bearer(&world.token(|_, claims| set(claims, key, &value))))
}

/// Like the above, for the header.
fn header(reason: TokenError, name: &'static str, key: &'static str, value: Value) -> Row {
    row(name, reason, REFUSED, move |world| Call::new().bearer(&world.token(|header, _| set(header, key, &value))))
}

fn set(members: &mut Json, key: &str, value: &Value) {
    match value {
        Value::Null => members.remove(key),
        value => members.insert(key.into(), value.clone()),
    };
}

fn good_with(key: &'static str, value: Value) -> impl Fn(&World) -> Call {
    move |world| Call::new().bearer(&world.token(|_, claims| set(claims, key, &value)))
}

fn rules(change: fn(TokenRules) -> TokenRules) -> impl Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder {
    move |_, builder| builder.token_rules(change(TokenRules::new()))
}

/// A server that trusts only this issuer.
fn only(world: &World, issuer: TrustedIssuer) -> ResourceServerBuilder {
    ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider)).issuer(issuer)
}

fn with_kinds(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    let kinds = PrincipalKinds::new([PrincipalKind::new("user", "usr_").require("tenant", ClaimShape::NonEmptyString)]);
    only(world, world.trusted().principal_kinds(kinds.expect("sound kinds")))
}

fn principal(kind: &'static str, sub: &'static str, tenant: &'static str) -> impl Fn(&World) -> Call {
    move |world| {
        Call::new().bearer(&world.token(|_, claims| {
            claims.insert("principal_kind".into(), kind.into());
            claims.insert("sub".into(), sub.into());
            claims.insert("tenant".into(), tenant.into());
        }))
    }
}

/// An issuer that has no keys yet.
fn without_keys(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    let none = Arc::new(RotatingKeys::new(VerificationKeys::new()));
    only(world, TrustedIssuer::with_source(ISSUER, none).expect("a sound issuer"))
}

/// The same issuer, its keys elsewhere and not fetched.
fn with_remote_keys(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    let remote = RemoteKeys::builder(ISSUER, Arc::clone(&world.provider)).build().expect("a sound issuer");
    only(world, TrustedIssuer::remote(remote))
}

/// The keys of an issuer elsewhere, at each of the three answers.
fn key_rows() -> Vec<Row> {
    let remote = |name, answers| {
        row(name, KeysUnavailable, Told::Unavailable, bearer)
            .on(with_remote_keys)
            .answered(answers)
            .mended_by_default_configuration()
            .mended_by(bearer)
    };
    vec![
        row("j22 empty key set", KeysUnavailable, Told::Unavailable, bearer)
            .on(without_keys)
            .mended_by_default_configuration(),
        remote("j22 issuer cannot be reached", || Answers { keys: KeysAnswer::Unavailable, ..Answers::good() }),
        remote("j22 issuer is not asked again so soon", || Answers { keys: KeysAnswer::Unchanged, ..Answers::good() }),
        // A host that says so without having done it: the check looks again, and finds none.
        remote("j22 host lies about the refresh", Answers::good),
    ]
}

/// ID tokens carry a nonce, and the tenant is pinned.
fn with_profile(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    only(world, world.trusted().profile(IssuerProfile::rfc9068().forbid("nonce").pin("tid", "t1")))
}

fn profile_rows() -> Vec<Row> {
    let token = |tenant: &'static str, nonce: bool| {
        move |world: &World| {
            Call::new().bearer(&world.token(|_, claims| {
                claims.insert("tid".into(), tenant.into());
                if nonce {
                    claims.insert("nonce".into(), "n".into());
                }
            }))
        }
    };
    vec![
        row("a13 another kind of token", OtherTokenKind, REFUSED, token("t1", true))
            .on(with_profile)
            .mended_by(token("t1", false)),
        row("a pinned claim differs", PinnedClaim, REFUSED, token("t2", false))
            .on(with_profile)
            .mended_by(token("t1", false)),
        row("a pinned claim is missing", PinnedClaim, REFUSED, bearer).on(with_profile).mended_by(token("t1", false)),
    ]
}

fn with_purpose(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    only(world, world.trusted().check_purpose_claim())
}

/// Two keys that both fit a token without `kid`.
fn with_two_keys(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    let provider = world.provider.as_ref();
    let keys = VerificationKeys::new()
        .with_key(provider, &Jwk::new(world.issuer.public_key().clone()).with_kid("k1"))
        .and_then(|keys| keys.with_key(provider, &Jwk::new(world.client.public_key().clone()).with_kid("k2")))
        .expect("sound keys");
    only(world, TrustedIssuer::new(ISSUER, keys).expect("a sound issuer"))
}

fn only_eddsa(world: &World, _: ResourceServerBuilder) -> ResourceServerBuilder {
    only(world, world.trusted().accept_algorithms(AlgorithmSet::only(Algorithm::EdDSA)))
}

fn jws_rows() -> Vec<Row> {
    vec![
        row("j1 token over its limit", TooLarge, REFUSED, |_| Call::new().bearer(&"a".repeat(16 * 1024 + 1))),
        row("j2 one segment", Malformed, REFUSED, |_| Call::new().bearer("opaque")),
        row("j2 encrypted", Encrypted, REFUSED, |_| Call::new().bearer("e30..iv.text.tag")),
        header(UnsupportedAlg, "j5 none", "alg", json!("none")),
        header(UnsupportedAlg, "j5 hs256", "alg", json!("HS256")),
        row("j5 not in the allow-list", UnsupportedAlg, REFUSED, bearer)
            .on(only_eddsa)
            .mended_by_default_configuration(),
        header(UnsupportedCriticalHeader, "j14 crit", "crit", json!(["exp"])),
        header(UnknownKey, "j8 another kid", "kid", json!("k2")),
        header(AmbiguousKey, "j8 no kid and two keys", "kid", Value::Null).on(with_two_keys),
        header(KeyNotForAlg, "j6 algorithm of another key type", "alg", json!("ES384")),
        row("j12 another payload", InvalidSignature, REFUSED, |world| {
            let token = world.token(|_, _| {});
            let other = world.token(|_, claims| set(claims, "sub", &json!("admin")));
            let forged: Vec<&str> = token.split('.').collect();
            let payload = other.split('.').nth(1).expect("three segments");
            Call::new().bearer(&[forged[0], payload, forged[2]].join("."))
        }),
        row("j12 another key", InvalidSignature, REFUSED, |world| {
            let (header, claims) = world.token_parts();
            let (header, claims) = (Value::Object(header).to_string(), Value::Object(claims).to_string());
            Call::new().bearer(&sign(world.thief.as_ref(), &header, &claims))
        }),
        row("j12 no signature", InvalidSignature, REFUSED, |world| {
            let token = world.token(|_, _| {});
            let (signed, _) = token.rsplit_once('.').expect("three segments");
            Call::new().bearer(&format!("{signed}."))
        }),
        header(UnexpectedTyp, "j13 plain jwt", "typ", json!("JWT")),
        header(UnexpectedTyp, "j13 a proof as a token", "typ", json!("dpop+jwt")),
        header(TypMissing, "j13 no typ", "typ", Value::Null),
        row("j4 payload is no object", MalformedClaims, REFUSED, |world| {
            let (header, _) = world.token_parts();
            Call::new().bearer(&sign(world.issuer.as_ref(), &Value::Object(header).to_string(), "[]"))
        }),
        row("j4 a claim twice", MalformedClaims, REFUSED, |world| {
            let (header, claims) = world.token_parts();
            let claims = Value::Object(claims).to_string().replacen('{', "{\"sub\":\"admin\",", 1);
            Call::new().bearer(&sign(world.issuer.as_ref(), &Value::Object(header).to_string(), &claims))
        }),
    ]
}

fn claim_rows() -> Vec<Row> {
    vec![
        claim(UnsupportedConfirmation, "a11 cnf is empty", "cnf", json!({})),
        claim(UnsupportedConfirmation, "a11 cnf of an unknown kind", "cnf", json!({"kid": "x"})),
        claim(InvalidIssuer, "a1 trailing slash", "iss", json!("https://auth.example.com/")),
        claim(InvalidIssuer, "a1 no issuer", "iss", Value::Null),
        claim(AudienceShape, "a2 empty list", "aud", json!([])),
        claim(AudienceMissing, "a2 no audience", "aud", Value::Null),
        claim(AudienceShape, "a2 one member is no string", "aud", json!([AUDIENCE, 1])),
        claim(InvalidAudience, "a2 another resource", "aud", json!("https://mcp.example.com/other")),
        claim(InvalidAudience, "a2 trailing slash", "aud", json!("https://mcp.example.com/mcp/")),
        claim(AudienceTooWide, "a3 another resource as well", "aud", json!([AUDIENCE, "https://other.example.com"]))
            .on(|_, builder| builder.mcp()),
        claim(ExpInvalid, "a4 no exp", "exp", Value::Null),
        claim(ExpInvalid, "a4 exp is text", "exp", json!("1800000900")),
        claim(Expired, "a4 expires this second", "exp", json!(NOW)).mended_by(good_with("exp", json!(NOW + 1))),
        claim(Expired, "j17 fraction rounds down", "exp", json!(NOW as f64 + 0.9)),
        claim(NbfInvalid, "a5 nbf is text", "nbf", json!("now")),
        claim(NotYetValid, "a5 beyond the skew", "nbf", json!(NOW + 61)).mended_by(good_with("nbf", json!(NOW + 60))),
        claim(SubInvalid, "a7 no subject", "sub", Value::Null),
        claim(SubInvalid, "a7 empty subject", "sub", json!("")),
        claim(ClientIdInvalid, "a8 no client", "client_id", Value::Null),
        claim(JtiInvalid, "a9 no jti", "jti", Value::Null),
        claim(JtiInvalid, "a9 257 bytes", "jti", json!("x".repeat(257)))
            .mended_by(good_with("jti", json!("x".repeat(256)))),
        claim(InvalidScope, "a10 scope is a list", "scope", json!(["mcp:tools:call"])),
        claim(InvalidScope, "a10 two spaces", "scope", json!("a  b")).mended_by(good_with("scope", json!("a b"))),
        claim(WrongPurpose, "a13 refresh token", "typ", json!("refresh"))
            .on(with_purpose)
            .mended_by(good_with("typ", json!("access"))),
        claim(UnknownPurpose, "a13 unknown purpose", "typ", json!("id")).on(with_purpose),
        claim(IatInvalid, "a6 no iat", "iat", Value::Null),
        claim(IssuedInFuture, "a6 beyond the skew", "iat", json!(NOW + 61))
            .mended_by(good_with("iat", json!(NOW + 60))),
    ]
}

fn principal_and_policy_rows() -> Vec<Row> {
    let by_kind = |name, reason, broken: Box<dyn Fn(&World) -> Call>| {
        row(name, reason, REFUSED, broken).on(with_kinds).mended_by(principal("user", "usr_1", "t"))
    };
    vec![
        by_kind("a14 unknown kind", UnknownPrincipalKind, Box::new(principal("robot", "usr_1", "t"))),
        by_kind("a14 subject of another kind", PrincipalSubject, Box::new(principal("user", "svc_1", "t"))),
        by_kind("a15 claim is empty", PrincipalClaims, Box::new(principal("user", "usr_1", ""))),
        claim(SubjectNotAllowed, "a17 subject", "sub", json!("usr_2"))
            .on(|world, _| only(world, world.trusted().allow_subjects(["usr_1"]))),
        claim(ClientNotAllowed, "a17 client", "client_id", json!("client-2"))
            .on(|world, _| only(world, world.trusted().allow_clients(["client-1"]))),
        claim(TokenTooOld, "a17 age", "iat", json!(NOW - 161))
            .on(rules(|rules| rules.max_age(Duration::from_secs(100))))
            .mended_by(good_with("iat", json!(NOW - 160))),
        claim(LifetimeExceeded, "a17 lifetime", "exp", json!(NOW + 891))
            .on(rules(|rules| rules.max_lifetime(Duration::from_secs(900))))
            .mended_by(good_with("exp", json!(NOW + 890))),
        claim(PolicyRefused, "a17 predicate", "sub", json!("usr_2"))
            .on(rules(|rules| rules.predicate(Arc::new(|claims, _| claims.subject() == "usr_1")))),
    ]
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = jws_rows();
    rows.extend(key_rows());
    rows.extend(profile_rows());
    rows.extend(claim_rows());
    rows.extend(principal_and_policy_rows());
    rows
}
