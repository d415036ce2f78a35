//! Requests and responses as values, and the application that maps one to the other.

use attesto_core::challenge::{ChallengeError, ParsedChallenge, parse_challenges};
use attesto_core::http::{Header, RequestParts, ResponseParts, TlsSession};
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The application under test: maps a request to a response.
///
/// The adapters make one from your router or service (`attesto_testkit::axum::app`, `attesto_testkit::actix::app`,
/// `attesto_testkit::hyper::app`). Any closure from [`TestRequest`] to a future of [`TestResponse`] is one as well.
///
/// ```
/// use attesto_testkit::{App, TestRequest, TestResponse, block_on};
///
/// let teapot = |_: TestRequest| async { TestResponse::new(418) };
/// assert_eq!(block_on(teapot.respond(TestRequest::new("GET", "/"))).status, 418);
/// ```
pub trait App {
    /// Answers one request. The future need not be `Send`: actix's is not.
    fn respond(&self, request: TestRequest) -> impl Future<Output = TestResponse>;
}

impl<C, F> App for C
where
    C: Fn(TestRequest) -> F,
    F: Future<Output = TestResponse>,
{
    fn respond(&self, request: TestRequest) -> impl Future<Output = TestResponse> {
        self(request)
    }
}

/// One request, owned and easy to change. By default it comes over TLS from 203.0.113.9, which is not a proxy's
/// address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestRequest {
    /// The method.
    pub method: String,
    /// Path and query, as a client writes them in the request line.
    pub target: String,
    /// The header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The socket's peer.
    pub peer: SocketAddr,
    /// The TLS session of the request; `None` for plain http.
    pub tls: Option<TlsSession>,
}

impl TestRequest {
    /// Creates a request without header fields and body.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), 50_000);
        let (headers, body, tls) = (Vec::new(), Vec::new(), Some(TlsSession::new()));
        Self { method: method.into(), target: target.into(), headers, body, peer, tls }
    }

    /// Adds a header field, keeping others of the same name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Removes all fields of this name.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Replaces the TLS session; `None` for plain http.
    #[must_use]
    pub fn tls(mut self, session: impl Into<Option<TlsSession>>) -> Self {
        self.tls = session.into();
        self
    }

    /// Replaces the socket's peer.
    #[must_use]
    pub const fn peer(mut self, peer: SocketAddr) -> Self {
        self.peer = peer;
        self
    }

    /// Adds `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", ["Bearer ", token].concat())
    }

    /// Adds `Authorization: DPoP`, and the proof.
    #[must_use]
    pub fn dpop(self, token: &str, proof: &str) -> Self {
        self.header("authorization", ["DPoP ", token].concat()).header("dpop", proof)
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.query().is_some() { '&' } else { '?' });
        self.target.push_str(&[name, "=", value].concat());
        self
    }

    /// Passes the request to the core, as an adapter does.
    pub fn parts<'r>(&'r self, headers: &'r dyn attesto_core::http::HeaderLines) -> RequestParts<'r> {
        let connection = TlsSession::connection_of(self.tls.as_ref(), Some(self.peer.ip()));
        let parts = RequestParts::new(&self.method, self.path(), headers).query(self.query()).connection(connection);
        if self.body.is_empty() { parts } else { parts.form_body(&self.body) }
    }
}

/// One whole response.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TestResponse {
    /// The status code.
    pub status: u16,
    /// The header fields, in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl TestResponse {
    /// Creates a response without header fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Creates the response that an adapter received. Header values that are not text are shown as close as possible.
    pub fn received<'h>(
        status: u16,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let headers = headers.into_iter();
        let fields =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned()));
        Self { status, headers: fields.collect(), body: body.into() }
    }

    /// Stands for a response that did not arrive: the request could not be sent, or the service failed. A client sees a
    /// closed connection; here it is 500 with the error, so that findings show it.
    pub fn failed(error: impl fmt::Display) -> Self {
        Self::new(500).with_body(error.to_string())
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The values of the field lines of this name, in order.
    pub fn header<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The challenges of all `WWW-Authenticate` lines, in order.
    ///
    /// # Errors
    /// Fails if a line does not follow the grammar of RFC 9110 §11.6.1.
    pub fn challenges(&self) -> Result<Vec<ParsedChallenge<'_>>, ChallengeError> {
        let mut all = Vec::new();
        for line in self.header("www-authenticate") {
            all.extend(parse_challenges(line)?);
        }
        Ok(all)
    }

    /// The `error` of the first challenge that has one.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.challenges().ok()?.iter().find_map(|challenge| challenge.get("error").map(ToString::to_string))
    }

    /// The body as text; invalid UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

impl From<ResponseParts> for TestResponse {
    fn from(parts: ResponseParts) -> Self {
        let headers = parts.headers.into_iter().map(Header::into_parts);
        let headers = headers.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Self { status: parts.status, headers, body: parts.body }
    }
}
