//! The route under test.

use super::exchange::TestRequest;
use super::fixture::Fixture;
use super::keys::CertificateFixture;
use super::token::TokenBuilder;
use attesto_core::http::TlsSession;
use attesto_core::resource::Sender;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// The kind of token that a route is called with. The checks find out what else it accepts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Presents {
    /// DPoP-bound tokens, with proofs. Use this also for routes that accept bearer tokens as well.
    #[default]
    Dpop,
    /// Plain bearer tokens: for servers without DPoP.
    Bearer,
    /// Tokens bound to a client certificate: for servers that take no others.
    Certificate,
}

/// Counts how often a handler was reached, and records the last sender. Put one clone into the handler, and another
/// into the [`Route`].
///
/// ```
/// use attesto_core::resource::Sender;
/// use attesto_testkit::Reached;
///
/// let reached = Reached::new();
/// let in_the_handler = reached.clone();
/// in_the_handler.by(&Sender::Bearer); // or `.hit()`, if the handler does not look at its caller
/// assert_eq!(reached.count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reached(Arc<Mutex<(u64, Option<Sender>)>>);

impl Reached {
    /// Creates a counter for a handler that was not reached yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records that the handler runs.
    pub fn hit(&self) {
        self.note(None);
    }

    /// Records that the handler runs, and which sender it sees (`Grant::sender`).
    pub fn by(&self, sender: &Sender) {
        self.note(Some(*sender));
    }

    fn note(&self, sender: Option<Sender>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = (seen.0.saturating_add(1), sender);
    }

    /// The number of times.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The last sender, if the handler reported it.
    #[must_use]
    pub fn last_sender(&self) -> Option<Sender> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// One route of the application, and its requirements.
///
/// ```
/// use attesto_testkit::Route;
///
/// let route = Route::post("/documents").scopes(["documents.write"]).header("content-type", "text/plain").body("words");
/// let sensitive = Route::get("/payouts").scopes(["payouts"]).acr_values(["phr"]).max_age(300);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a route says what to check"]
pub struct Route {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) scopes: Vec<String>,
    pub(super) acr_values: Vec<String>,
    pub(super) max_age: Option<u64>,
    pub(super) presents: Presents,
    pub(super) certificates: bool,
    pub(super) constrained: bool,
    pub(super) discovery: bool,
    pub(super) answers: Option<u16>,
    pub(super) reached: Option<Reached>,
    pub(super) proxy: Option<Proxy>,
}

/// The proxy between clients and the server.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    address: IpAddr,
    sets: Vec<(String, String)>,
}

