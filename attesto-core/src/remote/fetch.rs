//! One fetch of an issuer's keys, request by request: first the metadata if the `jwks_uri` is unknown, then the keys.

use super::cache_control::cacheable_for;
use super::error::{FetchError, FetchFailure};
use super::keys::RemoteKeys;
use super::location::issuer_named_in;
use crate::http::{Header, HttpFailure, IncomingResponse, OutgoingRequest};
use crate::jose::VerificationKeys;
use crate::{Timestamp, limits};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::fmt;
use core::time::Duration;

/// The timeout of one metadata URL; there are three at most. With five seconds for the keys, a fetch takes less than
/// the 15 of CRS-3.
const METADATA: Duration = Duration::from_secs(3);

/// A running fetch. Its owner sends [`request`](Self::request) and passes the response to [`received`](Self::received).
/// Dropping it abandons the fetch, and another caller may begin one.
#[must_use = "others wait for this fetch"]
pub struct KeyFetch {
    remote: Arc<RemoteKeys>,
    number: u64,
    now: Timestamp,
    stage: Stage,
    ended: bool,
}

#[derive(Debug)]
enum Stage {
    /// Requests the metadata at one URL. Keeps the URLs not tried yet, and the most useful failure so far.
    Metadata { url: String, others: vec::IntoIter<String>, tried: Option<FetchFailure> },
    /// Requests the keys.
    Keys { url: String },
}

/// The result of a response.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "one more, or the end")]
pub enum FetchStep {
    /// One more request to send.
    Send(KeyFetch),
    /// The end: the generation of the new keys, or why there are none.
    Ended(Result<u64, FetchError>),
}

impl KeyFetch {
    pub(super) fn new(remote: Arc<RemoteKeys>, number: u64, jwks_uri: Option<String>, now: Timestamp) -> Self {
        let stage = match jwks_uri {
            Some(url) => Stage::Keys { url },
            None => Stage::first(remote.metadata_urls()),
        };
        Self { remote, number, now, stage, ended: false }
    }

    /// The issuer whose keys are fetched.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.remote.issuer()
    }

    /// The request to send.
    #[must_use]
    pub fn request(&self) -> OutgoingRequest {
        match &self.stage {
            Stage::Metadata { url, .. } => OutgoingRequest::get(url, limits::ISSUER_METADATA)
                .header(Header::own("accept", "application/json"))
                .time_limit(METADATA),
            Stage::Keys { url } => OutgoingRequest::get(url, limits::JWK_SET)
                .header(Header::own("accept", "application/jwk-set+json, application/json;q=0.9")),
        }
    }

    /// Handles the response.
    pub fn received(mut self, answer: Result<IncomingResponse, HttpFailure>) -> FetchStep {
        let step = match &mut self.stage {
            Stage::Metadata { url, others, tried } => match read_metadata(&self.remote, answer) {
                Ok(jwks_uri) => {
                    self.remote.locate(&jwks_uri, self.now);
                    Ok(Stage::Keys { url: jwks_uri })
                }
                Err(refusal) => {
                    let (goes_on, error, named) = match refusal {
                        Refusal::NotHere(error, named) => (true, error, named),
                        Refusal::Stop(error) => (false, error, None),
                    };
                    let failure = FetchFailure { error, url: core::mem::take(url), named };
                    match others.next().filter(|_| goes_on) {
                        Some(url) => {
                            let tried = Some(more_telling(tried.take(), failure));
                            Ok(Stage::Metadata { url, others: core::mem::take(others), tried })
                        }
                        None if goes_on => Err(more_telling(tried.take(), failure)),
                        None => Err(failure),
                    }
                }
            },
            Stage::Keys { url } => match read_keys(&self.remote, answer) {
                Ok(keys) => return FetchStep::Ended(self.end(Ok(keys))),
                Err(error) => Err(FetchFailure { error, url: core::mem::take(url), named: None }),
            },
        };
        match step {
            Ok(stage) => {
                self.stage = stage;
                FetchStep::Send(self)
            }
            Err(failure) => FetchStep::Ended(self.end(Err(failure))),
        }
    }

    fn end(mut self, result: Result<(VerificationKeys, Option<u64>), FetchFailure>) -> Result<u64, FetchError> {
        self.ended = true;
        self.remote.ended(self.number, result, self.now)
    }
}

/// Returns the more useful of two failures, the earlier one if they are equal. CDS-5.
fn more_telling(before: Option<FetchFailure>, failure: FetchFailure) -> FetchFailure {
    match before {
        Some(before) if before.error.tells() >= failure.error.tells() => before,
        Some(_) | None => failure,
    }
}

impl Stage {
    fn first(urls: Vec<String>) -> Self {
        let mut others = urls.into_iter();
        // There is always one: an issuer has at least two metadata URLs.
        let url = others.next().unwrap_or_default();
        Self::Metadata { url, others, tried: None }
    }
}

impl Drop for KeyFetch {
    fn drop(&mut self) {
        if !self.ended {
            self.remote.abandoned(self.number);
        }
    }
}

impl fmt::Debug for KeyFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFetch").field("number", &self.number).field("stage", &self.stage).finish_non_exhaustive()
    }
}

enum Refusal {
    /// The URL has no document of this issuer, and the issuer that it names, if any. Try the next URL.
    NotHere(FetchError, Option<String>),
    /// The issuer cannot respond now, at any URL.
    Stop(FetchError),
}

/// Reads the response of a metadata URL. A timeout, a failed connection, 429 or 503 ends the fetch; anything else that is not a metadata
/// document of this issuer leads to the next URL. RFC 8414 §3.2 and §3.3 forbid to use such a document, not to
/// continue; each document must have the issuer's exact name. CDS-5, J22.
fn read_metadata(remote: &RemoteKeys, answer: Result<IncomingResponse, HttpFailure>) -> Result<String, Refusal> {
    let response = answer.map_err(|failure| match failure {
        HttpFailure::Timeout | HttpFailure::Transport => Refusal::Stop(failure.into()),
        HttpFailure::TooLarge | HttpFailure::Unacceptable => Refusal::NotHere(failure.into(), None),
    })?;
    match response.status {
        429 | 503 => return Err(Refusal::Stop(FetchError::Busy)),
        400..=499 => return Err(Refusal::NotHere(FetchError::NoMetadata, None)),
        _ => {}
    }
    let document = document(&response, limits::ISSUER_METADATA).map_err(|error| Refusal::NotHere(error, None))?;
    remote.jwks_uri_of(document).map_err(|error| {
        let named = (error == FetchError::IssuerMismatch).then(|| issuer_named_in(document)).flatten();
        Refusal::NotHere(error, named)
    })
}

fn read_keys(
    remote: &RemoteKeys,
    answer: Result<IncomingResponse, HttpFailure>,
) -> Result<(VerificationKeys, Option<u64>), FetchError> {
    let response = answer?;
    let keys = remote.keys_in(document(&response, limits::JWK_SET)?)?;
    Ok((keys, response.cache_control.as_deref().and_then(cacheable_for)))
}

/// Returns the body of a 200. The limit is checked again here, whichever client sent the request.
fn document(response: &IncomingResponse, limit: usize) -> Result<&[u8], FetchError> {
    match response.status {
        200 if response.body.len() > limit => Err(FetchError::TooLarge),
        200 => Ok(&response.body),
        429 | 500..=599 => Err(FetchError::Busy),
        _ => Err(FetchError::Status),
    }
}
