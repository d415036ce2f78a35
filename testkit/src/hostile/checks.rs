//! Checks that no request is admitted when the environment fails.

use crate::finding::{Finding, passed};
use crate::probe::{Answer, Probe};
use crate::{App, Fixture, Route};

const SENT: &str = "a request that is right in every respect, to a server in hostile surroundings";

/// [`check_hostility_refused`], as an assertion.
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_hostility_refused(app: &impl App, fixture: &Fixture, route: &Route) {
    passed(check_hostility_refused(app, fixture, route).await);
}

/// Checks that a request that would otherwise be admitted is refused with 503 or 401, and does not reach the handler.
///
/// # Errors
/// The [`Finding`].
pub async fn check_hostility_refused(app: &impl App, fixture: &Fixture, route: &Route) -> Result<(), Finding> {
    judged(&mut Probe::new("hostility_refused", app, fixture, route), &[401, 503]).await
}

/// [`check_unavailable`], as an assertion.
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_unavailable(app: &impl App, fixture: &Fixture, route: &Route) {
    passed(check_unavailable(app, fixture, route).await);
}

/// Like [`check_hostility_refused`], but requires 503, with `Retry-After` and without a challenge: the host is at
/// fault, not the client (W8).
///
/// # Errors
/// The [`Finding`].
pub async fn check_unavailable(app: &impl App, fixture: &Fixture, route: &Route) -> Result<(), Finding> {
    judged(&mut Probe::new("unavailable", app, fixture, route), &[503]).await
}

/// [`check_unauthorized`], as an assertion.
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_unauthorized(app: &impl App, fixture: &Fixture, route: &Route) {
    passed(check_unauthorized(app, fixture, route).await);
}

/// Like [`check_hostility_refused`], but requires 401: nothing that the server knows admits the request.
///
/// # Errors
/// The [`Finding`].
pub async fn check_unauthorized(app: &impl App, fixture: &Fixture, route: &Route) -> Result<(), Finding> {
    judged(&mut Probe::new("unauthorized", app, fixture, route), &[401]).await
}

async fn judged<A: App>(probe: &mut Probe<'_, A>, expected: &[u16]) -> Result<(), Finding> {
    let token = probe.token().build();
    let answer = probe.present(&token).await;
    let status = answer.response.status;
    if answer.reached || !expected.contains(&status) {
        let fix = "a question without an answer must let nobody in: map every error and time-out of a store or hook to its `Unavailable`, \
                   never to `Fresh`, `Active` or `Accepted`; and let the guard answer.";
        return Err(probe.finding(SENT, &answer, &text(expected), fix));
    }
    if status == 503 && !is_our_fault(&answer) {
        let fix = "let the guard's own response out: it says `Retry-After` and challenges nobody.";
        return Err(probe.finding(SENT, &answer, "503 with Retry-After and without WWW-Authenticate", fix));
    }
    Ok(())
}

fn is_our_fault(answer: &Answer) -> bool {
    let has = |name: &str| answer.response.header(name).next().is_some();
    has("retry-after") && !has("www-authenticate")
}

fn text(statuses: &[u16]) -> String {
    match statuses {
        [one] => format!("{one}; the handler is not reached"),
        [one, other] => format!("{one} or {other}; the handler is not reached"),
        _ => String::from("the handler is not reached"),
    }
}
