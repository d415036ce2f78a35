//! A request, owned and easy to change.

use attesto_core::http::{Connection, RequestParts};
use std::net::IpAddr;

/// One request as the server sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The raw path.
    pub path: String,
    /// The query without `?`.
    pub query: Option<String>,
    /// The authority of the request target.
    pub authority: Option<String>,
    /// The header fields, bytes as they are.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The socket peer.
    pub peer: Option<IpAddr>,
    /// Whether this server ended TLS.
    pub tls: bool,
    /// The TLS client certificate.
    pub certificate: Option<Vec<u8>>,
    /// A form body that the host has read.
    pub form: Option<Vec<u8>>,
}

impl Call {
    /// `POST https://mcp.example.com/mcp`, without credentials.
    #[must_use]
    pub fn new() -> Self {
        Self {
            method: "POST".into(),
            path: "/mcp".into(),
            query: None,
            authority: None,
            headers: vec![("host".into(), b"mcp.example.com".to_vec())],
            peer: None,
            tls: true,
            certificate: None,
            form: None,
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Takes all fields of this name away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// Bearer credentials.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// DPoP credentials.
    #[must_use]
    pub fn dpop(self, token: &str, proof: &str) -> Self {
        self.header("authorization", format!("DPoP {token}")).header("dpop", proof)
    }

    /// Passes the request to the core.
    pub fn with_parts<T>(&self, f: impl FnOnce(&RequestParts<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let headers: &[(&str, &[u8])] = &headers;
        let mut connection = Connection::new();
        if let Some(peer) = self.peer {
            connection = connection.peer(peer);
        }
        if self.tls {
            connection = connection.tls();
        }
        if let Some(der) = &self.certificate {
            connection = connection.certificate(der);
        }
        let mut parts = RequestParts::new(&self.method, &self.path, &headers)
            .query(self.query.as_deref())
            .authority(self.authority.as_deref())
            .connection(connection);
        if let Some(form) = &self.form {
            parts = parts.form_body(form);
        }
        f(&parts)
    }
}

impl Default for Call {
    fn default() -> Self {
        Self::new()
    }
}
