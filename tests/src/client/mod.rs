//! A client that sends the bytes of a case as they are, without a library in between; and one for HTTP/2, by hyper.

mod http1;
mod http2;

pub use http1::Connection;
pub use http2::{Chunks, Http2Connection};

use crate::Call;

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The request target, as it stands in the first line.
    pub target: String,
    /// The header fields, in this order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// To `mcp.example.com`, without credentials.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let headers = vec![("host".into(), b"mcp.example.com".to_vec())];
        Self { method: method.into(), target: target.into(), headers, body: Vec::new() }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
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

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A body of `length` bytes is announced; whether it comes is up to the case.
    #[must_use]
    pub fn head(&self, length: usize) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if length > 0 || !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            bytes.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

impl From<&Call> for Request {
    fn from(call: &Call) -> Self {
        let mut target = match &call.authority {
            Some(authority) => format!("http://{authority}{}", call.path),
            None => call.path.clone(),
        };
        if let Some(query) = &call.query {
            target.push('?');
            target.push_str(query);
        }
        let body = call.form.clone().unwrap_or_default();
        Self { method: call.method.clone(), target, headers: call.headers.clone(), body }
    }
}

/// A response as it came over the wire; names in lower case, which is what they mean in any case (RFC 9110 §5.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields, in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body, which must be text.
    #[must_use]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    /// Status and body, which say most.
    #[must_use]
    pub fn said(&self) -> (u16, &str) {
        (self.status, self.text())
    }
}
