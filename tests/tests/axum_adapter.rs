//! The axum adapter over a real socket: what reaches the handler, and what the client is told.

use attesto_axum::{
    Clock, Granted, GrantedScopes, GrantedSender, McpSessionsLayer, Principal, ProtectLayer, RequireLayer, TlsSession,
    metadata_router,
};
use attesto_core::Timestamp;
use attesto_core::dpop::{ProofPolicy, ReplayAnswer, ReplayClaim};
use attesto_core::host::{
    Event, EventSink, ForeignVerifier, Guard, Instances, MemoryReplayStore, PrincipalLookup, PrincipalOutcome,
    ReplayStore, SessionOwners, StoreReach,
};
use attesto_core::http::{CanonicalOrigin, ForwardedHeader, Lines, OriginPolicy, RequestParts, TrustedProxies};
use attesto_core::mtls::{CertificatePolicy, ClientCert};
use attesto_core::resource::{
    CredentialPolicy, ErrorRenderer, ErrorView, ForeignAnswer, ForeignQuestion, RenderedBody, Requirement,
    ResourceServerBuilder, Sender,
};
use attesto_core::token::{Claims, ForeignClaims};
use attesto_tests::{AUDIENCE, NOW, World};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use axum::{Router, middleware};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

const CLIENT: &[u8] = include_bytes!("../keys/client.der");
const OTHER: &[u8] = include_bytes!("../keys/other.der");

/// A server on a loopback port; it ends with the test's runtime.
struct Served(SocketAddr);

impl Served {
    async fn new(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self(address)
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let stream = TcpStream::connect(self.0).await.expect("a connection");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
        tokio::spawn(connection);
        let mut request = http::Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "mcp.example.com");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).expect("a request");
        let (parts, body) = sender.send_request(request).await.expect("a response").into_parts();
        let body = String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("text");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"").await
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
    }
}

/// The origin is pinned, as behind a proxy that ends TLS.
fn pinned(world: &World) -> ResourceServerBuilder {
    let origin = CanonicalOrigin::parse("https://mcp.example.com").expect("an origin");
    world.builder().origin(OriginPolicy::new().canonical(origin))
}

fn guard(builder: ResourceServerBuilder) -> Arc<Guard> {
    let store = MemoryReplayStore::single_node(1_000).expect("a capacity");
    let server = builder.build().expect("a sound configuration");
    Arc::new(Guard::builder(server).replay_store(store).build().expect("a sound guard"))
}

fn layer(guard: &Arc<Guard>) -> ProtectLayer {
    ProtectLayer::new(Arc::clone(guard)).clock(Clock::new(|| Timestamp::from_secs(NOW)))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

async fn who(grant: Granted, scopes: GrantedScopes, sender: GrantedSender) -> String {
    format!("{} {} {}", grant.subject(), sender.0.kind(), scopes.0.join(","))
}

/// The client's proof for this method and URL.
fn proof(world: &World, token: &str, method: &str, url: &str, jti: &str) -> String {
    world.proof(token, |_, claims| {
        claims.insert("htm".into(), method.into());
        claims.insert("htu".into(), url.into());
        claims.insert("jti".into(), jti.into());
    })
}

#[tokio::test]
async fn extractors_tell_who_is_calling() {
    let world = World::new();
    let app = Router::new().route("/mcp", get(who)).layer(layer(&guard(pinned(&world))));
    let served = Served::new(app).await;
    let token = bearer(&world.token(|_, _| {}));
    let answer = served.get("/mcp", &[("authorization", &token)]).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "usr_1 bearer mcp:tools:read,mcp:tools:call"));
    assert!(answer.headers.get("cache-control").is_none(), "W11: success is left alone");
}

