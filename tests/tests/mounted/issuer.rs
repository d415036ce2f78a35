//! An authorization server, the clients and users it knows, and the resource that its tokens are for.

use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, AuthorizationServer, AuthorizationServerBuilder, Client,
    ClientAuthentication, ConsentDecision, ConsentQuestion, GrantType, IdTokenClaimsQuestion, Login, LoginQuestion,
    Principal, ScopeQuestion, ScopeSet, SecretCheck,
};
use attesto_core::crypto::{CryptoProvider, EntropyError, RustCrypto};
use attesto_core::host::{
    AuthorizationEndpoints, AuthorizationHost, ClaimsProvider, ClientStore, ConsentPolicy, EntropySource, Guard,
    MemoryReplayStore, PrincipalStore, ScopePolicy,
};
use attesto_core::http::{CanonicalOrigin, Header, OriginPolicy, ResponseParts};
use attesto_core::resource::ResourceServer;
use attesto_core::time::Clock;
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_tests::servers::{App, Mounted, Resource, Running, Server};
use attesto_tests::{Json, ed25519, provider};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::task::yield_now;

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const ORIGIN: &str = "https://as.example";
pub(crate) const RESOURCE: &str = "https://as.example/mcp";
pub(crate) const REDIRECT: &str = "https://app.example/cb";
pub(crate) const SECRET: &str = "hunter2-hunter2";

pub(crate) fn clock() -> Clock {
    Clock::new(|| Timestamp::from_secs(NOW))
}

fn ring() -> Arc<KeyRing> {
    Arc::new(KeyRing::new(provider().as_ref(), ed25519(1).into()).expect("a ring"))
}

/// As behind a proxy that ends TLS.
fn pinned() -> OriginPolicy {
    OriginPolicy::new().canonical(CanonicalOrigin::parse(ORIGIN).expect("an origin"))
}

/// The configuration that most cases have.
pub(crate) fn builder(issuer: &str) -> AuthorizationServerBuilder {
    AuthorizationServer::builder(issuer, provider(), ring())
        .audience(RESOURCE)
        .grants(GrantType::ALL.iter().copied())
        .scopes_supported(["read", "write"])
        .origin(pinned())
        .openid_connect()
        .id_tokens_without_rs256()
}

/// Never the same bytes twice, and the same in every run.
fn drawn() -> EntropySource {
    let calls = AtomicU64::new(0);
    EntropySource::new(move |out| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let drawn = RustCrypto::new().sha256(&[&call.to_be_bytes()]);
        for (byte, drawn) in out.iter_mut().zip(drawn.iter().cycle()) {
            *byte = *drawn;
        }
        Ok::<(), EntropyError>(())
    })
}

/// An authorization server, and the resource at `/mcp` that its tokens are for.
pub(crate) struct Issuer {
    pub(crate) mounted: Mounted,
    guard: Arc<Guard>,
    /// How often a client was looked up: nothing happens at an endpoint before that.
    pub(crate) looked_up: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self::from_builder(builder(ORIGIN))
    }

    /// Behind middleware for each class.
    pub(crate) fn from_builder(builder: AuthorizationServerBuilder) -> Self {
        let server = builder.build().expect("a sound configuration");
        let (host, looked_up) = host(&server);
        let guard = guard(server.issuer());
        let endpoints = AuthorizationEndpoints::new(server, host, clock(), drawn());
        Self { mounted: Mounted::ByClass(Arc::new(endpoints)), guard, looked_up }
    }

    /// By the system's clock and randomness, in one piece.
    pub(crate) fn whole() -> Self {
        let server = builder(ORIGIN).build().expect("a sound configuration");
        let (host, looked_up) = host(&server);
        Self { guard: guard(server.issuer()), mounted: Mounted::Whole(server, host), looked_up }
    }

    /// Two issuers with paths on one host, each with keys and endpoints of its own.
    pub(crate) fn side_by_side() -> Self {
        let tenant = |path: &str, seed: u8| {
            let ring = Arc::new(KeyRing::new(provider().as_ref(), ed25519(seed).into()).expect("a ring"));
            let server = AuthorizationServer::builder(format!("{ORIGIN}{path}"), provider(), ring)
                .audience(RESOURCE)
                .path_prefix(format!("{path}/oauth"))
                .origin(pinned())
                .build()
                .expect("a sound configuration");
            let (host, looked_up) = host(&server);
            ((server, host), looked_up)
        };
        let ((first, looked_up), (second, _)) = (tenant("/t1", 1), tenant("/t2", 2));
        Self { guard: guard(first.0.issuer()), mounted: Mounted::SideBySide([first, second]), looked_up }
    }

    /// Both, under this adapter.
    pub(crate) fn serve(self, server: Server) -> Running {
        (server.start)(App::with_resources([Resource::guarded(self.guard)]).mounting(self.mounted).clock(clock()))
    }

    pub(crate) fn server(&self) -> &AuthorizationServer {
        match &self.mounted {
            Mounted::ByClass(endpoints) => endpoints.server(),
            Mounted::Whole(server, _) | Mounted::SideBySide([(server, _), _]) => server,
        }
    }
}

