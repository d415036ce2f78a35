//! Tests your own `App` with the testkit. Requires the feature `actix`.
//!
//! ```
//! use actix_web::{App, Responder, test::init_service, web};
//! use attesto_testkit::{Fixture, Reached, Route, assert_resource_protected};
//! use attesto_actix::core::resource::Requirement;
//! use attesto_actix::core::host::PublicDocuments;
//! use attesto_actix::{GrantedSender, Protect, publish};
//!
//! async fn store(sender: GrantedSender, reached: web::Data<Reached>) -> impl Responder {
//!     reached.by(&sender.0);
//!     "stored"
//! }
//!
//! # /*
//! #[actix_web::test]
//! # */
//! async fn documents_are_protected() {
//!     let fixture = Fixture::builder().resource("https://api.example.com").build();
//!     let (guard, reached) = (fixture.guard(), Reached::new());
//!
//!     // Your `App` here, trusting the fixture's issuer and using its clock:
//!     let write = Requirement::scopes(["documents.write"]).expect("scopes");
//!     let service = init_service(
//!         App::new()
//!             .app_data(web::Data::new(reached.clone()))
//!             .configure(publish(PublicDocuments::from_guards([&*guard]).expect("documents")))
//!             .service(
//!                 web::resource("/documents")
//!                     .wrap(Protect::new(guard).clock(fixture.clock()).require(write))
//!                     .route(web::post().to(store)),
//!             ),
//!     );
//!
//!     let route = Route::post("/documents").scopes(["documents.write"]).reached(&reached);
//!     assert_resource_protected(&attesto_testkit::actix::app(service.await), &fixture, &route).await;
//! }
//! # actix_web::rt::System::new().block_on(documents_are_protected());
//! ```

/// The request type of `actix_web::test::init_service`, for the signature of a function that builds your service.
pub use actix_http::Request;

use crate::{App, TestRequest, TestResponse};
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage, HttpResponse, test};

/// Calls the result of `actix_web::test::init_service` in process.
///
/// The TLS session is put into the request's extensions, where `Protect` looks before it looks at the connection's. So
/// this does not test that your `on_connect` records it.
pub fn app<S, B>(service: S) -> impl App
where
    S: Service<Request, Response = ServiceResponse<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    let service = std::rc::Rc::new(service);
    move |request: TestRequest| {
        let service = std::rc::Rc::clone(&service);
        async move {
            let request = match wire(request) {
                Ok(request) => request,
                Err(unsendable) => return TestResponse::failed(unsendable),
            };
            let response = match service.call(request).await {
                Ok(response) => response.into_parts().1.map_into_boxed_body(),
                // As the server renders the error of a handler or extractor.
                Err(error) => error.into().error_response(),
            };
            received(response).await
        }
    }
}

fn wire(request: TestRequest) -> Result<Request, Box<dyn std::error::Error>> {
    let method = actix_web::http::Method::from_bytes(request.method.as_bytes())?;
    let uri: actix_web::http::Uri = request.target.parse()?;
    let mut wire = test::TestRequest::default().method(method).uri(&uri.to_string()).peer_addr(request.peer);
    for (name, value) in &request.headers {
        wire = wire.append_header((HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?));
    }
    if !request.body.is_empty() {
        wire = wire.set_payload(request.body);
    }
    let wire = wire.to_request();
    if let Some(session) = request.tls {
        wire.extensions_mut().insert(session);
    }
    Ok(wire)
}

async fn received(response: HttpResponse<BoxBody>) -> TestResponse {
    let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let received = TestResponse::received(response.status().as_u16(), headers, []);
    match to_bytes(response.into_body()).await {
        Ok(body) => received.with_body(body),
        Err(broken) => TestResponse::failed(broken),
    }
}
