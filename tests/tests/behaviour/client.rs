//! A client that sends the bytes it is told to: no library stands between a case and the wire.

use crate::setup::Running;
use attesto_tests::Call;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Nothing here takes long; a server that hangs fails the test in the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// To `mcp.example.com`, without credentials.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let headers = vec![("host".into(), b"mcp.example.com".to_vec())];
        Self { method: method.into(), target: target.into(), headers, body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn dpop(self, token: &str, proof: &str) -> Self {
        self.header("authorization", format!("DPoP {token}")).header("dpop", proof)
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A body of `length` bytes is announced; whether it comes is up to the case.
    pub(crate) fn head(&self, length: usize) -> Vec<u8> {
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
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    /// Status and body, which say most.
    pub(crate) fn said(&self) -> (u16, &str) {
        (self.status, self.text())
    }
}

impl Running {
    /// One request on a connection of its own.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        Connection::open(self.address).send(request)
    }
}

/// A connection that stays open between requests.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        // Requests go out as they are written: without this each waits for the answer's acknowledgement.
        stream.set_nodelay(true).expect("an option");
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, request: &Request) -> Answer {
        let mut bytes = request.head(request.body.len());
        bytes.extend_from_slice(&request.body);
        self.write(&bytes);
        self.read(&request.method)
    }

    /// The same on a connection that the server may have closed; `None` if it has.
    pub(crate) fn try_send(&mut self, request: &Request) -> Option<Answer> {
        self.stream.get_ref().write_all(&request.head(0)).ok()?;
        match self.stream.fill_buf() {
            Ok([]) | Err(_) => None,
            Ok(_) => Some(self.read(&request.method)),
        }
    }

    pub(crate) fn write(&self, bytes: &[u8]) {
        self.stream.get_ref().write_all(bytes).expect("the server reads");
    }

    /// A second half to write with, while the first reads.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.get_ref().try_clone().expect("a second handle")
    }

    /// The next response, to a request with this method.
    pub(crate) fn read(&mut self, method: &str) -> Answer {
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

    pub(crate) fn read_head(&mut self) -> (u16, Vec<(String, String)>) {
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
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
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
