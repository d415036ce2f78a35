//! The whole check with any request: a request is granted only with the credentials that were issued, sent as they were issued;
//! any other receives a response that can be parsed. Both providers give the same responses, byte for byte.

use crate::fixture::{AUDIENCE, NOW, WORLD};
use crate::issued::{ISSUED, nonces};
use crate::request::Request;
use attesto_core::challenge::Challenge;
use attesto_core::crypto::CryptoProvider;
use attesto_core::dpop::{ProofPolicy, ReplayAnswer};
use attesto_core::http::{ForwardedHeader, OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_core::mtls::{CertificatePolicy, ClientCert};
use attesto_core::resource::{
    CredentialPolicy, Denial, ForeignAnswer, Grant, Outcome, PrincipalAnswer, Question, Requirement, ResourceServer,
    RevocationAnswer, Verdict,
};
use attesto_core::token::ForeignClaims;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// All that a proxy can forward.
const X_FORWARDED: ForwardedHeader =
    ForwardedHeader::XForwarded(XForwarded::PROTO.and(XForwarded::HOST).and(XForwarded::PORT).and(XForwarded::FOR));

static SERVERS: LazyLock<Vec<ResourceServer>> = LazyLock::new(|| servers(&WORLD.provider));
/// Servers with the same configuration, on the other provider.
static OTHERS: LazyLock<Vec<ResourceServer>> = LazyLock::new(|| servers(&WORLD.other));

/// Where in [`SERVERS`] those are that differ in what they take: forms, no proofs, proofs with a nonce only.
const FORMS: usize = 3;
const WITHOUT_DPOP: usize = 5;
const WITH_NONCES: usize = 7;

/// The ways to configure a server that matter here.
fn servers(provider: &Arc<dyn CryptoProvider>) -> Vec<ResourceServer> {
    let issuer = || WORLD.trusted(provider.as_ref());
    let builder = || ResourceServer::builder(AUDIENCE, Arc::clone(provider)).issuer(issuer());
    let proxies = || TrustedProxies::parse(["10.0.0.0/8"]).expect("a network");
    let behind = |header| builder().origin(OriginPolicy::new().proxies(proxies()).forwarded(header));
    let certificates = || CertificatePolicy::new().forwarded(Arc::new(ClientCert));
    [
        builder(),
        behind(X_FORWARDED).mtls(certificates()),
        behind(ForwardedHeader::Forwarded).mtls(certificates()).prefer_dpop().realm("things \"and\" more"),
        builder().credentials(CredentialPolicy::new().accept_form_body()).ask_revocation().ask_principal(),
        builder().ask_foreign().danger_show_reasons(),
        builder().without_dpop(),
        builder().mcp(),
        builder().dpop(ProofPolicy::new().require_nonces(nonces())),
    ]
    .map(|builder| builder.build().expect("a sound configuration"))
    .into()
}

/// A request. `~server: N` chooses the server, `~answer: N` what its host answers, `~requires: N` the operation, and
/// `~NAME: POSITION BYTE` puts a byte into the field `NAME`.
pub fn check(data: &[u8]) {
    let request = prepare(Request::parse(data));
    let number = |name: &str| {
        let text = request.values(name).first().map(|value| String::from_utf8_lossy(value).into_owned());
        text.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0)
    };
    let (server, answer) = (number("~server") % SERVERS.len(), number("~answer"));
    let requirement = match number("~requires") % 4 {
        1 => Requirement::scopes(["things.read"]).expect("a scope"),
        2 => Requirement::scopes(["things.write"]).expect("a scope"),
        3 => Requirement::authenticated().acr_values(["phr"]).expect("a class").max_age(Duration::from_secs(60)),
        _ => Requirement::authenticated(),
    };
    let is_lax = matches!(number("~requires") % 4, 0 | 1);
    let request = request.without(|name| name.starts_with('~'));
    let first = drive(&SERVERS[server], &request, &requirement, answer);
    let second = drive(&OTHERS[server], &request, &requirement, answer);
    match (first, second) {
        (Ok(grant), Ok(again)) => {
            assert_eq!(format!("{grant:?}"), format!("{again:?}"));
            assert!(is_lax, "scope and step-up count");
            is_what_was_issued(&request, server, &grant);
        }
        (Err(denial), Err(again)) => {
            assert_eq!(
                (denial.reason(), denial.response()),
                (again.reason(), again.response()),
                "the same bytes on both providers"
            );
            assert!(!is_lax || answer != 0 || !is_flawless(&request, server), "{denial}");
            can_be_read(&denial, &request);
        }
        (first, second) => panic!("{first:?}, and on the other provider {second:?}"),
    }
}

