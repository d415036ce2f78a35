use super::*;
use crate::challenge::AuthScheme;
use crate::http::HeaderLines;
use crate::http::RequestParts;
use crate::limits;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

struct Fields(Vec<(&'static str, Vec<u8>)>);

impl Fields {
    fn none() -> Self {
        Self(Vec::new())
    }

    fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.0.push((name, value.as_ref().to_vec()));
        self
    }

    fn authorization(value: impl AsRef<[u8]>) -> Self {
        Self::none().with("authorization", value)
    }

    fn form() -> Self {
        Self::none().with("content-type", "application/x-www-form-urlencoded")
    }

    fn get(&self) -> RequestParts<'_> {
        RequestParts::new("GET", "/", self)
    }

    fn post<'r>(&'r self, body: &'r [u8]) -> RequestParts<'r> {
        RequestParts::new("POST", "/", self).form_body(body)
    }
}

impl HeaderLines for Fields {
    fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
        self.0.iter().filter(|(line, _)| *line == name).for_each(|(_, value)| visit(value));
    }
}

#[derive(Debug)]
struct Cookie(Extraction);

impl CredentialExtractor for Cookie {
    fn extract(&self, _: &RequestParts<'_>) -> Extraction {
        self.0.clone()
    }
}

fn cookie(scheme: AuthScheme, token: &str) -> CredentialPolicy {
    with_cookie(Extraction::Token { scheme, token: token.to_string() })
}

fn with_cookie(answer: Extraction) -> CredentialPolicy {
    CredentialPolicy::new().extractor(Arc::new(Cookie(answer)))
}

/// Scheme, token and channel, or the error.
fn extract(
    policy: &CredentialPolicy,
    request: &RequestParts<'_>,
) -> Result<(AuthScheme, String, Channel), CredentialError> {
    policy.extract(request).map(|found| (found.scheme, found.token.into_owned(), found.channel))
}

fn header(value: impl AsRef<[u8]>) -> Result<(AuthScheme, String, Channel), CredentialError> {
    extract(&CredentialPolicy::new(), &Fields::authorization(value).get())
}

fn bearer(token: &str, channel: Channel) -> Result<(AuthScheme, String, Channel), CredentialError> {
    Ok((AuthScheme::Bearer, token.to_string(), channel))
}

#[test]
fn c1_nothing_is_missing() {
    let fields = Fields::none();
    assert_eq!(extract(&CredentialPolicy::new(), &fields.get()), Err(CredentialError::Missing));
    assert_eq!(extract(&with_cookie(Extraction::None), &fields.get()), Err(CredentialError::Missing));
}

#[test]
fn c2_one_field_with_scheme_spaces_and_token68() {
    for value in ["Bearer mF_9.B5f-4.1JqM", "bearer mF_9.B5f-4.1JqM", "BEARER   mF_9.B5f-4.1JqM"] {
        assert_eq!(header(value), bearer("mF_9.B5f-4.1JqM", Channel::Header), "{value}");
    }
    assert_eq!(header("Bearer aZ09-._~+/=="), bearer("aZ09-._~+/==", Channel::Header));
    assert_eq!(header("dPOP x"), Ok((AuthScheme::Dpop, "x".to_string(), Channel::Header)));
    let fields = Fields::authorization("Bearer x");
    let presented = CredentialPolicy::new().extract(&fields.get()).unwrap();
    assert!(matches!(presented.token, Cow::Borrowed(_)));
}

#[test]
fn c3_anything_else_after_an_enabled_scheme_is_malformed() {
    let values: [&[u8]; 22] = [
        b"Bearer",
        b"Bearer ",
        b"Bearer   ",
        b"DPoP",
        b"Bearer\tx",
        b"Bearer \tx",
        b"Bearer x ",
        b"Bearer x\t",
        b"Bearer x y",
        b"Bearer x,y",
        b"Bearer x, Bearer x",
        b"Bearer,x",
        b"Bearer=x",
        b"Bearer \"x\"",
        b"Bearer =",
        b"Bearer =x",
        b"Bearer x=y",
        b"Bearer x\0",
        b"Bearer x\xe9",
        b"Bearer \xc2\xa0x",
        b"Bearer x%20",
        b"Bearer x;y",
    ];
    for value in values {
        assert_eq!(header(value), Err(CredentialError::Malformed), "{}", value.escape_ascii());
    }
    for value in [&b""[..], b" Bearer x", b"\tBearer x", b"\"Bearer\" x", b"\xef\xbb\xbfBearer x"] {
        assert_eq!(header(value), Err(CredentialError::Malformed), "no scheme: {}", value.escape_ascii());
    }
}

