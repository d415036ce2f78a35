//! The factories make what they say: right things that are accepted, and wrong things that are refused for that one reason.

use attesto_core::crypto::Algorithm;
use attesto_core::dpop::ProofError;
use attesto_core::encoding::base64url;
use attesto_core::resource::{BindingError, Reason, Sender};
use attesto_core::token::{Confirmation, TokenError};
use attesto_testkit::{
    CertificateFixture, DpopKey, Fixture, ManualClock, ProofDefect, RequestVerifier, Route, TestRequest, TokenBuilder,
};
use std::collections::HashSet;

fn bearer(fixture: &Fixture, token: &TokenBuilder) -> TestRequest {
    Route::post("/mcp").request(fixture).bearer(&token.build())
}

fn reason(fixture: &Fixture, request: &TestRequest) -> Reason {
    RequestVerifier::new(fixture.resource_server()).verify(request, fixture.now()).refused().0
}

#[test]
fn t1_a_token_says_what_the_catalogue_names() {
    let fixture = Fixture::new();
    let verifier = RequestVerifier::new(fixture.resource_server());
    let grant = verifier.verify(&bearer(&fixture, &fixture.token()), fixture.now()).granted();
    let claims = grant.claims();
    assert_eq!(claims.issuer(), Some("https://auth.example.com"));
    assert_eq!(claims.audiences(), ["https://mcp.example.com/mcp"]);
    assert_eq!((claims.subject(), claims.client_id()), ("usr_1", Some("client-1")));
    assert_eq!((claims.scopes().count(), claims.confirmation()), (0, Confirmation::None));
    assert_eq!(claims.expires_at(), Some(fixture.now().plus(900)));
    assert_eq!((claims.acr(), claims.auth_time()), (None, None));
}

#[test]
fn t1_every_claim_can_be_said() {
    let fixture = Fixture::new();
    let verifier = RequestVerifier::new(fixture.resource_server());
    let (now, key) = (fixture.now(), fixture.key());
    let token =
        fixture.token().subject("usr_2").client("client-2").scopes(["a", "b"]).acr("phr").auth_time(now.minus(60));
    let token = token.audience([fixture.resource(), "https://other.example.com"]).expires_at(now.plus(5)).bound_to(key);
    let token = token.issued_at(now.minus(5)).claim("tenant", "acme").build();
    let proof = fixture.proof("POST", &fixture.url("/mcp"), &token).build();
    let request = Route::post("/mcp").request(&fixture).dpop(&token, &proof);
    let grant = verifier.verify(&request, now).granted();
    let claims = grant.claims();
    assert_eq!((claims.subject(), claims.client_id()), ("usr_2", Some("client-2")));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(claims.audiences().len(), 2);
    assert_eq!((claims.expires_at(), claims.issued_at()), (Some(now.plus(5)), Some(now.minus(5))));
    assert_eq!((claims.acr(), claims.auth_time()), (Some("phr"), Some(now.minus(60))));
    assert!(claims.as_json().contains("\"tenant\":\"acme\""), "{}", claims.as_json());
    assert_eq!(*grant.sender(), Sender::Dpop { jkt: key.jkt() });
}

#[test]
fn t1_each_wrong_token_is_wrong_in_one_way() {
    let fixture = Fixture::new();
    let wrong: [(TokenBuilder, TokenError); 8] = [
        (fixture.token().expired(), TokenError::Expired),
        (fixture.token().wrong_audience(), TokenError::InvalidAudience),
        (fixture.token().wrong_issuer(), TokenError::InvalidIssuer),
        (fixture.token().wrong_key(), TokenError::InvalidSignature),
        (fixture.token().typ("JWT"), TokenError::UnexpectedTyp),
        (fixture.token().without("sub"), TokenError::SubInvalid),
        (fixture.token().without("exp"), TokenError::ExpInvalid),
        (fixture.token().header("crit", vec!["b64"]), TokenError::UnsupportedCriticalHeader),
    ];
    for (token, expected) in wrong {
        assert_eq!(reason(&fixture, &bearer(&fixture, &token)), Reason::Token(expected), "{token:?}");
    }
}

#[test]
fn t1_certificate_bound_tokens_want_their_certificate() {
    let fixture = Fixture::new();
    let token = fixture.token().bound_to_certificate(&CertificateFixture::CLIENT);
    let with = |certificate: CertificateFixture| bearer(&fixture, &token).tls(certificate.tls_session());
    let verifier = RequestVerifier::new(fixture.resource_server());
    let grant = verifier.verify(&with(CertificateFixture::CLIENT), fixture.now()).granted();
    assert_eq!(*grant.sender(), Sender::Mtls { x5t_s256: CertificateFixture::CLIENT.thumbprint() });
    assert_eq!(reason(&fixture, &with(CertificateFixture::OTHER)), Reason::Binding(BindingError::CertificateMismatch));
    assert_eq!(reason(&fixture, &bearer(&fixture, &token)), Reason::Binding(BindingError::CertificateRequired));
}

#[test]
fn t1_fixtures_are_the_same_in_every_run_and_differ_by_seed() {
    let token = |seed: u64| Fixture::builder().seed(seed).build().token().build();
    assert_eq!(token(1), token(1));
    assert_ne!(token(1), token(2));
    let fixture = Fixture::new();
    let names: HashSet<String> = (0..100).map(|_| fixture.fresh("proof")).collect();
    assert_eq!(names.len(), 100);
}

