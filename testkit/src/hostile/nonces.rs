//! A server whose nonces are never accepted.

use crate::finding::{Finding, passed};
use crate::{App, TestRequest, TestResponse};
use std::future::{Future, ready};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// After this many requests the loop ends by itself, so that a client that never gives up does not hang the test.
const ENDS_AFTER: u64 = 16;

/// A server that answers every request with `use_dpop_nonce` and another nonce (RFC 9449 §8), for tests of clients. A
/// client should retry once with the nonce; retrying with each new nonce would never end.
///
/// ```
/// use attesto_testkit::hostile::{NonceLoop, check_client_retries_once};
/// use attesto_testkit::{App, Fixture, Route, block_on};
///
/// let fixture = Fixture::new();
/// let server = NonceLoop::new();
/// block_on(async {
///     // Your client here, sending to `server`. This one is correct:
///     let request = |nonce: Option<&str>| Route::post("/mcp").authorized(&fixture, nonce);
///     let answer = server.respond(request(None)).await;
///     let nonce = answer.header("dpop-nonce").next().expect("a nonce");
///     server.respond(request(Some(nonce))).await;
/// });
/// assert_eq!(check_client_retries_once(&server), Ok(()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct NonceLoop(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    /// The number of proofs with the nonce of the previous response.
    answered: u64,
}

impl NonceLoop {
    /// Creates a server that was not called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).requests
    }

    fn answer(&self, request: &TestRequest) -> TestResponse {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = nonce(seen.requests);
        seen.requests = seen.requests.saturating_add(1);
        if carried_nonce(request).is_some_and(|nonce| nonce == expected) {
            seen.answered = seen.answered.saturating_add(1);
        }
        if seen.requests > ENDS_AFTER {
            return TestResponse::new(500);
        }
        TestResponse::new(401)
            .with_header("www-authenticate", "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"")
            .with_header("dpop-nonce", nonce(seen.requests))
    }
}

fn nonce(number: u64) -> String {
    format!("never-good-enough-{number}")
}

fn carried_nonce(request: &TestRequest) -> Option<String> {
    let (_, proof) = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("dpop"))?;
    let mut payload = Vec::new();
    attesto_core::encoding::base64url::decode_append(proof.split('.').nth(1)?.as_bytes(), &mut payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get("nonce")?.as_str().map(ToString::to_string)
}

impl App for NonceLoop {
    fn respond(&self, request: TestRequest) -> impl Future<Output = TestResponse> {
        ready(self.answer(&request))
    }
}

/// [`check_client_retries_once`], as an assertion.
///
/// # Panics
/// With the [`Finding`].
pub fn assert_client_retries_once(server: &NonceLoop) {
    passed(check_client_retries_once(server));
}

/// Checks that the client of this server gave up after one retry, which had the server's nonce.
///
/// # Errors
/// The [`Finding`].
pub fn check_client_retries_once(server: &NonceLoop) -> Result<(), Finding> {
    let seen = server.0.lock().unwrap_or_else(PoisonError::into_inner);
    let wrong = |fix: &str| {
        Err(Finding {
            check: "client_retries_once",
            subject: "the client".into(),
            sent: "`use_dpop_nonce` with a new nonce, to every request".into(),
            seen: format!("{} requests, {} of them with the nonce they were given", seen.requests, seen.answered)
                .into(),
            expected: "2 requests, 1 of them with the nonce they were given".into(),
            fix: fix.into(),
        })
    };
    match (seen.requests, seen.answered) {
        (2, 1) => Ok(()),
        (0 | 1, _) => wrong("repeat the request once, with a new proof that carries the nonce (RFC 9449 §8)."),
        (2, _) => wrong(
            "take the nonce from the `DPoP-Nonce` field of the last response into the `nonce` claim of a new proof.",
        ),
        _ => wrong(
            "give up when the retry is refused as well: a server, or somebody in its place, could keep the client busy for ever.",
        ),
    }
}
