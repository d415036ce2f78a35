//! The core as an application, without a framework.

use super::exchange::{App, TestRequest, TestResponse};
use super::finding::sound;
use super::route::Reached;
use attesto_core::host::{Gate, Guard, PublicDocuments};
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use std::sync::Arc;

/// A guarded application with one handler, which answers every path with 200 and the subject. A pattern for custom
/// adapters, and the application of the examples here.
///
/// ```
/// use attesto_core::resource::Requirement;
/// use attesto_testkit::{App, BareApp, Fixture, Route, block_on};
///
/// let fixture = Fixture::new();
/// let app = BareApp::new(fixture.guard(), fixture.clock()).require(Requirement::scopes(["mcp:tools:call"])?);
/// let route = Route::post("/mcp").scopes(["mcp:tools:call"]);
/// let answer = block_on(app.respond(route.authorized(&fixture, None)));
/// assert_eq!((answer.status, answer.text().as_str()), (200, "usr_1"));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BareApp {
    gate: Gate,
    documents: PublicDocuments,
    reached: Reached,
}

impl BareApp {
    /// Protects every path with this guard, and publishes its metadata.
    #[must_use]
    pub fn new(guard: impl Into<Arc<Guard>>, clock: Clock) -> Self {
        let guard = guard.into();
        let documents = sound("the documents", PublicDocuments::from_guards([guard.as_ref()]));
        Self { gate: Gate::new(guard, clock), documents, reached: Reached::new() }
    }

    /// Adds a requirement.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.gate = self.gate.require(requirement);
        self
    }

    /// Counts how often the handler was reached.
    #[must_use]
    pub fn reached(&self) -> Reached {
        self.reached.clone()
    }
}

impl App for BareApp {
    async fn respond(&self, request: TestRequest) -> TestResponse {
        if let Some(document) = self.documents.respond(&request.method, request.path(), request.query()) {
            return document.into();
        }
        let headers: &[(String, String)] = &request.headers;
        let passage = match self.gate.enter(&request.parts(&headers)).await {
            Ok(passage) => passage,
            Err(refusal) => return refusal.into(),
        };
        let mut response = TestResponse::new(200);
        if let Ok(grant) = passage.grant() {
            self.reached.by(grant.sender());
            response.body = grant.subject().to_string().into_bytes();
        }
        // The handler sets no header field, so every mode of an amendment has the same effect.
        for amendment in passage.amendments() {
            response = response.with_header(amendment.header.name(), amendment.header.value());
        }
        response
    }
}
