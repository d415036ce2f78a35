//! The client: requests made before the clock starts, over connections that stay open. It does as little as a client can, because
//! it shares the machine with the server.

use crate::server::ANSWER;
use std::error::Error;
use std::io::{Error as IoError, Result as IoResult};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 16;
/// The longest response that is expected.
const RESPONSE: usize = 4096;

/// The bytes of one request.
pub(crate) fn request(address: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n");
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Connections to one server.
pub(crate) struct Load {
    runtime: Runtime,
    address: SocketAddr,
    streams: Vec<TcpStream>,
}

impl Load {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let streams = runtime.block_on(async {
            let mut streams = Vec::new();
            for _ in 0..CONNECTIONS {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                streams.push(stream);
            }
            IoResult::Ok(streams)
        })?;
        Ok(Self { runtime, address, streams })
    }

    /// Sends every request once, over whichever connection is free, and gives the time it took.
    ///
    /// # Errors
    /// Where one is not answered as every admitted request is.
    pub(crate) fn send_all(&mut self, requests: Vec<Vec<u8>>) -> Result<Duration, Box<dyn Error>> {
        let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
        let streams = std::mem::take(&mut self.streams);
        self.runtime.block_on(async {
            let began = Instant::now();
            let connections: Vec<_> = streams
                .into_iter()
                .map(|stream| tokio::spawn(connection(stream, Arc::clone(&requests), Arc::clone(&next))))
                .collect();
            for connection in connections {
                self.streams.push(connection.await??);
            }
            Ok(began.elapsed())
        })
    }

    /// The body of one response: what `/stats` says.
    pub(crate) fn get(&mut self, path: &str) -> Result<String, Box<dyn Error>> {
        let request = request(self.address, path, &[]);
        let stream = self.streams.first_mut().ok_or("no connection is left")?;
        self.runtime.block_on(async {
            stream.write_all(&request).await?;
            let mut response = Vec::with_capacity(RESPONSE);
            exchange(stream, &mut response).await?;
            let text = String::from_utf8(response)?;
            let (_, body) = text.split_once("\r\n\r\n").ok_or("no body")?;
            Ok(body.to_owned())
        })
    }
}

async fn connection(mut stream: TcpStream, requests: Arc<Vec<Vec<u8>>>, next: Arc<AtomicUsize>) -> IoResult<TcpStream> {
    let mut response = Vec::with_capacity(RESPONSE);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        stream.write_all(request).await?;
        exchange(&mut stream, &mut response).await?;
        if !response.starts_with(b"HTTP/1.1 200 ") || !response.ends_with(ANSWER.as_bytes()) {
            return Err(IoError::other(format!("not admitted: {}", String::from_utf8_lossy(&response))));
        }
    }
    Ok(stream)
}

/// Reads one response, whose length its `content-length` says.
pub(crate) async fn exchange(stream: &mut TcpStream, response: &mut Vec<u8>) -> IoResult<()> {
    response.clear();
    loop {
        if stream.read_buf(response).await? == 0 {
            return Err(IoError::other("the server closed the connection"));
        }
        if let Some(whole) = whole_length(response)
            && response.len() >= whole
        {
            return Ok(());
        }
    }
}

/// Head and body, once the head is complete.
fn whole_length(response: &[u8]) -> Option<usize> {
    let head = response.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&response[..head]).ok()?.split("\r\n");
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let (_, length) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    Some(head + length.trim().parse::<usize>().ok()?)
}