fn prepare(mut request: Request) -> Request {
    for (_, value) in &mut request.headers {
        *value = ISSUED.fill(value);
    }
    request.body = request.body.map(|body| ISSUED.fill(&body));
    let edits: Vec<(String, Vec<u8>)> =
        request.headers.iter().filter(|(name, _)| name.starts_with('~')).cloned().collect();
    for (name, edit) in edits {
        let text = String::from_utf8_lossy(&edit).into_owned();
        let Some((position, byte)) = text.split_once(' ') else { continue };
        let (Ok(position), Ok(byte)) = (position.parse::<usize>(), byte.parse::<u8>()) else { continue };
        let field = request.headers.iter_mut().find(|(known, value)| *known == name[1..] && !value.is_empty());
        if let Some((_, value)) = field {
            let position = position % value.len();
            value[position] = byte;
        }
    }
    request
}

/// Drives the verdict to its end. The host's answers are good at 0, and any other refuses what it is the answer to.
fn drive(
    server: &ResourceServer,
    request: &Request,
    requirement: &Requirement,
    bits: usize,
) -> Result<Grant, Box<Denial>> {
    request.with_parts(|parts| {
        let mut verdict = server.check(parts, requirement, NOW);
        let mut was_asked = false;
        loop {
            was_asked |= matches!(verdict, Verdict::Ask(_));
            verdict = match verdict {
                Verdict::Granted(grant) => {
                    assert!(!was_asked || bits.is_multiple_of(8), "granted against the host's answer");
                    return Ok(grant);
                }
                Verdict::Denied(denial) => return Err(Box::new(denial)),
                Verdict::Ask(Question::Replay(question)) => {
                    let answer = match bits % 8 {
                        0 => ReplayAnswer::Fresh,
                        1..=3 => ReplayAnswer::Replay,
                        4 => ReplayAnswer::OverShare,
                        _ => ReplayAnswer::Unavailable,
                    };
                    question.answer(answer, NOW)
                }
                Verdict::Ask(Question::Revocation(question)) => {
                    let answer = match bits % 8 {
                        0 => RevocationAnswer::Active,
                        1..=3 => RevocationAnswer::Revoked,
                        _ => RevocationAnswer::Unavailable,
                    };
                    question.answer(answer, NOW)
                }
                Verdict::Ask(Question::Principal(question)) => {
                    let answer = match bits % 8 {
                        0 => PrincipalAnswer::Accepted,
                        1..=3 => PrincipalAnswer::Refused,
                        _ => PrincipalAnswer::Unavailable,
                    };
                    question.answer(answer, NOW)
                }
                Verdict::Ask(Question::Foreign(question)) => question.answer(foreign(bits), NOW),
                Verdict::Ask(Question::Keys(_)) => panic!("no issuer's keys are fetched here"),
            };
        }
    })
}

/// Returns an answer of a custom verifier that admits no request.
fn foreign(bits: usize) -> ForeignAnswer {
    match bits % 8 {
        0 | 1 => ForeignAnswer::InvalidToken,
        2 => ForeignAnswer::InsufficientScope {
            scopes: vec!["a b".into(), "c\"".into()],
            description: Some("\"\r\n\u{fc}".into()),
        },
        3 => ForeignAnswer::InsufficientScope { scopes: vec!["things.write".into()], description: None },
        4 => ForeignAnswer::InsufficientUserAuthentication {
            acr_values: vec!["a,b".into(), "c".into()],
            max_age: Some(1),
        },
        5 => ForeignAnswer::Claims(ForeignClaims::new("")),
        6 => ForeignAnswer::Claims(ForeignClaims::new("usr_2").audience(["https://other.example.com"])),
        _ => ForeignAnswer::Unavailable,
    }
}

