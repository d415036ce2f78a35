//! Over TLS, as in production: whose certificates count, and an issuer that is known by its name alone.

mod server;

use attesto_core::Timestamp;
use attesto_core::host::{Guard, HttpClient, Introspector, MemoryReplayStore};
use attesto_core::http::{AddressPolicy, HttpFailure, OutgoingRequest};
use attesto_core::introspection::{IntrospectionCredentials, IntrospectionEndpoint};
use attesto_core::jose::{Jwk, JwkSet};
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::TrustedIssuer;
use attesto_reqwest::{ReqwestClient, ReqwestClientBuilder, reqwest};
use attesto_tests::{AUDIENCE, Call, NOW, World, stopped};
use server::{Identity, Reply, Server, response};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// Reaches loopback, as an issuer inside the own network is reached: by permission, and over https.
fn reaching(identity: &Identity) -> ReqwestClientBuilder {
    ReqwestClient::builder().base(identity.trusting()).addresses(AddressPolicy::public().allow_loopback())
}

async fn get(client: &ReqwestClient, url: String) -> Result<u16, HttpFailure> {
    client.send(OutgoingRequest::get(url, 64)).await.map(|answer| answer.status)
}

#[tokio::test]
async fn certificate_must_be_trusted_and_name_the_host() {
    let (own, stranger, misnamed) =
        (Identity::for_name("localhost"), Identity::for_name("localhost"), Identity::for_name("issuer.example.com"));
    let reply = Reply::Bytes(response("200 OK", "", "ok"));
    let of_own = Server::start_tls(&own, reply.clone()).await;
    let of_misnamed = Server::start_tls(&misnamed, reply).await;
    let client = |identity: &Identity| reaching(identity).build().expect("a client");
    assert_eq!(get(&client(&own), of_own.https("/")).await, Ok(200));
    assert_eq!(get(&client(&stranger), of_own.https("/")).await, Err(HttpFailure::Transport), "not trusted");
    assert_eq!(get(&client(&misnamed), of_misnamed.https("/")).await, Err(HttpFailure::Transport), "another name");
    assert_eq!(of_misnamed.requests().len(), 0);
    assert_eq!(of_own.requests().len(), 1);
}

#[tokio::test]
async fn client_of_your_own_is_held_to_what_can_still_be_held() {
    let identity = Identity::for_name("localhost");
    let elsewhere = Server::start_tls(&identity, Reply::Bytes(response("200 OK", "", "{}"))).await;
    let location = format!("location: {}\r\n", elsewhere.https("/"));
    let server = Server::start_tls(&identity, Reply::Bytes(response("302 Found", &location, ""))).await;
    let following = ReqwestClient::danger_unscreened(identity.trusting().build().expect("a client"));
    assert_eq!(get(&following, elsewhere.https("/")).await, Ok(200));
    assert_eq!(get(&following, server.https("/")).await, Err(HttpFailure::Unacceptable), "it followed the redirect");
    let strict = identity.trusting().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    assert_eq!(get(&ReqwestClient::danger_unscreened(strict), server.https("/")).await, Ok(302));
    // Plain http is none of its business.
    let plain = Server::saying("200 OK", "", b"").await;
    assert_eq!(get(&following, plain.url("/")).await, Err(HttpFailure::Transport));
    assert_eq!(plain.connections(), 0);
}

#[tokio::test]
async fn settings_of_the_base_do_not_weaken_the_client() {
    let identity = Identity::for_name("localhost");
    let proxy = Server::saying("200 OK", "", b"").await;
    let elsewhere = Server::start_tls(&identity, Reply::Bytes(response("200 OK", "", ""))).await;
    let location = format!("location: {}\r\n", elsewhere.https("/"));
    let server = Server::start_tls(&identity, Reply::Bytes(response("302 Found", &location, ""))).await;
    let weak = identity
        .trusting()
        .proxy(reqwest::Proxy::all(proxy.url("")).expect("a proxy"))
        .redirect(reqwest::redirect::Policy::limited(5))
        .https_only(false);
    let client = reaching(&identity).base(weak).build().expect("a client");
    assert_eq!(get(&client, server.https("/")).await, Ok(302));
    assert_eq!((proxy.connections(), elsewhere.connections()), (0, 0));
}

/// An issuer that publishes its key, and a resource server that knows its name alone.
struct Scene {
    world: World,
    issuer: Server,
    guard: Arc<Guard>,
    log: Arc<Mutex<Vec<String>>>,
}

/// `keys` is what the issuer says at its `jwks_uri`, which is as given or its own `/jwks`.
async fn scene(jwks_uri: Option<&str>, keys: impl Fn(&World) -> Vec<u8>) -> Scene {
    let (world, identity) = (World::new(), Identity::for_name("localhost"));
    let keys = keys(&world);
    let jwks_uri = jwks_uri.map(str::to_owned);
    let issuer = Server::start_tls(
        &identity,
        Reply::Script(Arc::new(move |request: &str| {
            let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
            let jwks_uri = jwks_uri.clone().unwrap_or(format!("https://{host}/jwks"));
            match request.split(' ').nth(1) {
                Some("/.well-known/oauth-authorization-server") => {
                    let metadata = format!(r#"{{"issuer":"https://{host}","jwks_uri":"{jwks_uri}"}}"#);
                    response("200 OK", "content-type: application/json\r\n", metadata)
                }
                Some("/jwks") => keys.clone(),
                _ => response("404 Not Found", "", ""),
            }
        })),
    )
    .await;
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&log);
    let client = reaching(&identity)
        .timeout(Duration::from_secs(2))
        .on_failure(move |_, failure| heard.lock().expect("no panic").push(failure.to_string()))
        .build()
        .expect("a client");
    let remote = RemoteKeys::builder(issuer.https(""), Arc::clone(&world.provider)).build().expect("a sound issuer");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
        .issuer(TrustedIssuer::remote(remote))
        .build()
        .expect("a sound configuration");
    let guard = Guard::builder(server)
        .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
        .http_client(client)
        .build()
        .expect("a sound guard");
    Scene { world, issuer, guard: Arc::new(guard), log }
}

