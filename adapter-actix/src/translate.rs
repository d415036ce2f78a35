//! Between actix's types (those of `http` 0.2) and the core's.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, uri};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use attesto_core::http::{
    AmendMode, Amendment, Connection, Header, HeaderLines, RequestParts, ResponseParts, TlsSession, UnixSocket,
};
use std::borrow::Cow;

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

/// Returns the TLS session of a request's connection: a middleware put it into the extensions, or `HttpServer::on_connect` noted it.
pub(crate) fn tls_session(request: &HttpRequest) -> Option<TlsSession> {
    request.extensions().get().cloned().or_else(|| request.conn_data().cloned())
}

/// Marks the connection as a Unix socket where `HttpServer::on_connect` or a middleware noted one.
fn marked<'r>(request: &HttpRequest, connection: Connection<'r>) -> Connection<'r> {
    match request.conn_data::<UnixSocket>() {
        Some(noted) => UnixSocket::mark(Some(noted), connection),
        None => UnixSocket::mark(request.extensions().get(), connection),
    }
}

/// Translates a request for the core, copying nothing; for code that calls the core by hand.
#[must_use]
pub fn request_parts<'r>(
    request: &'r HttpRequest,
    tls: Option<&'r TlsSession>,
    headers: &'r HeaderView<'r>,
    form: Option<&'r Bytes>,
) -> RequestParts<'r> {
    let uri = request.uri();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let parts = RequestParts::new(request.method().as_str(), uri.path(), headers)
        .query(uri.query())
        .authority(uri.authority().map(uri::Authority::as_str))
        .connection(marked(request, TlsSession::connection_of(tls, peer)));
    match form {
        Some(form) => parts.form_body(form),
        None => parts,
    }
}

/// Translates a response of the core's.
#[must_use]
pub fn response(parts: ResponseParts) -> HttpResponse {
    let mut response = HttpResponse::build(status(&parts));
    for field in parts.headers.into_iter().filter_map(field) {
        response.append_header(field);
    }
    response.body(parts.body)
}

/// Translates a final status. Any other number, an interim status included (RFC 9110 §15.2), is a mistake of the host's and becomes 500.
pub(crate) fn status(parts: &ResponseParts) -> StatusCode {
    let known = StatusCode::from_u16(parts.status).ok().filter(|status| !status.is_informational());
    known.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds the headers that the response to a granted request must carry.
pub(crate) fn amend(headers: &mut HeaderMap, amendments: Vec<Amendment>) {
    for Amendment { header, mode, .. } in amendments {
        let Some((name, value)) = field(header) else { continue };
        match mode {
            AmendMode::Append => headers.append(name, value),
            AmendMode::IfAbsent if headers.contains_key(&name) => {}
            AmendMode::Replace | AmendMode::IfAbsent => _ = headers.insert(name, value),
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
