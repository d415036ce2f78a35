//! What the client sends, what it takes, and where it does not go, over loopback sockets.

mod server;

use attesto_core::host::HttpClient;
use attesto_core::http::{AddressPolicy, Header, HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::limits;
use attesto_reqwest::{ReqwestClient, ReqwestClientBuilder};
use server::{Identity, Reply, Server};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Long enough for a loopback answer on any machine; a server that never answers is waited for as long.
const SHORT: Duration = Duration::from_millis(200);

/// What a request failed of.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn hearing(&self, builder: ReqwestClientBuilder) -> ReqwestClientBuilder {
        let log = Arc::clone(&self.0);
        builder.on_failure(move |url, failure| log.lock().expect("no panic").push(format!("{url}: {failure}")))
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

/// Whatever roots this machine has or has not.
fn production() -> ReqwestClientBuilder {
    ReqwestClient::builder().base(Identity::for_name("localhost").trusting())
}

fn development() -> ReqwestClientBuilder {
    production().danger_insecure_loopback()
}

fn client() -> ReqwestClient {
    development().build().expect("a client")
}

async fn get(client: &ReqwestClient, url: impl Into<String>) -> Result<IncomingResponse, HttpFailure> {
    client.send(OutgoingRequest::get(url, 64)).await
}

#[tokio::test]
async fn request_goes_out_as_the_core_says_and_nothing_is_added() {
    let server = Server::saying("204 No Content", "", b"").await;
    let request = OutgoingRequest::post(server.url("/introspect?a=b"), b"token=t".to_vec(), 64)
        .header(Header::new("authorization", "Basic c2VjcmV0").expect("a field"))
        .header(Header::new("content-type", "application/x-www-form-urlencoded").expect("a field"))
        .header(Header::new("accept", "application/json").expect("a field"));
    assert_eq!(client().send(request).await.expect("an answer").status, 204);
    assert_eq!(get(&client(), server.url("/jwks")).await.expect("an answer").status, 204);
    let host = server.address;
    assert_eq!(
        server.requests(),
        [
            format!(
                "POST /introspect?a=b HTTP/1.1\r\nauthorization: Basic c2VjcmV0\r\ncontent-type: \
                 application/x-www-form-urlencoded\r\naccept: application/json\r\naccept-encoding: identity\r\nhost: {host}\r\ncontent-length: 7\r\n\r\ntoken=t"
            ),
            format!("GET /jwks HTTP/1.1\r\naccept-encoding: identity\r\naccept: */*\r\nhost: {host}\r\n\r\n"),
        ]
    );
}

#[tokio::test]
async fn response_comes_back_whatever_its_status() {
    let headers = "content-type: application/json\r\ncache-control: max-age=60\r\ncache-control: must-revalidate\r\n";
    let server = Server::saying("404 Not Found", headers, b"{}").await;
    let answer = get(&client(), server.url("/")).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (404, 0), "the body of an error says nothing that counts");
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert_eq!(answer.cache_control.as_deref(), Some("max-age=60, must-revalidate"));
    let bare = Server::saying("200 OK", "", b"").await;
    let answer = get(&client(), bare.url("/")).await.expect("an answer");
    assert_eq!((answer.content_type, answer.cache_control, answer.body.len()), (None, None, 0));
}

