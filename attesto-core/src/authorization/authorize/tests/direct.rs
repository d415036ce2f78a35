//! Refusals that are never redirected (AZ-1 to AZ-9, AZ-32).

use super::world::{assert_direct, header, location};
use super::*;
use crate::authorization::AuthorizationServerBuilder;
use crate::authorization::error::at_authorize::{AuthorizeError, RedirectUriError};
use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::at_token::HostError;

/// Checks that the refusal was shown and reported with this reason, and nothing was issued.
fn refused(world: &mut World, pairs: &Pairs, error: &str, reason: Reason) {
    let response = world.get(pairs);
    assert_direct(&response, reason.status(), error);
    assert_eq!(world.reason(), reason);
    assert!(world.codes.is_empty());
}

#[test]
fn az1_ep1_plain_http_is_refused_before_anything_is_asked() {
    let mut world = World::new();
    let response = world.browse("GET", "http", Some(&good().encoded()), None);
    assert_direct(&response, 400, "invalid_request");
    assert_eq!((world.reason(), world.asked.len()), (Reason::Request(RequestError::InsecureTransport), 0));
}

#[test]
fn az1_ep4_other_methods_are_refused() {
    for method in ["PUT", "OPTIONS", "get", "DELETE"] {
        let mut world = World::new();
        let response = world.browse(method, "https", Some(&good().encoded()), None);
        assert_direct(&response, 405, "invalid_request");
        assert_eq!(header(&response, "allow"), "GET, POST");
        assert_eq!(world.reason(), Reason::Request(RequestError::MethodNotAllowed));
        assert!(world.asked.is_empty() && world.codes.is_empty(), "{method} has spent something");
    }
}

#[test]
fn az1_ep4_head_spends_nothing_and_is_answered_without_a_body() {
    let mut world = World::new();
    for accept in ["*/*", "text/html"] {
        world.accept = accept;
        let response = world.browse("HEAD", "https", Some(&good().encoded()), None);
        assert_eq!((response.status, header(&response, "allow").as_str(), response.body.len()), (405, "GET, POST", 0));
        assert_eq!(world.reason(), Reason::Request(RequestError::MethodNotAllowed));
        assert!(world.asked.is_empty() && world.codes.is_empty());
    }
}

#[test]
fn az1_post_takes_a_form_and_get_a_query() {
    let mut world = World::new();
    assert!(location(&world.browse("POST", "https", None, Some(&good().encoded())), WEB).get("code").is_some());
    world.events.clear();
    // EP-7: a form must not have parameters in the query as well.
    let response = world.browse("POST", "https", Some("scope=x"), Some(&good().encoded()));
    assert_direct(&response, 400, "invalid_request");
    assert_eq!(world.reason(), Reason::Request(RequestError::QueryParameters));
    // The body of a GET is ignored.
    let response = world.browse("GET", "https", None, Some(&good().encoded()));
    assert_direct(&response, 400, "invalid_request");
    assert_eq!(world.reason(), Reason::Request(RequestError::MissingParameter("client_id")));
}

#[test]
fn az1_ep5_broken_encoding_and_length_are_refused() {
    let mut world = World::new();
    for query in [good().encoded() + "&nonce=%zz", good().encoded() + "&nonce=%ff"] {
        assert_direct(&world.browse("GET", "https", Some(&query), None), 400, "invalid_request");
        assert_eq!(world.reason(), Reason::Request(RequestError::MalformedForm));
    }
    let query = good().encoded() + "&x=" + &"x".repeat(crate::limits::FORM_BODY);
    assert_direct(&world.browse("GET", "https", Some(&query), None), 413, "invalid_request");
    assert_eq!(world.reason(), Reason::Request(RequestError::BodyTooLarge));
}

