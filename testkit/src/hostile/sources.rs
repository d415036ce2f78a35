//! Wrong keys and clocks.

use crate::Fixture;
use crate::finding::sound;
use crate::keys::signer;
use attesto_core::Timestamp;
use attesto_core::crypto::Algorithm;
use attesto_core::jose::{KeySource, VerificationKeys};
use attesto_core::time::Clock;
use attesto_core::token::{KeyRing, TrustedIssuer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A key source without the issuer's last rotation: it has a key, but not the one that signs. Leads to 401.
///
/// ```
/// use attesto_core::resource::ResourceServer;
/// use attesto_testkit::hostile::{StaleKeys, assert_unauthorized};
/// use attesto_testkit::{BareApp, Fixture, Route, block_on};
///
/// let fixture = Fixture::new();
/// let server = ResourceServer::builder(fixture.resource(), fixture.provider()).issuer(StaleKeys::trusted_by(&fixture));
/// let app = BareApp::new(fixture.guard_of(server), fixture.clock());
/// block_on(assert_unauthorized(&app, &fixture, &Route::post("/mcp").reached(&app.reached())));
/// ```
#[derive(Clone, Debug)]
pub struct StaleKeys(Arc<VerificationKeys>);

impl StaleKeys {
    /// Has the key before the fixture's.
    #[must_use]
    pub fn before(fixture: &Fixture) -> Self {
        let (provider, old) = (fixture.provider(), sound("a key", signer("stale issuer", Algorithm::ES256, 0)));
        let ring = sound("a key ring", KeyRing::with_kid(provider.as_ref(), old, "attesto-testkit-before"));
        Self(Arc::new(sound("keys", ring.verification_keys(provider.as_ref()))))
    }

    /// Has no keys: a JWK Set that could never be fetched. Leads to 503.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// The fixture's issuer, with these keys.
    #[must_use]
    pub fn trusted_by(fixture: &Fixture) -> TrustedIssuer {
        sound("the issuer", TrustedIssuer::with_source(fixture.issuer(), Arc::new(Self::before(fixture))))
    }
}

impl KeySource for StaleKeys {
    fn keys(&self) -> Arc<VerificationKeys> {
        Arc::clone(&self.0)
    }
}

/// Returns a clock that shows these times in turn, over and over, one at each reading.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_testkit::hostile::jumping_clock;
///
/// let clock = jumping_clock([Timestamp::from_secs(0), Timestamp::MAX_NUMERIC_DATE]);
/// assert!(clock.now() < clock.now());
/// assert_eq!(clock.now().as_secs(), 0);
/// ```
pub fn jumping_clock(times: impl IntoIterator<Item = Timestamp>) -> Clock {
    let times: Vec<Timestamp> = times.into_iter().collect();
    let next = AtomicUsize::new(0);
    Clock::new(move || {
        let at = next.fetch_add(1, Ordering::SeqCst).checked_rem(times.len()).unwrap_or_default();
        times.get(at).copied().unwrap_or_default()
    })
}