#[tokio::test]
async fn redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Server::saying("200 OK", "", b"here").await;
    for (status, location) in [
        ("302 Found", elsewhere.url("/")),
        ("308 Permanent Redirect", elsewhere.url("/")),
        ("303 See Other", "/".into()),
    ] {
        let server = Server::saying(status, &format!("location: {location}\r\n"), b"").await;
        let answer = get(&client(), server.url("/jwks")).await.expect("an answer");
        assert_eq!(answer.status.to_string(), status[..3]);
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn body_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    let chunked = |body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len());
        Reply::Bytes([head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat())
    };
    let until_closed = |body: &[u8]| Reply::Bytes([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", body].concat());
    for (body, right) in [([b'a'; 64].as_slice(), true), (&[b'a'; 65], false)] {
        for server in [
            Server::saying("200 OK", "", body).await,
            Server::start(chunked(body)).await,
            Server::start(until_closed(body)).await,
        ] {
            match get(&client(), server.url("/")).await {
                Ok(answer) => assert!(right && answer.body == body),
                Err(failure) => assert_eq!((failure, right), (HttpFailure::TooLarge, false)),
            }
        }
    }
}

#[tokio::test]
async fn endless_body_is_given_up() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let server = Server::start(Reply::Endless(head)).await;
    let request = OutgoingRequest::get(server.url("/"), 512 * 1024);
    assert_eq!(client().send(request).await.expect_err("too long"), HttpFailure::TooLarge);
    // An announced length is not even read.
    let huge =
        Server::start(Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n".to_vec())).await;
    assert_eq!(get(&client(), huge.url("/")).await.expect_err("no such length"), HttpFailure::Transport);
    let large = Server::start(Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n".to_vec())).await;
    assert_eq!(get(&client(), large.url("/")).await.expect_err("too long"), HttpFailure::TooLarge);
}

#[tokio::test]
async fn silent_server_is_given_up() {
    let hasty = development().timeout(SHORT).build().expect("a client");
    for begun in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
    ] {
        let server = Server::start(Reply::Stall(begun.into())).await;
        assert_eq!(get(&hasty, server.url("/")).await.expect_err("silence"), HttpFailure::Timeout, "{begun}");
    }
}

#[tokio::test]
async fn broken_answers_are_no_answers() {
    for broken in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Server::start(Reply::Bytes(broken.into())).await;
        assert_eq!(get(&client(), server.url("/")).await.expect_err("broken"), HttpFailure::Transport, "{broken}");
        assert_eq!(server.requests().len(), 1, "it is not tried again");
    }
}

#[tokio::test]
async fn content_codings_are_neither_wanted_nor_undone() {
    for (coding, right) in [("gzip", false), ("identity, br", false), ("identity", true)] {
        let server = Server::saying("200 OK", &format!("content-encoding: {coding}\r\n"), b"\x1f\x8b").await;
        let log = Log::default();
        let answer = get(&log.hearing(development()).build().expect("a client"), server.url("/")).await;
        assert_eq!(answer.map(|answer| answer.status), if right { Ok(200) } else { Err(HttpFailure::Unacceptable) });
        let told = format!("{}: the response has a content coding", server.url("/"));
        assert_eq!(log.take(), if right { vec![] } else { vec![told] });
    }
}

#[tokio::test]
async fn status_counts_before_what_stands_in_the_body() {
    let huge = vec![b'a'; 1_000];
    for (status, body) in
        [("404 Not Found", huge.as_slice()), ("503 Service Unavailable", &huge), ("404 Not Found", b"\x1f")]
    {
        let server = Server::saying(status, "content-encoding: gzip\r\n", body).await;
        let answer = get(&client(), server.url("/")).await.expect("an answer");
        assert_eq!((answer.status.to_string().as_str(), answer.body.len()), (&status[..3], 0));
    }
}

#[tokio::test]
async fn refusal_of_a_post_may_say_why_in_a_short_body() {
    let long = vec![b'a'; limits::ERROR_RESPONSE + 1];
    let (said, plain, gzip) = (b"{\"active\":false}".as_slice(), "", "content-encoding: gzip\r\n");
    for (status, headers, body, expected) in [
        ("400 Bad Request", plain, said, said),
        ("401 Unauthorized", plain, said, said),
        ("400 Bad Request", plain, &long[1..], &long[1..]),
        ("400 Bad Request", plain, &long, b"".as_slice()),
        ("401 Unauthorized", gzip, said, b""),
        ("403 Forbidden", plain, said, b""),
        ("503 Service Unavailable", plain, said, b""),
    ] {
        let server = Server::saying(status, headers, body).await;
        let request = OutgoingRequest::post(server.url("/introspect"), b"token=t".to_vec(), 64 * 1024);
        let answer = client().send(request).await.expect("an answer");
        assert_eq!(answer.status.to_string(), status[..3]);
        assert_eq!(answer.body, expected, "{status} {headers}");
        let answer = get(&client(), server.url("/jwks")).await.expect("an answer");
        assert!(answer.body.is_empty(), "a GET is about no token");
    }
}

#[tokio::test]
async fn core_may_ask_for_less_time_than_the_client_would_take() {
    let server = Server::start(Reply::Stall(Vec::new())).await;
    let request = OutgoingRequest::get(server.url("/"), 64).time_limit(SHORT);
    let patient = development().timeout(Duration::from_secs(600)).build().expect("a client");
    assert_eq!(patient.send(request).await.expect_err("silence"), HttpFailure::Timeout);
}

