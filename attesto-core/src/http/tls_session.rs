//! What a server knows of a TLS session.

use super::Connection;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;

/// What the server knows of the TLS session a request came through. Put it where your adapter looks for it when TLS ends in this
/// process; never make it from a header.
///
/// Without it a request counts as plain http, and is refused unless the origin is pinned or a trusted proxy vouches for https.
///
/// ```
/// use attesto_core::http::TlsSession;
///
/// let session = TlsSession::with_client_certificate(b"DER of the peer's certificate".as_slice());
/// assert!(session.connection(None).certificate.is_some());
/// ```
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

    /// The session whose handshake showed these certificates, the peer's own first: what TLS libraries call the peer's chain.
    pub fn with_peer_chain<C: AsRef<[u8]>>(chain: Option<&[C]>) -> Self {
        Self { client_certificate: chain.and_then(<[C]>::first).map(|der| Arc::from(der.as_ref())) }
    }

    /// The session as part of a request, together with the socket peer's address.
    #[must_use]
    pub fn connection(&self, peer: Option<IpAddr>) -> Connection<'_> {
        let connection = Connection { peer, ..Connection::new() }.tls();
        match &self.client_certificate {
            Some(der) => connection.certificate(der),
            None => connection,
        }
    }

    /// The connection of a request of which this much is known.
    #[must_use]
    pub fn connection_of(session: Option<&Self>, peer: Option<IpAddr>) -> Connection<'_> {
        session.map_or(Connection { peer, ..Connection::new() }, |session| session.connection(peer))
    }
}

/// Marks a connection that came over a Unix socket. Put it where your adapter looks for it (the extensions of request or
/// connection); it counts where [`TrustedProxies`](super::TrustedProxies) name `unix`. Never make it from a header.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a mark")]
pub struct UnixSocket;

impl UnixSocket {
    /// The connection of a request, marked if it is known to be one.
    #[must_use]
    pub const fn mark<'r>(mark: Option<&Self>, connection: Connection<'r>) -> Connection<'r> {
        if mark.is_some() { connection.unix_socket() } else { connection }
    }
}

/// A certificate may name a person: says only whether there is one.
impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession").field("client_certificate", &self.client_certificate.is_some()).finish()
    }
}