#[test]
fn c4_another_or_disabled_scheme_is_no_credential() {
    for value in [&b"Basic dTpw"[..], b"Basic", b"Bearerx y", b"Bearer2 x", b"B x", b"Digest a=\"\xff\"", b"DPoP- x"] {
        assert_eq!(header(value), Err(CredentialError::UnsupportedScheme), "{}", value.escape_ascii());
    }
    let no_bearer = CredentialPolicy::new().refuse_bearer();
    let no_dpop = CredentialPolicy::new().refuse_dpop();
    for value in ["Bearer x", "Bearer", "bearer x y"] {
        let fields = Fields::authorization(value);
        assert_eq!(extract(&no_bearer, &fields.get()), Err(CredentialError::UnsupportedScheme), "{value}");
    }
    assert_eq!(extract(&no_dpop, &Fields::authorization("DPoP x").get()), Err(CredentialError::UnsupportedScheme));
    assert!(extract(&no_bearer, &Fields::authorization("DPoP x").get()).is_ok());
    assert!(extract(&no_dpop, &Fields::authorization("Bearer x").get()).is_ok());
}

#[test]
fn c5_two_fields_are_refused_even_when_equal_or_unusable() {
    for second in ["Bearer x", "Bearer y", "DPoP x", "Basic dTpw", ""] {
        let fields = Fields::authorization("Bearer x").with("authorization", second);
        assert_eq!(extract(&CredentialPolicy::new(), &fields.get()), Err(CredentialError::MultipleHeaders), "{second}");
    }
}

#[test]
fn c6_two_methods_are_refused() {
    let policy = CredentialPolicy::new().accept_form_body();
    let both = Fields::form().with("authorization", "Bearer x");
    for body in [&b"access_token=x"[..], b"access_token=", b"%61ccess_token=x", b"access_token=x&access_token=y"] {
        assert_eq!(extract(&policy, &both.post(body)), Err(CredentialError::MultipleMethods));
    }
    let padded = format!("access_token=x&pad={}", "a".repeat(limits::FORM_BODY));
    assert_eq!(extract(&policy, &both.post(padded.as_bytes())), Err(CredentialError::MultipleMethods));
    assert_eq!(extract(&policy, &both.post("name=é".as_bytes())), bearer("x", Channel::Header));
    assert_eq!(extract(&CredentialPolicy::new(), &both.post(b"access_token=x")), bearer("x", Channel::Header));
    let cookie = cookie(AuthScheme::Bearer, "x").accept_form_body();
    assert_eq!(extract(&cookie, &Fields::form().post(b"access_token=x")), Err(CredentialError::MultipleMethods));
}

#[test]
fn c7_a_token_in_the_query_is_refused_even_beside_a_header() {
    let refused = [
        "access_token=x",
        "access_token",
        "access_token=",
        "a=1&access_token=x",
        "%61ccess_token=x",
        "access%5ftoken=x",
        "a&&access_token=x&b",
    ];
    for fields in [Fields::none(), Fields::authorization("Bearer x"), Fields::authorization("Basic dTpw")] {
        for query in refused {
            let request = fields.get().query(Some(query));
            assert_eq!(extract(&CredentialPolicy::new(), &request), Err(CredentialError::QueryToken), "{query}");
        }
    }
    let fields = Fields::authorization("Bearer x");
    for query in ["", "access+token=x", "Access_Token=x", "my_access_token=x", "q=access_token", "access_token%00=x"] {
        assert!(extract(&CredentialPolicy::new(), &fields.get().query(Some(query))).is_ok(), "{query}");
    }
}

#[test]
fn c7_ignored_query_tokens_are_still_no_credential() {
    let policy = CredentialPolicy::new().accept_form_body().query_token(QueryTokenPolicy::Ignore);
    let fields = Fields::form();
    let request = fields.post(b"a=1").query(Some("access_token=x"));
    assert_eq!(extract(&policy, &request), Err(CredentialError::Missing));
    let fields = Fields::authorization("Bearer y");
    assert_eq!(extract(&policy, &fields.get().query(Some("access_token=x"))), bearer("y", Channel::Header));
}

