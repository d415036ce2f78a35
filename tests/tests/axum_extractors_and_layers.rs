//! What only axum has: its extractors, its layers in the wrong order, its routers of documents. What every adapter does alike is in
//! `behaviour`.

use attesto_axum::{
    Granted, GrantedPrincipal, GrantedScopes, GrantedSender, McpSessionsLayer, ProtectLayer, RequireLayer,
    metadata_router,
};
use attesto_core::host::{
    ForeignVerifier, Guard, GuardBuilder, MemoryReplayStore, PrincipalLookup, PrincipalOutcome, SessionOwners,
};
use attesto_core::http::{Lines, RequestParts};
use attesto_core::resource::{
    ForeignAnswer, ForeignQuestion, Requirement, ResourceServer, ResourceServerBuilder, Sender,
};
use attesto_core::token::{Claims, ForeignClaims};
use attesto_tests::client::Request;
use attesto_tests::servers::{pinned, serve_axum};
use attesto_tests::{AUDIENCE, World};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use std::sync::{Arc, Mutex};

fn guard(builder: ResourceServerBuilder) -> GuardBuilder {
    let store = MemoryReplayStore::single_node(1_000).expect("a capacity");
    Guard::builder(builder.build().expect("a sound configuration")).replay_store(store)
}

fn built(guard: GuardBuilder) -> Arc<Guard> {
    Arc::new(guard.build().expect("a sound guard"))
}

fn layer(guard: &Arc<Guard>) -> ProtectLayer {
    ProtectLayer::new(Arc::clone(guard)).clock(World::new().clock())
}

fn token_of(world: &World, sub: &'static str) -> String {
    world.token(|_, claims| {
        claims.insert("sub".into(), sub.into());
    })
}

async fn who(grant: Granted, scopes: GrantedScopes, sender: GrantedSender) -> String {
    format!("{} {} {}", grant.subject(), sender.0.kind(), scopes.0.join(","))
}

#[test]
fn extractors_tell_who_is_calling() {
    let world = World::new();
    let running = serve_axum(Router::new().route("/mcp", get(who)).layer(layer(&built(guard(pinned(&world))))));
    let answer = running.send(&Request::new("GET", "/mcp").bearer(&world.token(|_, _| {})));
    assert_eq!(answer.said(), (200, "usr_1 bearer mcp:tools:read,mcp:tools:call"));
    assert!(answer.all("cache-control").is_empty(), "W11: success is left alone");
}

#[test]
fn s10_wrong_wiring_admits_no_request() {
    let scope = RequireLayer::new(Requirement::scopes(["admin"]).expect("a scope"));
    let sessions = McpSessionsLayer::new(SessionOwners::single_node(1).expect("a capacity"));
    let app = Router::new()
        .route("/scope", get(|| async { "in" }).layer(scope))
        .route("/session", get(|| async { "in" }).layer(sessions))
        .route("/extractor", get(who));
    let running = serve_axum(app);
    for path in ["/scope", "/session", "/extractor"] {
        let answer = running.send(&Request::new("GET", path).bearer("whatever"));
        assert_eq!((answer.status, answer.all("www-authenticate")), (401, vec!["Bearer"]), "{path}");
    }
}

struct Users;

impl PrincipalLookup for Users {
    type Principal = String;

    async fn principal(&self, _: &Claims, _: &Sender) -> PrincipalOutcome<String> {
        tokio::task::yield_now().await;
        PrincipalOutcome::Accepted("Alice".into())
    }
}

#[test]
fn principal_of_another_type_is_our_own_fault() {
    let world = World::new();
    let app = Router::new()
        .route("/mcp", get(|user: GrantedPrincipal<String>| async move { user.to_string() }))
        .route("/other", get(|user: GrantedPrincipal<u32>| async move { user.to_string() }))
        .layer(layer(&built(guard(pinned(&world)).principal_lookup(Users))));
    let running = serve_axum(app);
    let token = world.token(|_, _| {});
    assert_eq!(running.send(&Request::new("GET", "/mcp").bearer(&token)).said(), (200, "Alice"));
    assert_eq!(running.send(&Request::new("GET", "/other").bearer(&token)).status, 500);
}

