//! One request and its answer, between tiny_http's types and the core's.

use attesto_core::http::{Connection, Header, HeaderLines, RequestParts, ResponseParts};
use attesto_core::limits;
use std::io::{self, Cursor, Read};
use tiny_http::{Request, Response};

/// A request that is being answered.
pub struct Exchange {
    request: Request,
    /// What was read of the body already, because a token may have been in it.
    read_ahead: Vec<u8>,
}

/// Header fields as the core reads them: line by line, nothing merged.
struct Fields<'r>(&'r [tiny_http::Header]);

impl HeaderLines for Fields<'_> {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        for field in self.0 {
            if field.field.as_str().as_str().eq_ignore_ascii_case(name) {
                visit(field.value.as_str().as_bytes());
            }
        }
    }
}

/// The request target's parts, as sent: nothing is decoded, nothing resolved.
struct Target<'r> {
    authority: Option<&'r str>,
    path: &'r str,
    query: Option<&'r str>,
}

impl<'r> Target<'r> {
    /// `/path?query`, or `http://authority/path?query` as proxies are sent (RFC 9112 §3.2).
    fn parse(url: &'r str) -> Self {
        let (target, query) = url.split_once('?').map_or((url, None), |(target, query)| (target, Some(query)));
        match target.split_once("://") {
            Some((scheme, rest)) if !scheme.contains('/') => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at(end);
                Self { authority: Some(authority), path: if path.is_empty() { "/" } else { path }, query }
            }
            _ => Self { authority: None, path: target, query },
        }
    }
}

impl Exchange {
    /// A request that just came in.
    #[must_use]
    pub const fn new(request: Request) -> Self {
        Self { request, read_ahead: Vec::new() }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.request.method().as_str()
    }

    /// The path, as sent.
    #[must_use]
    pub fn path(&self) -> &str {
        Target::parse(self.request.url()).path
    }

    /// The query, as sent.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        Target::parse(self.request.url()).query
    }

    /// Passes the header fields to `f`.
    pub fn with_headers<T>(&self, f: impl FnOnce(&dyn HeaderLines) -> T) -> T {
        f(&Fields(self.request.headers()))
    }

    /// Passes the request to the core. `connection` is what the server itself knows of it: that it ended TLS, and with which client
    /// certificate. The socket's peer is added here.
    pub fn parts<T>(
        &self,
        connection: Connection<'_>,
        form: Option<&[u8]>,
        f: impl FnOnce(&RequestParts<'_>) -> T,
    ) -> T {
        let target = Target::parse(self.request.url());
        let fields = Fields(self.request.headers());
        let connection = match self.request.remote_addr() {
            Some(peer) => connection.peer(peer.ip()),
            None => connection,
        };
        let parts = RequestParts::new(self.method(), target.path, &fields)
            .query(target.query)
            .authority(target.authority)
            .connection(connection);
        f(&match form {
            Some(form) => parts.form_body(form),
            None => parts,
        })
    }

    /// Reads a form of at most [`limits::FORM_BODY`] bytes. A longer or broken one cannot present a token, and is left to the
    /// handler.
    pub fn read_form(&mut self) -> Option<Vec<u8>> {
        let most = u64::try_from(limits::FORM_BODY).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.request.as_reader().take(most).read_to_end(&mut self.read_ahead);
        (read.is_ok() && self.read_ahead.len() <= limits::FORM_BODY).then(|| self.read_ahead.clone())
    }

    /// The body, for the handler: whole, whatever was read ahead of it.
    ///
    /// # Errors
    /// Where the connection fails, or the body is longer than `most`.
    pub fn read_body(&mut self, most: u64) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let ahead = Cursor::new(std::mem::take(&mut self.read_ahead));
        ahead.chain(self.request.as_reader()).take(most.saturating_add(1)).read_to_end(&mut body)?;
        if u64::try_from(body.len()).is_ok_and(|length| length <= most) {
            Ok(body)
        } else {
            Err(io::Error::other("the body is too long"))
        }
    }

    /// Sends the response. Ignores a client that has disconnected.
    pub fn answer(self, parts: ResponseParts) {
        let headers = parts.headers.iter().filter_map(|header| {
            // The core emits visible ASCII only, so this never fails.
            tiny_http::Header::from_bytes(header.name().as_bytes(), header.value().as_bytes()).ok()
        });
        let length = parts.body.len();
        let status = tiny_http::StatusCode(parts.status);
        let response = Response::new(status, headers.collect(), Cursor::new(parts.body), Some(length), None);
        drop(self.request.respond(response));
    }
}

/// A handler's response: this text.
#[must_use]
pub fn text(status: u16, body: impl Into<Vec<u8>>) -> ResponseParts {
    let mut response = ResponseParts::new(status);
    response.headers.extend(Header::new("content-type", "text/plain"));
    response.body = body.into();
    response
}
