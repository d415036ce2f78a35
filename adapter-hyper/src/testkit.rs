//! Your own service under the core's testkit. For `[dev-dependencies]` only, with the feature `testkit`.
//!
//! ```
//! use attesto_hyper::core::resource::Requirement;
//! use attesto_hyper::core::testkit::{Fixture, Reached, Route, assert_resource_protected, block_on};
//! use attesto_hyper::{Protect, Publish, RequestBody, admitted, core::metadata::PublicDocuments, response, testkit};
//! use http_body_util::Full;
//! use hyper::{Request, Response, body::{Bytes, Incoming}, service::service_fn};
//! use std::convert::Infallible;
//!
//! # /*
//! #[test]
//! # */
//! fn documents_are_protected() {
//!     let fixture = Fixture::builder().resource("https://api.example.com").build();
//!     let (guard, reached) = (fixture.guard(), Reached::new());
//!
//!     // Your service here, trusting the fixture's issuer and going by its clock:
//!     let in_the_handler = reached.clone();
//!     let store = service_fn(move |request: Request<RequestBody<Incoming>>| {
//!         let answer = match admitted(request.extensions()) {
//!             Ok(caller) => {
//!                 in_the_handler.by(caller.sender());
//!                 Response::new(Full::from(Bytes::from_static(b"stored")))
//!             }
//!             Err(wiring) => response(wiring.response()),
//!         };
//!         async move { Ok::<_, Infallible>(answer) }
//!     });
//!     let write = Requirement::scopes(["documents.write"]).expect("scopes");
//!     let documents = PublicDocuments::of([&*guard]).expect("documents");
//!     let service = Publish::new(documents).wrap(Protect::new(guard).clock(fixture.clock()).require(write).wrap(store));
//!
//!     let route = Route::post("/documents").scopes(["documents.write"]).reached(&reached);
//!     block_on(assert_resource_protected(&testkit::app(service), &fixture, &route));
//! }
//! # documents_are_protected();
//! ```

use crate::OnConnection;
use attesto_core::testkit::{App, TestRequest, TestResponse};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{client, server};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::sync::Arc;

type Failure = Box<dyn Error + Send + Sync>;

/// What a pipe between client and server holds at a time; either waits when it is full.
const PIPE: usize = 64 * 1024;

/// The service as hyper serves it: over HTTP/1, on one connection for each request, through memory instead of a socket. Needs no
/// runtime unless the service does.
///
/// The connection is the one that the request tells of: peer and TLS session stand where [`OnConnection`] puts them.
pub fn app<S, R>(service: S) -> impl App
where
    S: Service<Request<Incoming>, Response = Response<R>> + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<Failure> + Send,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: Into<Failure>,
{
    let service = Arc::new(service);
    move |request: TestRequest| {
        let service = Arc::clone(&service);
        async move {
            // What a client sees of a service that fails is a connection that closes; a status says so in findings.
            exchange(service, request)
                .await
                .unwrap_or_else(|failure| TestResponse::new(500).with_body(failure.to_string()))
        }
    }
}

async fn exchange<S, R>(service: Arc<S>, request: TestRequest) -> Result<TestResponse, Failure>
where
    S: Service<Request<Incoming>, Response = Response<R>> + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<Failure> + Send,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: Into<Failure>,
{
    let mut connection = OnConnection::from(request.peer);
    if let Some(session) = request.tls.clone() {
        connection = connection.tls(session);
    }
    let (near, far) = tokio::io::duplex(PIPE);
    let (mut sender, sending) = client::conn::http1::handshake(TokioIo::new(near)).await?;
    let serving = server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), connection.wrap(service));
    let answered = async move {
        let (parts, body) = sender.send_request(wire(request)?).await?.into_parts();
        let mut response = TestResponse::new(parts.status.as_u16()).with_body(body.collect().await?.to_bytes());
        for (name, value) in &parts.headers {
            response = response.with_header(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        }
        Ok(response)
    };
    // The sender goes with the answer, and the connection with the sender; how it ends matters to nobody any more.
    let (answered, _, _) = tokio::join!(answered, sending, serving);
    answered
}

/// As a client writes it; what HTTP cannot carry is an error of the test.
fn wire(request: TestRequest) -> Result<Request<Full<Bytes>>, Failure> {
    let mut wire = Request::builder().method(request.method.as_str()).uri(request.target);
    for (name, value) in &request.headers {
        wire = wire.header(name, value);
    }
    Ok(wire.body(Full::from(request.body))?)
}
