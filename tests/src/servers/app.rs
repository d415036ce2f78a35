//! What is served, whatever serves it: protected resources, an authorization server, or both.

use crate::blocking::Host;
use crate::{NOW, World, stopped};
use attesto_core::Timestamp;
use attesto_core::authorization::{AuthorizationServer, RouteClass};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{
    AuthorizationEndpoints, AuthorizationHost, Event, EventSink, ForeignVerifier, Guard, HttpClient, MemoryReplayStore,
    PrincipalLookup, PrincipalOutcome, PublicDocuments, ReplayStore, RevocationCheck, StoreReach,
};
use attesto_core::http::{
    CanonicalOrigin, HttpFailure, IncomingResponse, OriginPolicy, OutgoingRequest, RequestParts, TlsSession,
};
use attesto_core::resource::{
    ForeignAnswer, ForeignQuestion, Grant, Requirement, ResourceServerBuilder, RevocationAnswer, Sender,
};
use attesto_core::time::Clock;
use attesto_core::token::Claims;
use rustls::ServerConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::yield_now;

/// Longest body that the echo takes.
pub(super) const LONGEST_BODY: u64 = 16 * 1024 * 1024;

/// The field by which each class's own middleware marks what went through it.
pub const CLASS: &str = "x-class";

/// Everything a server needs. Below each resource's base path:
///
/// | | |
/// |---|---|
/// | the base path itself | who is calling: subject, kind of sender, scopes |
/// | `/scoped` | who is calling, for tokens with the scope `admin` |
/// | `/user` | the host's principal |
/// | `/echo` | the request's body |
/// | anything else | 404, behind the guard |
///
/// The metadata documents are at their well-known paths. An authorization server has its endpoints, and `POST /echo` beside them.
/// Everything else is 404 for everybody.
pub struct App {
    /// What is protected.
    pub resources: Vec<Resource>,
    /// An authorization server beside the resources.
    pub mounted: Option<Mounted>,
    /// Whether CORS preflights pass.
    pub pass_preflight: bool,
    /// What a TLS acceptor would know of every connection, where nothing ends TLS.
    pub session: Option<TlsSession>,
    /// Ends TLS.
    pub tls: Option<ServerConfig>,
    /// The time, wherever a server asks.
    pub clock: Clock,
    /// How often a handler was reached.
    pub reached: Reached,
}

/// One protected resource.
#[derive(Clone)]
pub struct Resource {
    /// Its path.
    pub base: &'static str,
    /// Whether there is nothing below that path.
    pub alone: bool,
    /// What protects it.
    pub guard: Arc<Guard>,
    /// What the guard asks; the blocking server asks it without a guard.
    pub host: Option<Arc<dyn Host>>,
    /// What all of it asks for.
    pub requirement: Requirement,
}

/// The ways to mount an authorization server.
#[derive(Clone)]
pub enum Mounted {
    /// Class by class, each behind middleware of its own, by the tests' clock and randomness.
    ByClass(Arc<AuthorizationEndpoints>),
    /// In one piece, by the system's.
    Whole(AuthorizationServer, AuthorizationHost),
    /// Two in one application, each in one piece.
    SideBySide([(AuthorizationServer, AuthorizationHost); 2]),
}

/// What the middleware of this class says.
#[must_use]
pub const fn mark(class: RouteClass) -> &'static str {
    match class {
        RouteClass::Metadata => "metadata",
        RouteClass::Interactive => "interactive",
        RouteClass::Protocol => "protocol",
    }
}

/// Counts the requests that came through to a handler.
#[derive(Clone, Debug, Default)]
pub struct Reached(Arc<AtomicUsize>);

impl Reached {
    /// How many so far.
    #[must_use]
    pub fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// What the handler of the base path says.
    pub(super) fn who(&self, grant: Option<&Grant>) -> String {
        self.0.fetch_add(1, Ordering::SeqCst);
        let Some(grant) = grant else { return "preflight".into() };
        let scopes: Vec<&str> = grant.claims().scopes().collect();
        format!("{} {} {}", grant.subject(), grant.sender().kind(), scopes.join(","))
    }
}

/// What `/scoped` asks for.
pub(super) fn admin() -> Requirement {
    Requirement::scopes(["admin"]).expect("a scope")
}

/// The origin is pinned, as behind a proxy that ends TLS.
pub fn pinned(world: &World) -> ResourceServerBuilder {
    let origin = CanonicalOrigin::parse("https://mcp.example.com").expect("an origin");
    world.builder().origin(OriginPolicy::new().canonical(origin))
}

