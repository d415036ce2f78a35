//! HTTP/1.1, byte by byte.

use super::{Answer, Request};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Nothing here takes long; a server that hangs fails the test in the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that stays open between requests.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        // Requests go out as they are written: without this each waits for the answer's acknowledgement.
        stream.set_nodelay(true).expect("an option");
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request and reads the response.
    pub fn send(&mut self, request: &Request) -> Answer {
        let mut bytes = request.head(request.body.len());
        bytes.extend_from_slice(&request.body);
        self.write(&bytes);
        self.read(&request.method)
    }

    /// Sends it on a connection that the server may have closed; `None` if it has.
    pub fn try_send(&mut self, request: &Request) -> Option<Answer> {
        self.stream.get_ref().write_all(&request.head(0)).ok()?;
        match self.stream.fill_buf() {
            Ok([]) | Err(_) => None,
            Ok(_) => Some(self.read(&request.method)),
        }
    }

    /// Writes these bytes.
    pub fn write(&self, bytes: &[u8]) {
        self.stream.get_ref().write_all(bytes).expect("the server reads");
    }

    /// A second half to write with, while the first reads.
    pub fn writer(&self) -> TcpStream {
        self.stream.get_ref().try_clone().expect("a second handle")
    }

    /// The next response, to a request with this method.
    pub fn read(&mut self, method: &str) -> Answer {
        loop {
            let (status, headers) = self.read_head();
            if status >= 200 {
                let mut answer = Answer { status, headers, body: Vec::new() };
                if method != "HEAD" && !matches!(status, 204 | 304) {
                    answer.body = self.read_body(&answer);
                }
                return answer;
            }
            // Interim responses (100) say nothing yet.
        }
    }

    /// The head of the next response: status and header fields.
    pub fn read_head(&mut self) -> (u16, Vec<(String, String)>) {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {status_line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return (status, headers);
            }
            let (name, value) = line.split_once(':').expect("a header field");
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn read_body(&mut self, answer: &Answer) -> Vec<u8> {
        let mut body = Vec::new();
        if answer.all("transfer-encoding") == ["chunked"] {
            loop {
                let chunk = self.chunk();
                if chunk.is_empty() {
                    return body;
                }
                body.extend_from_slice(&chunk);
            }
        }
        let length = answer.all("content-length").first().map(|length| length.parse().expect("a length"));
        match length {
            Some(length) => {
                body.resize(length, 0);
                self.stream.read_exact(&mut body).expect("the whole body");
            }
            None => _ = self.stream.read_to_end(&mut body).expect("the connection's end"),
        }
        body
    }

    /// The next chunk of a chunked body; empty at its end.
    pub fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from_str_radix(&self.line(), 16).expect("a chunk's length");
        let mut chunk = vec![0; length];
        self.stream.read_exact(&mut chunk).expect("the whole chunk");
        assert_eq!(self.line(), "", "the chunk's end");
        chunk
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line in time");
        assert!(line.ends_with("\r\n"), "the connection ended in the middle of {line:?}");
        line.truncate(line.len() - 2);
        line
    }
}
