//! Answers to scripts of other origins (the Fetch standard, section 3.3; EP-11).
//!
//! Which origins a client's scripts run on is registered with the client. What the browser asks before it sends a request names no
//! client, so that is answered to every origin, and says only that requests without cookies may be tried.

use super::readers::Readers;
use super::received::{origin_of, transport_is_https};
use super::state::Flow;
use crate::authorization::registered_client::client::Client;
use crate::authorization::settings::server::Settings;
use crate::http::{Header, Lines, RequestParts, ResponseParts};

/// What scripts get to see besides status and body: what they need for their next request.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate";

/// Notes the origin of the request, if the scripts run there of the client that it names. Where there are clients in browsers, everybody
/// may read still what there is to say. EP-11.
pub(crate) fn origin_is_the_named_clients(flow: &mut Flow, client: &Client) {
    if !flow.server.browser_clients {
        origin_is_the_clients(flow, client);
    }
}

/// Notes the origin of the request, if the client's scripts run there: from here on, the answer is about this client. EP-11.
pub(crate) fn origin_is_the_clients(flow: &mut Flow, client: &Client) {
    let origin = flow.request.origin.as_ref().filter(|origin| client.origins.contains(origin));
    flow.readers = origin.cloned().map_or(Readers::Nobodys, Readers::Of);
}

/// Lets the scripts that may read the answer. Cookies mean nothing here; scripts of a registered origin that send them all the same may
/// read the answer too where the host says so.
pub(crate) fn shared(mut response: ResponseParts, flow: &Flow) -> ResponseParts {
    match &flow.readers {
        Readers::Nobodys => return response,
        Readers::Everybodys => response.headers.push(Header::own("access-control-allow-origin", "*")),
        Readers::Of(origin) => {
            response.headers.push(Header::own("access-control-allow-origin", origin.clone()));
            if flow.server.browser_credentials {
                response.headers.push(Header::own("access-control-allow-credentials", "true"));
            }
            response.headers.push(Header::own("vary", "Origin"));
        }
    }
    response.headers.push(Header::own("access-control-expose-headers", EXPOSED));
    response
}

/// The answer to what a browser asks before a `POST` of a script, where the server has browser clients. EP-4, EP-11.
pub(crate) fn preflight(server: &Settings, request: &RequestParts<'_>) -> Option<ResponseParts> {
    let origin = origin_of(request.headers).filter(|_| request.method == "OPTIONS")?;
    let is_one = request.headers.lines("access-control-request-method") == Lines::One(b"POST");
    if !server.browser_clients || !is_one || transport_is_https(server, request).is_err() {
        return None;
    }
    let mut response = ResponseParts::new(204);
    if server.browser_credentials {
        // `*` does not count for a request with credentials. Whose answer may be read is decided when the request itself has come.
        response.headers.push(Header::own("access-control-allow-origin", origin));
        response.headers.push(Header::own("access-control-allow-credentials", "true"));
        response.headers.push(Header::own("vary", "Origin"));
    } else {
        response.headers.push(Header::own("access-control-allow-origin", "*"));
    }
    response.headers.push(Header::own("access-control-allow-methods", "POST"));
    response.headers.push(Header::own("access-control-allow-headers", "Authorization, Content-Type, DPoP"));
    response.headers.push(Header::own("access-control-max-age", "600"));
    Some(response)
}
