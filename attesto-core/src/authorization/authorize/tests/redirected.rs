//! Errors that the client receives through the browser (AZ-10 to AZ-23, AZ-31).

use super::world::{assert_redirected, location};
use super::*;
use crate::authorization::AuthorizationServerBuilder;
use crate::authorization::error::at_authorize::{AuthorizeError, PkceError};
use crate::authorization::error::at_endpoint::{RequestError, ScopeError, SenderError};
use crate::authorization::error::at_token::{GrantError, HostError};
use alloc::string::String;

fn refused(world: &mut World, pairs: &Pairs, reason: Reason) {
    let response = world.get(pairs);
    assert_redirected(&response, reason.error().code());
    assert_eq!(world.reason(), reason);
    assert!(world.codes.is_empty());
    assert!(!world.asked.contains(&"Authenticate"), "the host is not asked about a request that is wrong");
}

/// Returns the request that passed the checks.
fn passes(pairs: &Pairs) -> AuthorizationRequest {
    passes_in(&mut World::new(), pairs)
}

fn passes_in(world: &mut World, pairs: &Pairs) -> AuthorizationRequest {
    let seen = Arc::new(std::sync::Mutex::new(None));
    let slot = Arc::clone(&seen);
    world.user = Box::new(move |question| {
        *slot.lock().unwrap() = Some(question.visit.request.as_ref().clone());
        Authentication::NoUser
    });
    let response = world.get(pairs);
    assert_eq!(location(&response, WEB).get("error"), Some("login_required"));
    let request = seen.lock().unwrap().take();
    request.unwrap()
}

#[test]
fn ep6_another_repeated_parameter_is_reported_to_the_client() {
    let mut world = World::new();
    for (name, value) in [("scope", "files.read"), ("response_type", "code"), ("code_challenge", CHALLENGE)] {
        refused(&mut world, &good().and(name, value), Reason::Request(RequestError::DuplicateParameter));
    }
    // Repeated values are not used: no `state`, and the default mode.
    let response =
        world.get(&good().and("state", "other").and("response_mode", "form_post").and("response_mode", "query"));
    let answer = location(&response, WEB);
    assert_eq!((answer.get("error"), answer.get("state")), (Some("invalid_request"), None));
}

#[test]
fn az7_request_objects_are_refused_and_not_ignored() {
    refused(&mut World::new(), &good().with("request", "a.b.c"), Reason::Authorize(AuthorizeError::RequestObject));
    assert_eq!(Reason::Authorize(AuthorizeError::RequestObject).error().code(), "request_not_supported");
}

#[test]
fn az10_unknown_response_modes_are_refused_by_query() {
    let mut world = World::new();
    for mode in ["fragment.jwt", "jwt", "query.jwt", "web_message", "Query", "Fragment"] {
        refused(
            &mut world,
            &good().with("response_mode", mode),
            Reason::Authorize(AuthorizeError::UnsupportedResponseMode),
        );
    }
}

#[test]
fn az11_the_endpoint_fetches_nothing_and_registers_no_client() {
    let mut world = World::new();
    for uri in ["https://app.example/r", "URN:ietf:params:oauth:request_uri:x", "urn:ietf:params:oauth:request_uri"] {
        refused(&mut world, &good().with("request_uri", uri), Reason::Authorize(AuthorizeError::RemoteRequestUri));
    }
    refused(&mut world, &good().with("registration", "{}"), Reason::Authorize(AuthorizeError::RegistrationParameter));
}

#[test]
fn az12_the_response_type_is_code() {
    let mut world = World::new();
    refused(
        &mut world,
        &good().without("response_type"),
        Reason::Request(RequestError::MissingParameter("response_type")),
    );
    for response_type in ["token", "id_token", "code id_token", "none", "Code", "code "] {
        refused(
            &mut world,
            &good().with("response_type", response_type),
            Reason::Authorize(AuthorizeError::UnsupportedResponseType),
        );
    }
    world.clients = [web().grants([GrantType::ClientCredentials])].into();
    refused(&mut world, &good(), Reason::Grant(GrantError::NotAllowed));
    assert_eq!(Reason::Grant(GrantError::NotAllowed).error().code(), "unauthorized_client");
}

