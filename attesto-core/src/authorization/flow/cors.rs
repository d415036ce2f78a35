//! Answers to scripts of other origins (the Fetch standard, section 3.3; EP-11).
//!
//! Each client is registered with the origins of its scripts. A preflight names no client, so every origin receives the
//! same answer, which only permits requests without cookies.

use super::readers::Readers;
use super::received::{origin_of, transport_is_https};
use super::state::Flow;
use crate::authorization::registered_client::client::Client;
use crate::authorization::settings::server::Settings;
use crate::http::{Header, Lines, RequestParts, ResponseParts};

/// The header fields that scripts may read, besides status and body: what they need for their next request.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate";

/// Sets the readers to the request's origin if it is one of the named client's. With clients in browsers, all scripts
/// may still read the response. EP-11.
pub(crate) fn origin_is_the_named_clients(flow: &mut Flow, client: &Client) {
    if !flow.server.browser_clients {
        origin_is_the_clients(flow, client);
    }
}

/// Sets the readers to the request's origin if it is one of the client's: from here on, the response concerns this
/// client. EP-11.
pub(crate) fn origin_is_the_clients(flow: &mut Flow, client: &Client) {
    let origin = flow.request.origin.as_ref().filter(|origin| client.origins.contains(origin));
    flow.readers = origin.cloned().map_or(Readers::None, Readers::Origin);
}

/// Lets the permitted scripts read the response. Cookies have no effect here. Scripts of a registered origin that send
/// them anyway can read the response if the host allows it.
pub(crate) fn shared(mut response: ResponseParts, flow: &Flow) -> ResponseParts {
    match &flow.readers {
        Readers::None => return response,
        Readers::Any => response.headers.push(Header::own("access-control-allow-origin", "*")),
        Readers::Origin(origin) => {
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

/// Answers the preflight of a script's `POST`, if the server has browser clients. EP-4, EP-11.
pub(crate) fn preflight(server: &Settings, request: &RequestParts<'_>) -> Option<ResponseParts> {
    let origin = origin_of(request.headers).filter(|_| request.method == "OPTIONS")?;
    let is_one = request.headers.lines("access-control-request-method") == Lines::One(b"POST");
    if !server.browser_clients || !is_one || transport_is_https(server, request).is_err() {
        return None;
    }
    let mut response = ResponseParts::new(204);
    if server.browser_credentials {
        // `*` is invalid for a request with credentials. The actual request decides who may read its response.
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