/// Checks that an admitted request presented one issued token, byte for byte, with its method and binding.
fn is_what_was_issued(request: &Request, server: usize, grant: &Grant) {
    assert_eq!(grant.subject(), "usr_1");
    assert!(grant.claims().scopes().eq(["things.read"]));
    let lines = request.values("authorization");
    assert!(lines.len() <= 1, "one field");
    let (scheme, token) = match lines.first() {
        Some(line) => {
            let text = std::str::from_utf8(line).expect("ASCII");
            let (scheme, token) = text.split_once(' ').expect("a scheme and a token");
            (scheme.to_ascii_lowercase(), token.trim_start_matches(' ').to_owned())
        }
        None => {
            let body = request.body.as_deref().filter(|_| server == FORMS).expect("a form with the token");
            let (_, token) =
                url::form_urlencoded::parse(body).find(|(name, _)| name == "access_token").expect("a token");
            ("bearer".to_owned(), token.into_owned())
        }
    };
    let kind = grant.sender().kind();
    match scheme.as_str() {
        "bearer" if token == ISSUED.bearer => assert_eq!(kind, "bearer"),
        "bearer" if token == ISSUED.certified => {
            assert_eq!(kind, "mtls");
            let lines = request.values("client-cert");
            let line = String::from_utf8_lossy(lines.first().expect("a certificate")).into_owned();
            assert!(lines.len() == 1 && line.contains(ISSUED.certificate.trim_matches([':', '='])));
            assert!(matches!(server, 1 | 2), "from a server that believes the field");
        }
        "dpop" => {
            assert_eq!((kind, token.as_str()), ("dpop", ISSUED.bound.as_str()));
            let proofs = request.values("dpop");
            let sound: &[&String] = match server {
                WITH_NONCES => &[&ISSUED.nonced],
                _ => &[&ISSUED.nonced, &ISSUED.late, &ISSUED.proof],
            };
            assert!(sound.iter().any(|proof| proofs == [proof.as_bytes()]), "a proof of the client's");
            // The nonce is past half its life, so the next one is due. RFC 9449 §8.2.
            let next = grant.amendments().iter().filter(|amendment| amendment.header.name() == "dpop-nonce").count();
            assert_eq!(next, usize::from(server == WITH_NONCES));
            assert_eq!(request.method, "POST");
            let path = request.path.split(['?', '#']).next().unwrap_or_default();
            let uri = url::Url::parse(&format!("https://api.example.com{path}")).expect("a path").path().to_owned();
            assert!(uri == "/things" || uri.contains('%'), "{uri}");
        }
        _ => panic!("{scheme} with {token}"),
    }
    let query = request.query.as_deref().unwrap_or_default().as_bytes();
    assert!(url::form_urlencoded::parse(query).all(|(name, _)| name != "access_token"), "a token in the query");
}

/// A request that must get in: nothing in it but what has to be.
fn is_flawless(request: &Request, server: usize) -> bool {
    let target = request.path == "/things" && request.method == "POST" && request.query.is_none();
    let plain = target && request.body.is_none() && request.values("host") == [b"api.example.com"];
    let authorization = request.values("authorization").concat();
    if authorization == format!("Bearer {}", ISSUED.bearer).as_bytes() {
        return plain && request.headers.len() == 2;
    }
    let bound = authorization == format!("DPoP {}", ISSUED.bound).as_bytes();
    let proof = if server == WITH_NONCES { &ISSUED.nonced } else { &ISSUED.proof };
    let proven = bound && request.values("dpop") == [proof.as_bytes()] && server != WITHOUT_DPOP;
    plain && proven && request.headers.len() == 3
}

/// Status, challenges and body agree, all of it is printable, and the token is in none of it.
fn can_be_read(denial: &Denial, request: &Request) {
    let response = denial.response();
    assert_eq!(response.status, denial.status());
    assert!(matches!(response.status, 400 | 401 | 403 | 503), "{denial}");
    let challenges: Vec<&str> = response.header("www-authenticate").collect();
    assert!(response.status != 401 || !challenges.is_empty(), "RFC 9110 §15.5.2");
    for value in &challenges {
        let challenge = Challenge::parse(value).unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(challenge.header_value(), **value);
        assert!(challenge.error_code().is_none() || challenge.error_code() == denial.outcome().error());
    }
    let nonces: Vec<&str> = response.header("dpop-nonce").collect();
    assert!(nonces.len() == 1 || nonces.is_empty() && denial.outcome() != Outcome::UseDpopNonce, "RFC 9449 §9");
    assert_eq!(response.header("cache-control").collect::<Vec<_>>(), ["no-store"]);
    for header in &response.headers {
        assert!(header.value().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header:?}");
    }
    if !response.body.is_empty() {
        let body: Value = serde_json::from_slice(&response.body).expect("the body is JSON");
        assert_eq!(body["error"].as_str(), denial.outcome().error());
    }
    holds_no_credential(&response, denial, request);
}

fn holds_no_credential(response: &ResponseParts, denial: &Denial, request: &Request) {
    let shown = format!("{response:?} {denial:?} {denial} {}", response.body_text());
    let sent = request.values("authorization").into_iter().chain(request.values("dpop"));
    for value in sent.filter_map(|value| std::str::from_utf8(value).ok()) {
        let secret = value.rsplit(' ').next().unwrap_or_default();
        let is_ours = SERVERS[0].identifier().well_known_url().contains(secret);
        assert!(secret.len() < 40 || is_ours || !shown.contains(secret), "{shown}");
    }
}