#[test]
fn az13_what_must_be_pushed_is_pushed() {
    let mut strict = World::built(AuthorizationServerBuilder::require_pushed_authorization_requests);
    let mut strict_client = World::new();
    strict_client.clients = [web().require_pushed_requests()].into();
    for world in [&mut strict, &mut strict_client] {
        refused(world, &good(), Reason::Authorize(AuthorizeError::MustBePushed));
        let reference = world.reference(&good());
        let pushed = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
        assert!(location(&world.get(&pushed), WEB).get("code").is_some());
    }
}

#[test]
fn az14_the_scope_is_well_formed_and_the_clients() {
    let mut world = World::new();
    for scope in [" files.read", "files.read  files.write", "files.read\t", "\"", "caf\u{e9}"] {
        refused(&mut world, &good().with("scope", scope), Reason::Scope(ScopeError::Malformed));
    }
    for scope in ["admin", "files.read admin", "FILES.read"] {
        refused(&mut world, &good().with("scope", scope), Reason::Scope(ScopeError::TooWide));
    }
    assert_eq!(passes(&good()).scopes.to_string(), "files.read files.write");
    assert_eq!(passes(&good().without("scope")).scopes.to_string(), "files.read", "the client's default");
}

#[test]
fn az14_offline_access_is_for_those_who_ask_the_user() {
    let scope = "files.read offline_access";
    assert_eq!(passes(&good().with("scope", scope)).scopes.to_string(), "files.read");
    assert_eq!(passes(&good().with("scope", scope).with("prompt", "consent")).scopes.to_string(), scope);
    refused(&mut World::new(), &good().with("scope", "offline_access"), Reason::Scope(ScopeError::Refused));
}

#[test]
fn az15_pkce_is_required_of_every_client() {
    let mut world = World::new();
    refused(&mut world, &good().without("code_challenge"), Reason::Pkce(PkceError::ChallengeMissing));
    refused(
        &mut world,
        &good().without("code_challenge").without("code_challenge_method"),
        Reason::Pkce(PkceError::ChallengeMissing),
    );
    refused(&mut world, &good().without("code_challenge_method"), Reason::Pkce(PkceError::ChallengeMethod));
    for method in ["plain", "s256", "S512", "S256 "] {
        refused(&mut world, &good().with("code_challenge_method", method), Reason::Pkce(PkceError::ChallengeMethod));
    }
    for challenge in [
        &CHALLENGE[1..],
        &[CHALLENGE, "A"].concat(),
        &[CHALLENGE, "="].concat(),
        &CHALLENGE.replace("cM", "cN"),
        &CHALLENGE.replace('-', "+"),
    ] {
        refused(&mut world, &good().with("code_challenge", challenge), Reason::Pkce(PkceError::ChallengeMalformed));
    }
}

#[test]
fn az16_state_and_nonce_are_bounded() {
    let answer = |state: &str| location(&World::new().get(&good().with("state", state)), WEB);
    let longest = "s".repeat(crate::limits::STATE);
    assert_eq!(answer(&longest).get("state"), Some(longest.as_str()));
    let refusal = answer(&[&longest, "s"].concat());
    assert_eq!((refusal.get("error"), refusal.get("state")), (Some("invalid_request"), None));
    let nonce = "n".repeat(crate::limits::OIDC_NONCE);
    assert_eq!(passes(&good().with("nonce", &nonce)).nonce, Some(nonce.clone()));
    refused(
        &mut World::new(),
        &good().with("nonce", &[&nonce, "n"].concat()),
        Reason::Authorize(AuthorizeError::NonceTooLong),
    );
    let mut without = World::new();
    assert_eq!(location(&without.get(&good().without("state")), WEB).get("state"), None);
}

