//! Introspection answers, plain and signed: a token counts only if its issuer states so explicitly, and to this server,
//! and nothing expired, foreign or bound elsewhere gets past the checks that follow.

use crate::fixture::{AUDIENCE, ISSUER, NOW, SECONDS, WORLD, sign};
use crate::model::{Tree, base64url_decoded};
use attesto_core::crypto::CryptoProvider;
use attesto_core::http::{Connection, IncomingResponse, RequestParts};
use attesto_core::introspection::{Introspected, IntrospectionCredentials, IntrospectionEndpoint};
use attesto_core::resource::{ForeignAnswer, Question, Requirement, ResourceServer, Verdict};
use attesto_core::token::ForeignClaims;
use std::sync::{Arc, LazyLock};

static PLAIN: LazyLock<IntrospectionEndpoint> = LazyLock::new(endpoint);
static SIGNED: LazyLock<IntrospectionEndpoint> = LazyLock::new(|| signed_endpoint(WORLD.provider.as_ref()));
/// The signed endpoint on the other provider.
static OTHER: LazyLock<IntrospectionEndpoint> = LazyLock::new(|| signed_endpoint(WORLD.other.as_ref()));

static SERVER: LazyLock<ResourceServer> = LazyLock::new(|| {
    let builder = ResourceServer::builder(AUDIENCE, Arc::clone(&WORLD.provider)).ask_foreign();
    builder.authorization_server(ISSUER).build().expect("a sound configuration")
});

fn endpoint() -> IntrospectionEndpoint {
    let credentials = IntrospectionCredentials::basic("api", "secret");
    IntrospectionEndpoint::new("https://auth.example.com/introspect", ISSUER, credentials).expect("a sound endpoint")
}

fn signed_endpoint(provider: &dyn CryptoProvider) -> IntrospectionEndpoint {
    endpoint().signed_by(WORLD.trusted(provider), "api").expect("the same issuer")
}

/// A status and a media type, then the body. If the first line is `signed`, the second line is a JWT's header, and the rest its
/// payload, to be signed by the issuer.
pub fn introspection(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (first, rest) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if first == b"signed" {
        let mut lines = rest.splitn(2, |byte| *byte == b'\n');
        let (header, payload) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let jwt = sign(WORLD.issuer.as_ref(), header, payload);
        signed(200, "application/token-introspection+jwt", jwt.as_bytes());
        return;
    }
    let first = String::from_utf8_lossy(first).into_owned();
    let (status, media_type) = first.split_once(' ').unwrap_or((&first, ""));
    let status = status.parse().unwrap_or(200);
    plain(status, media_type, rest);
    signed(status, media_type, rest);
}

fn judge(
    [endpoint, second]: [&IntrospectionEndpoint; 2],
    status: u16,
    media_type: &str,
    body: &[u8],
) -> Option<Option<ForeignClaims>> {
    let response = || Ok(IncomingResponse::new(status, body.to_vec()).content_type(media_type));
    let judged = endpoint.judge(response(), NOW);
    let again = second.judge(response(), NOW);
    assert_eq!(
        format!("{judged:?}"),
        format!("{again:?}"),
        "the same answer twice, by each provider once where it is signed"
    );
    match judged.ok()? {
        Introspected::Active(claims) => Some(Some(claims)),
        Introspected::Inactive => Some(None),
    }
}

fn media_type_is(media_type: &str, expected: &str) -> bool {
    media_type.split(';').next().is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(expected))
}

fn plain(status: u16, media_type: &str, body: &[u8]) {
    let tree = Tree::strict_object(body.trim_ascii());
    match judge([&PLAIN, &PLAIN], status, media_type, body) {
        None => {}
        Some(None) => assert!(tree.is_some_and(|tree| says_inactive(&tree) || is_refusal_of_the_token(status, &tree))),
        Some(Some(claims)) => {
            assert!(status == 200 && media_type_is(media_type, "application/json"));
            is_acceptable(&tree.expect("only strict JSON is believed"), claims);
        }
    }
}