#[tokio::test]
async fn cds8_addresses_that_are_not_public_are_not_reached_however_they_are_spelled() {
    let server = Server::saying("200 OK", "", b"secret").await;
    let port = server.address.port();
    let log = Log::default();
    let client = log.hearing(production()).build().expect("a client");
    for (host, address) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("[::]", "::"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[64:ff9b::127.0.0.1]", "64:ff9b::7f00:1"),
        ("169.254.169.254", "169.254.169.254"),
        ("10.0.0.7", "10.0.0.7"),
        ("[fd00::1]", "fd00::1"),
    ] {
        let url = format!("https://{host}:{port}/jwks");
        assert_eq!(get(&client, &url).await.expect_err(host), HttpFailure::Transport);
        let told = format!("{url}: {address} must not be reached: see `ReqwestClientBuilder::addresses`");
        assert_eq!(log.take(), [told]);
    }
    // A name is judged by what it resolves to.
    for host in ["localhost", "LOCALHOST"] {
        let url = format!("https://{host}:{port}/jwks");
        assert_eq!(get(&client, &url).await.expect_err(host), HttpFailure::Transport);
        let told = log.take().remove(0);
        assert!(told.contains("127.0.0.1 must not be reached") || told.contains("::1 must not be reached"), "{told}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn plain_http_is_for_loopback_hosts_in_development() {
    let server = Server::saying("200 OK", "", b"ok").await;
    let port = server.address.port();
    let log = Log::default();
    // Allowed addresses do not make plain http any better.
    let policy = AddressPolicy::public().allow_loopback();
    let production = log.hearing(production().addresses(policy)).build().expect("a client");
    let development = log.hearing(development()).build().expect("a client");
    for (client, url) in [
        (&production, server.url("/")),
        (&production, format!("http://localhost:{port}/")),
        (&development, format!("http://example.com:{port}/")),
        (&development, format!("http://localhost.:{port}/")),
        (&development, "ftp://localhost/".into()),
        (&development, "file:///etc/passwd".into()),
        (&development, "data:,x".into()),
        (&development, "jwks.json".into()),
    ] {
        assert_eq!(get(client, &url).await.expect_err(&url), HttpFailure::Transport);
        let told = log.take().remove(0);
        assert!(told.starts_with(&format!("{url}: the request cannot be sent: the URL")), "{told}");
    }
    assert_eq!(server.connections(), 0);
    for url in [server.url("/"), format!("http://localhost:{port}/")] {
        assert_eq!(get(&development, &url).await.expect("an answer").body, b"ok", "{url}");
    }
}

#[tokio::test]
async fn port_that_nobody_listens_on_is_a_transport_failure() {
    // Bound, so that no other process gets the port, but without a listener.
    let held = tokio::net::TcpSocket::new_v4().expect("a socket");
    held.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let log = Log::default();
    let client = log.hearing(development()).build().expect("a client");
    let url = format!("http://{}/", held.local_addr().expect("its address"));
    assert_eq!(get(&client, &url).await.expect_err("nobody there"), HttpFailure::Transport);
    assert!(log.take().remove(0).starts_with(&format!("{url}: no response: ")));
}

#[tokio::test]
async fn malformed_fields_and_methods_are_refused() {
    let server = Server::saying("200 OK", "", b"").await;
    let mut odd = OutgoingRequest::get(server.url("/"), 64);
    odd.method = "TRACE";
    assert_eq!(client().send(odd).await.expect_err("malformed"), HttpFailure::Transport);
    assert!(Header::new("accept", "a\r\nx: y").is_err(), "there is no such field to send");
    assert_eq!(server.connections(), 0);
}

/// Polls once, with no runtime around.
fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn without_a_runtime_nothing_is_sent_and_nothing_panics() {
    let log = Log::default();
    let client = log.hearing(development()).build().expect("a client");
    let answer = poll_once(get(&client, "http://localhost:1/"));
    assert_eq!(answer.map(Result::unwrap_err), Poll::Ready(HttpFailure::Transport));
    assert_eq!(log.take(), ["http://localhost:1/: there is no tokio runtime here"]);
    let back = client.spawn(Box::pin(async {}));
    assert!(back.is_err_and(|task| poll_once(task).is_ready()), "the task is given back, to be run by the caller");
}

#[tokio::test]
async fn tasks_run_in_the_background_of_the_runtime() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let spawned = client().spawn(Box::pin(async move { sender.send(()).expect("somebody waits") }));
    assert!(spawned.is_ok());
    receiver.await.expect("the task ran");
}

#[test]
fn debug_shows_no_secrets() {
    let base = Identity::for_name("localhost").trusting().user_agent("secret-agent");
    let builder = ReqwestClient::builder().base(base);
    assert!(!format!("{builder:?}").contains("secret") && !format!("{:?}", builder.build()).contains("secret"));
}