#[test]
fn c8_a_form_body_carries_one_bearer_token() {
    let policy = CredentialPolicy::new().refuse_bearer().accept_form_body();
    let fields = Fields::form();
    for body in ["access_token=mF_9.B5f", "a=1&access_token=mF%5f9.B5f&b=2", "%61ccess_token=mF_9.B5f"] {
        assert_eq!(extract(&policy, &fields.post(body.as_bytes())), bearer("mF_9.B5f", Channel::FormBody), "{body}");
    }
    assert_eq!(
        extract(&CredentialPolicy::new(), &fields.post(b"access_token=x")),
        Err(CredentialError::Missing),
        "off unless asked for"
    );
    assert_eq!(extract(&policy, &fields.post(b"other=x")), Err(CredentialError::Missing));
    assert_eq!(extract(&policy, &fields.post("other=é".as_bytes())), Err(CredentialError::Missing));
}

#[test]
fn c8_only_methods_with_bodies_and_the_exact_media_type() {
    let policy = CredentialPolicy::new().accept_form_body();
    let fields = Fields::form();
    for (method, accepted) in [("POST", true), ("PUT", true), ("DELETE", true), ("GET", false), ("HEAD", false)] {
        let request = RequestParts::new(method, "/", &fields).form_body(b"access_token=x");
        assert_eq!(extract(&policy, &request).is_ok(), accepted, "{method}");
    }
    for (media_type, accepted) in [
        ("Application/X-WWW-Form-URLEncoded", true),
        ("application/x-www-form-urlencoded; charset=utf-8", true),
        ("application/x-www-form-urlencoded ;a=b", true),
        ("application/json", false),
        ("multipart/form-data; boundary=b", false),
        ("application/x-www-form-urlencoded-x", false),
        ("application/x-www-form-urlencoded, application/json", false),
        ("", false),
    ] {
        let fields = Fields::none().with("content-type", media_type);
        let found = extract(&policy, &fields.post(b"access_token=x"));
        assert_eq!(found.is_ok(), accepted, "{media_type}");
        assert!(accepted || found == Err(CredentialError::Missing));
    }
    let twice = Fields::form().with("content-type", "application/x-www-form-urlencoded");
    assert_eq!(extract(&policy, &twice.post(b"access_token=x")), Err(CredentialError::Missing));
    assert_eq!(extract(&policy, &Fields::none().post(b"access_token=x")), Err(CredentialError::Missing));
}

#[test]
fn c8_the_error_says_what_is_wrong_with_a_form_token() {
    let policy = CredentialPolicy::new().accept_form_body();
    let cases: [(&[u8], CredentialError); 9] = [
        (b"access_token=x&access_token=x", CredentialError::FormRepeated),
        (b"access_token=x&%61ccess_token=", CredentialError::FormRepeated),
        (b"access_token=", CredentialError::FormEmpty),
        (b"access_token", CredentialError::FormEmpty),
        (b"access_token=x%20y", CredentialError::FormMalformed),
        (b"access_token=x+y", CredentialError::FormMalformed),
        (b"access_token=x%", CredentialError::FormNotAscii),
        (b"access_token=x&name=%C3%A9", CredentialError::FormNotAscii),
        (b"access_token=x&name=\xe9", CredentialError::FormNotAscii),
    ];
    for (body, error) in cases {
        assert_eq!(extract(&policy, &Fields::form().post(body)), Err(error), "{}", body.escape_ascii());
    }
}

#[test]
fn c8_the_form_body_is_bounded() {
    let policy = CredentialPolicy::new().accept_form_body();
    let body = |length: usize| format!("access_token=x&pad={}", "a".repeat(length - 19));
    let fields = Fields::form();
    assert!(extract(&policy, &fields.post(body(limits::FORM_BODY).as_bytes())).is_ok());
    assert_eq!(
        extract(&policy, &fields.post(body(limits::FORM_BODY + 1).as_bytes())),
        Err(CredentialError::FormTooLarge)
    );
}

