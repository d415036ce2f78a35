//! Requests without PKCE, and the clients that may make them (AZ-15).

use super::world::{assert_redirected, location, page};
use super::*;
use crate::authorization::error::at_authorize::{PkceError, UserError};
use crate::authorization::{
    AuthorizationCode, AuthorizationServerBuilder, GraceSecret, Profile, RefreshPolicy, SenderConstraint,
};
use core::time::Duration;

fn provider(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    builder.openid_connect().id_tokens_without_rs256().scopes_supported(["openid", "files.read"])
}

fn mcp(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    let refresh = RefreshPolicy::new().grace(Duration::from_secs(10), GraceSecret::new([9; 32])).unwrap();
    provider(builder).profile(Profile::Mcp).refresh(refresh)
}

/// A request of a relying party without PKCE.
fn bare() -> Pairs {
    good()
        .without("code_challenge")
        .without("code_challenge_method")
        .with("scope", "openid files.read")
        .with("nonce", "n-1")
}

fn issued(world: &mut World, request: &Pairs) -> AuthorizationCode {
    assert!(location(&world.get(request), WEB).get("code").is_some());
    world.codes.pop().unwrap().code
}

fn refused(configure: fn(AuthorizationServerBuilder) -> AuthorizationServerBuilder, client: Client, request: &Pairs) {
    let mut world = World::built(configure);
    world.clients = [client].into();
    let response = world.get(request);
    assert_redirected(&response, "invalid_request");
    assert_eq!((world.reason(), world.codes.len()), (Reason::Pkce(PkceError::ChallengeMissing), 0));
    assert!(!world.asked.contains(&"Authenticate"));
    // PA-4: it cannot be pushed either.
    let response = world.push(&request.clone().and("client_secret", "s3cret"), &[]);
    assert_ne!(response.status, 201);
    assert!(world.pushed.is_empty());
}

#[test]
fn az15_a_nonce_stands_in_for_the_challenge_where_the_client_is_registered_so() {
    let mut world = World::built(provider);
    world.clients = [web().nonce_instead_of_pkce()].into();
    let code = issued(&mut world, &bare());
    assert_eq!((code.challenge, code.nonce.as_deref()), (None, Some("n-1")));
    let reference = world.reference(&bare());
    let code = issued(&mut world, &Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]));
    assert_eq!((code.challenge, code.nonce.as_deref()), (None, Some("n-1")));
}

#[test]
fn az15_without_openid_and_nonce_in_the_effective_request_nothing_stands_in() {
    let client = || web().nonce_instead_of_pkce();
    refused(provider, web(), &bare());
    refused(provider, client(), &bare().without("nonce"));
    refused(provider, client(), &bare().with("nonce", ""));
    refused(provider, client(), &bare().with("scope", "files.read"));
    refused(provider, client().default_scopes(["openid", "files.read"]), &bare().without("scope"));
    refused(|builder| builder, client(), &bare());
    let narrow = |builder: AuthorizationServerBuilder| provider(builder).narrow_scopes();
    refused(narrow, client().scopes(["files.read"]), &bare());
    // Half a challenge is an error, not an absent challenge.
    refused(provider, client(), &bare().with("code_challenge_method", "S256"));
}

#[test]
fn az15_no_exemption_is_for_public_native_or_bound_clients_or_under_a_profile_without_one() {
    let exempt: [fn(Client) -> Client; 3] = [Client::nonce_instead_of_pkce, Client::danger_without_pkce, |client| {
        client.nonce_instead_of_pkce().danger_without_pkce()
    }];
    for exempt in exempt {
        let mut world = World::built(provider);
        world.clients = [exempt(web())].into();
        assert_eq!(issued(&mut world, &bare()).challenge, None, "by itself it counts");
        let public = Client::new("web", ClientAuthentication::None).redirect_uris([WEB]);
        let public = public.scopes(["openid", "files.read"]).grants([GrantType::AuthorizationCode]);
        refused(provider, exempt(public), &bare());
        refused(provider, exempt(web()).native(), &bare());
        refused(provider, exempt(web()).require(SenderConstraint::Dpop), &bare());
        refused(provider, exempt(web()).require(SenderConstraint::Mtls), &bare());
        refused(mcp, exempt(web()), &bare());
    }
}

#[test]
fn az15_a_challenge_that_is_sent_binds_every_client() {
    for client in [web().nonce_instead_of_pkce(), web().danger_without_pkce()] {
        let mut world = World::built(provider);
        world.clients = [client].into();
        let sent = bare().with("code_challenge", CHALLENGE);
        assert!(issued(&mut world, &sent.with("code_challenge_method", "S256")).challenge.is_some());
        for (request, reason) in [
            (sent.clone(), Reason::Pkce(PkceError::ChallengeMethod)),
            (sent.with("code_challenge_method", "plain"), Reason::Pkce(PkceError::ChallengeMethod)),
            (
                sent.with("code_challenge_method", "S256").with("code_challenge", "x"),
                Reason::Pkce(PkceError::ChallengeMalformed),
            ),
        ] {
            world.events.clear();
            assert_redirected(&world.get(&request), "invalid_request");
            assert_eq!(world.reason(), reason);
        }
        assert!(world.codes.is_empty());
    }
}

#[test]
fn az15_where_consent_drops_openid_there_is_no_code() {
    for pushed in [false, true] {
        let mut world = World::built(provider);
        world.clients = [web().nonce_instead_of_pkce()].into();
        world.consent = Box::new(|_| ConsentDecision::Granted(ScopeSet::new(["files.read"])));
        let request = if pushed {
            Pairs::new(&[("client_id", "web"), ("request_uri", &world.reference(&bare()))])
        } else {
            bare()
        };
        world.events.clear();
        assert_redirected(&world.get(&request), "access_denied");
        assert_eq!(
            (world.reason(), world.codes.len(), world.pushed.len()),
            (Reason::User(UserError::OpenIdNotAllowed), 0, 0)
        );
        // With a challenge, the user may leave out `openid`.
        let whole = bare().with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
        assert_eq!(issued(&mut world, &whole).authorization.scopes.to_string(), "files.read");
    }
}

#[test]
fn az15_the_dangerous_switch_needs_neither_openid_nor_nonce() {
    let mut world = World::new();
    world.clients = [web().danger_without_pkce()].into();
    let code = issued(&mut world, &bare().without("nonce").with("scope", "files.read"));
    assert_eq!((code.challenge, code.nonce), (None, None));
    refused(
        |builder| builder,
        web().danger_without_pkce().require(SenderConstraint::Dpop),
        &bare().with("scope", "files.read"),
    );
}

#[test]
fn az15_az26_a_consent_is_bound_to_the_nonce_where_there_is_no_challenge() {
    let mut world = World::built(provider);
    world.clients = [web().danger_without_pkce()].into();
    let shown = Arc::new(std::sync::Mutex::new(alloc::vec::Vec::new()));
    let slot = Arc::clone(&shown);
    world.consent = Box::new(move |question| {
        slot.lock().unwrap().push(question.binding());
        ConsentDecision::Interact(page("may they?"))
    });
    let with_challenge = bare().with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
    // A nonce that looks like a challenge is not one.
    for request in
        [bare(), bare().with("nonce", "n-2"), bare().with("nonce", CHALLENGE), bare().without("nonce"), with_challenge]
    {
        assert_eq!(world.get(&request).body_text(), "may they?");
    }
    let bindings = shown.lock().unwrap();
    let different: std::collections::HashSet<_> = bindings.iter().collect();
    assert_eq!((bindings.len(), different.len()), (5, 5));
}
