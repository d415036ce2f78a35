//! One request, one verdict, without a server (T11).

use attesto_core::dpop::ReplayAnswer;
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{
    ForeignAnswer, KeysAnswer, PrincipalAnswer, Reason, RefusalError, Requirement, ResourceServer, RevocationAnswer,
    UnavailableError,
};
use attesto_core::token::{ForeignClaims, TokenError, TrustedIssuer};
use attesto_testkit::{Fixture, RequestVerifier, Route, TestRequest, TestResponse};

fn refused(verifier: &RequestVerifier, fixture: &Fixture, request: &TestRequest) -> (Reason, TestResponse) {
    verifier.verify(request, fixture.now()).refused()
}

#[test]
fn t11_a_refusal_is_the_whole_response() {
    let fixture = Fixture::new();
    let server = ResourceServer::builder(fixture.resource(), fixture.provider()).issuer(fixture.trusted_issuer());
    let verifier =
        RequestVerifier::new(server.without_dpop()).require(Requirement::scopes(["mcp:tools:call"]).expect("scopes"));
    let request = Route::post("/mcp").request(&fixture).bearer(&fixture.token().scopes(["mcp:tools:read"]).build());
    let (reason, response) = refused(&verifier, &fixture, &request);
    assert_eq!(reason, Reason::Refusal(RefusalError::Scope));
    let challenge = "Bearer error=\"insufficient_scope\", error_description=\"The access token lacks a required scope\", \
                     scope=\"mcp:tools:call\", \
                     resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    let body = "{\"error\":\"insufficient_scope\",\"error_description\":\"The access token lacks a required scope\"}";
    let whole = TestResponse::new(403)
        .with_header("www-authenticate", challenge)
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache")
        .with_header("content-type", "application/json")
        .with_body(body);
    let mut headers = (response.headers.clone(), whole.headers.clone());
    headers.0.sort();
    headers.1.sort();
    assert_eq!(headers.0, headers.1);
    assert_eq!((response.status, response.text()), (whole.status, whole.text()));
}

#[test]
fn t11_a_grant_is_the_verified_facts() {
    let fixture = Fixture::new();
    let route = Route::post("/mcp").scopes(["mcp:tools:call"]);
    let verifier = RequestVerifier::new(fixture.resource_server())
        .require(Requirement::scopes(["mcp:tools:call"]).expect("scopes"));
    let grant = verifier.verify(&route.authorized(&fixture, None), fixture.now()).granted();
    assert_eq!((grant.subject(), grant.sender().kind()), ("usr_1", "dpop"));
    assert_eq!(grant.claims().scopes().collect::<Vec<_>>(), ["mcp:tools:call"]);
}

#[test]
fn t11_every_question_has_the_answer_that_the_test_chose() {
    let fixture = Fixture::new();
    let request = Route::post("/mcp").authorized(&fixture, None);
    let asked = || RequestVerifier::new(fixture.resource_server().ask_revocation().ask_principal());
    assert_eq!(asked().verify(&request, fixture.now()).granted().subject(), "usr_1");
    let refusals = [
        (asked().replay(ReplayAnswer::Replay), Reason::Refusal(RefusalError::Replay), 401),
        (asked().replay(ReplayAnswer::Unavailable), Reason::Unavailable(UnavailableError::ReplayStore), 503),
        (asked().revocation(RevocationAnswer::Revoked), Reason::Refusal(RefusalError::Revoked), 401),
        (asked().revocation(RevocationAnswer::Unavailable), Reason::Unavailable(UnavailableError::Revocation), 503),
        (asked().principal(PrincipalAnswer::Refused), Reason::Refusal(RefusalError::Principal), 401),
        (asked().principal(PrincipalAnswer::Unavailable), Reason::Unavailable(UnavailableError::Principal), 503),
    ];
    for (verifier, expected, status) in refusals {
        let (reason, response) = refused(&verifier, &fixture, &request);
        assert_eq!((reason, response.status), (expected, status));
    }
}

#[test]
fn t11_foreign_tokens_are_what_the_test_says() {
    let fixture = Fixture::new();
    let request = Route::post("/mcp").request(&fixture).bearer("opaque");
    let verifier = || RequestVerifier::new(fixture.resource_server().ask_foreign());
    assert_eq!(refused(&verifier(), &fixture, &request).0, Reason::Refusal(RefusalError::ForeignToken));
    let known = verifier().foreign(|question| {
        ForeignAnswer::Claims(ForeignClaims::new(question.token()).audience(["https://mcp.example.com/mcp"]))
    });
    assert_eq!(known.verify(&request, fixture.now()).granted().subject(), "opaque");
    let silent = verifier().foreign(|_| ForeignAnswer::Unavailable);
    assert_eq!(refused(&silent, &fixture, &request).0, Reason::Unavailable(UnavailableError::Verifier));
}

#[test]
fn t11_keys_of_remote_issuers_are_out_of_reach_unless_said() {
    let fixture = Fixture::new();
    let request = Route::post("/mcp").authorized(&fixture, None);
    let verifier = || {
        let keys = RemoteKeys::builder(fixture.issuer(), fixture.provider()).build().expect("keys");
        RequestVerifier::new(
            ResourceServer::builder(fixture.resource(), fixture.provider()).issuer(TrustedIssuer::remote(keys)),
        )
    };
    for verifier in [verifier(), verifier().keys(KeysAnswer::Unchanged), verifier().keys(KeysAnswer::Refreshed)] {
        let (reason, response) = refused(&verifier, &fixture, &request);
        assert_eq!((reason, response.status), (Reason::Token(TokenError::KeysUnavailable), 503));
    }
}

#[test]
#[should_panic(expected = "attesto testkit: the request was refused: no credentials")]
fn t11_a_test_that_expects_a_grant_says_why_there_is_none() {
    let fixture = Fixture::new();
    let verified = RequestVerifier::new(fixture.resource_server());
    let _ = verified.verify(&Route::post("/mcp").request(&fixture), fixture.now()).granted();
}

#[test]
#[should_panic(expected = "attesto testkit: the request was let in, as the subject: usr_1")]
fn t11_a_test_that_expects_a_refusal_says_who_was_let_in() {
    let fixture = Fixture::new();
    let verified = RequestVerifier::new(fixture.resource_server());
    let _ = verified.verify(&Route::post("/mcp").authorized(&fixture, None), fixture.now()).refused();
}
