//! `POST {prefix}/par` (PA-1 to PA-9).

use super::world::{Pairs, World, header, json, location};
use super::*;
use crate::Timestamp;
use crate::authorization::EventKind;
use crate::authorization::error::at_authorize::{AuthorizeError, PkceError, RedirectUriError};
use crate::authorization::error::at_endpoint::{ClientError, RequestError, ScopeError, SenderError};
use crate::authorization::error::at_token::HostError;
use crate::crypto::{Algorithm, CryptoProvider, KeyKind, RustCrypto};
use crate::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofMaker, ProofPolicy};
use crate::jose::{KeyMaterial, Thumbprint};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A request to push.
fn pushed() -> Pairs {
    good().and("client_secret", "s3cret")
}

fn refused(world: &mut World, pairs: &Pairs, status: u16, reason: Reason) {
    refused_with(world, pairs, &[], status, reason);
}

fn refused_with(world: &mut World, pairs: &Pairs, proofs: &[&str], status: u16, reason: Reason) {
    let response = world.push(pairs, proofs);
    assert_eq!((response.status, json(&response, "error").as_str()), (status, reason.error().code()), "{reason:?}");
    assert_eq!((response.header("location").count(), response.header("cache-control").next()), (0, Some("no-store")));
    let kinds: Vec<EventKind> = world.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::PushedRequestDenied]);
    assert_eq!(world.reason(), reason);
    assert!(world.pushed.is_empty());
}

/// A proof for the endpoint, and its key.
fn proof(seed: u8, url: &str, nonce: Option<&str>) -> (String, Thumbprint) {
    let provider = RustCrypto::new();
    let mut entropy = |out: &mut [u8]| {
        out.fill(seed);
        Ok(())
    };
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy).unwrap();
    let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
    let maker = ProofMaker::new("POST", url);
    let maker = match nonce {
        Some(nonce) => maker.nonce(nonce),
        None => maker,
    };
    let proof = maker.make(signer.as_ref(), &provider, Timestamp::from_secs(NOW), &mut entropy).unwrap();
    (proof, crate::jose::Jwk::new(signer.public_key().clone()).thumbprint(|parts| provider.sha256(parts)))
}

const PAR: &str = "https://auth.example/oauth/par";

#[test]
fn pa7_a_request_is_kept_under_a_reference() {
    let mut world = World::new();
    let response = world.push(&pushed().and("unknown", "x"), &[]);
    assert_eq!((response.status, response.header("cache-control").next()), (201, Some("no-store")));
    let reference = json(&response, "request_uri");
    let secret = Secret::presented(reference.strip_prefix(REFERENCE).unwrap()).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((body["expires_in"].as_u64(), body.as_object().unwrap().len()), (Some(90), 2));
    let record = &world.pushed[&secret.digest(&RustCrypto::new())];
    assert_eq!((record.client_id.as_str(), record.dpop_jkt), ("web", None));
    assert_eq!((record.pushed_at, record.present_by), (Timestamp::from_secs(NOW), Timestamp::from_secs(NOW + 90)));
    assert_eq!(record.expires_at, Timestamp::from_secs(NOW + 690), "a visit that begins in time may take ten minutes");
    assert_eq!(world.asked, ["LoadClient", "VerifySecret", "InsertPushedRequest"]);
    let [event] = world.events.as_slice() else { panic!("one event") };
    assert_eq!((event.kind, event.client_id.as_deref()), (EventKind::PushedRequestCreated, Some("web")));
}

#[test]
fn pa6_pa9_parameters_are_kept_as_sent_and_credentials_are_not() {
    let mut world = World::new();
    world.push(&pushed().and("claims", "{\"a\": 1}").and("login_hint", "a+b"), &[]);
    let record = world.pushed.values().next().unwrap();
    let kept = Pairs::parse(&record.parameters);
    assert_eq!(
        (kept.get("state"), kept.get("claims"), kept.get("login_hint")),
        (Some(STATE), Some("{\"a\": 1}"), Some("a+b"))
    );
    assert!(!record.parameters.contains("s3cret") && kept.get("client_secret").is_none());
    assert!(!alloc::format!("{record:?}").contains("files.read"));
    let mut names: Vec<&str> = good().0.iter().map(|(name, _)| name.clone()).map(|name| &*name.leak()).collect();
    names.extend(["claims", "login_hint"]);
    names.sort_unstable();
    let mut found: Vec<&str> = kept.0.iter().map(|(name, _)| name.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, names);
}