impl Route {
    /// Creates the route for this method and path (and query), as clients write it.
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            scopes: Vec::new(),
            acr_values: Vec::new(),
            max_age: None,
            presents: Presents::Dpop,
            certificates: false,
            constrained: false,
            discovery: true,
            answers: None,
            reached: None,
            proxy: None,
        }
    }

    /// Creates the route `GET` this path.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// Creates the route `POST` to this path.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// Adds a header field that the handler needs.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a body that the handler needs.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the scopes that the route requires, all of them.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(|scope| scope.as_ref().to_string()).collect();
        self
    }

    /// Sets the authentication contexts that the route accepts (RFC 9470).
    pub fn acr_values<S: AsRef<str>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr_values = values.into_iter().map(|value| value.as_ref().to_string()).collect();
        self
    }

    /// Sets the age of the oldest login that the route accepts, in seconds (RFC 9470).
    pub const fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Sets the kind of token to call it with; DPoP-bound by default.
    pub const fn presents(mut self, presents: Presents) -> Self {
        self.presents = presents;
        self
    }

    /// Declares that the route accepts certificate-bound tokens, with the certificate of the [`TlsSession`].
    pub const fn takes_certificates(mut self) -> Self {
        self.certificates = true;
        self
    }

    /// Declares that the route accepts no bearer tokens: each token must be bound to a key or a certificate, and come
    /// with the proof.
    pub const fn sender_constrained(mut self) -> Self {
        self.constrained = true;
        self
    }

    /// Declares that the application does not serve the metadata document itself.
    pub const fn without_metadata(mut self) -> Self {
        self.discovery = false;
        self
    }

    /// Sets the handler's status, if that is not a success.
    pub const fn answers(mut self, status: u16) -> Self {
        self.answers = Some(status);
        self
    }

    /// Counts how often the handler is reached, to detect a refusal after it ran.
    pub fn reached(mut self, reached: &Reached) -> Self {
        self.reached = Some(reached.clone());
        self
    }

    /// Sends requests as through the proxy that terminates TLS: from its address, on a plain connection, and with the
    /// fields that it sets on every request. The checks then also write each of the other forwarding fields, as a
    /// client can.
    ///
    /// ```
    /// use attesto_core::http::{OriginPolicy, TrustedProxies, XForwarded};
    /// use attesto_testkit::{BareApp, Fixture, Route, assert_resource_protected, block_on};
    ///
    /// let fixture = Fixture::new();
    /// let origin = OriginPolicy::behind(TrustedProxies::parse(["10.0.0.1"])?, XForwarded::PROTO);
    /// let app = BareApp::new(fixture.guard_of(fixture.resource_server().origin(origin)), fixture.clock());
    /// let route = Route::get("/mcp").behind([10, 0, 0, 1].into(), [("x-forwarded-proto", "https")]);
    /// block_on(assert_resource_protected(&app, &fixture, &route));
    /// # Ok::<(), attesto_core::ConfigError>(())
    /// ```
    pub fn behind<'f>(mut self, proxy: IpAddr, sets: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let sets = sets.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_string())).collect();
        self.proxy = Some(Proxy { address: proxy, sets });
        self
    }

    /// Whether the proxy sets this field.
    pub(super) fn proxy_sets(&self, field: &str) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.sets.iter().any(|(name, _)| name == field))
    }

    /// Builds a request for this route without credentials.
    #[must_use]
    pub fn request(&self, fixture: &Fixture) -> TestRequest {
        let mut request = TestRequest::new(self.method.as_str(), self.path.as_str()).header("host", fixture.host());
        request.headers.extend(self.headers.iter().cloned());
        request.body.clone_from(&self.body);
        if let Some(proxy) = &self.proxy {
            request.headers.extend(proxy.sets.iter().cloned());
            return request.tls(None).peer(SocketAddr::new(proxy.address, 50_000));
        }
        if fixture.is_plain_http() {
            return request.tls(None).peer(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000));
        }
        request.tls(TlsSession::new())
    }

    /// Starts a token that meets the route's requirements, and is not bound.
    pub fn token(&self, fixture: &Fixture) -> TokenBuilder {
        let mut token = fixture.token().scopes(&self.scopes);
        if let Some(acr) = self.acr_values.first() {
            token = token.acr(acr);
        }
        if self.max_age.is_some() {
            token = token.auth_time(fixture.now());
        }
        token
    }

    /// Builds a request that must be admitted, for tests of the handler. If the server requires nonces, pass the one it
    /// sent.
    #[must_use]
    pub fn authorized(&self, fixture: &Fixture, nonce: Option<&str>) -> TestRequest {
        let request = self.request(fixture);
        match self.presents {
            Presents::Dpop => {
                let token = self.token(fixture).bound_to(fixture.key()).build();
                let proof = fixture.proof(&self.method, &fixture.url(&self.path), &token);
                let proof = nonce.map_or_else(|| proof.clone(), |nonce| proof.clone().nonce(nonce));
                request.dpop(&token, &proof.build())
            }
            Presents::Bearer => request.bearer(&self.token(fixture).build()),
            Presents::Certificate => {
                let token = self.token(fixture).bound_to_certificate(&CertificateFixture::CLIENT).build();
                request.tls(CertificateFixture::CLIENT.tls_session()).bearer(&token)
            }
        }
    }

    pub(super) fn is_answer(&self, status: u16) -> bool {
        self.answers.map_or(matches!(status, 200..=299), |answer| answer == status)
    }
}
