//! The client: each connection rotates a refresh token of its own, again and again.

use crate::load::exchange;
use serde_json::Value;
use std::error::Error;
use std::io::{Error as IoError, Result as IoResult};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// One server's load.
pub(super) struct Load {
    runtime: Runtime,
    address: SocketAddr,
    /// Everything before the length of the body.
    head: String,
    /// Refresh tokens that were not used yet, one for each family.
    unused: Vec<String>,
}

/// What one turn gave.
pub(super) struct Sample {
    pub(super) elapsed: Duration,
    /// Microseconds of the server's processor time per rotation.
    pub(super) processor: f64,
    /// Whole responses.
    pub(super) answers: Vec<Vec<u8>>,
}

impl Sample {
    /// Rotations per second.
    pub(super) fn rate(&self) -> f64 {
        self.answers.len() as f64 / self.elapsed.as_secs_f64()
    }
}

impl Load {
    pub(super) fn new(token_endpoint: &str, unused: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let rest = token_endpoint.strip_prefix("http://").ok_or("not over plain http")?;
        let (authority, path) = rest.split_once('/').ok_or("no path")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let head = format!(
            "POST /{path} HTTP/1.1\r\nhost: {authority}\r\naccept: */*\r\nauthorization: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: ",
            super::basic()
        );
        Ok(Self { runtime, address: authority.parse()?, head, unused })
    }

    /// So many rotations of a family for each connection; connections are opened before the clock starts.
    pub(super) fn run(&mut self, connections: usize, each: usize) -> Result<Sample, Box<dyn Error>> {
        let address = self.address;
        let families = self.unused.split_off(self.unused.len().checked_sub(connections).ok_or("no more families")?);
        self.runtime.block_on(async {
            let mut streams = Vec::new();
            for _ in 0..connections {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                streams.push(stream);
            }
            let began = Instant::now();
            let tasks: Vec<_> = streams
                .into_iter()
                .zip(families)
                .map(|(stream, token)| tokio::spawn(connection(stream, self.head.clone(), token, each)))
                .collect();
            let mut answers = Vec::with_capacity(connections * each);
            for task in tasks {
                answers.extend(task.await??);
            }
            Ok(Sample { elapsed: began.elapsed(), processor: 0.0, answers })
        })
    }
}

async fn connection(mut stream: TcpStream, head: String, mut token: String, each: usize) -> IoResult<Vec<Vec<u8>>> {
    let mut answers = Vec::with_capacity(each);
    for _ in 0..each {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        let request = format!("{head}{}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await?;
        let mut response = Vec::with_capacity(2_048);
        exchange(&mut stream, &mut response).await?;
        token = successor(&response, &token)
            .ok_or_else(|| IoError::other(format!("no successor: {}", String::from_utf8_lossy(&response))))?;
        answers.push(response);
    }
    Ok(answers)
}

/// The refresh token of a response, if it is a new one.
fn successor(response: &[u8], spent: &str) -> Option<String> {
    let (head, body) = std::str::from_utf8(response).ok()?.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    let token = body["refresh_token"].as_str().filter(|token| *token != spent)?;
    head.starts_with("HTTP/1.1 200 ").then(|| token.to_owned())
}
