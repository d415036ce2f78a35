//! Between the `http` crate's types and the core's.

use attesto_core::host::{Passage, WiringError};
use attesto_core::http::{
    AmendMode, Amendment, Header, HeaderLines, RequestParts, ResponseParts, TlsSession, UnixSocket,
};
use attesto_core::resource::Requirement;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{Extensions, HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// The socket peer of a request's connection, in the request's extensions. [`OnConnection`](crate::OnConnection) puts it there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "an address with a name")]
pub struct PeerAddress(pub SocketAddr);

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

/// Where a server keeps what the core must know of a request besides its parts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Observed<'p> {
    /// The URI the client asked for, before any router took a prefix off it.
    pub uri: &'p Uri,
    /// The socket's peer.
    pub peer: Option<IpAddr>,
}

impl Observed<'_> {
    /// The request's own URI, and the peer of a [`PeerAddress`].
    #[must_use]
    pub fn of(parts: &Parts) -> Observed<'_> {
        Observed::new(&parts.uri, parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()))
    }
}

impl<'p> Observed<'p> {
    /// From somewhere else.
    #[must_use]
    pub const fn new(uri: &'p Uri, peer: Option<IpAddr>) -> Self {
        Self { uri, peer }
    }
}

/// Lends a request to the core, for calling it by hand. The TLS session is a [`TlsSession`] in the extensions, and a [`UnixSocket`]
/// there says that the connection is one.
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

/// A whole response of the core's.
pub fn response(parts: ResponseParts) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(parts.body)));
    *response.status_mut() = status(parts.status);
    for (name, value) in parts.headers.into_iter().filter_map(field) {
        response.headers_mut().append(name, value);
    }
    response
}

/// A status that ends a response: what is none, or an interim one (RFC 9110 §15.2), is a mistake of the host's.
fn status(code: u16) -> StatusCode {
    let known = StatusCode::from_u16(code).ok().filter(|status| !status.is_informational());
    known.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds what the response to an admitted request must carry.
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

/// A [`Header`] was checked when it was made, so there is always one; nothing here panics if there were not.
fn field(header: Header) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = header.into_parts();
    let value = match value {
        Cow::Borrowed(value) => HeaderValue::from_maybe_shared(Bytes::from_static(value.as_bytes())),
        Cow::Owned(value) => HeaderValue::from_maybe_shared(Bytes::from(value)),
    };
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value.ok()?))
}

/// Holds a request behind [`Protect`](crate::Protect) against a further requirement: for services that dispatch themselves and
/// know only then what the operation requires. Where the request may have a body, send the refusal through
/// [`answer_early`](crate::answer_early).
///
/// # Errors
/// The response to send. A request that nothing authenticated is refused (catalogue S10).
#[expect(clippy::result_large_err, reason = "made at most once per request")]
pub fn require(parts: &Parts, requirement: &Requirement) -> Result<(), Response<Full<Bytes>>> {
    require_of(parts, Observed::of(parts), requirement)
}

#[expect(clippy::result_large_err, reason = "made at most once per request")]
pub(crate) fn require_of(
    parts: &Parts,
    observed: Observed<'_>,
    requirement: &Requirement,
) -> Result<(), Response<Full<Bytes>>> {
    let headers = HeaderView(&parts.headers);
    let request = request_parts(parts, observed, &headers, None);
    Passage::require(parts.extensions.get(), &request, requirement).map_err(response)
}

/// Who was admitted, from the extensions of a request behind [`Protect`](crate::Protect).
///
/// # Errors
/// Where nothing authenticates requests before; [`WiringError::response`] and [`response`] answer it.
pub fn admitted(extensions: &Extensions) -> Result<&attesto_core::host::Admitted, WiringError> {
    Passage::admitted_in(extensions.get())
}

pub(crate) fn passage<B>(request: &Request<B>) -> Option<&Passage> {
    request.extensions().get()
}