#[test]
fn pa6_lifetimes_are_configured() {
    let mut world = World::built(|builder| builder.pushed_request_lifetime(Duration::from_secs(600)));
    world.push(&pushed(), &[]);
    assert_eq!(world.pushed.values().next().unwrap().present_by, Timestamp::from_secs(NOW + 600));
}

#[test]
fn par_section_18_item_6_public_clients_push_too() {
    let mut world = World::new();
    let uri = "http://127.0.0.1:4711/cb";
    let response = world.push(&good().with("client_id", "cli").with("redirect_uri", uri), &[]);
    let reference = json(&response, "request_uri");
    world.consent = Box::new(|_| ConsentDecision::Denied);
    let answer = world.get(&Pairs::new(&[("client_id", "cli"), ("request_uri", &reference)]));
    assert_eq!(location(&answer, uri).get("error"), Some("access_denied"));
}

#[test]
fn pa1_a_reference_cannot_be_pushed() {
    let mut world = World::new();
    for uri in ["https://app.example/r", "urn:ietf:params:oauth:request_uri:x"] {
        refused(
            &mut world,
            &pushed().with("request_uri", uri),
            400,
            Reason::Authorize(AuthorizeError::RequestUriPushed),
        );
    }
}

#[test]
fn pa2_request_objects_are_refused() {
    refused(
        &mut World::new(),
        &pushed().with("request", "a.b.c"),
        400,
        Reason::Authorize(AuthorizeError::RequestObject),
    );
    // Refused before the redirect URI is checked, which would be in the object.
    let object = pushed().without("redirect_uri").with("request", "a.b.c");
    refused(&mut World::new(), &object, 400, Reason::Authorize(AuthorizeError::RequestObject));
}

#[test]
fn pa3_the_client_is_the_one_that_authenticated() {
    let mut world = World::new();
    refused(&mut world, &pushed().with("client_secret", "wrong"), 401, Reason::Client(ClientError::WrongSecret));
    refused(&mut world, &good(), 401, Reason::Client(ClientError::WrongMethod));
    refused(&mut world, &pushed().with("client_id", "cli"), 401, Reason::Client(ClientError::WrongMethod));
    refused(&mut world, &pushed().without("client_id"), 401, Reason::Client(ClientError::Missing));
}

#[test]
fn pa3_pa7_credentials_in_the_field_are_one_clients_and_their_failure_is_401() {
    let mut world = World::new();
    let mut basic = web();
    basic.authentication = ClientAuthentication::SecretBasic;
    world.clients = [basic, native()].into();
    world.authorization = Some(String::from("Basic d2ViOnMzY3JldA==")); // web:s3cret
    refused(&mut world, &good().with("client_id", "cli"), 400, Reason::Client(ClientError::IdMismatch));
    assert_eq!(world.push(&good(), &[]).status, 201);
    assert_eq!(world.push(&good().without("client_id"), &[]).status, 201);
    for record in world.pushed.values() {
        assert_eq!(record.client_id, "web");
        assert_eq!(Pairs::parse(&record.parameters).get("client_id"), Some("web"));
    }
    world.authorization = Some(String::from("Basic d2ViOndyb25n")); // web:wrong
    let response = world.push(&good(), &[]);
    assert_eq!((response.status, json(&response, "error").as_str()), (401, "invalid_client"));
    assert!(header(&response, "www-authenticate").starts_with("Basic realm="));
    // Faults of the request itself are not a 401: TK-6.
    world.authorization = Some(String::from("Basic d2ViOnMzY3JldA=="));
    let response = world.push(&good().with("scope", "admin"), &[]);
    assert_eq!((response.status, response.header("www-authenticate").count()), (400, 0));
}