#[test]
fn t1_a_manual_clock_moves_everything() {
    let time = ManualClock::new();
    let fixture = Fixture::builder().clock(time.clock()).build();
    let request = Route::post("/mcp").authorized(&fixture, None);
    let verifier = RequestVerifier::new(fixture.resource_server());
    assert_eq!(verifier.verify(&request, fixture.now()).granted().subject(), "usr_1");
    time.advance(3600);
    assert_eq!(reason(&fixture, &request), Reason::Token(TokenError::Expired));
    assert_eq!(
        verifier.verify(&Route::post("/mcp").authorized(&fixture, None), fixture.now()).granted().subject(),
        "usr_1"
    );
}

#[test]
fn t2_a_proof_by_a_key_of_any_algorithm_is_accepted() {
    let fixture = Fixture::new();
    let verifier = RequestVerifier::new(fixture.resource_server());
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::Ed25519, Algorithm::EdDSA] {
        let key = DpopKey::with_algorithm(algorithm, 7).expect("a key");
        let token = fixture.token().bound_to(&key).build();
        let proof = key.proof("GET", &fixture.url("/mcp?page=2")).token(&token).at(fixture.now()).build();
        let request = Route::get("/mcp?page=2").request(&fixture).dpop(&token, &proof);
        let grant = verifier.verify(&request, fixture.now()).granted();
        assert_eq!(*grant.sender(), Sender::Dpop { jkt: key.jkt() }, "{algorithm:?}");
    }
    assert!(DpopKey::with_algorithm(Algorithm::RS256, 7).is_err(), "RSA keys are not generated");
}

#[test]
fn t2_a_proof_shows_the_public_half_only() {
    let fixture = Fixture::new();
    let proof = fixture.proof("GET", &fixture.url("/mcp"), "token").build();
    let mut header = Vec::new();
    base64url::decode_append(proof.split('.').next().expect("a header").as_bytes(), &mut header).expect("base64url");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
    let jwk = header["jwk"].as_object().expect("a key");
    let members: Vec<&str> = jwk.keys().map(String::as_str).collect();
    assert_eq!(members, ["crv", "kty", "x", "y"]);
}

/// What refuses a proof with this defect, and nothing before it.
fn refusing(defect: ProofDefect) -> Option<Reason> {
    Some(match defect {
        ProofDefect::OtherKey => Reason::Binding(BindingError::KeyMismatch),
        proof => Reason::Proof(match proof {
            ProofDefect::WrongHtm | ProofDefect::MissingHtm => ProofError::InvalidHtm,
            ProofDefect::WrongHtu | ProofDefect::MissingHtu => ProofError::InvalidHtu,
            ProofDefect::WrongAth => ProofError::InvalidAth,
            ProofDefect::MissingAth => ProofError::MissingAth,
            ProofDefect::MissingJti => ProofError::MissingJti,
            ProofDefect::MissingIat => ProofError::MissingIat,
            ProofDefect::MissingJwk => ProofError::MissingJwk,
            ProofDefect::Expired => ProofError::ProofExpired,
            ProofDefect::Future => ProofError::IatInFuture,
            ProofDefect::WrongTyp => ProofError::InvalidTyp,
            ProofDefect::AlgNone | ProofDefect::AlgHs256 => ProofError::InvalidAlg,
            ProofDefect::Crit => ProofError::UnsupportedCriticalHeader,
            ProofDefect::PrivateJwk => ProofError::PrivateJwk,
            ProofDefect::WeakRsa => ProofError::WeakJwk,
            ProofDefect::BadSignature => ProofError::InvalidSignature,
            ProofDefect::DuplicateMember => ProofError::MalformedClaims,
            ProofDefect::PaddedBase64 => ProofError::Malformed,
            ProofDefect::OversizeJti => ProofError::InvalidJti,
            _ => return None,
        }),
    })
}

#[test]
fn t3_each_defect_is_refused_for_that_reason_alone() {
    let fixture = Fixture::new();
    for algorithm in [Algorithm::ES256, Algorithm::Ed25519] {
        let key = DpopKey::with_algorithm(algorithm, 3).expect("a key");
        let token = fixture.token().bound_to(&key).build();
        let proof = || key.proof("POST", &fixture.url("/mcp")).token(&token).at(fixture.now());
        for defect in ProofDefect::ALL {
            let request = Route::post("/mcp").request(&fixture).dpop(&token, &proof().defect(*defect).build());
            let (reason, response) =
                RequestVerifier::new(fixture.resource_server()).verify(&request, fixture.now()).refused();
            assert_eq!(Some(reason), refusing(*defect), "{algorithm:?}: {defect}");
            assert_eq!((response.status, response.error().as_deref()), (401, Some(defect.error())), "{defect}");
        }
        let request = Route::post("/mcp").request(&fixture).dpop(&token, &proof().build());
        let verifier = RequestVerifier::new(fixture.resource_server());
        assert_eq!(verifier.verify(&request, fixture.now()).granted().subject(), "usr_1", "without a defect");
    }
}
