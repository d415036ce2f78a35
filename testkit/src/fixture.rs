//! The other parties of a test: an issuer, its clients, and the time.

use super::clock::ManualClock;
use super::finding::sound;
use super::keys::{DpopKey, signer};
use super::proof::ProofBuilder;
use super::token::TokenBuilder;
use attesto_core::crypto::{Algorithm, CryptoProvider, RustCrypto, Signer};
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::jose::{JwkSet, VerificationKeys};
use attesto_core::resource::{ResourceServer, ResourceServerBuilder};
use attesto_core::time::Clock;
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_core::{ConfigError, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const KID: &str = "attesto-testkit";

/// An issuer whose keys anyone can compute, its clients' keys, and a clock. **For tests only.**
///
/// By default it issues as `https://auth.example.com` for the resource `https://mcp.example.com/mcp`, and the time
/// stands still at the beginning of 2027.
///
/// ```
/// use attesto_testkit::{BareApp, Fixture, Route, assert_resource_protected, block_on};
///
/// let fixture = Fixture::builder().resource("https://api.example.com").build();
/// let app = BareApp::new(fixture.guard(), fixture.clock()); // your router here
/// block_on(assert_resource_protected(&app, &fixture, &Route::get("/things").reached(&app.reached())));
/// ```
pub struct Fixture {
    provider: Arc<dyn CryptoProvider>,
    issuer: String,
    resource: String,
    origin: String,
    signer: Arc<dyn Signer>,
    stranger: Arc<dyn Signer>,
    ring: KeyRing,
    keys: [DpopKey; 2],
    clock: Clock,
    store: Arc<MemoryReplayStore>,
    seed: u64,
    serial: AtomicU64,
}

impl Fixture {
    /// Builds the default fixture.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Configures a fixture.
    pub fn builder() -> FixtureBuilder {
        FixtureBuilder {
            issuer: "https://auth.example.com".into(),
            resource: "https://mcp.example.com/mcp".into(),
            origin: None,
            clock: ManualClock::new().clock(),
            seed: 0,
        }
    }

    /// The clock for the application under test, which must agree with the fixture about the time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The issuer of the tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The resource that the tokens are for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The origin that clients call: a path is appended to it to form the URL of a proof.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the URL that a client calls to reach this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        [&self.origin, path].concat()
    }

    /// The host that a client names.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.origin.split_once("://").map_or(self.origin.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// The issuer's public keys, as its `jwks_uri` would serve them.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        self.ring.jwks()
    }

    /// The issuer's public keys, ready to verify.
    #[must_use]
    pub fn verification_keys(&self) -> VerificationKeys {
        sound("the issuer's keys", self.ring.verification_keys(self.provider.as_ref()))
    }

    /// The issuer, for the configuration of the application under test.
    #[must_use]
    pub fn trusted_issuer(&self) -> TrustedIssuer {
        let keys = self.verification_keys();
        let issuer = match self.issuer.starts_with("http:") {
            true => TrustedIssuer::danger_insecure_loopback(&self.issuer, keys),
            false => TrustedIssuer::new(&self.issuer, keys),
        };
        sound("the issuer", issuer)
    }

    /// The provider of cryptography.
    #[must_use]
    pub fn provider(&self) -> Arc<dyn CryptoProvider> {
        Arc::clone(&self.provider)
    }

    /// Configures a resource server that trusts the issuer. It shows the reasons for its refusals
    /// ([`ResourceServerBuilder::danger_show_reasons`]), so that findings can name them. Prefer your own configuration,
    /// with [`trusted_issuer`](Self::trusted_issuer) instead of the real one.
    pub fn resource_server(&self) -> ResourceServerBuilder {
        let builder = ResourceServer::builder(&self.resource, self.provider()).issuer(self.trusted_issuer());
        let builder = if self.is_plain_http() { builder.danger_insecure_loopback() } else { builder };
        builder.danger_show_reasons()
    }

    /// Builds a guard of [`resource_server`](Self::resource_server) with the fixture's replay store.
    #[must_use]
    pub fn guard(&self) -> Arc<Guard> {
        self.guard_of(self.resource_server())
    }

    /// Builds a guard of a further configured resource server, with the fixture's replay store.
    #[must_use]
    pub fn guard_of(&self, builder: ResourceServerBuilder) -> Arc<Guard> {
        let server = sound("the resource server", builder.build());
        sound("the guard", Guard::builder(server).replay_store(self.replay_store()).build()).into()
    }

    /// The store of used proofs that the fixture's guards share.
    #[must_use]
    pub fn replay_store(&self) -> Arc<MemoryReplayStore> {
        Arc::clone(&self.store)
    }

    /// The client's key.
    #[must_use]
    pub fn key(&self) -> &DpopKey {
        let [key, _] = &self.keys;
        key
    }

    /// Another client's key.
    #[must_use]
    pub fn other_key(&self) -> &DpopKey {
        let [_, other] = &self.keys;
        other
    }

    /// Starts a token of the issuer for the resource.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(Arc::clone(&self.signer), Arc::clone(&self.stranger), KID, self.now())
            .claim("iss", self.issuer.as_str())
            .audience([&self.resource])
            .claim("jti", self.fresh("token"))
    }

    /// Starts a proof by the client's [`key`](Self::key) for this request, made now, with a fresh `jti`.
    pub fn proof(&self, method: &str, url: &str, token: &str) -> ProofBuilder {
        self.key().proof(method, url).token(token).at(self.now()).jti(&self.fresh("proof"))
    }

    /// Returns a name that this fixture has not returned before.
    #[must_use]
    pub fn fresh(&self, kind: &str) -> String {
        let number = self.serial.fetch_add(1, Ordering::Relaxed);
        format!("{kind}-{}-{}-{number}", self.seed, self.now())
    }

    pub(super) fn is_plain_http(&self) -> bool {
        self.origin.starts_with("http:")
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("issuer", &self.issuer)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// Configures a [`Fixture`].
#[derive(Clone, Debug)]
#[must_use = "a configuration does nothing until it is built"]
pub struct FixtureBuilder {
    issuer: String,
    resource: String,
    origin: Option<String>,
    clock: Clock,
    seed: u64,
}

impl FixtureBuilder {
    /// Sets the issuer. A plain http URL must be on a loopback host.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// Sets the identifier of the resource.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Sets the origin that clients call, if it is not that of the resource's identifier. Include a path that a proxy
    /// removes (`/v1`).
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Sets the clock: that of a [`ManualClock`] to move time, or the system's if the application under test can use no
    /// other.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Changes keys, and identifiers of tokens and proofs. If used proofs are remembered beyond one run of the tests,
    /// use a seed that differs between runs.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Builds the fixture.
    ///
    /// # Panics
    /// If issuer or resource is not an acceptable URL.
    #[must_use]
    pub fn build(self) -> Fixture {
        let Self { issuer, resource, origin, clock, seed } = self;
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let key = |label| sound("a key", signer(label, Algorithm::ES256, seed));
        let (own, stranger) = (key("issuer"), key("stranger"));
        let dpop = |number: u64| DpopKey::new(seed.wrapping_mul(2).wrapping_add(number));
        let fixture = Fixture {
            ring: sound("the key ring", KeyRing::with_kid(provider.as_ref(), Arc::clone(&own), KID)),
            origin: origin.unwrap_or_else(|| sound("the resource", origin_of(&resource))),
            store: Arc::new(sound("the replay store", MemoryReplayStore::single_node(100_000))),
            keys: [dpop(1), dpop(2)],
            signer: own,
            stranger,
            provider,
            issuer,
            resource,
            clock,
            seed,
            serial: AtomicU64::new(1),
        };
        drop(fixture.trusted_issuer()); // is acceptable
        fixture
    }
}

fn origin_of(resource: &str) -> Result<String, ConfigError> {
    use attesto_core::metadata::ResourceIdentifier;
    let identifier =
        ResourceIdentifier::parse(resource).or_else(|_| ResourceIdentifier::danger_insecure_loopback(resource))?;
    Ok(identifier.origin().to_string())
}