#[test]
fn pa4_the_rules_are_those_of_the_authorization_endpoint() {
    let mut world = World::new();
    let cases: [(Pairs, Reason); 16] = [
        (pushed().without("redirect_uri"), Reason::RedirectUri(RedirectUriError::Missing)),
        (pushed().with("redirect_uri", "https://evil.example/"), Reason::RedirectUri(RedirectUriError::Unregistered)), // PA-8
        (pushed().with("redirect_uri", "javascript:alert(1)"), Reason::RedirectUri(RedirectUriError::Malformed)),
        (pushed().with("response_mode", "jwt"), Reason::Authorize(AuthorizeError::UnsupportedResponseMode)),
        (pushed().with("registration", "{}"), Reason::Authorize(AuthorizeError::RegistrationParameter)),
        (pushed().without("response_type"), Reason::Request(RequestError::MissingParameter("response_type"))),
        (pushed().with("response_type", "token"), Reason::Authorize(AuthorizeError::UnsupportedResponseType)),
        (pushed().with("scope", "admin"), Reason::Scope(ScopeError::TooWide)),
        (pushed().with("scope", "a  b"), Reason::Scope(ScopeError::Malformed)),
        (pushed().without("code_challenge"), Reason::Pkce(PkceError::ChallengeMissing)),
        (pushed().with("code_challenge_method", "plain"), Reason::Pkce(PkceError::ChallengeMethod)),
        (pushed().with("prompt", "none login"), Reason::Authorize(AuthorizeError::PromptNoneNotAlone)),
        (pushed().with("max_age", "x"), Reason::Authorize(AuthorizeError::MalformedMaxAge)),
        (pushed().and("resource", "https://evil.example"), Reason::Scope(ScopeError::InvalidTarget)),
        (pushed().with("authorization_details", "[]"), Reason::Authorize(AuthorizeError::AuthorizationDetails)),
        (pushed().and("scope", "files.read"), Reason::Request(RequestError::DuplicateParameter)),
    ];
    for (request, reason) in cases {
        refused(&mut world, &request, 400, reason);
    }
}

#[test]
fn pa5_a_proof_binds_the_request_to_its_key() {
    let (shown, key) = proof(3, PAR, None);
    let mut world = World::new();
    assert_eq!(world.push(&pushed(), &[&shown]).status, 201);
    assert_eq!(world.pushed.values().next().unwrap().dpop_jkt, Some(key));
    assert_eq!(world.asked, ["LoadClient", "VerifySecret", "RecordReplay", "InsertPushedRequest"]);
    // The same proof again.
    world.events.clear();
    world.pushed.clear();
    refused_with(&mut world, &pushed(), &[&shown], 400, Reason::Sender(SenderError::ProofReplay));
    // The code is bound to the key, whatever the browser sends.
    let mut world = World::new();
    let reference = json(&world.push(&pushed(), &[&shown]), "request_uri");
    let front = Pairs::new(&[("client_id", "web"), ("request_uri", &reference), ("dpop_jkt", CHALLENGE)]);
    assert!(location(&world.get(&front), WEB).get("code").is_some());
    assert_eq!(world.codes[0].code.dpop_jkt, Some(key));
}

#[test]
fn pa5_dpop_jkt_is_kept_without_a_proof_and_agrees_with_one() {
    let (shown, key) = proof(3, PAR, None);
    let mut world = World::new();
    world.push(&pushed().with("dpop_jkt", CHALLENGE), &[]);
    assert_eq!(world.pushed.values().next().unwrap().dpop_jkt, Thumbprint::parse(CHALLENGE));
    let mut world = World::new();
    assert_eq!(world.push(&pushed().with("dpop_jkt", &key.to_base64url()), &[&shown]).status, 201);
    let mut world = World::new();
    refused_with(
        &mut world,
        &pushed().with("dpop_jkt", CHALLENGE),
        &[&shown],
        400,
        Reason::Sender(SenderError::JktMismatch),
    );
    assert!(!world.asked.contains(&"RecordReplay"), "what is refused anyway fills no store");
    assert_eq!(Reason::Sender(SenderError::JktMismatch).error().code(), "invalid_dpop_proof");
}