#[test]
fn c9_an_extractor_is_asked_without_an_authorization_field() {
    let fields = Fields::none();
    assert_eq!(extract(&cookie(AuthScheme::Bearer, "x"), &fields.get()), bearer("x", Channel::Extractor));
    let dpop = cookie(AuthScheme::Dpop, "x");
    assert_eq!(extract(&dpop, &fields.get()), Ok((AuthScheme::Dpop, "x".to_string(), Channel::Extractor)));
    assert_eq!(extract(&dpop.refuse_dpop(), &fields.get()), Err(CredentialError::UnsupportedScheme));
    for bad in ["", "x y", "x,", "é", "=", "x\r\n"] {
        let policy = cookie(AuthScheme::Bearer, bad);
        assert_eq!(extract(&policy, &fields.get()), Err(CredentialError::ExtractorMalformed), "{bad:?}");
    }
    let policy = with_cookie(Extraction::Unavailable).accept_form_body();
    assert_eq!(
        extract(&policy, &Fields::form().post(b"access_token=x")),
        Err(CredentialError::ExtractorUnavailable),
        "a failure is not an absence"
    );
    let long = "x".repeat(limits::HEADER_VALUE + 1);
    assert_eq!(extract(&cookie(AuthScheme::Bearer, &long), &fields.get()), Err(CredentialError::TooLarge));
}

#[test]
fn c10_an_unusable_header_never_falls_through() {
    let policy = cookie(AuthScheme::Bearer, "cookie").accept_form_body();
    for (value, error) in [("Basic dTpw", CredentialError::UnsupportedScheme), ("Bearer", CredentialError::Malformed)] {
        let fields = Fields::form().with("authorization", value);
        assert_eq!(extract(&policy, &fields.post(b"access_token=x")), Err(error));
    }
    let fields = Fields::authorization("Bearer header");
    assert_eq!(extract(&policy, &fields.get()), bearer("header", Channel::Header));
    let body = with_cookie(Extraction::None).accept_form_body();
    assert_eq!(extract(&body, &Fields::form().post(b"access_token=x")), bearer("x", Channel::FormBody));
}

#[test]
fn c11_only_a_preflight_is_a_preflight() {
    let fields = Fields::none().with("access-control-request-method", "POST");
    assert!(is_cors_preflight(&RequestParts::new("OPTIONS", "/", &fields)));
    for method in ["GET", "DELETE", "options", "POST"] {
        assert!(!is_cors_preflight(&RequestParts::new(method, "/", &fields)), "{method}");
    }
    assert!(!is_cors_preflight(&RequestParts::new("OPTIONS", "/", &Fields::none())));
    let empty = Fields::none().with("access-control-request-method", "");
    assert!(!is_cors_preflight(&RequestParts::new("OPTIONS", "/", &empty)));
}

#[test]
fn j1_a_token_of_the_limit_fits_and_an_oversized_field_is_refused_unread() {
    let value = |length: usize| format!("Bearer {}", "x".repeat(length));
    assert!(header(value(limits::ACCESS_TOKEN)).is_ok());
    assert!(header(value(limits::HEADER_VALUE + 57)).is_ok(), "left to the token's own limit");
    assert_eq!(header(value(limits::HEADER_VALUE + 58)), Err(CredentialError::TooLarge));
    assert_eq!(header(" ".repeat(limits::HEADER_VALUE + 65)), Err(CredentialError::TooLarge));
    let raised = CredentialPolicy::new().header_limit(limits::ACCESS_TOKEN_CEILING).unwrap();
    assert!(extract(&raised, &Fields::authorization(value(limits::ACCESS_TOKEN_CEILING)).get()).is_ok());
    assert!(CredentialPolicy::new().header_limit(limits::ACCESS_TOKEN_CEILING + 1).is_err());
}

#[test]
fn tokens_stay_out_of_debug() {
    let fields = Fields::authorization("Bearer sesame");
    assert!(!format!("{:?}", CredentialPolicy::new().extract(&fields.get())).contains("sesame"));
    let policy = cookie(AuthScheme::Bearer, "sesame");
    assert!(!format!("{policy:?}").contains("sesame"));
}

#[test]
fn a_policy_without_channels_is_refused() {
    let closed = CredentialPolicy::new().refuse_bearer().refuse_dpop();
    assert!(closed.check().is_err());
    assert!(closed.clone().accept_form_body().check().is_ok());
    assert!(CredentialPolicy::new().refuse_bearer().check().is_ok());
    assert!(CredentialPolicy::new().check().is_ok());
    assert!(closed.accept_form_body().accepts(AuthScheme::Bearer));
}
