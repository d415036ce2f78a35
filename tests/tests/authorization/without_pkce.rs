//! Codes without a challenge, at the token endpoint (AZ-15, AC-4).

use crate::scene::{REDIRECT, Request, SECRET, Scene, VERIFIER, builder, text};
use attesto_core::authorization::{
    AuthorizationServerBuilder, Client, ClientAuthentication, GrantType, Reason, ScopeSet, SenderConstraint,
};
use attesto_core::authorization::{PkceError, ScopeError};

fn openid(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    builder.openid_connect().id_tokens_without_rs256().scopes_supported(["openid", "read"])
}

/// A confidential client, and its code without a challenge.
fn scene(server: AuthorizationServerBuilder, register: impl FnOnce(Client) -> Client) -> (Scene, Request) {
    let mut scene = Scene::from_builder(server);
    let app = Client::new("app", ClientAuthentication::SecretPost)
        .redirect_uris([REDIRECT])
        .scopes(["read", "write", "openid"])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken]);
    scene.ledger.clients.insert("app".into(), (register(app), Some(SECRET)));
    scene.code(|code| {
        code.challenge = None;
        code.nonce = Some("n-1".into());
        code.authorization.scopes = ScopeSet::new(["openid", "read"]);
    });
    let code = scene.code.clone();
    let body = format!(
        "grant_type=authorization_code&client_id=app&client_secret={SECRET}&code={code}&redirect_uri={REDIRECT}"
    );
    (scene, Request::token(body))
}

fn refused(mut scene: Scene, request: &Request, reason: Reason) {
    assert_eq!(scene.refuse(request), (reason, reason.error().code().into()));
}

#[test]
fn ac4_az15_a_code_without_challenge_is_redeemed_by_a_client_that_may_do_without() {
    let (mut by_nonce, request) = scene(openid(builder(true)), Client::nonce_instead_of_pkce);
    assert!(text(&by_nonce.grant(&request), "id_token").is_some());
    let (mut danger, request) = scene(builder(true), Client::danger_without_pkce);
    danger.code(|code| {
        code.nonce = None;
        code.authorization.scopes = ScopeSet::new(["read"]);
    });
    danger.grant(&request);
}

#[test]
fn ac4_a_verifier_for_a_code_without_challenge_is_refused() {
    for register in [Client::nonce_instead_of_pkce, Client::danger_without_pkce] {
        let (scene, request) = scene(openid(builder(true)), register);
        for verifier in [VERIFIER, "x"] {
            refused(
                scene.clone(),
                &request.clone().and("code_verifier", verifier),
                Reason::Pkce(PkceError::VerifierWithoutChallenge),
            );
        }
    }
    assert_eq!(Reason::Pkce(PkceError::VerifierWithoutChallenge).error().code(), "invalid_grant");
}

#[test]
fn ac4_az15_what_the_client_may_do_now_counts() {
    let cases: [fn(Client) -> Client; 3] = [
        |client| client,
        |client| client.nonce_instead_of_pkce().native(),
        |client| client.danger_without_pkce().native(),
    ];
    for register in cases {
        let (scene, request) = scene(openid(builder(true)), register);
        refused(scene, &request, Reason::Pkce(PkceError::CodeWithoutChallenge));
    }
    // Bound clients, with the proof that they need.
    let bound = |client: Client| client.danger_without_pkce().require(SenderConstraint::Dpop);
    let (bound, request) = scene(openid(builder(true)), bound);
    let request = request.header("dpop", crate::scene::proof(2, crate::scene::NOW));
    refused(bound, &request, Reason::Pkce(PkceError::CodeWithoutChallenge));
    // A server that is no OpenID provider any more, and a code that never was for one.
    let (plain, request) = scene(builder(true), Client::nonce_instead_of_pkce);
    refused(plain, &request, Reason::Pkce(PkceError::CodeWithoutChallenge));
    let (mut without, request) = scene(openid(builder(true)), Client::nonce_instead_of_pkce);
    without.code(|code| code.nonce = None);
    refused(without, &request, Reason::Pkce(PkceError::CodeWithoutChallenge));
    let (mut without, request) = scene(openid(builder(true)), Client::nonce_instead_of_pkce);
    without.code(|code| code.authorization.scopes = ScopeSet::new(["read"]));
    refused(without, &request, Reason::Pkce(PkceError::CodeWithoutChallenge));
}

#[test]
fn az15_no_token_without_the_id_token_that_carries_the_nonce() {
    let (mut narrowed, request) = scene(openid(builder(true)), Client::nonce_instead_of_pkce);
    narrowed.ledger.policy = Some(ScopeSet::new(["read"]));
    refused(narrowed, &request, Reason::Scope(ScopeError::Refused));
    // A registration that was narrowed since.
    let (scene, request) = scene(openid(builder(true)), |client| client.nonce_instead_of_pkce().scopes(["read"]));
    refused(scene, &request, Reason::Scope(ScopeError::Refused));
}

#[test]
fn ac4_a_code_with_challenge_needs_its_verifier_whatever_its_client_may_do_without() {
    for register in [Client::nonce_instead_of_pkce, Client::danger_without_pkce] {
        let (mut scene, request) = scene(openid(builder(true)), register);
        let challenge = attesto_core::pkce::CodeVerifier::parse(VERIFIER).expect("a verifier");
        let challenge = challenge.challenge(crate::scene::provider().as_ref());
        scene.code(|code| code.challenge = Some(challenge));
        assert_eq!(scene.clone().refuse(&request).1, "invalid_grant");
        assert_eq!(scene.clone().refuse(&request.clone().and("code_verifier", &"a".repeat(43))).1, "invalid_grant");
        scene.grant(&request.and("code_verifier", VERIFIER));
    }
}

#[test]
fn ac3_without_a_challenge_the_redirect_uri_is_sent_again() {
    let (mut scene, request) = scene(openid(builder(true)), Client::nonce_instead_of_pkce);
    let response = scene.send(&request.but("redirect_uri", ""));
    assert_eq!(response.expect("no fault").status, 400);
}
