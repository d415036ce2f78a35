//! An issuer's metadata and keys, fetched: keys only ever come from where this issuer's own document says, over https.

use crate::fixture::{ISSUER, NOW, WORLD};
use crate::model::Tree;
use attesto_core::http::{HttpFailure, IncomingResponse, ObservedUri};
use attesto_core::jose::JwkSet;
use attesto_core::limits;
use attesto_core::remote::{Begun, FetchStep, KeyFetch, Need, RemoteKeys};
use std::sync::Arc;
use url::Url;

/// What the issuer answers, a line each: a status and a body, or `timeout`, `transport`, `large`.
pub fn metadata(data: &[u8]) {
    for issuer in [ISSUER, "https://auth.example.com/tenant/"] {
        let answers: Vec<Answer> = data.split(|byte| *byte == b'\n').map(Answer::parse).collect();
        let keys = RemoteKeys::builder(issuer, Arc::clone(&WORLD.provider)).build().expect("a sound issuer");
        let Begun::Fetch(fetch) = keys.begin(Need::Usable, NOW) else { panic!("nothing is held yet") };
        let ended = drive(fetch, issuer, &answers);
        assert_eq!(ended, keys.is_ready(NOW));
        assert_eq!(keys.generation(), u64::from(ended));
        let past_any_use = NOW.plus(86_401);
        assert!(!keys.is_ready(past_any_use));
    }
}

#[derive(Clone, Debug)]
enum Answer {
    Response { status: u16, body: Vec<u8> },
    Failure(HttpFailure),
}

impl Answer {
    fn parse(line: &[u8]) -> Self {
        match line {
            b"timeout" => return Self::Failure(HttpFailure::Timeout),
            b"transport" => return Self::Failure(HttpFailure::Transport),
            b"large" => return Self::Failure(HttpFailure::TooLarge),
            _ => {}
        }
        let mut parts = line.splitn(2, |byte| *byte == b' ');
        let status = std::str::from_utf8(parts.next().unwrap_or_default()).ok().and_then(|text| text.parse().ok());
        Self::Response { status: status.unwrap_or(404), body: parts.next().unwrap_or_default().to_vec() }
    }

    fn send(&self) -> Result<IncomingResponse, HttpFailure> {
        match self {
            Self::Response { status, body } => Ok(IncomingResponse::new(*status, body.clone())),
            Self::Failure(failure) => Err(*failure),
        }
    }

    fn document(&self) -> Option<&[u8]> {
        match self {
            Self::Response { status: 200, body } => Some(body),
            Self::Response { .. } | Self::Failure(_) => None,
        }
    }
}

/// Answers every request in turn. Returns whether the fetch succeeded.
fn drive(mut fetch: KeyFetch, issuer: &str, answers: &[Answer]) -> bool {
    let mut answers = answers.iter();
    let mut jwks_uri: Option<String> = None;
    // At most three documents and one key set.
    for _ in 0..4 {
        let request = fetch.request();
        assert_eq!((request.method, request.body.is_empty()), ("GET", true));
        let of_keys = match &jwks_uri {
            Some(expected) => {
                assert_eq!(&request.url, expected, "keys come from where the document says");
                true
            }
            None => {
                assert!(request.url.starts_with("https://auth.example.com/"), "metadata come from the issuer");
                assert!(request.url.contains("/.well-known/"));
                false
            }
        };
        assert!(request.response_limit <= limits::ISSUER_METADATA.max(limits::JWK_SET));
        is_the_same_url_to_everybody(&request.url);
        let Some(answer) = answers.next() else { return false };
        match fetch.received(answer.send()) {
            FetchStep::Send(next) => {
                fetch = next;
                assert!(!of_keys, "nothing comes after the keys");
                // Where the next request goes elsewhere, it asks another of the issuer's URLs for its metadata, and is held to that above.
                let named = answer.document().and_then(|document| jwks_uri_of(document, issuer));
                jwks_uri = named.filter(|named| *named == fetch.request().url);
            }
            FetchStep::Ended(result) => {
                let keys = answer.document().filter(|_| of_keys).and_then(|document| JwkSet::from_json(document).ok());
                assert!(result.is_err() || keys.is_some(), "keys out of nothing");
                return result.is_ok();
            }
        }
    }
    panic!("a fifth request")
}

/// Returns `jwks_uri` if the document is strict JSON and its `issuer` is the expected one (RFC 8414 §3.3).
fn jwks_uri_of(document: &[u8], issuer: &str) -> Option<String> {
    let tree = Tree::strict_object(document.trim_ascii())?;
    tree.get("issuer").and_then(Tree::text).filter(|named| *named == issuer)?;
    tree.get("jwks_uri").and_then(Tree::text).map(str::to_owned)
}

/// What was checked is what an HTTP client connects to.
fn is_the_same_url_to_everybody(text: &str) {
    let ours = ObservedUri::parse(text).expect("a URI");
    assert!(text.len() <= limits::URI);
    // What that crate refuses, no client built on it sends.
    let Ok(theirs) = Url::parse(text) else { return };
    assert_eq!(theirs.scheme(), "https");
    assert!(theirs.username().is_empty() && theirs.password().is_none() && theirs.fragment().is_none());
    if let Some(url::Host::Domain(host)) = theirs.host() {
        let origin = format!("https://{host}:{}", theirs.port_or_known_default().expect("https has one"));
        let theirs = ObservedUri::parse(&origin).expect("an origin");
        let ours = ours.to_string();
        let path = ours.splitn(4, '/').nth(3).unwrap_or_default();
        let expected = format!("{theirs}/{path}");
        assert_eq!(ours.trim_end_matches('/'), expected.trim_end_matches('/'));
    }
}