#[test]
fn st5_a_nonce_with_a_nul_is_refused_before_anything_is_asked_or_stored() {
    let nonce = "\u{1}\u{7f}\u{1f511}";
    assert_eq!(passes(&good().with("nonce", nonce)).nonce.as_deref(), Some(nonce));
    for nonce in ["\0", "n\0", "\0n"] {
        let mut world = World::new();
        refused(&mut world, &good().with("nonce", nonce), Reason::Authorize(AuthorizeError::MalformedNonce));
        assert!(world.codes.is_empty());
    }
}

#[test]
fn az16_a_nonce_can_be_demanded_for_openid() {
    let mut world = World::built(AuthorizationServerBuilder::require_nonce);
    let openid = good().with("scope", "openid");
    refused(&mut world, &openid, Reason::Authorize(AuthorizeError::NonceRequired));
    assert_eq!(passes_in(&mut world, &openid.with("nonce", "n")).nonce.as_deref(), Some("n"));
    assert_eq!(passes_in(&mut world, &good()).nonce, None, "not an OpenID request");
    assert_eq!(passes(&openid).nonce, None, "not demanded");
}

#[test]
fn az17_prompt_is_known_and_none_stands_alone() {
    let mut world = World::new();
    refused(&mut world, &good().with("prompt", "create"), Reason::Authorize(AuthorizeError::MalformedPrompt));
    refused(&mut world, &good().with("prompt", "none login"), Reason::Authorize(AuthorizeError::PromptNoneNotAlone));
}

#[test]
fn az18_max_age_is_a_number_of_seconds() {
    let mut world = World::new();
    for max_age in ["-1", "+1", "1.5", "x", "1 ", "2147483648", "99999999999999999999", "0x10"] {
        refused(&mut world, &good().with("max_age", max_age), Reason::Authorize(AuthorizeError::MalformedMaxAge));
    }
    assert_eq!(passes(&good().with("max_age", "2147483647")).max_age, Some(2_147_483_647));
    assert_eq!(passes(&good().with("max_age", "0")).max_age, Some(0));
    assert_eq!(passes(&good()).max_age, None);
    world = World::new();
    world.clients = [web().default_max_age(60)].into();
    assert_eq!(passes_in(&mut world, &good()).max_age, Some(60));
    assert_eq!(passes_in(&mut world, &good().with("max_age", "5")).max_age, Some(5));
}

#[test]
fn az19_acr_values_keep_their_order_and_claims_are_ignored() {
    let request =
        passes(&good().with("acr_values", "phr mfa pwd").with("claims", "{broken").with("ui_locales", "de en"));
    assert_eq!(request.acr_values, ["phr", "mfa", "pwd"]);
    assert_eq!(request.ui_locales, ["de", "en"]);
    assert_eq!(passes(&good().with("login_hint", "a@b")).login_hint.as_deref(), Some("a@b"));
}

#[test]
fn az20_az23_parameters_that_are_not_understood_are_refused_and_not_dropped() {
    let mut world = World::new();
    refused(&mut world, &good().with("id_token_hint", "a.b.c"), Reason::Authorize(AuthorizeError::IdTokenHint));
    refused(
        &mut world,
        &good().with("authorization_details", "[]"),
        Reason::Authorize(AuthorizeError::AuthorizationDetails),
    );
}

#[test]
fn az21_resources_are_the_clients() {
    let mut world = World::new();
    for resource in
        ["https://evil.example", "https://files.example//", "files.example", "https://files.example#", "/", "%"]
    {
        refused(&mut world, &good().with("resource", resource), Reason::Scope(ScopeError::InvalidTarget));
    }
    // A repeated `resource` counts with all its values.
    let all = good()
        .and("resource", "https://other.example/x?y=z")
        .and("resource", AUDIENCE)
        .and("resource", "https://other.example/x?y=z");
    assert_eq!(passes(&all).resources, ["https://other.example/x?y=z", AUDIENCE]);
    refused(&mut world, &all.and("resource", "https://evil.example"), Reason::Scope(ScopeError::InvalidTarget));
    assert!(passes(&good()).resources.is_empty());
}

