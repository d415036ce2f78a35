//! A client that stands for browser, application and proxy: one request for each connection, redirects shown and not followed.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Nothing here takes long; a server that hangs fails the test in the end.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
}

pub(crate) struct Request {
    head: String,
    body: String,
}

pub(crate) fn get(target: &str) -> Request {
    Request { head: format!("GET {target} HTTP/1.1\r\n"), body: String::new() }
}

pub(crate) fn post(target: &str, form: &str) -> Request {
    let head = format!("POST {target} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    Request { head: format!("{head}content-length: {}\r\n", form.len()), body: form.into() }
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn send(&self, request: Request) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let request =
            request.header("host", "localhost").header("connection", "close").header("x-forwarded-proto", "https");
        stream.write_all(format!("{}\r\n{}", request.head, request.body).as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer in time");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        assert!(!head.contains("chunked"), "the examples' answers are short");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

impl Answer {
    /// All values of a field.
    pub(crate) fn headers(&self, name: &str) -> String {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// A member of the JSON object in the body.
    pub(crate) fn json(&self, member: &str) -> String {
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        body[member].as_str().unwrap_or_else(|| panic!("{member} in {}", self.body)).to_owned()
    }
}
