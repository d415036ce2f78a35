//! What the tests of the adapters' demos share: the testkit's issuer in place of the demo's.

use super::issuer::now;
use super::{CALL, Resources};
use attesto_core::time::Clock;
use attesto_testkit::{Fixture, Route};

const ORIGIN: &str = "http://127.0.0.1:8080";

/// Creates a fixture for the resource at this path. The demo uses the system clock, so the fixture does too.
#[must_use]
pub fn fixture(path: &str) -> Fixture {
    Fixture::builder().issuer(ORIGIN).resource(format!("{ORIGIN}{path}")).clock(Clock::new(now)).build()
}

/// The demo's resources, trusting the fixture's issuer.
///
/// # Panics
/// Where the demo's configuration contradicts itself.
#[must_use]
pub fn resources(fixture: &Fixture) -> Resources {
    let (provider, issuer) = (fixture.provider(), fixture.trusted_issuer());
    Resources::new(ORIGIN, &provider, &issuer, fixture.jwks()).expect("resources")
}

/// The tool's call at this path.
pub fn route(path: &str) -> Route {
    let json = Route::post(path).header("content-type", "application/json").body(CALL);
    json.header("accept", "application/json, text/event-stream").scopes(["mcp:tools:call"])
}
