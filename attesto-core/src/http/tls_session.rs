//! What a server knows about a TLS session.

use super::Connection;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;

/// The TLS session of a request. Put it where your adapter looks for it if TLS ends in this process; never build it
/// from a header.
///
/// Without it a request counts as plain http, and is refused unless the origin is pinned or a trusted proxy forwards
/// https.
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

    /// Sets the client certificate of the session's handshake, as DER.
    #[must_use]
    pub fn with_client_certificate(der: impl Into<Arc<[u8]>>) -> Self {
        Self { client_certificate: Some(der.into()) }
    }

    /// Creates a session whose handshake presented these certificates, the peer's own first. TLS libraries call this
    /// the peer's chain.
    pub fn with_peer_chain<C: AsRef<[u8]>>(chain: Option<&[C]>) -> Self {
        Self { client_certificate: chain.and_then(<[C]>::first).map(|der| Arc::from(der.as_ref())) }
    }

    /// Returns the connection of a request on this session, with the socket peer's address.
    #[must_use]
    pub fn connection(&self, peer: Option<IpAddr>) -> Connection<'_> {
        let connection = Connection { peer, ..Connection::new() }.tls();
        match &self.client_certificate {
            Some(der) => connection.certificate(der),
            None => connection,
        }
    }

    /// Returns the connection of a request, with or without a session and a peer address.
    #[must_use]
    pub fn connection_of(session: Option<&Self>, peer: Option<IpAddr>) -> Connection<'_> {
        session.map_or(Connection { peer, ..Connection::new() }, |session| session.connection(peer))
    }
}

/// Marks a connection over a Unix socket. Put it where your adapter looks for it (the extensions of request or
/// connection). It has an effect if [`TrustedProxies`](super::TrustedProxies) name `unix`. Never build it from a
/// header.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a mark")]
pub struct UnixSocket;

impl UnixSocket {
    /// Marks a request's connection as a Unix socket, if `mark` is present.
    #[must_use]
    pub const fn mark<'r>(mark: Option<&Self>, connection: Connection<'r>) -> Connection<'r> {
        if mark.is_some() { connection.unix_socket() } else { connection }
    }
}

/// Prints only whether there is a certificate, which may name a person.
impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession").field("client_certificate", &self.client_certificate.is_some()).finish()
    }
}
