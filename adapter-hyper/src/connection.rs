//! What a connection loop knows of each connection, and the requests on it do not say.

use crate::body::GuardedBody;
use crate::middleware::{Middleware, Next};
use attesto_core::http::{TlsSession, UnixSocket};
use http::{Request, Response};
use http_body_util::Either;
use std::net::SocketAddr;

/// The socket peer of a request's connection, in the request's extensions. [`OnConnection`] puts it there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "an address with a name")]
pub struct PeerAddress(pub SocketAddr);

/// Notes in the requests of one connection where they come from. Put it outermost, a new one for each accepted connection.
#[derive(Clone, Debug)]
pub struct OnConnection {
    peer: Option<SocketAddr>,
    tls: Option<TlsSession>,
}

impl OnConnection {
    /// A connection from this socket peer.
    #[must_use]
    pub const fn new(peer: SocketAddr) -> Self {
        Self { peer: Some(peer), tls: None }
    }

    /// A connection over a Unix socket, which is trusted where [`TrustedProxies`](attesto_core::http::TrustedProxies) name `unix`.
    #[must_use]
    pub const fn unix_socket() -> Self {
        Self { peer: None, tls: None }
    }

    /// Sets the TLS session of the connection; `None` for plain http.
    #[must_use]
    pub fn tls(mut self, session: impl Into<Option<TlsSession>>) -> Self {
        self.tls = session.into();
        self
    }
}

impl<B: Send + 'static> Middleware<B> for OnConnection {
    type Body = B;

    async fn pass<N: Next<B>>(
        self,
        mut request: Request<B>,
        next: N,
    ) -> Result<Response<GuardedBody<N::Body>>, N::Error> {
        match self.peer {
            Some(peer) => _ = request.extensions_mut().insert(PeerAddress(peer)),
            None => _ = request.extensions_mut().insert(UnixSocket),
        }
        if let Some(session) = self.tls {
            request.extensions_mut().insert(session);
        }
        Ok(next.call(request).await?.map(Either::Right))
    }
}
