//! Tests your own service with the testkit. Requires the feature `hyper`.
//!
//! ```
//! use attesto_hyper::core::resource::Requirement;
//! use attesto_testkit::{Fixture, Reached, Route, assert_resource_protected, block_on};
//! use attesto_hyper::{Protect, Publish, RequestBody, granted, core::host::PublicDocuments, response};
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
//!     // Your service here, trusting the fixture's issuer and using its clock:
//!     let in_the_handler = reached.clone();
//!     let store = service_fn(move |request: Request<RequestBody<Incoming>>| {
//!         let answer = match granted(request.extensions()) {
//!             Ok(caller) => {
//!                 in_the_handler.by(caller.sender());
//!                 Response::new(Full::from(Bytes::from_static(b"stored")))
//!             }
//!             Err(wiring) => response(wiring.response()),
//!         };
//!         async move { Ok::<_, Infallible>(answer) }
//!     });
//!     let write = Requirement::scopes(["documents.write"]).expect("scopes");
//!     let documents = PublicDocuments::from_guards([&*guard]).expect("documents");
//!     let service = Publish::new(documents).wrap(Protect::new(guard).clock(fixture.clock()).require(write).wrap(store));
//!
//!     let route = Route::post("/documents").scopes(["documents.write"]).reached(&reached);
//!     block_on(assert_resource_protected(&attesto_testkit::hyper::app(service), &fixture, &route));
//! }
//! # documents_are_protected();
//! ```

use crate::{App, TestRequest, TestResponse};
use attesto_hyper::OnConnection;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client, server, service::Service};
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::sync::Arc;
use tokio::io::DuplexStream;

type Failure = Box<dyn Error + Send + Sync>;

/// Serves the service with hyper, over HTTP/1, on one connection for each request, through memory instead of a socket.
/// Needs no runtime unless the service does.
///
/// Peer and TLS session of the request are put where [`OnConnection`] puts them.
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
        let connection = OnConnection::new(request.peer).tls(request.tls.clone());
        let service = connection.wrap(Arc::clone(&service));
        async move {
            // Anything longer than the pipe's capacity waits, as on a socket.
            let (near, far) = tokio::io::duplex(64 * 1024);
            let serving = server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service);
            // The client is dropped with its response, and the connection with the client; how that ends does not
            // matter.
            let (answer, _) = tokio::join!(answer(near, request), serving);
            answer.unwrap_or_else(TestResponse::failed)
        }
    }
}

async fn answer(connection: DuplexStream, request: TestRequest) -> Result<TestResponse, Failure> {
    let (mut client, sending) = client::conn::http1::handshake(TokioIo::new(connection)).await?;
    let answered = async move {
        let mut wire = Request::builder().method(request.method.as_str()).uri(request.target);
        for (name, value) in &request.headers {
            wire = wire.header(name, value);
        }
        let (parts, body) = client.send_request(wire.body(Full::<Bytes>::from(request.body))?).await?.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Ok(TestResponse::received(parts.status.as_u16(), headers, body.collect().await?.to_bytes()))
    };
    tokio::join!(answered, sending).0
}
