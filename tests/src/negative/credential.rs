//! C1 to C10.

use super::row::{Row, Told, bearer, row};
use crate::{Call, World};
use attesto_core::challenge::AuthScheme;
use attesto_core::http::RequestParts;
use attesto_core::resource::CredentialError::*;
use attesto_core::resource::{CredentialExtractor, CredentialPolicy, Extraction, ResourceServerBuilder};
use std::sync::Arc;

const ON_BEARER: Told = Told::Error(400, "Bearer", "invalid_request");
const MALFORMED: Told = Told::Error(400, "DPoP", "invalid_request");

#[derive(Debug)]
struct Cookie;

impl CredentialExtractor for Cookie {
    fn extract(&self, request: &RequestParts<'_>) -> Extraction {
        let mut found = Extraction::None;
        request.headers.visit("cookie", &mut |value| {
            found = match core::str::from_utf8(value).unwrap_or_default() {
                "session=down" => Extraction::Unavailable,
                cookie => Extraction::Token {
                    scheme: AuthScheme::Bearer,
                    token: cookie.strip_prefix("session=").unwrap_or_default().into(),
                },
            };
        });
        found
    }
}

fn with_cookie(_: &World, builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder.credentials(CredentialPolicy::new().extractor(Arc::new(Cookie)))
}

fn with_form(_: &World, builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder.credentials(CredentialPolicy::new().accept_form_body())
}

fn cookie(world: &World) -> Call {
    Call::new().header("cookie", format!("session={}", world.token(|_, _| {})))
}

fn form(body: String) -> Call {
    let mut call = Call::new().header("content-type", "application/x-www-form-urlencoded");
    call.form = Some(body.into_bytes());
    call
}

fn good_form(world: &World) -> Call {
    form(format!("a=b&access_token={}", world.token(|_, _| {})))
}

pub(super) fn rows() -> Vec<Row> {
    let by_form = |name, reason, body: fn(&World) -> String| {
        row(name, reason, MALFORMED, move |world| form(body(world))).on(with_form).mended_by(good_form)
    };
    vec![
        row("c1 nothing", Missing, Told::NoCredentials, |_| Call::new()),
        row("c4 another scheme", UnsupportedScheme, Told::NoCredentials, |_| {
            Call::new().header("authorization", "Basic dTpw")
        }),
        row("c3 inner space", Malformed, ON_BEARER, |_| Call::new().header("authorization", "Bearer a b")),
        row("j1 header over the limit", TooLarge, ON_BEARER, |_| Call::new().bearer(&"a".repeat(17 * 1024))),
        row("c5 two equal fields", MultipleHeaders, MALFORMED, |world| {
            let token = world.token(|_, _| {});
            Call::new().bearer(&token).bearer(&token)
        }),
        row("c6 header and body", MultipleMethods, ON_BEARER, |world| good_form(world).bearer(&world.token(|_, _| {})))
            .on(with_form)
            .mended_by(good_form),
        row("c7 token in the query beside a good header", QueryToken, ON_BEARER, |world| {
            let mut call = bearer(world);
            call.query = Some("a=b&access%5Ftoken=x".into());
            call
        }),
        by_form("c8 too large", FormTooLarge, |world| {
            format!("access_token={}&pad={}", world.token(|_, _| {}), "x".repeat(64 * 1024))
        }),
        by_form("c8 repeated", FormRepeated, |world| {
            let token = world.token(|_, _| {});
            format!("access_token={token}&access_token={token}")
        }),
        by_form("c8 not ascii", FormNotAscii, |world| format!("name=%C3%A9&access_token={}", world.token(|_, _| {}))),
        by_form("c8 empty", FormEmpty, |_| "access_token=".into()),
        by_form("c8 not token68", FormMalformed, |_| "access_token=a%2Cb".into()),
        row("c9 extractor gives junk", ExtractorMalformed, MALFORMED, |_| Call::new().header("cookie", "session=a b"))
            .on(with_cookie)
            .mended_by(cookie),
        row("c9 extractor fails", ExtractorUnavailable, Told::Unavailable, |_| {
            Call::new().header("cookie", "session=down")
        })
        .on(with_cookie)
        .mended_by(cookie),
    ]
}
