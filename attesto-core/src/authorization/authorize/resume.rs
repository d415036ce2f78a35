//! The way back into a request after the user has been somewhere else: a URL that holds the whole of it (AZ-27).

use super::identified::Identified;
use super::ticket;
use crate::Timestamp;
use crate::authorization::flow::state::Flow;
use crate::authorization::settings::lifetimes::LONGEST_VISIT;
use crate::encoding::form;
use alloc::format;
use alloc::string::{String, ToString};

/// When a browser first came with a request. Whoever changes it could as well have left `prompt` out: it is the user's own browser, and
/// the client sees `auth_time`. For what was pushed, the browser is not asked.
const SINCE: &str = "attesto_since";

/// Whether a parameter belongs to the request itself: neither to a client's authentication nor to this server's own way back.
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

/// Since when the user has been at it. Never in the future, never long ago.
pub(crate) fn since(flow: &Flow, identified: &Identified) -> Timestamp {
    let since = match &identified.pushed {
        Some(pushed) => Some(pushed.record.pushed_at),
        None => identified.parameters.get(SINCE).and_then(|text| text.parse().ok()).map(Timestamp::from_secs),
    };
    // An address from somebody's history says when that visit began, not this one.
    since.unwrap_or(flow.now).min(flow.now).max(flow.now.minus(LONGEST_VISIT))
}

/// The endpoint, with the reference to what was pushed or with every parameter; none of the latter is believed when it comes back.
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
