//! The borrowed parts of a request that the core reads.

use core::fmt;
use core::net::IpAddr;

/// Read access to a request's header fields, one field line at a time.
///
/// An adapter implements it for its framework's header map. Names are given in lower case; lines are visited in the
/// order received, and lines of the same name are never merged (merging would hide a second `Authorization`).
pub trait HeaderLines: Sync {
    /// Calls `visit` with the value of every field line called `name` (lower case), in the order received.
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8]));

    /// Returns the lines called `name`, as far as any rule distinguishes them: none, one, or several.
    fn lines<'h>(&'h self, name: &str) -> Lines<'h> {
        let mut lines = Lines::None;
        self.visit(name, &mut |value| {
            lines = match lines {
                Lines::None => Lines::One(value),
                Lines::One(_) | Lines::Many => Lines::Many,
            };
        });
        lines
    }
}

/// How many lines a header field has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "none, one, several: there is no fourth")]
pub enum Lines<'h> {
    /// No line.
    None,
    /// Exactly one line, with its value.
    One(&'h [u8]),
    /// Two lines or more, with any values.
    Many,
}

/// Pairs of name and value, for custom servers and tests. Names compare ASCII case-insensitively.
impl HeaderLines for [(&str, &[u8])] {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        for (line_name, value) in self {
            if line_name.eq_ignore_ascii_case(name) {
                visit(value);
            }
        }
    }
}

/// Pairs of owned strings, for custom servers and tests.
impl HeaderLines for [(alloc::string::String, alloc::string::String)] {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        for (line_name, value) in self {
            if line_name.eq_ignore_ascii_case(name) {
                visit(value.as_bytes());
            }
        }
    }
}

/// A reference to header lines, so that `&&[..]` coerces to `&dyn HeaderLines`.
impl<T: HeaderLines + ?Sized> HeaderLines for &T {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        (**self).visit(name, visit);
    }
}

/// Header fields without those that carry credentials: for code that must inspect a request but not be able to replay
/// it.
pub(crate) struct WithoutCredentials<'r>(pub(crate) &'r dyn HeaderLines);

impl HeaderLines for WithoutCredentials<'_> {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        let hidden = ["authorization", "cookie", "dpop", "proxy-authorization"];
        if !hidden.iter().any(|hidden| name.eq_ignore_ascii_case(hidden)) {
            self.0.visit(name, visit);
        }
    }
}

/// What the server itself knows about the connection, independent of what the peer sent.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Connection<'r> {
    /// The address of the socket's immediate peer. Without one the peer is never a trusted proxy, unless the connection
    /// is a [Unix socket](Self::unix) and those are trusted by name.
    pub peer: Option<IpAddr>,
    /// Whether the server knows that the connection is a Unix socket. A missing peer address does not imply it: a
    /// server that records no addresses has only such peers.
    pub unix: bool,
    /// Whether this server terminated TLS on the connection.
    pub tls: bool,
    /// The client certificate of that TLS session, as DER.
    pub certificate: Option<&'r [u8]>,
}

impl<'r> Connection<'r> {
    /// Creates a connection without TLS and without a known peer.
    #[must_use]
    pub const fn new() -> Self {
        Self { peer: None, unix: false, tls: false, certificate: None }
    }

    /// Marks the connection as a Unix socket.
    #[must_use]
    pub const fn unix_socket(mut self) -> Self {
        self.unix = true;
        self
    }

    /// Whether the other end is on this machine: a loopback address, or a Unix socket.
    pub(crate) fn is_local(&self) -> bool {
        self.unix || self.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
    }

    /// Sets the socket peer's address.
    #[must_use]
    pub const fn peer(mut self, peer: IpAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Records that this server terminated TLS.
    #[must_use]
    pub const fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Sets the TLS client certificate (DER). Implies [`tls`](Self::tls).
    #[must_use]
    pub const fn certificate(mut self, der: &'r [u8]) -> Self {
        self.tls = true;
        self.certificate = Some(der);
        self
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("unix", &self.unix)
            .field("tls", &self.tls)
            .field("certificate", &self.certificate.map(|_| "..."))
            .finish()
    }
}

/// The parts of one request that the core reads.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestParts<'r> {
    /// The method, as sent (`GET`; case-sensitive, RFC 9110 §9.1).
    pub method: &'r str,
    /// The path as the client sent it: raw, undecoded, and including any mount prefix that a router stripped.
    pub path: &'r str,
    /// The query without its `?`.
    pub query: Option<&'r str>,
    /// The authority of the request target (`:authority` in HTTP/2, absolute-form in HTTP/1), if any.
    pub authority: Option<&'r str>,
    /// The header fields.
    pub headers: &'r dyn HeaderLines,
    /// The connection of the request.
    pub connection: Connection<'r>,
    /// The body, if the host read it because form bodies may carry the token (C8). At most
    /// [`limits::FORM_BODY`](crate::limits::FORM_BODY) bytes are considered.
    pub form_body: Option<&'r [u8]>,
}

impl<'r> RequestParts<'r> {
    /// Creates a request for `path` with these header fields, on an unknown connection.
    #[must_use]
    pub fn new(method: &'r str, path: &'r str, headers: &'r dyn HeaderLines) -> Self {
        Self { method, path, query: None, authority: None, headers, connection: Connection::new(), form_body: None }
    }

    /// Sets the query (without `?`).
    #[must_use]
    pub fn query(mut self, query: Option<&'r str>) -> Self {
        self.query = query;
        self
    }

    /// Sets the authority of the request target.
    #[must_use]
    pub fn authority(mut self, authority: Option<&'r str>) -> Self {
        self.authority = authority;
        self
    }

    /// Sets the connection.
    #[must_use]
    pub fn connection(mut self, connection: Connection<'r>) -> Self {
        self.connection = connection;
        self
    }

    /// Sets the form body.
    #[must_use]
    pub fn form_body(mut self, body: &'r [u8]) -> Self {
        self.form_body = Some(body);
        self
    }
}

/// Prints no header value and no query: either may hold a token.
impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("authority", &self.authority)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
