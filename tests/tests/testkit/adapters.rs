//! What a test sends arrives, and what the application answers comes back, whole and in order, under each adapter.

use crate::under::{Boxed, boxed, run};
use attesto_core::http::TlsSession;
use attesto_hyper::PeerAddress;
use attesto_testkit::{App, CertificateFixture, TestRequest};
use axum::extract::ConnectInfo;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use std::net::SocketAddr;

/// What a handler can say of a request.
fn described(
    head: [&str; 2],
    tags: Vec<&[u8]>,
    peer: Option<SocketAddr>,
    tls: Option<&TlsSession>,
    body: usize,
) -> String {
    let tags: Vec<String> = tags.into_iter().map(|tag| String::from_utf8_lossy(tag).into_owned()).collect();
    let shown = tls.map(|session| session.connection(None).certificate.map(<[u8]>::len));
    format!("{head:?} {tags:?} {peer:?} {shown:?} {body}")
}

fn axum() -> Boxed {
    let echo = |request: axum::extract::Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let tags = parts.headers.get_all("x-tag").iter().map(|tag| tag.as_bytes()).collect();
        let target = parts.uri.path_and_query().expect("a target").as_str();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        let text = described([parts.method.as_str(), target], tags, peer, parts.extensions.get(), body.len());
        ([("x-answer", "one")], axum::response::AppendHeaders([("x-answer", "two")]), text)
    };
    boxed(attesto_testkit::axum::app(axum::Router::new().fallback(echo)))
}

async fn actix() -> Boxed {
    use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
    let echo = |request: HttpRequest, body: Bytes| async move {
        let tags = request.headers().get_all("x-tag").map(|tag| tag.as_bytes()).collect();
        let target = request.uri().path_and_query().expect("a target").as_str();
        let head = [request.method().as_str(), target];
        let text = described(head, tags, request.peer_addr(), request.extensions().get(), body.len());
        HttpResponse::Ok().append_header(("x-answer", "one")).append_header(("x-answer", "two")).body(text)
    };
    let app = App::new().app_data(web::PayloadConfig::new(1 << 22)).default_service(web::to(echo));
    boxed(attesto_testkit::actix::app(actix_web::test::init_service(app).await))
}

fn hyper() -> Boxed {
    let echo = hyper::service::service_fn(|request: hyper::Request<Incoming>| async move {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let tags = parts.headers.get_all("x-tag").iter().map(|tag| tag.as_bytes()).collect();
        let target = parts.uri.path_and_query().expect("a target").as_str();
        let peer = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
        let text = described([parts.method.as_str(), target], tags, peer, parts.extensions.get(), body.len());
        let response = hyper::Response::builder().header("x-answer", "one").header("x-answer", "two");
        Ok::<_, hyper::Error>(response.body(Full::<Bytes>::from(text)).expect("a response"))
    });
    boxed(attesto_testkit::hyper::app(echo))
}

async fn every() -> [(&'static str, Boxed); 3] {
    [("axum", axum()), ("actix", actix().await), ("hyper", hyper())]
}

#[test]
fn requests_and_responses_go_across_whole() {
    let body = 3 << 20;
    let request = TestRequest::new("PATCH", "/a%20b?c=d&c=e")
        .header("host", "mcp.example.com")
        .header("x-tag", "first")
        .header("x-tag", "second")
        .body(vec![b'.'; body])
        .tls(CertificateFixture::CLIENT.tls_session());
    let length = CertificateFixture::CLIENT.der().len();
    let expected = format!(
        "[\"PATCH\", \"/a%20b?c=d&c=e\"] [\"first\", \"second\"] Some(203.0.113.9:50000) Some(Some({length})) {body}"
    );
    run(async {
        for (adapter, app) in every().await {
            let answer = app.respond(request.clone()).await;
            assert_eq!((answer.status, answer.text()), (200, expected.clone()), "{adapter}");
            assert_eq!(answer.header("X-Answer").collect::<Vec<_>>(), ["one", "two"], "{adapter}");
        }
    });
}

#[test]
fn a_request_in_plain_http_comes_without_a_session() {
    let peer: SocketAddr = "192.0.2.7:1234".parse().expect("an address");
    let request = TestRequest::new("GET", "/").header("host", "localhost").tls(None).peer(peer);
    run(async {
        for (adapter, app) in every().await {
            let text = app.respond(request.clone()).await.text();
            assert_eq!(text, "[\"GET\", \"/\"] [] Some(192.0.2.7:1234) None 0", "{adapter}");
        }
    });
}

#[test]
fn what_cannot_be_sent_is_said() {
    let request = TestRequest::new("GET", "/").header("x-tag", "line\nbreak");
    run(async {
        for (adapter, app) in every().await {
            let answer = app.respond(request.clone()).await;
            assert_eq!((answer.status, answer.text().is_empty()), (500, false), "{adapter}");
        }
    });
}

#[test]
fn a_service_that_fails_is_seen() {
    let broken = hyper::service::service_fn(|_: hyper::Request<Incoming>| async {
        Err::<hyper::Response<Full<Bytes>>, _>(std::io::Error::other("broken"))
    });
    let refusing = actix_web::App::new().wrap_fn(|_, _| async {
        Err::<actix_web::dev::ServiceResponse, _>(actix_web::error::ErrorImATeapot("short and stout"))
    });
    let cut_off = || async {
        let rest: Result<Bytes, std::io::Error> = Err(std::io::Error::other("cut off"));
        axum::body::Body::new(
            Full::from("begun")
                .map_err(|never| match never {})
                .with_trailers(async { Some(rest.map(|_| http::HeaderMap::new())) }),
        )
    };
    run(async {
        let request = || TestRequest::new("GET", "/");
        let answer = attesto_testkit::hyper::app(broken).respond(request()).await;
        assert_eq!((answer.status, answer.text().is_empty()), (500, false));
        let refusing = actix_web::test::init_service(refusing).await;
        let answer = attesto_testkit::actix::app(refusing).respond(request()).await;
        assert_eq!((answer.status, answer.text().as_str()), (418, "short and stout"));
        let answer = attesto_testkit::axum::app(axum::Router::new().fallback(cut_off)).respond(request()).await;
        assert_eq!((answer.status, answer.text().as_str()), (500, "cut off"));
    });
}
