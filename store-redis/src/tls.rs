//! TLS to the server, with an explicit cryptographic provider: the redis crate's own takes the one of the process, and panics where there
//! is none.

use attesto_core::ConfigError;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How TLS is spoken.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    pub(crate) fn new(config: Arc<ClientConfig>) -> Self {
        Self(TlsConnector::from(config))
    }

    /// Trusts the roots of the platform.
    pub(crate) fn of_the_platform() -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            return Err(ConfigError::new("tls", "this machine has no root certificates; set `tls_config`"));
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|_| ConfigError::new("tls", "no version of TLS is available"))?;
        Ok(Self::new(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }

    /// `name` is the host of the URL, and the certificate must be for it.
    pub(crate) async fn connect(&self, name: &str, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.0.connect(name, tcp).await
    }
}