#[test]
fn az21_resources_are_at_most_16() {
    let names: alloc::vec::Vec<String> = (0..17).map(|at| alloc::format!("https://r{at}.example")).collect();
    let mut world = World::new();
    world.clients = [web().resources(names.clone())].into();
    let asking = |count: usize| names.iter().take(count).fold(good(), |pairs, name| pairs.and("resource", name));
    assert_eq!(passes_in(&mut world, &asking(16)).resources.len(), 16);
    world.events.clear();
    world.asked.clear();
    refused(&mut world, &asking(17), Reason::Scope(ScopeError::InvalidTarget));
}

#[test]
fn az22_dpop_jkt_is_a_thumbprint() {
    let mut world = World::new();
    for jkt in [&CHALLENGE[1..], "x", &CHALLENGE.replace("cM", "cN")] {
        refused(&mut world, &good().with("dpop_jkt", jkt), Reason::Sender(SenderError::MalformedJkt));
    }
    assert_eq!(passes(&good().with("dpop_jkt", CHALLENGE)).dpop_jkt.unwrap().to_base64url(), CHALLENGE);
    let mut without = World::built(AuthorizationServerBuilder::without_dpop);
    assert_eq!(passes_in(&mut without, &good().with("dpop_jkt", "x")).dpop_jkt, None);
}

#[test]
fn parameters_are_bounded_one_by_one() {
    let long = "x".repeat(crate::limits::PARAMETER);
    assert_eq!(passes(&good().with("login_hint", &long)).login_hint.unwrap().len(), long.len());
    refused(
        &mut World::new(),
        &good().with("login_hint", &[&long, "x"].concat()),
        Reason::Request(RequestError::ParameterTooLong),
    );
}

#[test]
fn az27_a_request_is_no_longer_than_one_that_could_be_pushed() {
    let resources = |count: usize| {
        let padded = "x".repeat(crate::limits::PARAMETER - 2000);
        (0..count).fold(good(), |pairs, at| pairs.and("resource", &alloc::format!("{AUDIENCE}?{at}{padded}")))
    };
    let mut world = World::new();
    assert_eq!(world.get(&resources(3)).status, 400, "shown: its way back would be as long");
    assert_eq!(world.reason(), Reason::Request(RequestError::ParameterTooLong));
    world.events.clear();
    // With one resource less, the request is known to be the client's.
    refused(&mut world, &resources(2), Reason::Scope(ScopeError::InvalidTarget));
}

#[test]
fn az31_a_refusal_keeps_to_the_mode_of_the_request() {
    let mut world = World::new();
    let response = world.get(&good().with("response_mode", "form_post").with("response_type", "token"));
    assert_eq!((response.status, response.header("location").count()), (200, 0));
    assert!(response.body_text().contains("name=\"error\" value=\"unsupported_response_type\""));
    // AZ-13: the refusal is redirected although the request was not pushed.
    let mut world = World::built(AuthorizationServerBuilder::require_pushed_authorization_requests);
    let response = world.get(&good().with("response_mode", "form_post"));
    assert_eq!((response.status, world.reason()), (200, Reason::Authorize(AuthorizeError::MustBePushed)));
}

#[test]
fn az32_a_store_that_fails_later_is_reported_to_the_client() {
    for question in ["Authenticate", "Consent", "InsertCode"] {
        let mut world = World::new();
        world.down = Some(question);
        let response = world.get(&good());
        assert_redirected(&response, "temporarily_unavailable");
        assert_eq!(world.reason(), Reason::Host(HostError::Unavailable));
    }
    let mut world = World::new();
    world.entropy = false;
    assert_redirected(&world.get(&good()), "server_error");
    assert_eq!((world.reason(), world.codes.len()), (Reason::Host(HostError::Entropy), 0));
}
