//! The URL that resumes a request after the user was on another page. It has the whole request (AZ-27).

use super::identified::Identified;
use super::ticket;
use crate::Timestamp;
use crate::authorization::flow::state::Flow;
use crate::authorization::settings::lifetimes::LONGEST_VISIT;
use crate::encoding::form;
use alloc::format;
use alloc::string::{String, ToString};

/// The time when a browser first came with a request. A browser that changes it could as well have removed `prompt`: it
/// belongs to the user, and the client sees `auth_time`. For a pushed request, the record's time is used instead.
const SINCE: &str = "attesto_since";

/// Whether a parameter belongs to the request itself, and not to client authentication or to this server's own URL.
pub(crate) fn is_of_the_request(name: &str) -> bool {
    let others = [
        SINCE,
        ticket::PARAMETER,
        "access_token",
        "client_assertion",
        "client_assertion_type",
        "client_secret",
        "code",
        "code_verifier",
        "consent_grant",
        "grant_type",
        "refresh_token",
        "token",
        "token_type_hint",
    ];
    !others.contains(&name)
}

/// Returns when the visit began: not in the future, and not longer ago than the limit.
pub(crate) fn since(flow: &Flow, identified: &Identified) -> Timestamp {
    let since = match &identified.pushed {
        Some(pushed) => Some(pushed.record.pushed_at),
        None => identified.parameters.get(SINCE).and_then(|text| text.parse().ok()).map(Timestamp::from_secs),
    };
    // A URL from a browser's history has the start of an earlier visit.
    since.unwrap_or(flow.now).min(flow.now).max(flow.now.minus(LONGEST_VISIT))
}

/// Builds the URL of the endpoint with the reference to a pushed request, or with every parameter. The parameters are
/// checked again when the browser returns.
pub(crate) fn url(flow: &Flow, identified: &Identified) -> String {
    let mut query = String::new();
    match &identified.pushed {
        Some(pushed) => {
            form::append(&mut query, "client_id", &identified.client.id);
            form::append(&mut query, "request_uri", &pushed.reference);
            ticket::append(&mut query, pushed);
        }
        None => {
            query = identified.parameters.encode(is_of_the_request);
            form::append(&mut query, SINCE, &since(flow, identified).as_secs().to_string());
        }
    }
    format!("{}?{query}", flow.request.url)
}
