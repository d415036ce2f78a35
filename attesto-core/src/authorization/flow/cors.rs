//! Responses to scripts of other origins (the Fetch standard, section 3.3; catalogue EP-11).
//!
//! Each client is registered with the origins of its scripts. A preflight names no client, so every origin receives the
//! same answer, which only permits requests without cookies.

use super::state;
use super::state::Flow;
use crate::authorization::registered_client::Client;
use crate::authorization::server::Settings;
use crate::http::{Header, HeaderLines, Lines, RequestParts, ResponseParts};
use alloc::string::String;

/// The header fields that scripts may read, besides status and body: what they need for their next request.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate";

/// Whether this can be an origin as browsers send it: `scheme://host`, with a port if it is not the scheme's.
/// RFC 6454 §6.2. Neither `null`, which every sandboxed page sends, nor `*`.
pub(crate) fn is_origin(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@*,\\".contains(&byte);
    text.split_once("://").is_some_and(|(scheme, host)| {
        let named = !scheme.is_empty() && !host.is_empty() && !scheme.contains(':');
        named && scheme.bytes().all(legal) && host.bytes().all(legal)
    })
}

/// Returns the request's only origin.
pub(crate) fn origin_of(headers: &dyn HeaderLines) -> Option<String> {
    let Lines::One(origin) = headers.lines("origin") else { return None };
    core::str::from_utf8(origin).ok().filter(|origin| is_origin(origin)).map(Into::into)
}

/// The scripts that may read a response.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    Nobodys,
    /// Scripts of every origin. Used before a client has authenticated, if the server has clients in browsers: a script
    /// whose client is unknown must see the error to register again. Such a response is the same for all.
    Everybodys,
    /// Scripts of this origin.
    Of(String),
}

impl Readers {
    /// The readers before anything about the request is known.
    pub(crate) const fn at_first(server: &Settings) -> Self {
        if server.browser_clients { Self::Everybodys } else { Self::Nobodys }
    }
}

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
    flow.readers = origin.cloned().map_or(Readers::Nobodys, Readers::Of);
}

/// Lets the permitted scripts read the response. Cookies have no effect here. Scripts of a registered origin that send
/// them anyway can read the response if the host allows it.
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

/// Answers the preflight of a script's `POST`, if the server has browser clients. EP-4, EP-11.
pub(crate) fn preflight(server: &Settings, request: &RequestParts<'_>) -> Option<ResponseParts> {
    let origin = origin_of(request.headers).filter(|_| request.method == "OPTIONS")?;
    let is_one = request.headers.lines("access-control-request-method") == Lines::One(b"POST");
    if !server.browser_clients || !is_one || state::transport_is_https(server, request).is_err() {
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
