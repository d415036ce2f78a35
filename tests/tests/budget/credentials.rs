//! What carries the token, and the token.

use crate::measured_input::{Row, bytes};
use crate::scene::{plain, refused};
use attesto_core::dpop::ProofError;
use attesto_core::jose::{Jwk, VerificationKeys};
use attesto_core::limits;
use attesto_core::resource::{
    CredentialError, CredentialExtractor, CredentialPolicy, Extraction, ResourceServerBuilder,
};
use attesto_core::token::{TokenError, TrustedIssuer};
use attesto_tests::{AUDIENCE, Call, ISSUER, World, sign};
use std::sync::Arc;

/// The longest text that `make` gives without being longer than `limit`.
pub(crate) fn longest(limit: usize, make: impl Fn(usize) -> String) -> String {
    let (mut padding, mut too_much) = (0, limit);
    while too_much - padding > 1 {
        let middle = usize::midpoint(padding, too_much);
        if make(middle).len() <= limit { padding = middle } else { too_much = middle }
    }
    make(padding)
}

/// A JSON object of about this length whose members cost the most that members can: each name is another, and written with an escape.
pub(crate) fn many_members(first: &str, length: usize) -> String {
    let mut object = format!("{{{first}");
    for number in 0.. {
        let member = format!(r#","\n{number:x}":0"#);
        if object.len() + member.len() + 1 > length {
            break;
        }
        object.push_str(&member);
    }
    object + "}"
}

pub(crate) fn no_credentials() -> Row {
    Row {
        input: "A request without credentials",
        limit: "-".into(),
        beyond: "401".into(),
        work: refused(plain, |_| Call::new(), CredentialError::Missing),
    }
}

pub(crate) fn authorization_field() -> Row {
    const ROOM: usize = 64 - "Bearer ".len();
    let junk = |length: usize| move |_: &World| Call::new().bearer(&"a".repeat(length));
    let beyond = refused(plain, junk(1024 * 1024), CredentialError::TooLarge);
    assert!(beyond.is_without_cryptography());
    assert_eq!(
        beyond,
        refused(plain, junk(limits::HEADER_VALUE + ROOM + 1), CredentialError::TooLarge),
        "whatever its length"
    );
    let dots = refused(plain, |_| Call::new().bearer(&".".repeat(limits::ACCESS_TOKEN)), TokenError::Malformed);
    assert!(dots.is_without_cryptography());
    Row {
        input: "`Authorization`, of junk",
        limit: bytes(limits::HEADER_VALUE),
        beyond: "400, unread".into(),
        work: refused(plain, junk(limits::ACCESS_TOKEN), TokenError::Malformed),
    }
}

fn forged(world: &World, header: &str, claims: &str) -> String {
    sign(world.thief.as_ref(), header, claims)
}

const HEADER: &str = r#"{"typ":"at+jwt","alg":"ES256","kid":"k1"}"#;

pub(crate) fn forged_token() -> Row {
    let call = |world: &World| {
        let token =
            longest(limits::ACCESS_TOKEN, |padding| forged(world, HEADER, &many_members(r#""iss":"x""#, 16 + padding)));
        assert!(token.len() > limits::ACCESS_TOKEN - 16);
        Call::new().bearer(&token)
    };
    let longer = refused(plain, |_| Call::new().bearer(&"a".repeat(limits::ACCESS_TOKEN + 20)), TokenError::TooLarge);
    assert!(longer.is_without_cryptography());
    Row {
        input: "A token with a forged signature",
        limit: bytes(limits::ACCESS_TOKEN),
        beyond: "401, unread".into(),
        work: refused(plain, call, TokenError::InvalidSignature),
    }
}

pub(crate) fn token_header() -> Row {
    let call = |world: &World| {
        let header = many_members(r#""typ":"at+jwt","alg":"ES256","kid":"nobodys""#, limits::PROTECTED_HEADER / 4 * 3);
        Call::new().bearer(&forged(world, &header, "{}"))
    };
    let longer = |world: &World| {
        let header = many_members(r#""alg":"ES256","kid":"k1""#, limits::PROTECTED_HEADER / 4 * 3 + 16);
        Call::new().bearer(&forged(world, &header, "{}"))
    };
    assert!(refused(plain, longer, TokenError::TooLarge).is_without_cryptography());
    Row {
        input: "A token's header, full of members, naming an unknown `kid`",
        limit: bytes(limits::PROTECTED_HEADER),
        beyond: "401, undecoded".into(),
        work: refused(plain, call, TokenError::UnknownKey),
    }
}

/// Two issuers: which of them a token is from, its payload says before anything is verified.
pub(crate) fn token_of_one_of_several_issuers() -> Row {
    fn two_issuers(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        let world = World::new();
        let key = Jwk::new(world.client.public_key().clone()).with_kid("k1");
        let keys = VerificationKeys::new().with_key(world.provider.as_ref(), &key).expect("a sound key");
        let other = TrustedIssuer::new("https://other.example.com", keys).expect("a sound issuer");
        builder.issuer(other)
    }
    let call = |world: &World| {
        let issuer = format!(r#""iss":"{ISSUER}""#);
        let token =
            longest(limits::ACCESS_TOKEN, |padding| forged(world, HEADER, &many_members(&issuer, 64 + padding)));
        Call::new().bearer(&token)
    };
    Row {
        input: "The same where several issuers are trusted: the payload is read to find whose it is",
        limit: bytes(limits::ACCESS_TOKEN),
        beyond: "401, unread".into(),
        work: refused(two_issuers, call, TokenError::InvalidSignature),
    }
}

pub(crate) fn form_body() -> Row {
    fn forms(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        builder.credentials(CredentialPolicy::new().accept_form_body())
    }
    let call = |length: usize| {
        move |_: &World| {
            let mut form = b"access_token=%61.b.c".to_vec();
            while form.len() + 4 <= length {
                form.extend_from_slice(b"&%61");
            }
            let mut call = Call::new().header("content-type", "application/x-www-form-urlencoded");
            call.form = Some(form);
            call
        }
    };
    assert!(refused(forms, call(limits::FORM_BODY + 64), CredentialError::FormTooLarge).is_without_cryptography());
    Row {
        input: "A form body with a token, where forms are taken",
        limit: bytes(limits::FORM_BODY),
        beyond: "400; adapters stop reading".into(),
        work: refused(forms, call(limits::FORM_BODY), TokenError::Malformed),
    }
}

#[derive(Debug)]
struct Cookie;

impl CredentialExtractor for Cookie {
    fn extract(&self, request: &attesto_core::http::RequestParts<'_>) -> Extraction {
        let attesto_core::http::Lines::One(value) = request.headers.lines("cookie") else { return Extraction::None };
        let token = String::from_utf8_lossy(value).into_owned();
        Extraction::Token { scheme: attesto_core::challenge::AuthScheme::Bearer, token }
    }
}

pub(crate) fn extracted_token() -> Row {
    fn cookies(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        builder.credentials(CredentialPolicy::new().extractor(Arc::new(Cookie)))
    }
    let cookie = |length: usize| move |_: &World| Call::new().header("cookie", "a".repeat(length));
    let beyond = refused(cookies, cookie(limits::ACCESS_TOKEN + 1), CredentialError::TooLarge);
    assert!(beyond.is_without_cryptography());
    Row {
        input: "What a host's extractor takes for a token, a cookie say (its copy is the extractor's own)",
        limit: bytes(limits::ACCESS_TOKEN),
        beyond: "400; the extractor bounds its own work".into(),
        work: refused(cookies, cookie(limits::ACCESS_TOKEN), TokenError::Malformed),
    }
}

pub(crate) fn path_and_query() -> Row {
    let long = |world: &World| {
        let mut call = world.dpop_call();
        call.path = format!("/{}", "a".repeat(1024 * 1024));
        call
    };
    refused(plain, long, ProofError::InvalidHtu);
    let call = |length: usize| {
        move |world: &World| {
            let path = format!("/{}", "%7e".repeat((length - AUDIENCE.len()) / 3));
            let token = world.bound_token();
            let proof = world.proof(&token, |_, _| {});
            let mut call = Call::new().dpop(&token, &proof);
            call.path = path;
            call.query = Some("%61ccess_toke&".repeat(length / 14));
            call
        }
    };
    Row {
        input: "Path and query, beside a good token and a proof for another path",
        limit: format!("{} for the path", bytes(limits::URI)),
        beyond: "a longer path fits no proof; a query is searched for `access_token` once, whatever its length".into(),
        work: refused(plain, call(limits::URI), ProofError::InvalidHtu),
    }
}
