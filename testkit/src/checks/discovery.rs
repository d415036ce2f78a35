//! The response to a client without a token: T8 and T9.

use super::checks;
use crate::finding::Finding;
use crate::fixes;
use crate::probe::{Answer, Probe};
use crate::route::Presents;
use crate::{App, TestRequest};
use attesto_core::challenge::{AuthScheme, ParsedChallenge};
use attesto_core::metadata::ResourceIdentifier;
use serde_json::Value;

checks! {
    /// Checks the response without credentials: 401, one challenge for each scheme that can succeed, no `error`, and a
    /// pointer to the metadata (T8). The handler is not reached.
    "no_credentials_challenged": assert_no_credentials_challenged, check_no_credentials_challenged = challenged;

    /// Checks the discovery loop (T9; RFC 9728 §3 and §5): the pointer of the challenge is a URL of this application;
    /// the document there names a `resource` whose well-known URL is the pointer, and the issuer; and a token for that
    /// `resource` is accepted.
    "challenge_points_to_metadata": assert_challenge_points_to_metadata, check_challenge_points_to_metadata = discovered;
}

const NONE: &str = "no credentials";

async fn challenged<A: App>(probe: Probe<'_, A>) -> Result<(), Finding> {
    let answer = probe.send(probe.request()).await;
    let wrong = |expected: &str, fix: &str| Err(probe.finding(NONE, &answer, expected, fix));
    let response = &answer.response;
    if answer.reached || response.is_success() || probe.route.is_answer(response.status) {
        let fix = if answer.is_too_late() { fixes::TOO_LATE } else { fixes::UNPROTECTED };
        return wrong("401 with a challenge; the handler is not reached", fix);
    }
    if response.status != 401 {
        return wrong("401 with a challenge", &fixes::for_refusal(response, probe.fixture, probe.route));
    }
    let Ok(challenges) = response.challenges() else {
        return wrong("challenges that RFC 9110 allows", fixes::NOT_OURS);
    };
    if fixes::nothing_authenticated(response) {
        return wrong("challenges with a pointer to the metadata", fixes::ORDER);
    }
    let has = |scheme: AuthScheme| challenges.iter().any(|challenge| challenge.auth_scheme() == Some(scheme));
    match probe.route.presents {
        Presents::Dpop if !has(AuthScheme::Dpop) => return wrong("a challenge of the scheme DPoP", fixes::NOT_OURS),
        Presents::Bearer | Presents::Certificate if !has(AuthScheme::Bearer) => {
            return wrong("a challenge of the scheme Bearer", fixes::NOT_OURS);
        }
        Presents::Dpop | Presents::Bearer | Presents::Certificate => {}
    }
    if challenges.iter().any(|challenge| challenge.get("error").is_some()) {
        return wrong("no error, because nothing was presented (RFC 6750 §3.1)", fixes::NOT_OURS);
    }
    if probe.route.discovery && challenges.iter().any(|challenge| challenge.get("resource_metadata").is_none()) {
        return wrong("resource_metadata in each challenge", fixes::POINTER);
    }
    Ok(())
}

async fn discovered<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    let answer = probe.send(probe.request()).await;
    let pointer = pointer_of(&answer)
        .ok_or_else(|| probe.finding(NONE, &answer, "401 with resource_metadata in its challenge", fixes::POINTER))?;
    let answer = fetch(&probe, &pointer).await?;
    let resource = described_resource(&probe, &pointer, &answer)?;
    let token = probe.token().audience([&resource]).build();
    let answer = probe.present(&token).await;
    let fix = "the metadata names another resource than the audience that the guard accepts, so clients get tokens that do not open it. \
               Do not set `TokenRules::audience_is`: the identifier serves for both.";
    probe.accepted_or(&format!("a token for the metadata's resource, `{resource}`"), answer, Some(fix)).map(drop)
}

fn pointer_of(answer: &Answer) -> Option<String> {
    let challenges = answer.response.challenges().ok()?;
    challenges
        .iter()
        .find_map(|challenge: &ParsedChallenge<'_>| challenge.get("resource_metadata").map(ToString::to_string))
}

/// Fetches the document from the application itself.
async fn fetch<A: App>(probe: &Probe<'_, A>, pointer: &str) -> Result<Answer, Finding> {
    let sent = format!("GET {pointer}, without credentials");
    let (authority, target) = pointer
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or((pointer, String::new()), |(authority, path)| (authority, ["/", path].concat()));
    let request = TestRequest { tls: probe.request().tls, ..TestRequest::new("GET", target) };
    let answer = probe.send(request.header("host", authority)).await;
    let ours = authority.eq_ignore_ascii_case(probe.fixture.host());
    match answer.response.status {
        200 => Ok(answer),
        _ if !ours => Err(probe.finding(
            &sent,
            &answer,
            "the metadata document",
            "challenges point to another host. If the document is served there on purpose, say `Route::without_metadata`.",
        )),
        401 | 403 => Err(probe.finding(&sent, &answer, "200 and the metadata document", fixes::METADATA_GUARDED)),
        _ => Err(probe.finding(&sent, &answer, "200 and the metadata document", fixes::METADATA)),
    }
}

/// Checks that the document describes the resource at whose URL it was found.
fn described_resource<A: App>(probe: &Probe<'_, A>, pointer: &str, answer: &Answer) -> Result<String, Finding> {
    let sent = format!("GET {pointer}, without credentials");
    let wrong = |expected: String, fix: &str| probe.finding(&sent, answer, &expected, fix);
    let document: Value = serde_json::from_slice(&answer.response.body)
        .map_err(|_| wrong("a JSON document (RFC 9728 §3.2)".into(), fixes::METADATA))?;
    let resource = document.get("resource").and_then(Value::as_str).unwrap_or_default();
    let identifier =
        ResourceIdentifier::parse(resource).or_else(|_| ResourceIdentifier::danger_insecure_loopback(resource));
    if identifier.is_ok_and(|identifier| identifier.well_known_url() != pointer) || resource.is_empty() {
        let fix = format!(
            "the document names `{resource}`, which clients look up elsewhere, and so they must not believe it (RFC 9728 §3.3). Serve \
             each resource's own document, made from its guard."
        );
        return Err(wrong("a document whose `resource` leads back to its own URL".into(), &fix));
    }
    let issuer = probe.fixture.issuer();
    let servers = document.get("authorization_servers").and_then(Value::as_array);
    if !servers.is_some_and(|servers| servers.iter().any(|server| server.as_str() == Some(issuer))) {
        let fix = "the document does not name the issuer whose tokens are taken. Make it from the guard: `PublicDocuments::from_guards`, \
                   `metadata_router`.";
        return Err(wrong(format!("authorization_servers with `{issuer}`"), fix));
    }
    Ok(resource.into())
}