#[test]
fn pa5_proofs_are_for_this_endpoint_one_at_a_time_and_fresh() {
    let (shown, _) = proof(3, PAR, None);
    let (elsewhere, _) = proof(3, "https://auth.example/oauth/token", None);
    let mut world = World::new();
    refused_with(&mut world, &pushed(), &[&shown, &shown], 400, Reason::Sender(SenderError::SeveralProofs));
    refused_with(&mut world, &pushed(), &[&elsewhere], 400, Reason::Sender(SenderError::InvalidProof));
    refused_with(&mut world, &pushed(), &["x.y.z"], 400, Reason::Sender(SenderError::InvalidProof));
    world.now = NOW + 3600;
    refused_with(&mut world, &pushed(), &[&shown], 400, Reason::Sender(SenderError::InvalidProof));
}

#[test]
fn pa5_section_18_item_7_nonces_are_demanded_here_too() {
    let nonces = || NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new([5; 32]));
    let mut world = World::built(|builder| builder.dpop(ProofPolicy::new().require_nonces(nonces())));
    let (bare, _) = proof(3, PAR, None);
    let response = world.push(&pushed(), &[&bare]);
    assert_eq!((response.status, json(&response, "error").as_str()), (400, "use_dpop_nonce"));
    let nonce = header(&response, "dpop-nonce");
    let (fresh, _) = proof(3, PAR, Some(&nonce));
    assert_eq!(world.push(&pushed(), &[&fresh]).status, 201);
}

#[test]
fn pa6_faults_leave_nothing_behind() {
    let (shown, _) = proof(3, PAR, None);
    for (question, proofs) in
        [("InsertPushedRequest", &[][..]), ("RecordReplay", &[shown.as_str()]), ("VerifySecret", &[])]
    {
        let mut world = World::new();
        world.down = Some(question);
        let response = world.push(&pushed(), proofs);
        assert_eq!((response.status, response.header("retry-after").next()), (503, Some("1")), "{question}");
        assert_eq!(json(&response, "error"), "temporarily_unavailable");
    }
    let mut world = World::new();
    world.entropy = false;
    refused_with(&mut world, &pushed(), &[&shown], 500, Reason::Host(HostError::Entropy));
    assert!(!world.asked.contains(&"RecordReplay"));
}

#[test]
fn ep12_without_the_grant_nothing_is_pushed() {
    let mut world = World::built(|builder| builder.grants([GrantType::ClientCredentials]));
    refused(&mut world, &pushed(), 404, Reason::Request(RequestError::NotOffered));
}

#[test]
fn cf1_lifetimes_of_pushed_requests_and_consents_are_bounded() {
    use crate::authorization::{AuthorizationServer, AuthorizationServerBuilder};
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let key = KeyMaterial::generate(KeyKind::P256, &mut |out: &mut [u8]| {
        out.fill(9);
        Ok(())
    });
    let signer = provider.signer(key.unwrap().private().unwrap(), Algorithm::ES256).unwrap();
    let ring = Arc::new(crate::token::KeyRing::new(provider.as_ref(), signer.into()).unwrap());
    let build = |configure: &dyn Fn(AuthorizationServerBuilder) -> AuthorizationServerBuilder| {
        let builder = AuthorizationServer::builder(ISSUER, Arc::clone(&provider), Arc::clone(&ring)).audience(AUDIENCE);
        configure(builder).build().map(|_| ()).map_err(|error| error.member())
    };
    for seconds in [0, 601] {
        assert_eq!(
            build(&|builder| builder.pushed_request_lifetime(Duration::from_secs(seconds))),
            Err("pushed_request_lifetime")
        );
        assert_eq!(
            build(&|builder| builder.consent_grant_lifetime(Duration::from_secs(seconds))),
            Err("consent_grant_lifetime")
        );
    }
    assert_eq!(
        build(&|builder| builder
            .pushed_request_lifetime(Duration::from_secs(600))
            .consent_grant_lifetime(Duration::from_secs(1))),
        Ok(())
    );
}
