//! What is served, whatever serves it.

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{
    Event, EventSink, ForeignVerifier, Guard, HttpClient, MemoryReplayStore, PrincipalLookup, PrincipalOutcome,
    PublicDocuments, ReplayStore, RevocationCheck, StoreReach,
};
use attesto_core::http::{
    CanonicalOrigin, HttpFailure, IncomingResponse, OriginPolicy, OutgoingRequest, RequestParts, TlsSession,
};
use attesto_core::resource::{
    ForeignAnswer, ForeignQuestion, Grant, Requirement, ResourceServerBuilder, RevocationAnswer, Sender,
};
use attesto_core::time::Clock;
use attesto_core::token::Claims;
use attesto_tests::blocking::Host;
use attesto_tests::{NOW, World};
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::yield_now;

/// Longest body that the echo takes.
pub(crate) const LONGEST_BODY: u64 = 16 * 1024 * 1024;

/// Everything a server needs. Below each resource's base path:
///
/// | | |
/// |---|---|
/// | the base path itself | who is calling: subject, kind of sender, scopes |
/// | `/scoped` | the same, for those with the scope `admin` |
/// | `/user` | the host's principal |
/// | `/echo` | the request's body |
/// | anything else | 404, behind the guard |
///
/// The metadata documents are at their well-known paths, and everything else is 404 for everybody.
pub(crate) struct Setup {
    pub(crate) resources: Vec<Resource>,
    /// Whether CORS preflights pass.
    pub(crate) pass_preflight: bool,
    /// What the TLS acceptor would know of every connection.
    pub(crate) tls: Option<TlsSession>,
    /// How often a handler was reached.
    pub(crate) reached: Reached,
}

/// One protected resource.
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) base: &'static str,
    pub(crate) guard: Arc<Guard>,
    /// What the guard asks; the blocking server asks it without a guard.
    pub(crate) host: Arc<dyn Host>,
    pub(crate) requirement: Requirement,
}

/// A server that serves. It ends when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) reached: Reached,
    #[expect(dead_code, reason = "held, and never read")]
    pub(crate) alive: Box<dyn Any>,
}

/// Counts the requests that came through to a handler.
#[derive(Clone, Default)]
pub(crate) struct Reached(Arc<AtomicUsize>);

impl Reached {
    pub(crate) fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// What the handler of the base path says.
    pub(crate) fn who(&self, grant: Option<&Grant>) -> String {
        self.0.fetch_add(1, Ordering::SeqCst);
        let Some(grant) = grant else { return "preflight".into() };
        let scopes: Vec<&str> = grant.claims().scopes().collect();
        format!("{} {} {}", grant.subject(), grant.sender().kind(), scopes.join(","))
    }
}

/// The time, wherever a server asks.
pub(crate) fn clock() -> Clock {
    Clock::new(|| Timestamp::from_secs(NOW))
}

/// What `/scoped` asks for.
pub(crate) fn admin() -> Requirement {
    Requirement::scopes(["admin"]).expect("a scope")
}

/// The origin is pinned, as behind a proxy that ends TLS.
pub(crate) fn pinned(world: &World) -> ResourceServerBuilder {
    let origin = CanonicalOrigin::parse("https://mcp.example.com").expect("an origin");
    world.builder().origin(OriginPolicy::new().canonical(origin))
}

impl Resource {
    /// At `/mcp`; `host` is asked what `asks` names, and for replays in any case.
    pub(crate) fn new(builder: ResourceServerBuilder, host: impl Host + 'static, asks: &[&str]) -> Self {
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
        Self { base: "/mcp", guard, host, requirement: Requirement::authenticated() }
    }

    pub(crate) fn at(mut self, base: &'static str) -> Self {
        self.base = base;
        self
    }

    pub(crate) fn requiring(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }
}

impl Setup {
    pub(crate) fn of(resources: impl IntoIterator<Item = Resource>) -> Self {
        let resources = resources.into_iter().collect();
        Self { resources, pass_preflight: false, tls: None, reached: Reached::default() }
    }

    /// One resource whose host only remembers proofs.
    pub(crate) fn simple(builder: ResourceServerBuilder) -> Self {
        Self::of([Resource::new(builder, Remembering::new(10_000), &[])])
    }

    pub(crate) fn through_tls(mut self, session: TlsSession) -> Self {
        self.tls = Some(session);
        self
    }

    pub(crate) fn passing_preflights(mut self) -> Self {
        self.pass_preflight = true;
        self
    }

    pub(crate) fn documents(&self) -> Arc<PublicDocuments> {
        let guards = self.resources.iter().map(|resource| resource.guard.as_ref());
        Arc::new(PublicDocuments::from_guards(guards).expect("resources that can live together"))
    }
}

/// A host that only remembers proofs.
pub(crate) struct Remembering(MemoryReplayStore);

impl Remembering {
    pub(crate) fn new(capacity: usize) -> Self {
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
