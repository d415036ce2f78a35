//! The client: the same request again and again, over connections that stay open.

use super::{CLIENT_ID, CLIENT_SECRET, RESOURCE};
use crate::load::exchange;
use crate::parties::SCOPE;
use attesto_core::encoding::{base64url, form};
use std::error::Error;
use std::io::{Error as IoError, Result as IoResult};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// One server's load.
pub(super) struct Load {
    runtime: Runtime,
    address: SocketAddr,
    request: Arc<[u8]>,
}

/// What one turn gave.
pub(super) struct Sample {
    elapsed: Duration,
    /// Microseconds of each request, the shortest first.
    latencies: Vec<f64>,
    /// Microseconds of the server's processor time per token.
    pub(super) processor: f64,
    /// Whole responses.
    pub(super) answers: Vec<Vec<u8>>,
}

impl Sample {
    /// Tokens per second.
    pub(super) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// So much of all requests took no longer, in microseconds.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let at = (self.latencies.len() as f64 * part).ceil() as usize;
        self.latencies.get(at.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl Load {
    pub(super) fn new(token_endpoint: &str) -> Result<Self, Box<dyn Error>> {
        let rest = token_endpoint.strip_prefix("http://").ok_or("not over plain http")?;
        let (authority, path) = rest.split_once('/').ok_or("no path")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let request = Arc::from(request(authority, path).into_bytes());
        Ok(Self { runtime, address: authority.parse()?, request })
    }

    /// So many requests over so many connections, which are opened before the clock starts.
    pub(super) fn run(&mut self, connections: usize, count: usize) -> Result<Sample, Box<dyn Error>> {
        let (left, address) = (Arc::new(AtomicUsize::new(count)), self.address);
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
                .map(|stream| tokio::spawn(connection(stream, Arc::clone(&self.request), Arc::clone(&left))))
                .collect();
            let (mut latencies, mut answers) = (Vec::with_capacity(count), Vec::with_capacity(count));
            for task in tasks {
                for (latency, answer) in task.await?? {
                    latencies.push(latency.as_nanos() as f64 / 1_000.0);
                    answers.push(answer);
                }
            }
            let elapsed = began.elapsed();
            latencies.sort_by(f64::total_cmp);
            Ok(Sample { elapsed, latencies, processor: 0.0, answers })
        })
    }
}

/// `client_secret_basic`, one scope, one resource.
fn request(authority: &str, path: &str) -> String {
    let body =
        format!("grant_type=client_credentials&scope={}&resource={}", form::encode(SCOPE), form::encode(RESOURCE));
    let mut basic =
        base64url::encode(format!("{CLIENT_ID}:{CLIENT_SECRET}").as_bytes()).replace('-', "+").replace('_', "/");
    while !basic.len().is_multiple_of(4) {
        basic.push('=');
    }
    format!(
        "POST /{path} HTTP/1.1\r\nhost: {authority}\r\naccept: */*\r\nauthorization: Basic {basic}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn connection(
    mut stream: TcpStream,
    request: Arc<[u8]>,
    left: Arc<AtomicUsize>,
) -> IoResult<Vec<(Duration, Vec<u8>)>> {
    let mut answers = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let began = Instant::now();
        stream.write_all(&request).await?;
        let mut response = Vec::with_capacity(2_048);
        exchange(&mut stream, &mut response).await?;
        let latency = began.elapsed();
        if !response.starts_with(b"HTTP/1.1 200 ") {
            return Err(IoError::other(format!("no token: {}", String::from_utf8_lossy(&response))));
        }
        answers.push((latency, response));
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_those_that_were_measured() {
        let latencies = (1..=100).map(f64::from).collect();
        let sample = Sample { elapsed: Duration::from_secs(2), latencies, processor: 0.0, answers: Vec::new() };
        assert_eq!((sample.quantile(0.50), sample.quantile(0.99), sample.rate()), (50.0, 99.0, 50.0));
    }
}