#[tokio::test]
async fn t4_bound_token_sent_as_bearer_is_refused_and_the_handler_is_not_reached() {
    let world = World::new();
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reached);
    let handler = any(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        async { "reached" }
    });
    let served = Served::new(Router::new().route("/mcp", handler).layer(layer(&guard(pinned(&world))))).await;
    let answer = served.get("/mcp", &[("authorization", &bearer(&world.bound_token()))]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.all("www-authenticate")[0].starts_with("DPoP error=\"invalid_token\""));
    assert_eq!(
        answer.body,
        r#"{"error":"invalid_token","error_description":"The access token is not valid for this resource"}"#
    );
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn t5_t6_proof_is_accepted_once_and_two_keys_may_share_a_jti() {
    let world = World::new();
    let served = Served::new(Router::new().route("/mcp", get(who)).layer(layer(&guard(pinned(&world))))).await;
    let token = world.bound_token();
    let (scheme, proof) = (format!("DPoP {token}"), proof(&world, &token, "GET", AUDIENCE, "same"));
    let headers = [("authorization", scheme.as_str()), ("dpop", proof.as_str())];
    assert_eq!(served.get("/mcp", &headers).await.body, "usr_1 dpop mcp:tools:read,mcp:tools:call");
    let again = served.get("/mcp", &headers).await;
    assert_eq!(again.status, 401);
    assert!(again.all("www-authenticate")[0].contains("error=\"invalid_dpop_proof\""));

    // The same jti under another key is another proof.
    let other = World { client: World::new().thief, ..World::new() };
    let token = other.bound_token();
    let (scheme, proof) = (format!("DPoP {token}"), self::proof(&other, &token, "GET", AUDIENCE, "same"));
    assert_eq!(served.get("/mcp", &[("authorization", &scheme), ("dpop", &proof)]).await.status, 200);
}

#[tokio::test]
async fn r1_a_proof_sent_a_hundred_times_at_once_is_accepted_once() {
    let world = World::new();
    let served =
        Arc::new(Served::new(Router::new().route("/mcp", get(who)).layer(layer(&guard(pinned(&world))))).await);
    let token = world.bound_token();
    let (scheme, proof) = (format!("DPoP {token}"), proof(&world, &token, "GET", AUDIENCE, "race"));
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (served, scheme, proof) = (Arc::clone(&served), scheme.clone(), proof.clone());
        requests.spawn(async move { served.get("/mcp", &[("authorization", &scheme), ("dpop", &proof)]).await.status });
    }
    let statuses = requests.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 99);
}

#[tokio::test]
async fn nested_router_sees_the_path_the_client_asked_for() {
    let world = World::new();
    let api = Router::new().route("/things", get(who)).layer(layer(&guard(pinned(&world))));
    let served = Served::new(Router::new().nest("/outer/api", api)).await;
    let token = world.bound_token();
    for (path, jti, status) in [("/outer/api/things", "whole", 200), ("/things", "stripped", 401)] {
        let url = format!("https://mcp.example.com{path}");
        let (scheme, proof) = (format!("DPoP {token}"), proof(&world, &token, "GET", &url, jti));
        let answer = served.get("/outer/api/things?q=1", &[("authorization", &scheme), ("dpop", &proof)]).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn fallback_and_unknown_paths_are_protected_too() {
    let world = World::new();
    let app = Router::new().fallback(|| async { "fallback" }).layer(layer(&guard(pinned(&world))));
    let served = Served::new(app).await;
    assert_eq!(served.get("/anything", &[]).await.status, 401);
    let token = bearer(&world.token(|_, _| {}));
    assert_eq!(served.get("/anything", &[("authorization", &token)]).await.body, "fallback");
}

#[tokio::test]
async fn bodies_stream_through_in_both_directions() {
    let world = World::new();
    // Answers with the first chunk before the request's body has ended: nothing may wait for the whole.
    async fn echo(request: Request) -> Body {
        Body::new(request.into_body())
    }
    let served = Served::new(Router::new().route("/mcp", post(echo)).layer(layer(&guard(pinned(&world))))).await;
    let stream = TcpStream::connect(served.0).await.expect("a connection");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    tokio::spawn(connection);
    let (chunks, body) = tokio::sync::mpsc::channel::<Bytes>(1);
    let request = http::Request::post("/mcp")
        .header("host", "mcp.example.com")
        .header("authorization", bearer(&world.token(|_, _| {})))
        .body(Body::new(Chunks(body)))
        .expect("a request");
    let response = tokio::spawn(async move { sender.send_request(request).await });
    chunks.send(Bytes::from_static(b"one")).await.expect("the server reads");
    let mut body = response.await.expect("no panic").expect("a response").into_body();
    for expected in ["one", "two"] {
        let frame = body.frame().await.expect("a frame").expect("no error");
        assert_eq!(frame.into_data().expect("data"), expected);
        let _ = chunks.send(Bytes::from_static(b"two")).await;
    }
}

/// A body fed by the test.
struct Chunks(tokio::sync::mpsc::Receiver<Bytes>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(hyper::body::Frame::data(chunk))))
    }
}

