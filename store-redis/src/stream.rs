//! Opens the way to a server: TCP, TLS over it, or a Unix socket.

use crate::address::{Address, Place};
use crate::failure::{Failure, FailureKind};
#[cfg(feature = "tls")]
use crate::tls::Tls;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What the protocol runs over.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// How streams to one server are opened.
pub(crate) struct Opener {
    pub(crate) address: Address,
    /// The address for messages.
    pub(crate) server: Arc<str>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

impl Opener {
    pub(crate) async fn stream(&self) -> Result<Box<dyn Duplex>, Failure> {
        match &self.address.place {
            Place::Host { name, port, tls } => {
                let tcp = TcpStream::connect((name.as_str(), *port)).await.map_err(|error| self.io(&error))?;
                tcp.set_nodelay(true).map_err(|error| self.io(&error))?;
                if *tls { self.over_tls(name, tcp).await } else { Ok(Box::new(tcp)) }
            }
            #[cfg(unix)]
            Place::Socket(path) => {
                let socket = tokio::net::UnixStream::connect(path).await.map_err(|error| self.io(&error))?;
                Ok(Box::new(socket))
            }
            #[cfg(not(unix))]
            Place::Socket(_) => Err(self.io(&io::ErrorKind::Unsupported.into())),
        }
    }

    #[cfg(feature = "tls")]
    async fn over_tls(&self, name: &str, tcp: TcpStream) -> Result<Box<dyn Duplex>, Failure> {
        let Some(tls) = &self.tls else { return Err(Failure::new(&self.server, FailureKind::Tls)) };
        match tls.connect(name, tcp).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(self.io(&error)),
        }
    }

    /// An address with TLS is refused when it is read.
    #[cfg(not(feature = "tls"))]
    async fn over_tls(&self, _: &str, _: TcpStream) -> Result<Box<dyn Duplex>, Failure> {
        Err(Failure::new(&self.server, FailureKind::Tls))
    }

    fn io(&self, error: &io::Error) -> Failure {
        Failure::io(&self.server, error)
    }
}