impl Resource {
    /// At `/mcp`; `host` is asked what `asks` names, and for replays in any case.
    #[must_use]
    pub fn new(builder: ResourceServerBuilder, host: impl Host + 'static, asks: &[&str]) -> Self {
        let host: Arc<dyn Host> = Arc::new(host);
        let asked = || Asked(Arc::clone(&host));
        let server = builder.build().expect("a sound configuration");
        // An issuer that is elsewhere cannot be reached from here.
        let remote = server.remote_keys().next().is_some();
        let mut guard = Guard::builder(server).replay_store(asked()).events(asked());
        if remote {
            guard = guard.http_client(Unreachable);
        }
        if asks.contains(&"foreign") {
            guard = guard.foreign_verifier(asked());
        }
        if asks.contains(&"revocation") {
            guard = guard.revocation_check(asked());
        }
        if asks.contains(&"principal") {
            guard = guard.principal_lookup(asked());
        }
        let guard = Arc::new(guard.build().expect("a sound guard"));
        Self { alone: false, host: Some(host), ..Self::guarded(guard) }
    }

    /// `/mcp` and nothing below it, behind this guard.
    #[must_use]
    pub const fn guarded(guard: Arc<Guard>) -> Self {
        Self { base: "/mcp", alone: true, guard, host: None, requirement: Requirement::authenticated() }
    }

    /// At another path.
    #[must_use]
    pub const fn at(mut self, base: &'static str) -> Self {
        self.base = base;
        self
    }

    /// Asks for more.
    #[must_use]
    pub fn requiring(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }
}

impl App {
    /// These resources, at the world's time.
    #[must_use]
    pub fn with_resources(resources: impl IntoIterator<Item = Resource>) -> Self {
        Self {
            resources: resources.into_iter().collect(),
            mounted: None,
            pass_preflight: false,
            session: None,
            tls: None,
            clock: stopped(Timestamp::from_secs(NOW)),
            reached: Reached::default(),
        }
    }

    /// One resource whose host only remembers proofs.
    #[must_use]
    pub fn simple(builder: ResourceServerBuilder) -> Self {
        Self::with_resources([Resource::new(builder, Remembering::new(10_000), &[])])
    }

    /// With an authorization server.
    #[must_use]
    pub fn mounting(mut self, mounted: Mounted) -> Self {
        self.mounted = Some(mounted);
        self
    }

    /// At another time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// As if every connection had come through this TLS session.
    #[must_use]
    pub fn through_tls(mut self, session: TlsSession) -> Self {
        self.session = Some(session);
        self
    }

    /// Ends TLS, where there is a configuration for it.
    #[must_use]
    pub fn ending_tls(mut self, tls: Option<ServerConfig>) -> Self {
        self.tls = tls;
        self
    }

    /// Lets CORS preflights pass.
    #[must_use]
    pub const fn passing_preflights(mut self) -> Self {
        self.pass_preflight = true;
        self
    }

    /// What the resources publish of themselves.
    #[must_use]
    pub fn documents(&self) -> Arc<PublicDocuments> {
        let guards = self.resources.iter().map(|resource| resource.guard.as_ref());
        Arc::new(PublicDocuments::from_guards(guards).expect("resources that can live together"))
    }
}

/// A host that only remembers proofs.
#[derive(Debug)]
pub struct Remembering(MemoryReplayStore);

impl Remembering {
    /// With room for so many proofs.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(MemoryReplayStore::single_node(capacity).expect("a capacity"))
    }
}

impl Host for Remembering {
    fn replay(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        self.0.record(claim, now)
    }
}

/// A blocking host behind the traits of the core. It lets other tasks run first, as a host that asks a database does.
#[derive(Clone)]
struct Asked(Arc<dyn Host>);

impl ReplayStore for Asked {
    async fn claim(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        yield_now().await;
        self.0.replay(claim, now)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

/// No request arrives anywhere.
struct Unreachable;

impl HttpClient for Unreachable {
    async fn send(&self, _: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        yield_now().await;
        Err(HttpFailure::Transport)
    }
}

impl RevocationCheck for Asked {
    async fn revocation(&self, claims: &Claims) -> RevocationAnswer {
        yield_now().await;
        self.0.revocation(claims)
    }
}

impl PrincipalLookup for Asked {
    type Principal = String;

    async fn principal(&self, claims: &Claims, sender: &Sender) -> PrincipalOutcome<String> {
        yield_now().await;
        self.0.principal(claims, sender)
    }
}

impl ForeignVerifier for Asked {
    async fn verify(&self, token: &ForeignQuestion<'_>, _: &RequestParts<'_>) -> ForeignAnswer {
        yield_now().await;
        self.0.foreign(token)
    }
}

impl EventSink for Asked {
    fn emit(&self, event: &Event<'_>) {
        self.0.event(event);
    }
}