#[tokio::test]
async fn w9_scope_layer_asks_more_of_single_routes() {
    let world = World::new();
    let admin = RequireLayer::new(Requirement::scopes(["admin", "mcp:tools:call"]).expect("scopes"));
    let app = Router::new()
        .route("/mcp", get(who))
        .route("/admin", get(who).layer(admin))
        .layer(layer(&guard(pinned(&world))));
    let served = Served::new(app).await;
    let token = bearer(&world.token(|_, _| {}));
    assert_eq!(served.get("/mcp", &[("authorization", &token)]).await.status, 200);
    let refused = served.get("/admin", &[("authorization", &token)]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.all("www-authenticate")[0].contains("scope=\"admin mcp:tools:call\""));
    let token = bearer(&world.token(|_, claims| {
        claims.insert("scope".into(), "mcp:tools:call admin".into());
    }));
    assert_eq!(served.get("/admin", &[("authorization", &token)]).await.status, 200);
}

#[tokio::test]
async fn s10_wrong_wiring_lets_nobody_in() {
    let scope = RequireLayer::new(Requirement::scopes(["admin"]).expect("a scope"));
    let sessions = McpSessionsLayer::new(SessionOwners::single_node(1).expect("a capacity"));
    let app = Router::new()
        .route("/scope", get(|| async { "in" }).layer(scope))
        .route("/session", get(|| async { "in" }).layer(sessions))
        .route("/extractor", get(who));
    let served = Served::new(app).await;
    for path in ["/scope", "/session", "/extractor"] {
        let answer = served.get(path, &[("authorization", "Bearer whatever")]).await;
        assert_eq!((answer.status.as_u16(), answer.all("www-authenticate")), (401, vec!["Bearer"]), "{path}");
    }
}

struct Users;

impl PrincipalLookup for Users {
    type Principal = String;

    async fn principal(&self, claims: &Claims, _: &Sender) -> PrincipalOutcome<String> {
        tokio::task::yield_now().await;
        match claims.subject() {
            "usr_1" => PrincipalOutcome::Accepted("Alice".into()),
            "usr_down" => PrincipalOutcome::Unavailable,
            _ => PrincipalOutcome::Refused,
        }
    }
}

