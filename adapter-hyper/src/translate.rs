//! Between the `http` crate's types and the core's.

use crate::connection::PeerAddress;
use attesto_core::http::{
    AmendMode, Amendment, Header, HeaderLines, RequestParts, ResponseParts, TlsSession, UnixSocket,
};
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode, Uri};
use http_body_util::Full;
use std::borrow::Cow;
use std::net::IpAddr;

/// A header map as the core reads it: line by line, nothing merged, nothing copied.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a view of a header map")]
pub struct HeaderView<'h>(pub &'h HeaderMap);

impl HeaderLines for HeaderView<'_> {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        for value in self.0.get_all(name) {
            visit(value.as_bytes());
        }
    }
}

/// What the core must know of a request and only the server can tell.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Observed<'p> {
    /// The URI the client asked for, before any router took a prefix off it.
    pub uri: &'p Uri,
    /// The socket's peer.
    pub peer: Option<IpAddr>,
}

impl Observed<'_> {
    /// Takes the request's own URI, and the peer of a [`PeerAddress`] in its extensions.
    #[must_use]
    pub fn from_parts(parts: &Parts) -> Observed<'_> {
        Observed::new(&parts.uri, parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()))
    }
}

impl<'p> Observed<'p> {
    /// Takes a URI and a peer that were kept elsewhere.
    #[must_use]
    pub const fn new(uri: &'p Uri, peer: Option<IpAddr>) -> Self {
        Self { uri, peer }
    }
}

/// Translates a request for the core, copying nothing; for code that calls the core by hand. A [`TlsSession`] in the extensions is the
/// connection's, and a [`UnixSocket`] there marks the connection as one.
#[must_use]
pub fn request_parts<'r>(
    parts: &'r Parts,
    observed: Observed<'r>,
    headers: &'r HeaderView<'r>,
    form: Option<&'r Bytes>,
) -> RequestParts<'r> {
    let connection = TlsSession::connection_of(parts.extensions.get(), observed.peer);
    let request = RequestParts::new(parts.method.as_str(), observed.uri.path(), headers)
        .query(observed.uri.query())
        .authority(observed.uri.authority().map(http::uri::Authority::as_str))
        .connection(UnixSocket::mark(parts.extensions.get(), connection));
    match form {
        Some(form) => request.form_body(form),
        None => request,
    }
}

/// Translates a response of the core's.
pub fn response(parts: ResponseParts) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(parts.body)));
    *response.status_mut() = status(parts.status);
    for (name, value) in parts.headers.into_iter().filter_map(field) {
        response.headers_mut().append(name, value);
    }
    response
}

/// Translates a final status. Any other number, an interim status included (RFC 9110 §15.2), is a mistake of the host's and becomes 500.
fn status(code: u16) -> StatusCode {
    let known = StatusCode::from_u16(code).ok().filter(|status| !status.is_informational());
    known.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds the headers that the response to a granted request must carry.
pub fn amend(headers: &mut HeaderMap, amendments: Vec<Amendment>) {
    for Amendment { header, mode, .. } in amendments {
        let Some((name, value)) = field(header) else { continue };
        match mode {
            AmendMode::Append => _ = headers.append(name, value),
            AmendMode::Replace => _ = headers.insert(name, value),
            AmendMode::IfAbsent => _ = headers.entry(name).or_insert(value),
        }
    }
}

/// Translates a header. A [`Header`] was checked when it was made, so the result is never `None`; if it were, the header would be left out.
fn field(header: Header) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = header.into_parts();
    let value = match value {
        Cow::Borrowed(value) => HeaderValue::from_maybe_shared(Bytes::from_static(value.as_bytes())),
        Cow::Owned(value) => HeaderValue::from_maybe_shared(Bytes::from(value)),
    };
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value.ok()?))
}
