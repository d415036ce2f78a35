//! Signed introspection responses (RFC 9701; IN-5).

use crate::scene::{NOW, Request, SECRET, Scene, builder, provider, text};
use crate::token_rules::claims;
use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, Entropy, PublicKey, Signer, SignerError};
use attesto_core::encoding::base64url;
use attesto_core::http::{IncomingResponse, ResponseParts};
use attesto_core::introspection::{Introspected, IntrospectionCredentials, IntrospectionEndpoint, IntrospectionError};
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_tests::ed25519;
use serde_json::{Value, json};
use std::sync::Arc;

const JWT: &str = "application/token-introspection+jwt";

fn introspect(token: &str) -> Request {
    let body = format!("client_id=other&client_secret={SECRET}&token={token}");
    Request { path: "/oauth/introspect", ..Request::token(body) }
}

fn signed(token: &str) -> Request {
    introspect(token).header("accept", JWT)
}

/// A caller that may know, and an access token.
fn scene() -> (Scene, String) {
    let mut scene = Scene::from_builder(builder(true).ask_introspection());
    scene.ledger.may_introspect.insert("other".into());
    let request = scene.redeem();
    let access = text(&scene.grant(&request), "access_token").expect("an access token");
    (scene, access)
}

/// The resource server that asks, by the name that it has here.
fn reader(audience: &str) -> IntrospectionEndpoint {
    let ring = KeyRing::new(provider().as_ref(), ed25519(1).into()).expect("a ring");
    let keys = ring.verification_keys(provider().as_ref()).expect("keys");
    let issuer = TrustedIssuer::new("https://as.example", keys).expect("an issuer");
    let credentials = IntrospectionCredentials::post("other", SECRET);
    let endpoint = IntrospectionEndpoint::new("https://as.example/oauth/introspect", "https://as.example", credentials);
    endpoint.expect("an endpoint").signed_by(issuer, audience).expect("the endpoint's issuer")
}

fn judged(response: &ResponseParts, audience: &str) -> Result<Introspected, IntrospectionError> {
    let incoming = IncomingResponse::new(response.status, response.body.clone()).content_type(JWT);
    reader(audience).judge(Ok(incoming), Timestamp::from_secs(NOW))
}

fn header(jwt: &str) -> Value {
    let mut header = Vec::new();
    base64url::decode_append(jwt.split('.').next().expect("a header").as_bytes(), &mut header).expect("base64url");
    serde_json::from_slice(&header).expect("JSON")
}

#[test]
fn in5_an_answer_is_signed_for_the_caller_that_prefers_it() {
    let (mut scene, access) = scene();
    let plain = scene.grant(&introspect(&access));
    assert!(plain.header("content-type").eq(["application/json"]));
    let response = scene.grant(&signed(&access));
    assert!(response.header("content-type").eq([JWT]) && response.header("cache-control").eq(["no-store"]));
    let jwt = response.body_text();
    assert_eq!(header(&jwt)["typ"], "token-introspection+jwt");
    let told = claims(&jwt);
    assert_eq!(
        (&told["iss"], &told["aud"], &told["iat"]),
        (&json!("https://as.example"), &json!("other"), &json!(NOW))
    );
    // The claims equal those of the unsigned answer, without any that would make it a token.
    assert_eq!(told["token_introspection"], serde_json::from_slice::<Value>(&plain.body).expect("JSON"));
    assert_eq!(told.as_object().map(serde_json::Map::len), Some(4));
    // The reader takes it, and only under its own name.
    assert!(matches!(judged(&response, "other"), Ok(Introspected::Active(_))));
    assert!(matches!(judged(&response, "app"), Err(IntrospectionError::NotForUs)));
}

#[test]
fn in5_inactive_answers_are_signed_too_and_errors_are_not() {
    let (mut scene, _) = scene();
    let response = scene.grant(&signed("a.b.c"));
    assert_eq!(claims(&response.body_text())["token_introspection"], json!({"active": false}));
    assert!(matches!(judged(&response, "other"), Ok(Introspected::Inactive)));
    let refused = scene.send(&signed("x").but("client_secret", "wrong")).expect("no fault");
    assert_eq!((refused.status, text(&refused, "error").as_deref()), (401, Some("invalid_client")));
}

#[test]
fn in5_a_signed_answer_is_no_token() {
    let (mut scene, access) = scene();
    let jwt = scene.grant(&signed(&access)).body_text();
    let inactive = scene.grant(&introspect(&jwt));
    assert_eq!(inactive.body_text(), "{\"active\":false}");
    let asked = scene.ledger.asked.len();
    scene.grant(&Request::revoke(&jwt));
    assert!(!scene.ledger.asked[asked..].contains(&"RevokeAccessToken"));
}

/// Signs until it does not.
#[derive(Debug)]
struct Broken(Box<dyn Signer>);

impl Signer for Broken {
    fn algorithm(&self) -> attesto_core::crypto::Algorithm {
        self.0.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, _: &[u8], _: &mut dyn Entropy) -> Result<Vec<u8>, SignerError> {
        Err(SignerError::Unavailable)
    }
}

#[test]
fn in5_tk6_an_answer_that_cannot_be_signed_is_a_fault_and_not_sent_without() {
    let crypto: Arc<dyn CryptoProvider> = provider();
    let ring = Arc::new(KeyRing::new(crypto.as_ref(), Arc::new(Broken(ed25519(1)))).expect("a ring"));
    let builder = attesto_core::authorization::AuthorizationServer::builder("https://as.example", crypto, ring);
    let mut scene = Scene::from_builder(builder.audience("https://api.example"));
    let response = scene.send(&signed("a.b.c")).expect("no fault");
    assert_eq!((response.status, text(&response, "error").as_deref()), (500, Some("server_error")));
    assert_eq!(scene.send(&introspect("a.b.c")).expect("no fault").status, 200);
}

#[test]
fn in5_md4_the_metadata_names_the_algorithm() {
    let (mut scene, _) = scene();
    let path = "/.well-known/oauth-authorization-server";
    let document = scene.grant(&Request { method: "GET", path, ..Request::token(String::new()) });
    let document: Value = serde_json::from_slice(&document.body).expect("JSON");
    assert_eq!(document["introspection_signing_alg_values_supported"], json!(["EdDSA"]));
}
