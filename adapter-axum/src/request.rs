//! Requests: from `http` types to the core's borrowed parts.

use attesto_core::http::{Connection, HeaderLines, RequestParts};
use axum::extract::{ConnectInfo, OriginalUri};
use http::request::Parts;
use http::{HeaderMap, Uri};
use std::net::SocketAddr;
use std::sync::Arc;

/// What the server knows of the TLS session a request came through. Put it into the request's extensions where TLS ends in
/// this process; never from a header.
///
/// Without it a request counts as plain http, and is refused unless the origin is pinned or a trusted proxy vouches for
/// https.
#[derive(Clone, Default)]
pub struct TlsSession {
    client_certificate: Option<Arc<[u8]>>,
}

impl TlsSession {
    /// A TLS session without a client certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The client certificate of the session's handshake, as DER.
    #[must_use]
    pub fn with_client_certificate(der: impl Into<Arc<[u8]>>) -> Self {
        Self { client_certificate: Some(der.into()) }
    }
}

impl std::fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsSession").field("client_certificate", &self.client_certificate.is_some()).finish()
    }
}

/// A header map as the core reads it: line by line, nothing merged.
pub(crate) struct Lines<'h>(pub(crate) &'h HeaderMap);

impl HeaderLines for Lines<'_> {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        for value in self.0.get_all(name) {
            visit(value.as_bytes());
        }
    }
}

/// The URI the client asked for, before any router took a prefix off it.
pub(crate) fn original_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0)
}

pub(crate) fn request_parts<'r>(
    parts: &'r Parts,
    headers: &'r Lines<'r>,
    form_body: Option<&'r [u8]>,
) -> RequestParts<'r> {
    let uri = original_uri(parts);
    let request = RequestParts::new(parts.method.as_str(), uri.path(), headers)
        .query(uri.query())
        .authority(uri.authority().map(http::uri::Authority::as_str))
        .connection(connection(parts));
    match form_body {
        Some(body) => request.form_body(body),
        None => request,
    }
}

fn connection(parts: &Parts) -> Connection<'_> {
    let mut connection = Connection::new();
    if let Some(ConnectInfo(address)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        connection = connection.peer(address.ip());
    }
    match parts.extensions.get::<TlsSession>() {
        None => connection,
        Some(TlsSession { client_certificate: None }) => connection.tls(),
        Some(TlsSession { client_certificate: Some(der) }) => connection.certificate(der),
    }
}
