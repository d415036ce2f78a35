//! Failures around a server: stores that fail, stale keys, clocks that jump, nonces that are never accepted. In all of
//! them no invalid request is admitted, and the client receives the right status: 503 if the host has no answer, 401 if
//! the request is refused.
//!
//! ```
//! use attesto_core::host::Guard;
//! use attesto_testkit::hostile::{HostileStore, assert_unavailable};
//! use attesto_testkit::{BareApp, Fixture, Route, block_on};
//!
//! let fixture = Fixture::new();
//! let guard = Guard::builder(fixture.resource_server().build()?).replay_store(HostileStore::failing()).build()?;
//! let app = BareApp::new(guard, fixture.clock()); // your router here
//! block_on(assert_unavailable(&app, &fixture, &Route::post("/mcp").reached(&app.reached())));
//! # Ok::<(), attesto_core::ConfigError>(())
//! ```

mod checks;
mod nonces;
mod sources;
mod stores;

pub use checks::{
    assert_hostility_refused, assert_unauthorized, assert_unavailable, check_hostility_refused, check_unauthorized,
    check_unavailable,
};
pub use nonces::{NonceLoop, assert_client_retries_once, check_client_retries_once};
pub use sources::{StaleKeys, jumping_clock};
pub use stores::HostileStore;
