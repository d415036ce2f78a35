//! The facts about a request that rendering needs after the request's parts are gone.

use super::credential::Channel;
use crate::challenge::AuthScheme;
use crate::http::{Header, Lines, RequestParts};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// The facts about a request that its response depends on.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestFacts {
    /// The scheme of the request, if it was recognisable.
    pub(super) scheme: Option<AuthScheme>,
    /// The channel that carried the token.
    pub(super) channel: Option<Channel>,
    /// A fresh nonce to send with the response, whatever it is (D15).
    pub(super) nonce: Option<String>,
    /// The path, kept only if a metadata pointer's resolver may need it (P9).
    pub(super) path: Option<String>,
    /// The URI in the proof and the URI of the request, if they differ. For events.
    pub(super) uris: Option<Box<(String, String)>>,
    /// Whether the method is HEAD: no body (W12).
    pub(super) head: bool,
    /// Whether the request came from a browser script, which can read only the response fields named for it (D15).
    pub(super) cors: bool,
}

impl RequestFacts {
    pub(super) fn from_request(request: &RequestParts<'_>) -> Self {
        Self { head: request.method == "HEAD", cors: request.headers.lines("origin") != Lines::None, ..Self::default() }
    }

    pub(super) fn append_nonce(&self, headers: &mut Vec<Header>) {
        if let Some(nonce) = &self.nonce {
            headers.push(Header::own("dpop-nonce", nonce.clone()));
            self.append_expose(headers);
        }
    }

    pub(super) fn append_expose(&self, headers: &mut Vec<Header>) {
        const EXPOSE: &str = "access-control-expose-headers";
        if self.cors && !headers.iter().any(|header| header.name() == EXPOSE) {
            headers.push(Header::own(EXPOSE, "DPoP-Nonce, WWW-Authenticate"));
        }
    }
}
