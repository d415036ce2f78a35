//! One application, under every adapter and under none: `POST /mcp` behind a guard, and its metadata. Wired rightly, or wrongly in
//! one way.

mod actix;
mod axum;
mod hyper;

use attesto_core::host::{Guard, PublicDocuments};
use attesto_core::resource::{Requirement, Sender};
use attesto_core::time::Clock;
use attesto_core::token::{AccessTokenVerifier, TokenRules};
use attesto_testkit::{App, BareApp, Fixture, Reached, Route, TestRequest, TestResponse};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// An application of any adapter.
pub(crate) type Boxed = Box<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = TestResponse>>>>;

pub(crate) fn boxed(app: impl App + 'static) -> Boxed {
    let app = Rc::new(app);
    Box::new(move |request| {
        let app = Rc::clone(&app);
        Box::pin(async move { app.respond(request).await })
    })
}

/// What goes into the application.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) guard: Arc<Guard>,
    pub(crate) clock: Clock,
    pub(crate) requirement: Requirement,
    pub(crate) reached: Reached,
    /// For those that verify tokens themselves, which is the mistake.
    pub(crate) by_hand: Arc<AccessTokenVerifier>,
}

/// What is wrong with the wiring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wiring {
    Right,
    /// The scope layer runs before anything has authenticated the request.
    ScopesFirst,
    /// The metadata document is not served.
    NoMetadata,
    /// A check by hand lets bearer tokens in beside the guard, and looks at signature and claims alone.
    BearerByHand,
    /// The route stands beside the protection.
    Unprotected,
}

impl Parts {
    pub(crate) fn new(fixture: &Fixture) -> Self {
        Self::from_fixture(fixture, fixture.guard())
    }

    pub(crate) fn from_fixture(fixture: &Fixture, guard: impl Into<Arc<Guard>>) -> Self {
        let rules = TokenRules::new().audience_is([fixture.resource()]);
        let by_hand = AccessTokenVerifier::new(&fixture.provider(), vec![fixture.trusted_issuer()], rules);
        Self {
            guard: guard.into(),
            clock: fixture.clock(),
            requirement: Requirement::scopes(["mcp:tools:call"]).expect("scopes"),
            reached: Reached::new(),
            by_hand: Arc::new(by_hand.expect("rules")),
        }
    }

    /// The application's behaviour, as declared to the testkit.
    pub(crate) fn route(&self) -> Route {
        Route::post("/mcp").scopes(["mcp:tools:call"]).body("{}").reached(&self.reached)
    }

    fn documents(&self) -> PublicDocuments {
        PublicDocuments::from_guards([&*self.guard]).expect("documents")
    }

    /// What is behind the protection.
    fn handle(&self, sender: &Sender) -> &'static str {
        self.reached.by(sender);
        "called"
    }

    /// What hand-made checks do: the token is looked at, and the binding is not.
    fn is_bearer_by_hand(&self, authorization: Option<&[u8]>) -> bool {
        let authorization = authorization.and_then(|value| std::str::from_utf8(value).ok());
        authorization.and_then(|value| value.split_once(' ')).is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && self.by_hand.verify(token, self.clock.now()).is_ok()
        })
    }
}

/// The application under each adapter, by its name. For actix they must be made and called in its runtime: see [`run`].
pub(crate) async fn every_adapter(parts: &Parts, wiring: Wiring) -> Vec<(&'static str, Boxed)> {
    vec![
        ("axum", axum::app(parts.clone(), wiring)),
        ("actix", actix::app(parts.clone(), wiring).await),
        ("hyper", hyper::app(parts.clone(), wiring)),
    ]
}

/// The core without an adapter, wired rightly.
pub(crate) fn bare(parts: &Parts) -> (BareApp, Route) {
    let app = BareApp::new(Arc::clone(&parts.guard), parts.clock.clone()).require(parts.requirement.clone());
    let route = parts.route().reached(&app.reached());
    (app, route)
}

pub(crate) fn run<F: Future>(test: F) -> F::Output {
    actix_web::rt::System::new().block_on(test)
}
