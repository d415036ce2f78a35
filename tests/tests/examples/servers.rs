//! The examples of each adapter, started on free ports, each in a thread of its own.

use crate::browser::Browser;
use crate::{API, ISSUER};
use crate::{actix_issue_tokens, actix_protect, axum_issue_tokens, axum_protect, hyper_issue_tokens, hyper_protect};
use attesto_axum::{system_clock, system_entropy};
use attesto_core::crypto::{Algorithm, CryptoProvider, RustCrypto, Signer};
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::http::{OriginPolicy, TrustedProxies, XForwarded};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::ResourceServer;
use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, TrustedIssuer};
use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use tokio::net;
use tokio::runtime::{Builder, Runtime};

/// The cookie of the user who is logged in.
pub(crate) const SESSION: &str = "alice-is-logged-in";

type Served = Result<(), Box<dyn Error>>;

/// The two examples of one adapter.
pub(crate) struct Examples {
    pub(crate) guard: fn() -> Result<Guard, Box<dyn Error>>,
    protect: fn(TcpListener, Guard) -> Served,
    issue_tokens: fn(TcpListener, KeyRing, String) -> Served,
}

pub(crate) const AXUM: Examples = Examples {
    guard: axum_protect::guard,
    protect: |listener, guard| on_tokio(async { axum_protect::serve(on(listener)?, guard).await }),
    issue_tokens: |listener, ring, session| {
        on_tokio(async { axum_issue_tokens::serve(on(listener)?, ring, session).await })
    },
};

pub(crate) const ACTIX: Examples = Examples {
    guard: actix_protect::guard,
    protect: |listener, guard| actix_web::rt::System::new().block_on(actix_protect::serve(listener, guard)),
    issue_tokens: |listener, ring, session| {
        actix_web::rt::System::new().block_on(actix_issue_tokens::serve(listener, ring, session))
    },
};

pub(crate) const HYPER: Examples = Examples {
    guard: hyper_protect::guard,
    protect: |listener, guard| on_tokio(async { hyper_protect::serve(on(listener)?, guard).await }),
    issue_tokens: |listener, ring, session| {
        on_tokio(async { hyper_issue_tokens::serve(on(listener)?, ring, session).await })
    },
};

impl Examples {
    /// `protect.rs` with this guard.
    pub(crate) fn protect(&self, guard: Guard) -> Browser {
        let protect = self.protect;
        start(move |listener| protect(listener, guard))
    }

    /// `issue_tokens.rs`, where alice is logged in, and `protect.rs` with a guard that knows its keys already.
    pub(crate) fn both(&self) -> (Browser, Browser) {
        let (signer, issue_tokens) = (signer(), self.issue_tokens);
        let (ring, guard) = (ring(&signer), guard(&ring(&signer)));
        (start(move |listener| issue_tokens(listener, ring, SESSION.into())), self.protect(guard))
    }

    /// `protect.rs`, and a token that names no scope.
    pub(crate) fn protect_and_token_without_scopes(&self) -> (Browser, String) {
        let ring = ring(&signer());
        let guard = guard(&ring);
        let issuer = AccessTokenIssuer::builder(ISSUER, Arc::new(RustCrypto::new()), Arc::new(ring)).build();
        let request = MintRequest::new("alice", "web-app").audience([API]);
        let token =
            issuer.expect("an issuer").mint(request, system_clock().now(), &mut system_entropy()).expect("a token");
        (self.protect(guard), token.token().to_owned())
    }
}

/// hyper's two examples, on a clock that leaps to the next time limit as soon as the server has nothing else to do.
pub(crate) fn hyper_on_a_leaping_clock() -> [Browser; 2] {
    let leaping = || Builder::new_current_thread().enable_all().start_paused(true).build();
    let ring = ring(&signer());
    let guard = guard(&ring);
    [
        start(move |listener| leaping()?.block_on(async { hyper_protect::serve(on(listener)?, guard).await })),
        start(move |listener| {
            leaping()?.block_on(async { hyper_issue_tokens::serve(on(listener)?, ring, SESSION.into()).await })
        }),
    ]
}

fn signer() -> Arc<dyn Signer> {
    let material = KeyMaterial::generate(Algorithm::ES256.key_kind(), &mut system_entropy()).expect("a key");
    let private = material.private().expect("a private key");
    RustCrypto::new().signer(private, Algorithm::ES256).expect("a signer").into()
}

fn ring(signer: &Arc<dyn Signer>) -> KeyRing {
    KeyRing::new(&RustCrypto::new(), Arc::clone(signer)).expect("a ring")
}

/// As in `protect.rs`, with keys that need not be fetched.
fn guard(ring: &KeyRing) -> Guard {
    let provider = Arc::new(RustCrypto::new());
    let keys = ring.verification_keys(provider.as_ref()).expect("keys");
    let proxies = TrustedProxies::parse(["loopback"]).expect("proxies");
    let server = ResourceServer::builder(API, provider)
        .issuer(TrustedIssuer::new(ISSUER, keys).expect("an issuer"))
        .origin(OriginPolicy::behind(proxies, XForwarded::PROTO))
        .build();
    let store = MemoryReplayStore::single_node(1_000).expect("a capacity");
    Guard::builder(server.expect("a server")).replay_store(store).build().expect("a guard")
}

fn on_tokio(serving: impl Future<Output = Served>) -> Served {
    Runtime::new()?.block_on(serving)
}

fn on(listener: TcpListener) -> std::io::Result<net::TcpListener> {
    listener.set_nonblocking(true)?;
    net::TcpListener::from_std(listener)
}

/// Listens before it returns: what is sent before the server is ready waits for it. The server ends with the process.
fn start(serve: impl FnOnce(TcpListener) -> Served + Send + 'static) -> Browser {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || serve(listener).expect("it serves until the process ends"));
    Browser { address }
}