#[tokio::test]
async fn principal_lookup_may_accept_refuse_or_fail() {
    let world = World::new();
    let server = pinned(&world).build().expect("a sound configuration");
    let store = MemoryReplayStore::single_node(10).expect("a capacity");
    let guard = Guard::builder(server).replay_store(store).principal_lookup(Users).build().expect("a sound guard");
    let app = Router::new()
        .route("/mcp", get(|user: Principal<String>| async move { user.to_string() }))
        .route("/other", get(|user: Principal<u32>| async move { user.to_string() }))
        .layer(layer(&Arc::new(guard)));
    let served = Served::new(app).await;
    let token = |sub: &'static str| {
        bearer(&world.token(|_, claims| {
            claims.insert("sub".into(), sub.into());
        }))
    };
    assert_eq!(served.get("/mcp", &[("authorization", &token("usr_1"))]).await.body, "Alice");
    assert_eq!(served.get("/other", &[("authorization", &token("usr_1"))]).await.status, 500);
    assert_eq!(served.get("/mcp", &[("authorization", &token("usr_2"))]).await.status, 401);
    let down = served.get("/mcp", &[("authorization", &token("usr_down"))]).await;
    assert_eq!((down.status.as_u16(), down.body.as_str()), (503, r#"{"error":"temporarily_unavailable"}"#));
    assert_eq!(down.all("retry-after"), ["5"]);
}

/// Knows one opaque token, and notes what it could see of the request.
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

#[tokio::test]
async fn h1_h2_custom_verifier_judges_what_is_not_ours_and_sees_no_credential() {
    let world = World::new();
    let seen = Introspection::default();
    let server = pinned(&world).build().expect("a sound configuration");
    let store = MemoryReplayStore::single_node(10).expect("a capacity");
    let guard =
        Guard::builder(server).replay_store(store).foreign_verifier(seen.clone()).build().expect("a sound guard");
    let served = Served::new(Router::new().route("/mcp", get(who)).layer(layer(&Arc::new(guard)))).await;
    let answer = served.get("/mcp?q=1", &[("authorization", "Bearer opaque-1"), ("x-tenant", "t")]).await;
    assert_eq!(answer.body, "opaque user bearer mcp:tools:call");
    assert_eq!(served.get("/mcp", &[("authorization", "Bearer opaque-2")]).await.status, 401);
    let own = bearer(&world.token(|_, _| {}));
    assert_eq!(served.get("/mcp", &[("authorization", &own)]).await.status, 200);
    let lines = seen.0.lock().expect("no panic").clone();
    assert_eq!(
        lines,
        [
            "GET https://mcp.example.com/mcp auth=false tenant=true",
            "GET https://mcp.example.com/mcp auth=false tenant=false",
        ]
    );
}

#[derive(Debug)]
struct Envelope;

impl ErrorRenderer for Envelope {
    fn render(&self, view: &ErrorView<'_>) -> Option<RenderedBody> {
        Some(RenderedBody::new("application/problem+json", format!(r#"{{"status":{}}}"#, view.status)))
    }
}

#[tokio::test]
async fn w14_renderer_decides_the_body_and_nothing_else() {
    let world = World::new();
    let guard = guard(pinned(&world).error_renderer(Arc::new(Envelope)));
    let served = Served::new(Router::new().route("/mcp", get(who)).layer(layer(&guard))).await;
    for (headers, status) in
        [(vec![], 401), (vec![("authorization", "Bearer a b")], 400), (vec![("authorization", "Bearer x")], 401)]
    {
        let answer = served.get("/mcp", &headers).await;
        assert_eq!((answer.status.as_u16(), answer.body.clone()), (status, format!(r#"{{"status":{status}}}"#)));
        assert_eq!(answer.all("content-type"), ["application/problem+json"]);
        assert!(!answer.all("www-authenticate").is_empty());
        assert_eq!(answer.all("cache-control"), ["no-store"]);
    }
    let head = served.send("HEAD", "/mcp", &[], b"").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (401, ""));
}

#[tokio::test]
async fn c8_form_tokens_are_read_only_on_request_and_the_handler_still_gets_the_form() {
    let world = World::new();
    let echo = || post(|_: Granted, body: String| async move { body.len().to_string() });
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("a=b&access_token={}", world.token(|_, _| {}));

    let closed = Served::new(Router::new().route("/mcp", echo()).layer(layer(&guard(pinned(&world))))).await;
    assert_eq!(closed.send("POST", "/mcp", &form, body.as_bytes()).await.status, 401);

    let opted = guard(pinned(&world).credentials(CredentialPolicy::new().accept_form_body()));
    let open = Served::new(Router::new().route("/mcp", echo()).layer(layer(&opted))).await;
    let answer = open.send("POST", "/mcp", &form, body.as_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.body.clone()), (200, body.len().to_string()));
    assert_eq!(answer.headers["cache-control"], "private", "W11");
    // A long form beside a header token passes untouched.
    let long = format!("a={}", "x".repeat(300_000));
    let token = bearer(&world.token(|_, _| {}));
    let headers = [form[0], ("authorization", token.as_str())];
    let answer = open.send("POST", "/mcp", &headers, long.as_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, long.len().to_string()));
    let bound = format!("access_token={}", world.bound_token());
    assert_eq!(open.send("POST", "/mcp", &form, bound.as_bytes()).await.status, 401, "B2");
}

#[tokio::test]
async fn c11_preflight_passes_only_when_the_adapter_is_told() {
    let world = World::new();
    let preflight = [("origin", "https://app.example.com"), ("access-control-request-method", "POST")];
    let route = || Router::new().route("/mcp", any(|| async { "cors" }));
    let strict = Served::new(route().layer(layer(&guard(pinned(&world))))).await;
    let refused = strict.send("OPTIONS", "/mcp", &preflight, b"").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.all("access-control-expose-headers"), ["DPoP-Nonce, WWW-Authenticate"], "D15");
    let told = Served::new(route().layer(layer(&guard(pinned(&world))).pass_cors_preflight())).await;
    assert_eq!(told.send("OPTIONS", "/mcp", &preflight, b"").await.body, "cors");
    assert_eq!(told.send("OPTIONS", "/mcp", &[], b"").await.status, 401);
    assert_eq!(told.send("DELETE", "/mcp", &preflight, b"").await.status, 401);
}

#[tokio::test]
async fn t9_discovery_leads_from_the_challenge_to_a_document_that_leads_back() {
    let world = World::new();
    let first = guard(pinned(&world).refuse_other_audiences());
    let second = guard(
        attesto_core::resource::ResourceServer::builder("https://mcp.example.com/other", Arc::clone(&world.provider))
            .issuer(world.trusted())
            .mcp(),
    );
    let app = Router::new()
        .route("/mcp", get(who))
        .layer(layer(&first))
        .merge(metadata_router([&*first, &*second]).expect("two resources"));
    let served = Served::new(app).await;
    let challenge = served.get("/mcp", &[]).await;
    let pointer = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
    assert!(challenge.all("www-authenticate").iter().all(|value| value.contains(pointer)));
    let document = served.get("/.well-known/oauth-protected-resource/mcp", &[]).await;
    assert_eq!(document.status, 200);
    let json: serde_json::Value = serde_json::from_str(&document.body).expect("JSON");
    assert_eq!(json["resource"], AUDIENCE);
    assert_eq!(document.all("access-control-allow-origin"), ["*"]);
    let other = served.get("/.well-known/oauth-protected-resource/other", &[]).await;
    assert!(other.body.contains("https://mcp.example.com/other"));
    let root = served.get("/.well-known/oauth-protected-resource", &[]).await;
    assert_eq!(root.body, document.body, "the first declared resource");
    assert_eq!(served.get("/.well-known/oauth-protected-resource/none", &[]).await.status, 404);
    let refused = served.send("POST", "/.well-known/oauth-protected-resource/mcp", &[], b"").await;
    assert_eq!((refused.status.as_u16(), refused.all("allow")), (405, vec!["GET, HEAD, OPTIONS"]));
    let head = served.send("HEAD", "/.well-known/oauth-protected-resource/mcp", &[], b"").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

/// What a TLS acceptor does in a real server: tell the request what the handshake showed.
fn tls(certificate: Option<&'static [u8]>) -> impl Fn(Request) -> Request + Clone {
    move |mut request| {
        let session = match certificate {
            Some(der) => TlsSession::with_client_certificate(der),
            None => TlsSession::new(),
        };
        request.extensions_mut().insert(session);
        request
    }
}

#[tokio::test]
async fn b7_b8_b9_certificate_of_the_tls_session_decides() {
    let world = World::new();
    let token = bearer(&world.certificate_token(CLIENT));
    for (certificate, status) in [(Some(CLIENT), 200), (None, 401), (Some(OTHER), 401)] {
        let guard = guard(world.builder().mtls(CertificatePolicy::new()));
        let app = Router::new()
            .route("/mcp", get(who))
            .layer(layer(&guard))
            .layer(middleware::map_request(move |request: Request| std::future::ready(tls(certificate)(request))));
        let served = Served::new(app).await;
        assert_eq!(served.get("/mcp", &[("authorization", &token)]).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn m4_p13_forwarded_certificate_and_origin_count_only_from_a_trusted_proxy() {
    let world = World::new();
    let token = bearer(&world.certificate_token(CLIENT));
    let certificate = format!(":{}:", base64(CLIENT));
    let headers = [
        ("authorization", token.as_str()),
        ("client-cert", certificate.as_str()),
        ("forwarded", "proto=https;host=mcp.example.com"),
    ];
    for (proxies, status) in [(vec!["loopback"], 200), (vec!["192.0.2.1"], 401)] {
        let origin = OriginPolicy::new()
            .proxies(TrustedProxies::parse(proxies).expect("proxies"))
            .forwarded(ForwardedHeader::Forwarded);
        let certificates = CertificatePolicy::new().forwarded(Arc::new(ClientCert));
        let guard = guard(world.builder().origin(origin).mtls(certificates));
        let served = Served::new(Router::new().route("/mcp", get(who)).layer(layer(&guard))).await;
        assert_eq!(served.get("/mcp", &headers).await.status.as_u16(), status);
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = u32::from_be_bytes([0, chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)]);
        for index in 0..4 {
            let digit = (group >> (18 - 6 * index)) & 63;
            text.push(if index <= chunk.len() { ALPHABET[digit as usize] as char } else { '=' });
        }
    }
    text
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl EventSink for Heard {
    fn emit(&self, event: &Event<'_>) {
        let mut line = event.name().to_owned();
        event.visit(&mut |name, value| line.push_str(&format!(" {name}={value}")));
        self.0.lock().expect("no panic").push(line);
    }
}

#[tokio::test]
async fn e1_to_e5_events_tell_what_happened_and_no_secret() {
    let world = World::new();
    let heard = Heard::default();
    let server = pinned(&world).build().expect("a sound configuration");
    let store = MemoryReplayStore::single_node(10).expect("a capacity");
    let guard = Guard::builder(server).replay_store(store).events(heard.clone()).build().expect("a sound guard");
    let admin = RequireLayer::new(Requirement::scopes(["admin"]).expect("a scope"));
    let app =
        Router::new().route("/mcp", get(who)).route("/admin", get(who).layer(admin)).layer(layer(&Arc::new(guard)));
    let served = Served::new(app).await;
    let token = world.bound_token();
    let (scheme, proof) = (format!("DPoP {token}"), proof(&world, &token, "GET", AUDIENCE, "j\"\n1"));
    let headers = [("authorization", scheme.as_str()), ("dpop", proof.as_str())];
    served.get("/mcp", &headers).await;
    served.get("/mcp", &headers).await;
    let plain = bearer(&world.token(|_, _| {}));
    served.get("/admin", &[("authorization", &plain)]).await;
    served.get("/mcp", &[]).await;
    let lines = heard.0.lock().expect("no panic").clone();
    let names: Vec<&str> = lines.iter().map(|line| line.split(' ').next().expect("a name")).collect();
    assert_eq!(
        names,
        [
            "auth_succeeded",
            "dpop_replay_detected",
            "auth_denied",
            "auth_succeeded",
            "auth_denied",
            "scope_denied",
            "auth_denied"
        ],
        "{lines:#?}"
    );
    let all = lines.join("\n");
    for secret in [&token, &proof, plain.split(' ').nth(1).expect("a token")] {
        assert!(!all.contains(secret));
    }
    assert!(!all.contains("j\"\n1"), "client-chosen text is escaped: {all}");
}

#[derive(Debug)]
struct Broken;

impl ReplayStore for Broken {
    async fn claim(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Unavailable
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[tokio::test]
async fn r3_failing_or_full_replay_store_is_503_and_never_a_pass() {
    let world = World::new();
    let server = || pinned(&world).build().expect("a sound configuration");
    let full = MemoryReplayStore::single_node(1).expect("a capacity");
    let guards = [
        Guard::builder(server()).replay_store(Broken).instances(Instances::Multiple).build().expect("a sound guard"),
        Guard::builder(server()).replay_store(full).build().expect("a sound guard"),
    ];
    let token = world.bound_token();
    let scheme = format!("DPoP {token}");
    for (guard, first) in guards.into_iter().zip([503, 200]) {
        let served = Served::new(Router::new().route("/mcp", get(who)).layer(layer(&Arc::new(guard)))).await;
        for (jti, status) in [("first", first), ("second", 503)] {
            let proof = proof(&world, &token, "GET", AUDIENCE, jti);
            let answer = served.get("/mcp", &[("authorization", &scheme), ("dpop", &proof)]).await;
            assert_eq!(answer.status.as_u16(), status, "{jti}");
            if status == 503 {
                assert_eq!(answer.all("retry-after"), ["5"]);
                assert!(answer.all("www-authenticate").is_empty());
            }
        }
    }
}

#[tokio::test]
async fn d19_r8_guard_without_a_fitting_replay_store_cannot_be_built() {
    let world = World::new();
    let server = || pinned(&world).build().expect("a sound configuration");
    let local = || MemoryReplayStore::single_node(1).expect("a capacity");
    assert_eq!(Guard::builder(server()).build().expect_err("no store").member(), "replay_store");
    assert!(Guard::builder(server()).replay_store(local()).instances(Instances::Multiple).build().is_err());
    assert!(Guard::builder(server()).replay_store(Broken).instances(Instances::Multiple).build().is_ok());
    let same =
        |policy: ProofPolicy| Guard::builder(pinned(&world).dpop(policy).build().expect("sound")).replay_store(Broken);
    let none = || ProofPolicy::new().future_skew(Duration::from_secs(0)).expect("none");
    let refused = same(none()).instances(Instances::Multiple).build().expect_err("no two clocks agree to the second");
    assert_eq!(refused.member(), "dpop.future_skew");
    let one = ProofPolicy::new().future_skew(Duration::from_secs(1)).expect("a second");
    assert!(same(one).instances(Instances::Multiple).build().is_ok() && same(none()).build().is_ok());
    assert!(Guard::builder(pinned(&world).without_dpop().build().expect("sound")).build().is_ok());
    assert!(
        Guard::builder(pinned(&world).ask_revocation().build().expect("sound")).replay_store(local()).build().is_err()
    );
}

#[tokio::test]
async fn h6_mcp_session_belongs_to_whom_it_was_made_for() {
    let world = World::new();
    let mcp = any(|request: Request| async move {
        if request.headers().contains_key("mcp-session-id") {
            return StatusCode::OK.into_response();
        }
        ([("mcp-session-id", "session-1")], "initialised").into_response()
    });
    let sessions = McpSessionsLayer::new(SessionOwners::single_node(10).expect("a capacity"));
    let app = Router::new().route("/mcp", mcp).layer(sessions).layer(layer(&guard(pinned(&world))));
    let served = Served::new(app).await;
    let token = |sub: &'static str| {
        bearer(&world.token(|_, claims| {
            claims.insert("sub".into(), sub.into());
        }))
    };
    let (alice, mallory) = (token("alice"), token("mallory"));
    let session = ("mcp-session-id", "session-1");
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &alice)], b"").await.body, "initialised");
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &alice), session], b"").await.status, 200);
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &mallory), session], b"").await.status, 404);
    let unknown = ("mcp-session-id", "session-2");
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &alice), unknown], b"").await.status, 404);
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &alice), session, session], b"").await.status, 404);
    assert_eq!(served.send("DELETE", "/mcp", &[("authorization", &alice), session], b"").await.status, 200);
    assert_eq!(served.send("POST", "/mcp", &[("authorization", &alice), session], b"").await.status, 404);
}
