//! A network between the stores and the server, which can lose what is on its way.

use crate::server::Server;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// Passes bytes on. Connections that were made before a [`cut`](Self::cut) carry nothing more, and are not closed: as
/// when a router forgets them, or a machine loses its power.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    cuts: Arc<AtomicUsize>,
    said: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn start(server: &Server) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (cuts, said) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(accept(listener, server.socket().join(".s.PGSQL.5432"), Arc::clone(&cuts), Arc::clone(&said)));
        Self { port, cuts, said }
    }

    /// How often a client has said something.
    pub(crate) fn said(&self) -> usize {
        self.said.load(Ordering::SeqCst)
    }

    pub(crate) fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, cuts: Arc<AtomicUsize>, said: Arc<AtomicUsize>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&socket).await else { continue };
        tokio::spawn(connection(client, server, Arc::clone(&cuts), Arc::clone(&said)));
    }
}

async fn connection(client: TcpStream, server: UnixStream, cuts: Arc<AtomicUsize>, said: Arc<AtomicUsize>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let before = cuts.load(Ordering::SeqCst);
    let count = || {
        said.fetch_add(1, Ordering::SeqCst);
    };
    tokio::join!(
        pass(from_client, to_server, &cuts, before, count),
        pass(from_server, to_client, &cuts, before, || ())
    );
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    cuts: &AtomicUsize,
    before: usize,
    count: impl Fn(),
) {
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        count();
        if cuts.load(Ordering::SeqCst) != before {
            // The peer learns nothing, not even that the connection is gone.
            std::future::pending::<()>().await;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
