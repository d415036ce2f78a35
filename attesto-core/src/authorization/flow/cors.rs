//! Answers to scripts of other origins (the Fetch standard, section 3.3; catalogue EP-11).
//!
//! Which origins a client's scripts run on is registered with the client. What the browser asks before it sends a request names no
//! client, so that is answered to every origin, and says only that requests without cookies may be tried.

use super::state;
use super::state::Flow;
use crate::authorization::registered_client::Client;
use crate::authorization::server::Settings;
use crate::http::{Header, HeaderLines, Lines, RequestParts, ResponseParts};
use alloc::string::String;

/// What scripts get to see besides status and body: what they need for their next request.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate";

/// Whether this can be an origin as browsers send one: `scheme://host`, and a port where it is not the scheme's. RFC 6454 §6.2. Not
/// `null`, which every sandboxed page is, and not `*`.
pub(crate) fn is_origin(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@*,\\".contains(&byte);
    text.split_once("://").is_some_and(|(scheme, host)| {
        let named = !scheme.is_empty() && !host.is_empty() && !scheme.contains(':');
        named && scheme.bytes().all(legal) && host.bytes().all(legal)
    })
}

/// The one origin that the request says it comes from.
pub(crate) fn origin_of(headers: &dyn HeaderLines) -> Option<String> {
    let Lines::One(origin) = headers.lines("origin") else { return None };
    core::str::from_utf8(origin).ok().filter(|origin| is_origin(origin)).map(Into::into)
}

/// Whose scripts may read an answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    Nobodys,
    /// Before a client has authenticated, where there are clients in browsers: a script whose client is unknown by now registers it
    /// anew, and has to see why. Such an answer tells nothing that is not the same for everybody.
    Everybodys,
    /// Those of this origin.
    Of(String),
}

impl Readers {
    /// Of the answer to a request of which nothing is known yet.
    pub(crate) const fn at_first(server: &Settings) -> Self {
        if server.browser_clients { Self::Everybodys } else { Self::Nobodys }
    }
}

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
    if !server.browser_clients || !is_one || state::transport_is_https(server, request).is_err() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ep11_an_origin_is_what_browsers_send_as_one() {
        for origin in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:5173",
            "http://[::1]:5173",
            "https://xn--bcher-kva.example",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "null",
            "*",
            "",
            "https://",
            "://app.example",
            "app.example",
            "https://app.example/",
            "https://app.example/cb",
            "https://APP.example",
            "https://*.example",
            "https://a.example, https://b.example",
            "https://a@app.example",
            "https://app.example#",
            "https://app.example?",
            "https://app .example",
            "https://app.example\r\nset-cookie: a=b",
            "https://b\u{fc}cher.example",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
