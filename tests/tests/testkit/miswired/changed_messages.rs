//! What else stands around the guard, and changes what goes in or comes out.

use super::{ALGS, POINTER, found_in, words};
use crate::under::{Boxed, Parts, Wiring, every_adapter, run};
use attesto_testkit::{App, Fixture, Route, TestRequest, TestResponse};

/// What is found where something changes requests on their way in, and responses on their way out.
pub(super) fn found_around(
    before: impl Fn(TestRequest) -> Result<TestRequest, TestResponse>,
    after: impl Fn(TestResponse) -> TestResponse,
    tell: impl Fn(Route) -> Route,
) -> String {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    run(async {
        let (_, served): (_, Boxed) = every_adapter(&parts, Wiring::Right).await.remove(0);
        let app = async |request: TestRequest| match before(request) {
            Ok(request) => after(served.respond(request).await),
            Err(answer) => answer,
        };
        found_in(&app, &fixture, &tell(parts.route())).await
    })
}

fn without(response: TestResponse, name: &str) -> TestResponse {
    let mut kept = TestResponse::new(response.status).with_body(response.body);
    kept.headers = response.headers.into_iter().filter(|(known, _)| known != name).collect();
    kept
}

#[test]
fn t8_another_middleware_answers_first() {
    let text = found_around(
        |request| match request.headers.iter().any(|(name, _)| name == "authorization") {
            true => Ok(request),
            false => Err(TestResponse::new(401).with_header("www-authenticate", "Bearer")),
        },
        |response| response,
        |route| route,
    );
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            "401, WWW-Authenticate: Bearer",
            "a challenge of the scheme DPoP",
            "something else answers 401 before attesto does (another middleware, a handler that looks at \
             `Authorization` itself). Take it away, or put it behind attesto's layer."
        )
    );
}

#[test]
fn t8_challenges_are_taken_away() {
    let text = found_around(Ok, |response| without(response, "www-authenticate"), |route| route);
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            "401",
            "a challenge of the scheme DPoP",
            "something else answers 401 before attesto does (another middleware, a handler that looks at \
             `Authorization` itself). Take it away, or put it behind attesto's layer."
        )
    );
}

#[test]
fn t5_the_proof_is_taken_away() {
    let text = found_around(|request| Ok(request.without_header("dpop")), |response| response, |route| route);
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            &format!(
                "401, WWW-Authenticate: DPoP error=\"invalid_dpop_proof\", error_description=\"The DPoP proof \
                     is missing or invalid [missing_proof]\", {ALGS}, {POINTER}"
            ),
            "2xx: the handler's answer",
            "the `DPoP` field does not reach the guard. Does a middleware drop header fields that it does not know?"
        )
    );
}

/// As a gateway does that keeps header fields in a map.
#[test]
fn t10_repeated_lines_are_dropped() {
    let text = found_around(
        |mut request| {
            let mut seen = std::collections::HashSet::new();
            request.headers.retain(|(name, _)| seen.insert(name.clone()));
            Ok(request)
        },
        |response| response,
        |route| route,
    );
    assert_eq!(
        text,
        words(
            "duplicate_headers_refused",
            "two Authorization lines",
            "200; the handler was reached",
            "400, error=\"invalid_request\"",
            "only one of two header lines is looked at. Something merges or drops repeated lines before attesto \
             sees them (a middleware, a gateway, a handler that takes the first): let it pass them on as they are."
        )
    );
}

/// For clients that cannot set header fields, it is said.
#[test]
fn t10_tokens_in_the_query_are_taken() {
    let text = found_around(
        |mut request| {
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let token = query.strip_prefix("access_token=").map(str::to_owned);
            request.target = path.to_owned();
            Ok(match token {
                Some(token) => request.bearer(&token),
                None => request,
            })
        },
        |response| response,
        |route| route.presents(attesto_testkit::Presents::Bearer),
    );
    assert_eq!(
        text,
        words(
            "query_token_refused",
            "a token in the query",
            "200; the handler was reached",
            "400, error=\"invalid_request\"",
            "a token in the query is taken or passed over in silence. Leave `QueryTokenPolicy` at `Refuse`, and let \
             no code of your own read `access_token`: URLs end in logs."
        )
    );
}

#[test]
fn t5_another_path() {
    let text = found_around(
        |mut request| {
            request.target = request.target.replace("/mcp", "/elsewhere");
            Ok(request)
        },
        |response| response,
        |route| route.without_metadata(),
    );
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            "404",
            "401 with a challenge",
            "the application has no such route. `Route` says POST /mcp: is that where it is mounted?"
        )
    );
}

/// An application that refuses everything grants no forged request, but no valid one either: it fails.
#[test]
fn t5_everything_is_refused() {
    let text = found_around(
        |request| match request.headers.iter().any(|(name, _)| name == "authorization") {
            true => Err(TestResponse::new(401).with_header("www-authenticate", "DPoP error=\"invalid_token\"")),
            false => Ok(request),
        },
        |response| response,
        |route| route,
    );
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            "401, WWW-Authenticate: DPoP error=\"invalid_token\"",
            "2xx: the handler's answer",
            "one of these: (1) the server does not trust the test's issuer, `https://auth.example.com`. Build it \
             with `fixture.trusted_issuer()` in place of the real one. (2) the server is another resource than the \
             test's tokens are for, `https://mcp.example.com/mcp`. Give `Fixture::builder().resource(..)` the \
             identifier that the server is built with, byte for byte. (3) the server goes by another clock than the \
             test, where it is 1800000000. Pass `fixture.clock()` to the protection (`.clock(..)`), or make the \
             fixture go by the server's (`Fixture::builder().clock(..)`). (4) the resource does not take this kind \
             of token: see `SenderPolicy`, and say with `Route::presents` what it takes; the test presents Dpop. \
             (5) the request does not count as https. Pin an https origin with `OriginPolicy::canonical`, or put a \
             `TlsSession` into the request's extensions where TLS ends in this process. `danger_show_reasons()` in \
             the test's configuration tells which."
        )
    );
}

/// The handler has run by the time the refusal is made.
#[test]
fn t8_a_refusal_that_comes_after_the_handler() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let text = run(async {
        let (_, served): (_, Boxed) = every_adapter(&parts, Wiring::Right).await.remove(0);
        let app = async |request: TestRequest| {
            if request.method == "POST" {
                parts.reached.hit();
            }
            served.respond(request).await
        };
        found_in(&app, &fixture, &parts.route()).await
    });
    assert_eq!(
        text,
        words(
            "no_credentials_challenged",
            "no credentials",
            &format!(
                "401, WWW-Authenticate: DPoP {ALGS}, {POINTER}, WWW-Authenticate: Bearer {POINTER}; the \
                     handler was reached"
            ),
            "401 with a challenge; the handler is not reached",
            "the handler runs before the request is refused, and what it does is done. Put attesto before the \
             handler, and let no other layer call it, or count as it, on the way."
        )
    );
}
