//! One request on one connection, which may end at any moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than a server ever waits for its database.
const PATIENCE: Duration = Duration::from_secs(20);

/// A response that came whole.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// A member of the JSON object in the body.
    pub(crate) fn member(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

/// Sends a request. `None`: there is no whole response, and the request may or may not have been carried out.
pub(crate) async fn send(port: u16, head: &str, body: &str) -> Option<Response> {
    tokio::time::timeout(PATIENCE, exchange(port, head, body)).await.ok()?
}

async fn exchange(port: u16, head: &str, body: &str) -> Option<Response> {
    let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.ok()?;
    let request = format!(
        "{head}host: issuer.example\r\nx-forwarded-proto: https\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let response = Response { status, head: head.into(), body: body.into() };
    // A response that was cut off is none.
    let length: Option<usize> = response.header("content-length").and_then(|length| length.parse().ok());
    (length.unwrap_or_default() == response.body.len()).then_some(response)
}