#[test]
fn ep6_a_repeated_identity_is_never_redirected() {
    let mut world = World::new();
    for (name, value) in [("client_id", "web"), ("redirect_uri", WEB), ("redirect_uri", "https://evil.example/")] {
        refused(
            &mut world,
            &good().and(name, value),
            "invalid_request",
            Reason::Request(RequestError::DuplicateParameter),
        );
    }
    for name in ["request", "request_uri"] {
        refused(
            &mut world,
            &good().and(name, "a").and(name, "a"),
            "invalid_request",
            Reason::Request(RequestError::DuplicateParameter),
        );
    }
    assert!(world.asked.is_empty());
}

#[test]
fn ep12_without_the_grant_there_is_no_endpoint() {
    let mut world = World::built(|builder| builder.grants([GrantType::ClientCredentials]));
    assert_direct(&world.get(&good()), 404, "invalid_request");
    assert_eq!(world.reason(), Reason::Request(RequestError::NotOffered));
}

#[test]
fn az2_embedded_user_agents_are_refused_before_the_client_is_looked_up_where_the_server_says_so() {
    let view = "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0";
    let mut world = World::new();
    world.agent = view;
    assert!(location(&world.get(&good()), WEB).get("code").is_some(), "off by default");
    let mut world = World::built(AuthorizationServerBuilder::refuse_embedded_user_agents);
    world.agent = view;
    refused(&mut world, &good(), "invalid_request", Reason::Request(RequestError::EmbeddedUserAgent));
    assert!(world.asked.is_empty());
    // Faults of the request itself come first (EP-1, EP-4), in any browser.
    assert_eq!(world.browse("PUT", "https", Some(&good().encoded()), None).status, 405);
    world.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    assert!(location(&world.get(&good()), WEB).get("code").is_some());
}

#[test]
fn az3_unknown_references_are_refused() {
    let mut world = World::new();
    let ask = |reference: &str| Pairs::new(&[("client_id", "web"), ("request_uri", reference)]);
    for tail in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"]
    {
        let reference = alloc::format!("{REFERENCE}{tail}");
        refused(
            &mut world,
            &ask(&reference),
            "invalid_request_uri",
            Reason::Authorize(AuthorizeError::UnknownRequestUri),
        );
    }
    assert_eq!(world.asked, ["LoadPushedRequest"], "what cannot be a reference is not looked for");
}

#[test]
fn az3_expired_references_are_refused() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.events.clear();
    let ask = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    world.now = NOW + 90;
    refused(&mut world, &ask, "invalid_request_uri", Reason::Authorize(AuthorizeError::UnknownRequestUri));
    world.now = NOW + 89;
    assert!(location(&world.get(&ask), WEB).get("code").is_some());
}

#[test]
fn az4_a_reference_is_for_the_client_that_pushed() {
    let mut world = World::new();
    let reference = world.reference(&good());
    world.events.clear();
    let bare = Pairs::new(&[("request_uri", &reference)]);
    refused(&mut world, &bare, "invalid_request", Reason::Request(RequestError::MissingParameter("client_id")));
    refused(
        &mut world,
        &bare.clone().and("client_id", "cli"),
        "invalid_request",
        Reason::Authorize(AuthorizeError::OtherClientsRequest),
    );
    assert_eq!(world.pushed.len(), 1, "nothing was spent");
    assert!(location(&world.get(&bare.and("client_id", "web")), WEB).get("code").is_some());
}

#[test]
fn az5_the_client_is_known() {
    let mut world = World::new();
    refused(
        &mut world,
        &good().without("client_id"),
        "invalid_request",
        Reason::Request(RequestError::MissingParameter("client_id")),
    );
    refused(
        &mut world,
        &good().with("client_id", ""),
        "invalid_request",
        Reason::Request(RequestError::MissingParameter("client_id")),
    );
    for id in ["nobody", "WEB", "web ", "https://evil.example/client.json"] {
        refused(
            &mut world,
            &good().with("client_id", id),
            "invalid_request",
            Reason::Authorize(AuthorizeError::NoSuchClient),
        );
    }
    world.asked.clear();
    for id in ["w\u{e9}b", "web\n", &"w".repeat(crate::limits::CLIENT_ID + 1)] {
        refused(
            &mut world,
            &good().with("client_id", id),
            "invalid_request",
            Reason::Authorize(AuthorizeError::NoSuchClient),
        );
    }
    assert!(world.asked.is_empty(), "what cannot be a client_id is not looked for");
}