/// Notes what it could see of the request.
#[derive(Clone, Default)]
struct Introspection(Arc<Mutex<Vec<String>>>);

impl ForeignVerifier for Introspection {
    async fn verify(&self, token: &ForeignQuestion<'_>, request: &RequestParts<'_>) -> ForeignAnswer {
        let seen = |name: &str| request.headers.lines(name) != Lines::None;
        let line =
            format!("{} {} auth={} tenant={}", token.method(), token.uri(), seen("authorization"), seen("x-tenant"));
        self.0.lock().expect("no panic").push(line);
        tokio::task::yield_now().await;
        match token.token() {
            "opaque-1" => ForeignAnswer::Claims(ForeignClaims::new("opaque user").scopes(["mcp:tools:call"])),
            _ => ForeignAnswer::InvalidToken,
        }
    }
}

#[test]
fn h1_h2_custom_verifier_judges_what_is_not_ours_and_sees_no_credential() {
    let world = World::new();
    let seen = Introspection::default();
    let guard = built(guard(pinned(&world)).foreign_verifier(seen.clone()));
    let running = serve_axum(Router::new().route("/mcp", get(who)).layer(layer(&guard)));
    let request = |target, token: &str| Request::new("GET", target).bearer(token);
    let answer = running.send(&request("/mcp?q=1", "opaque-1").header("x-tenant", "t"));
    assert_eq!(answer.said(), (200, "opaque user bearer mcp:tools:call"));
    assert_eq!(running.send(&request("/mcp", "opaque-2")).status, 401);
    assert_eq!(running.send(&request("/mcp", &world.token(|_, _| {}))).status, 200);
    assert_eq!(
        *seen.0.lock().expect("no panic"),
        [
            "GET https://mcp.example.com/mcp auth=false tenant=true",
            "GET https://mcp.example.com/mcp auth=false tenant=false",
        ]
    );
}

#[test]
fn p4_the_router_of_metadata_publishes_each_resources_document() {
    let world = World::new();
    let first = built(guard(pinned(&world).refuse_other_audiences()));
    let other = ResourceServer::builder("https://mcp.example.com/other", Arc::clone(&world.provider));
    let second = built(guard(other.issuer(world.trusted()).mcp()));
    let documents = metadata_router([&*first, &*second]).expect("two resources");
    let running = serve_axum(Router::new().route("/mcp", get(who)).layer(layer(&first)).merge(documents));
    let get = |path: &str| running.send(&Request::new("GET", &format!("/.well-known/oauth-protected-resource{path}")));
    let document = get("/mcp");
    let json: serde_json::Value = serde_json::from_slice(&document.body).expect("JSON");
    assert_eq!((document.status, &json["resource"]), (200, &AUDIENCE.into()));
    assert!(get("/other").text().contains("https://mcp.example.com/other"));
    assert_eq!(get("").body, document.body, "the first declared resource");
    assert_eq!(get("/none").status, 404);
}

#[test]
fn h6_mcp_session_belongs_to_the_user_it_was_made_for() {
    let world = World::new();
    let mcp = any(|request: axum::extract::Request| async move {
        if request.headers().contains_key("mcp-session-id") {
            return StatusCode::OK.into_response();
        }
        ([("mcp-session-id", "session-1")], "initialised").into_response()
    });
    let sessions = McpSessionsLayer::new(SessionOwners::single_node(10).expect("a capacity"));
    let running =
        serve_axum(Router::new().route("/mcp", mcp).layer(sessions).layer(layer(&built(guard(pinned(&world))))));
    let of = |method: &str, sub| Request::new(method, "/mcp").bearer(&token_of(&world, sub));
    let with = |request: Request, session: &str| request.header("mcp-session-id", session);
    assert_eq!(running.send(&of("POST", "alice")).said(), (200, "initialised"));
    let own = || with(of("POST", "alice"), "session-1");
    for (request, status) in [
        (own(), 200),
        (with(of("POST", "mallory"), "session-1"), 404),
        (with(of("POST", "alice"), "session-2"), 404),
        (with(own(), "session-1"), 404),
        (with(of("DELETE", "alice"), "session-1"), 200),
        (own(), 404),
    ] {
        assert_eq!(running.send(&request).status, status, "{request:?}");
    }
}