fn published(world: &World) -> Vec<u8> {
    let key = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
    response(
        "200 OK",
        "content-type: application/jwk-set+json\r\n",
        JwkSet::publish(world.provider.as_ref(), [key]).to_json(),
    )
}

impl Scene {
    fn call(&self) -> Call {
        let issuer = self.issuer.https("");
        Call::new().bearer(&self.world.token(|_, claims| {
            claims.insert("iss".into(), issuer.into());
        }))
    }

    /// The status of one request.
    async fn request(&self) -> u16 {
        admitted(&self.guard, &self.call()).await
    }
}

async fn admitted(guard: &Guard, call: &Call) -> u16 {
    let headers: Vec<(&str, &[u8])> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let headers: &[(&str, &[u8])] = &headers;
    let connection = attesto_core::http::Connection::new().tls();
    let parts = attesto_core::http::RequestParts::new(&call.method, &call.path, &headers).connection(connection);
    match guard.admit(&parts, &Requirement::authenticated(), &stopped(Timestamp::from_secs(NOW))).await {
        Ok(_) => 200,
        Err(denial) => denial.status(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j22_a_hundred_requests_at_once_fetch_the_keys_once() {
    let scene = scene(None, published).await;
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let (guard, call) = (Arc::clone(&scene.guard), scene.call());
        requests.spawn(async move { admitted(&guard, &call).await });
    }
    assert!(requests.join_all().await.into_iter().all(|status| status == 200));
    let asked: Vec<String> =
        scene.issuer.requests().iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(asked, ["GET /.well-known/oauth-authorization-server HTTP/1.1", "GET /jwks HTTP/1.1"]);
    assert!(scene.guard.is_ready(Timestamp::from_secs(NOW)));
}

#[tokio::test]
async fn j22_issuer_that_serves_no_keys_is_503_and_is_not_asked_for_every_request() {
    let huge = |_: &World| response("200 OK", "", vec![b' '; 600 * 1024]);
    let malformed = |_: &World| response("200 OK", "content-type: application/json\r\n", "<html>");
    let gone = |_: &World| response("500 Internal Server Error", "", "");
    let moved = |_: &World| response("302 Found", "location: /elsewhere\r\n", "");
    let encoded = |_: &World| response("200 OK", "content-encoding: gzip\r\n", "\x1f");
    for (keys, told) in [
        (Box::new(huge) as Box<dyn Fn(&World) -> Vec<u8>>, Some("the response body is longer than the limit")),
        (Box::new(malformed), None),
        (Box::new(gone), None),
        (Box::new(moved), None),
        (Box::new(encoded), Some("the response has a content coding")),
    ] {
        let scene = scene(None, keys).await;
        for _ in 0..3 {
            assert_eq!(scene.request().await, 503);
        }
        assert_eq!(scene.issuer.requests().len(), 2, "metadata and keys, once");
        assert_eq!(scene.log.lock().expect("no panic").iter().map(String::as_str).next(), told);
    }
}

#[tokio::test]
async fn cds8_issuer_cannot_point_this_server_at_its_own_network() {
    for (target, address) in
        [("https://169.254.169.254/latest/meta-data", "169.254.169.254"), ("https://[fd00::1]/jwks", "fd00::1")]
    {
        let scene = scene(Some(target), published).await;
        assert_eq!(scene.request().await, 503);
        let told = format!("{address} must not be reached: see `ReqwestClientBuilder::addresses`");
        assert_eq!(*scene.log.lock().expect("no panic"), [told]);
    }
}

#[tokio::test]
async fn introspection_goes_over_the_same_client() {
    let identity = Identity::for_name("localhost");
    let answer = format!(
        r#"{{"active":true,"token_type":"Bearer","iss":"https://auth.example.com","sub":"usr_1","client_id":"c","aud":"{AUDIENCE}","exp":{}}}"#,
        NOW + 60
    );
    let reply = Reply::Bytes(response("200 OK", "content-type: application/json\r\n", answer));
    let issuer = Server::start_tls(&identity, reply).await;
    let world = World::new();
    let credentials = IntrospectionCredentials::basic("api", "secret");
    let endpoint = IntrospectionEndpoint::new(&issuer.https("/introspect"), "https://auth.example.com", credentials)
        .expect("a sound endpoint");
    let client = reaching(&identity).build().expect("a client");
    let server = ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider))
        .ask_foreign()
        .authorization_server("https://auth.example.com")
        .build()
        .expect("a sound configuration");
    let guard = Guard::builder(server)
        .replay_store(MemoryReplayStore::single_node(100).expect("a capacity"))
        .foreign_verifier(Introspector::new(endpoint, client, world.provider))
        .build()
        .expect("a sound guard");
    assert_eq!(admitted(&guard, &Call::new().bearer("opaque-token")).await, 200);
    let asked = issuer.requests().remove(0);
    assert!(asked.starts_with("POST /introspect HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Basic YXBpOnNlY3JldA==\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\ntoken=opaque-token&token_type_hint=access_token"), "{asked}");
}
