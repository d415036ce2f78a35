//! What rendering needs to know of a request once its parts are gone.

use super::credential::Channel;
use crate::challenge::AuthScheme;
use crate::http::{Header, Lines, RequestParts};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Remembered of the request for the response.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The scheme the request used, as far as it was recognisable.
    pub(super) scheme: Option<AuthScheme>,
    /// Where the token was found.
    pub(super) channel: Option<Channel>,
    /// A fresh nonce to hand out with whatever the response will be (D15).
    pub(super) nonce: Option<String>,
    /// The path, kept only where a metadata pointer's resolver may ask for it (P9).
    pub(super) path: Option<String>,
    /// The URI that the proof was made for, and the one of the request, where they differ. For events.
    pub(super) uris: Option<Box<(String, String)>>,
    /// HEAD: no body (W12).
    pub(super) head: bool,
    /// The request came from a browser script: what it may read of the response must be named (D15).
    pub(super) cors: bool,
}

impl Facts {
    pub(super) fn of(request: &RequestParts<'_>) -> Self {
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
