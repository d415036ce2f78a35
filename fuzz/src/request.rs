//! Requests as text, so that seeds can be read: a line with method and target, header lines, an empty line, the body.

use attesto_core::http::{Connection, RequestParts};
use std::net::{IpAddr, Ipv4Addr};

/// A request, owned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: String,
    /// The raw path.
    pub(crate) path: String,
    /// The query without its `?`.
    pub(crate) query: Option<String>,
    /// The header fields, in order. Names that begin with `~` are for the target itself.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// What follows the empty line, if there is one.
    pub(crate) body: Option<Vec<u8>>,
}

impl Request {
    /// Reads any bytes as some request.
    pub(crate) fn parse(data: &[u8]) -> Self {
        let mut request = Self::default();
        let mut lines = data.split(|byte| *byte == b'\n');
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let (method, target) = first.split_once(' ').unwrap_or((&first, "/"));
        request.method = method.to_owned();
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        (request.path, request.query) = (path.to_owned(), query.map(str::to_owned));
        while let Some(line) = lines.next() {
            if line.is_empty() {
                request.body = Some(lines.collect::<Vec<_>>().join(&b'\n'));
                break;
            }
            let mut parts = line.splitn(2, |byte| *byte == b':');
            let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).to_ascii_lowercase();
            let value = parts.next().unwrap_or_default();
            request.headers.push((name, value.strip_prefix(b" ").unwrap_or(value).to_vec()));
        }
        request
    }

    /// The values of the lines called `name`.
    pub(crate) fn values<'r>(&'r self, name: &str) -> Vec<&'r [u8]> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_slice()).collect()
    }

    /// With one more line, before all others.
    pub(crate) fn preceded_by(&self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut request = self.clone();
        request.headers.insert(0, (name.to_owned(), value.as_ref().to_vec()));
        request
    }

    /// Without the lines that `goes` names.
    pub(crate) fn without(&self, goes: impl Fn(&str) -> bool) -> Self {
        let mut request = self.clone();
        request.headers.retain(|(name, _)| !goes(name));
        request
    }

    /// Passes the request to the core, as received over TLS from 10.0.0.1.
    pub(crate) fn with_parts<T>(&self, f: impl FnOnce(&RequestParts<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let headers: &[(&str, &[u8])] = &headers;
        let connection = Connection::new().tls().peer(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
        let mut parts =
            RequestParts::new(&self.method, &self.path, &headers).query(self.query.as_deref()).connection(connection);
        if let Some(body) = &self.body {
            parts = parts.form_body(body);
        }
        f(&parts)
    }
}