#[test]
fn ev2_claimed_clients_are_kept_apart_from_authenticated_ones() {
    let mut world = World::new();
    world.get(&good().with("client_id", "nobody"));
    world.get(&good().with("client_id", "w\u{e9}b"));
    world.get(&good());
    let told: alloc::vec::Vec<_> =
        world.events.iter().map(|event| (event.claimed_client_id.as_deref(), event.client_id.as_deref())).collect();
    assert_eq!(told, [(Some("nobody"), None), (None, None), (Some("web"), Some("web"))]);
}

#[test]
fn az5_a_host_that_answers_with_another_client_knows_none_of_this_name() {
    let mut world = World::new();
    world.impostor = Some(native());
    refused(&mut world, &good(), "invalid_request", Reason::Authorize(AuthorizeError::NoSuchClient));
}

#[test]
fn az6_request_and_request_uri_exclude_each_other() {
    let mut world = World::new();
    let both = good().with("request", "a.b.c");
    for reference in ["https://app.example/r", "urn:ietf:params:oauth:request_uri:x"] {
        let both = both.with("request_uri", reference);
        refused(&mut world, &both, "invalid_request", Reason::Authorize(AuthorizeError::RequestAndRequestUri));
    }
}

#[test]
fn az8_a_redirect_uri_that_is_not_the_clients_is_never_used() {
    let mut world = World::new();
    refused(
        &mut world,
        &good().without("redirect_uri"),
        "invalid_request",
        Reason::RedirectUri(RedirectUriError::Missing),
    );
    for uri in
        ["https://evil.example/", "https://app.example/cb", "https://app.example/cb?keep=~", "http://127.0.0.1/cb"]
    {
        refused(
            &mut world,
            &good().with("redirect_uri", uri),
            "invalid_request",
            Reason::RedirectUri(RedirectUriError::Unregistered),
        );
    }
    for uri in ["javascript:alert(1)", "https://app.example/cb?keep=%7E#", "https://app.example\\@evil.example/"] {
        refused(
            &mut world,
            &good().with("redirect_uri", uri),
            "invalid_request",
            Reason::RedirectUri(RedirectUriError::Malformed),
        );
    }
    // Whatever else is wrong, the first stage comes first.
    let worse = good().with("redirect_uri", "https://evil.example/").with("response_type", "token").without("scope");
    refused(&mut world, &worse, "invalid_request", Reason::RedirectUri(RedirectUriError::Unregistered));
}

#[test]
fn az7_an_object_without_a_registered_outer_redirect_uri_is_not_redirected() {
    let mut world = World::new();
    let object = Pairs::new(&[("client_id", "web"), ("request", "a.b.c")]);
    refused(&mut world, &object, "invalid_request", Reason::RedirectUri(RedirectUriError::Missing));
}

#[test]
fn az32_a_store_that_is_down_before_there_is_a_redirect_uri_is_503() {
    for question in ["LoadClient", "LoadPushedRequest"] {
        let mut world = World::new();
        let reference = world.reference(&good());
        world.events.clear();
        world.down = Some(question);
        let response = world.get(&Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]));
        assert_direct(&response, 503, "temporarily_unavailable");
        assert_eq!(header(&response, "retry-after"), "1");
        assert_eq!(world.reason(), Reason::Host(HostError::Unavailable));
    }
}

#[test]
fn az33_a_store_that_gives_back_something_else_is_at_fault() {
    for parameters in ["client_id=cli&scope=a", "scope=a", "client_id=web&client_id=web", "client_id=%"] {
        let mut world = World::new();
        let reference = world.reference(&good());
        world.events.clear();
        for record in world.pushed.values_mut() {
            record.parameters = parameters.into();
        }
        let ask = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
        refused(&mut world, &ask, "server_error", Reason::Host(HostError::Answer));
    }
}