/// The resource beside the server, which takes its tokens.
fn guard(issuer: &str) -> Arc<Guard> {
    let keys = ring().verification_keys(provider().as_ref()).expect("keys");
    let server = ResourceServer::builder(RESOURCE, provider())
        .issuer(TrustedIssuer::new(issuer, keys).expect("an issuer"))
        .origin(pinned())
        .build()
        .expect("a sound configuration");
    let replay = MemoryReplayStore::single_node(1_000).expect("a capacity");
    Arc::new(Guard::builder(server).replay_store(replay).build().expect("a sound guard"))
}

fn host(server: &AuthorizationServer) -> (AuthorizationHost, Arc<AtomicUsize>) {
    let looked_up = Arc::new(AtomicUsize::new(0));
    let host = AuthorizationHost::builder(Clients(Arc::clone(&looked_up)), AsAsked)
        // Room for the thousand codes of one user and client that a test opens: a quarter of a 64th.
        .single_node_memory(400_000)
        .expect("a capacity")
        .principals(Everybody)
        .claims(Everybody)
        .consent_policy(Cookie)
        .build(server)
        .expect("a whole host");
    (host, looked_up)
}

/// `app` and `web` act for users, `web` with a secret; `job` and `post` act for themselves, with a secret in the header or in the
/// body.
struct Clients(Arc<AtomicUsize>);

impl ClientStore for Clients {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        yield_now().await; // as a host that asks a database: others run meanwhile
        self.0.fetch_add(1, Ordering::SeqCst);
        let of = |authentication| Client::new(client_id, authentication).scopes(["read", "write"]);
        Ok(match client_id {
            "app" => Some(for_users(of(ClientAuthentication::None))),
            "web" => Some(for_users(of(ClientAuthentication::SecretPost))),
            "job" => Some(of(ClientAuthentication::SecretBasic).grants([GrantType::ClientCredentials])),
            "post" => Some(of(ClientAuthentication::SecretPost).grants([GrantType::ClientCredentials])),
            _ => None,
        })
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        yield_now().await;
        Ok(check.client_id.is_some() && *check.secret == SECRET)
    }
}

fn for_users(client: Client) -> Client {
    client
        .scopes(["read", "write", "openid"])
        .redirect_uris([REDIRECT])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
}

struct AsAsked;

impl ScopePolicy for AsAsked {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        yield_now().await;
        Ok(question.scopes.clone())
    }
}

struct Everybody;

impl PrincipalStore for Everybody {
    async fn load_principal(&self, _: &str) -> Answered<Option<Principal>> {
        yield_now().await;
        Ok(Some(Principal::new()))
    }
}

impl ClaimsProvider for Everybody {
    async fn id_token_claims(&self, _: &IdTokenClaimsQuestion) -> Answered<Json> {
        Ok(Json::new())
    }
}

/// The cookie `sid` names the user, who allows everything.
struct Cookie;

impl ConsentPolicy for Cookie {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        yield_now().await;
        let authentication = AuthenticationContext::at(question.visit.since);
        let who = question.visit.user_agent.cookie("sid").filter(|_| question.accepts(&authentication));
        Ok(match who {
            // A page with a status that ends nothing, and a name in capitals.
            None if question.visit.user_agent.cookie("odd").is_some() => {
                let mut page = ResponseParts::html(199, "a page");
                page.headers.push(Header::new("Set-Cookie", "odd=; Max-Age=0").expect("a field"));
                Authentication::Interact(Box::new(page))
            }
            Some(user) => Authentication::User(Box::new(Login::new(user, authentication))),
            None => {
                let mut login = ResponseParts::new(303);
                let location = format!("/login?back={}", question.resume_url());
                login.headers.push(Header::new("location", location).expect("ASCII"));
                Authentication::Interact(Box::new(login))
            }
        })
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        yield_now().await;
        Ok(ConsentDecision::Granted(question.visit.request.scopes.clone()))
    }
}
