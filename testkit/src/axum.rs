//! Tests your own router with the testkit. Requires the feature `axum`.
//!
//! ```
//! use attesto_axum::core::resource::Requirement;
//! use attesto_testkit::{Fixture, Reached, Route, assert_resource_protected, block_on};
//! use attesto_axum::{GrantedSender, ProtectLayer, RequireLayer, metadata_router};
//! use axum::{Router, routing::post};
//!
//! # /*
//! #[test]
//! # */
//! fn documents_are_protected() {
//!     let fixture = Fixture::builder().resource("https://api.example.com").build();
//!     let (guard, reached) = (fixture.guard(), Reached::new());
//!
//!     // Your router here, trusting the fixture's issuer and using its clock:
//!     let in_the_handler = reached.clone();
//!     let store = move |sender: GrantedSender| async move { in_the_handler.by(&sender.0) };
//!     let write = RequireLayer::new(Requirement::scopes(["documents.write"]).expect("scopes"));
//!     let router = Router::new()
//!         .route("/documents", post(store).layer(write))
//!         .layer(ProtectLayer::new(guard.clone()).clock(fixture.clock()))
//!         .merge(metadata_router([&*guard]).expect("documents"));
//!
//!     let route = Route::post("/documents").scopes(["documents.write"]).reached(&reached);
//!     block_on(assert_resource_protected(&attesto_testkit::axum::app(router), &fixture, &route));
//! }
//! # documents_are_protected();
//! ```

use crate::{App, TestRequest, TestResponse};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::Request;
use std::convert::Infallible;
use std::future::poll_fn;
use tower_service::Service;

/// Calls the router, or any other tower service, in process. Needs no runtime unless a handler does.
///
/// The peer is put where `into_make_service_with_connect_info` puts it, and the TLS session into the request's
/// extensions, where `ProtectLayer` looks. So this does not test that your acceptor puts it there.
pub fn app<S>(service: S) -> impl App
where
    S: Service<Request<Body>, Error = Infallible> + Clone,
    S::Response: IntoResponse,
{
    move |request: TestRequest| {
        let mut service = service.clone();
        async move {
            let request = match wire(request) {
                Ok(request) => request,
                Err(unsendable) => return TestResponse::failed(unsendable),
            };
            let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
            let Ok(response) = service.call(request).await;
            let (parts, body) = response.into_response().into_parts();
            let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
            match to_bytes(body, usize::MAX).await {
                Ok(body) => TestResponse::received(parts.status.as_u16(), headers, body),
                Err(broken) => TestResponse::failed(broken),
            }
        }
    }
}

fn wire(request: TestRequest) -> http::Result<Request<Body>> {
    let mut wire = Request::builder().method(request.method.as_str()).uri(request.target);
    for (name, value) in &request.headers {
        wire = wire.header(name, value);
    }
    wire = wire.extension(ConnectInfo(request.peer));
    if let Some(session) = request.tls {
        wire = wire.extension(session);
    }
    wire.body(Body::from(request.body))
}