/// RFC 9701: only what the issuer signed, as an introspection response, for us, just now.
fn signed(status: u16, media_type: &str, body: &[u8]) {
    let Some(judged) = judge([&SIGNED, &OTHER], status, media_type, body) else { return };
    // An answer that admits no request need not be signed.
    if judged.is_none() && matches!(status, 400 | 401) {
        return;
    }
    assert!(status == 200 && media_type_is(media_type, "application/token-introspection+jwt"));
    let segments: Vec<&[u8]> = body.trim_ascii().split(|byte| *byte == b'.').collect();
    let part = |index: usize| {
        let decoded = base64url_decoded(segments[index]).expect("only canonical base64url is believed");
        Tree::strict_object(&decoded).expect("only strict JSON is believed")
    };
    let (header, payload) = (part(0), part(1));
    let typ = header.get("typ").and_then(Tree::text).expect("a type").to_ascii_lowercase();
    assert!(matches!(typ.as_str(), "token-introspection+jwt" | "application/token-introspection+jwt"));
    assert_eq!(payload.get("iss").and_then(Tree::text), Some(ISSUER));
    assert!(names(&payload, "api"));
    let iat = payload.get("iat").map(Tree::value).and_then(|iat| iat.as_f64()).expect("a number");
    assert!(iat <= SECONDS as f64 + 60.0 && iat >= SECONDS as f64 - 301.0, "{iat} is not just now");
    let answer = payload.get("token_introspection").expect("the answer is in there");
    match judged {
        None => assert!(says_inactive(answer)),
        Some(claims) => is_acceptable(answer, claims),
    }
}

fn says_inactive(answer: &Tree) -> bool {
    answer.get("active").is_some_and(|active| active.value() == false)
}

/// An error about the token, not about our own credential.
fn is_refusal_of_the_token(status: u16, answer: &Tree) -> bool {
    matches!(status, 400 | 401) && answer.get("error").and_then(Tree::text) == Some("unsupported_token_type")
}

/// `aud` is this name or a list with it.
fn names(object: &Tree, audience: &str) -> bool {
    match object.get("aud") {
        Some(Tree::Array(items)) => items.iter().any(|item| item.text() == Some(audience)),
        other => other.and_then(Tree::text) == Some(audience),
    }
}

/// What the answer must have said for its claims to be there, and for the request to be granted by them.
fn is_acceptable(answer: &Tree, claims: ForeignClaims) {
    assert!(answer.get("active").is_some_and(Tree::is_true));
    // `null` is as good as absent, but for a binding.
    let said = |name: &str| answer.get(name).filter(|value| !value.value().is_null());
    assert!(said("iss").is_none_or(|issuer| issuer.text() == Some(ISSUER)));
    assert!(said("aud").is_some() && said("sub").is_some());
    assert!(["token_type", "token_use", "typ"].iter().any(|name| said(name).is_some()), "of a kind that is not said");
    for (member, refresh) in [("token_type", "refresh_token"), ("token_use", "refresh_token"), ("typ", "refresh")] {
        let kind = said(member).map(|kind| kind.text().expect("a text").to_ascii_lowercase()).unwrap_or_default();
        assert!(kind != refresh && kind != "id" && kind != "id_token", "no access token");
        assert!(answer.get("cnf").is_some() || kind != "dpop", "a binding was lost");
    }

    let headers: &[(&str, &[u8])] = &[("host", b"api.example.com"), ("authorization", b"Bearer opaque")];
    let request = RequestParts::new("GET", "/things", &headers).connection(Connection::new().tls());
    let requirement = Requirement::authenticated();
    let Verdict::Ask(Question::Foreign(question)) = SERVER.check(&request, &requirement, NOW) else {
        panic!("an opaque token is asked about")
    };
    match question.answer(ForeignAnswer::Claims(claims), NOW) {
        Verdict::Granted(grant) => {
            assert_eq!(Some(grant.subject()), answer.get("sub").and_then(Tree::text));
            assert!(!grant.subject().is_empty());
            assert_eq!(grant.claims().issuer(), Some(ISSUER));
            assert!(names(answer, AUDIENCE), "for somebody else");
            assert!(answer.get("cnf").is_none(), "bound, and presented as Bearer");
            let time = |name| said(name).map(|value| value.value().as_f64().expect("a number"));
            assert!(time("exp").is_none_or(|exp| exp >= SECONDS as f64 + 1.0), "expired");
            assert!(time("nbf").is_none_or(|nbf| nbf <= SECONDS as f64 + 60.0), "not yet");
            let scopes: Vec<&str> = grant.claims().scopes().collect();
            let said = answer.get("scope").and_then(Tree::text).unwrap_or_default();
            assert!(scopes.iter().all(|scope| said.split(' ').any(|word| word == *scope)));
        }
        Verdict::Denied(denial) => assert_eq!(denial.status(), 401, "{denial}"),
        Verdict::Ask(question) => panic!("{question:?} of a bearer token"),
    }
}
