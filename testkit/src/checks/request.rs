//! The channels of credentials, and claims of a request about itself.

use super::checks;
use crate::finding::Finding;
use crate::fixes;
use crate::probe::{Probe, Refusal};
use crate::route::Presents;
use crate::{App, ProofDefect, TestRequest};
use attesto_core::challenge::AuthScheme;

checks! {
    /// Checks that a token in the query is refused with 400, alone and together with one in the header (C7;
    /// RFC 9700 §4.3.2). An API that uses the parameter itself (`QueryTokenPolicy::Ignore`) must answer a token that is
    /// only in the query as a request without credentials.
    "query_token_refused": assert_query_token_refused, check_query_token_refused = query;

    /// Checks that a request with two `Authorization` lines, or two proofs, is refused (C4, D1).
    "duplicate_headers_refused": assert_duplicate_headers_refused, check_duplicate_headers_refused = duplicates;

    /// Checks that forwarding header fields of an untrusted client have no effect: a proof made for another server is
    /// refused, and the right one is accepted (P12, P13). For a route [behind a proxy](crate::Route::behind) this
    /// applies to every field that the proxy does not set. Passes for routes that take no proofs.
    "forwarded_headers_ignored": assert_forwarded_headers_ignored, check_forwarded_headers_ignored = forwarded;

    /// Checks that a proof made for another host is refused, although the request names that host in `Host` (P11).
    /// Otherwise any server that a client calls could use its token and proof here. Passes for routes that take no
    /// proofs.
    "other_host_refused": assert_other_host_refused, check_other_host_refused = other_host;

    /// Checks that each of [`ProofDefect::ALL`] is refused on its own (T3). Passes for routes that take no proofs.
    "every_defective_proof_refused": assert_every_defective_proof_refused, check_every_defective_proof_refused = defects;
}

async fn query<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let token = probe.token().build();
    let request = probe.request().with_query("access_token", &token);
    let answer = probe.send(request.clone()).await;
    if !answer.reached && answer.response.status == 401 && answer.response.error().is_none() {
        return Ok(());
    }
    let refusal = Refusal::new(400, "invalid_request");
    probe.refused("a token in the query", &answer, refusal, fixes::QUERY)?;
    let answer = probe.present_in(&request, &token).await;
    probe.refused("a token in the header and in the query", &answer, refusal, fixes::QUERY)
}

async fn duplicates<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let token = probe.token().build();
    let scheme = match probe.route.presents {
        Presents::Dpop => "DPoP ",
        Presents::Bearer | Presents::Certificate => "Bearer ",
    };
    let twice = probe.request().header("authorization", [scheme, &token].concat());
    let answer = probe.present_in(&twice, &token).await;
    let sent = "two Authorization lines";
    probe.refused(sent, &answer, Refusal::new(400, "invalid_request"), fixes::REPEATED)?;
    if probe.route.presents == Presents::Dpop {
        let proof = probe.proof(&token).build();
        let request = probe.request().dpop(&token, &probe.proof(&token).build()).header("dpop", proof);
        let answer = probe.send(request).await;
        probe.not_let_in("two DPoP lines, each with a right proof", &answer, fixes::REPEATED)?;
    }
    Ok(())
}

/// A field in which proxies forward how a client called, and the origin that this value claims.
struct Claim {
    field: &'static str,
    value: String,
    origin: String,
    fix: &'static str,
}

/// Returns what a client can write into each of these fields.
fn claims(origin: &str) -> [Claim; 4] {
    let (scheme, authority) = origin.split_once("://").unwrap_or(("https", origin));
    let authority = authority.split('/').next().unwrap_or_default();
    let host_end = authority.rfind(']').map_or_else(|| authority.find(':'), |bracket| bracket.checked_add(1));
    let host = host_end.and_then(|end| authority.get(..end)).unwrap_or(authority);
    let claim = |field, value: &str, origin: String, fix| Claim { field, value: value.into(), origin, fix };
    let attacker = || ELSEWHERE.to_string();
    [
        claim("forwarded", "for=192.0.2.1;host=attacker.example.com;proto=https", attacker(), fixes::UNSET_FORWARDED),
        claim("x-forwarded-host", "attacker.example.com", attacker(), fixes::UNSET_HOST),
        claim("x-forwarded-port", "1", format!("{scheme}://{host}:1"), fixes::UNSET_PORT),
        claim("x-forwarded-proto", "http", format!("http://{authority}"), fixes::UNSET_PROTO),
    ]
}

const ELSEWHERE: &str = "https://attacker.example.com";

/// Checks that a proof made for the claimed origin is refused, and the right one accepted.
async fn claim_changes_nothing<A: App>(
    probe: &mut Probe<'_, A>,
    request: &TestRequest,
    origin: &str,
    by: &str,
    fix: &str,
) -> Result<(), Finding> {
    let token = probe.token().build();
    let path: String = probe.route.path.clone();
    let url = [origin, path.split('?').next().unwrap_or_default()].concat();
    // A client of a development machine's plain port: the claim is true.
    if !probe.fixture.url(&path).starts_with(&url) {
        let answer = probe.dpop(request, &token, |proof| proof.url(&url)).await;
        let refusal = Refusal::new(401, "invalid_dpop_proof").challenging(AuthScheme::Dpop);
        probe.refused(&format!("a proof made for {origin}, and {by} that name it"), &answer, refusal, fix)?;
    }
    let answer = probe.dpop(request, &token, |proof| proof).await;
    probe.accepted_or(&format!("a right proof, and {by} that name {origin}"), answer, Some(fix))?;
    Ok(())
}

async fn forwarded<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    if probe.route.presents != Presents::Dpop {
        return Ok(());
    }
    if probe.route.proxy.is_none() {
        let request = probe.request().header("x-forwarded-host", "attacker.example.com");
        let all = request.header("x-forwarded-proto", "https").header("x-forwarded-port", "443");
        let all = all.header("x-forwarded-for", "127.0.0.1");
        claim_changes_nothing(&mut probe, &all, ELSEWHERE, "forwarding headers from a stranger", fixes::SPOOF).await?;
    }
    for Claim { field, value, origin, fix } in claims(probe.fixture.origin()) {
        if probe.route.proxy_sets(field) {
            continue;
        }
        let request = probe.request().header(field, value);
        let by = format!("{field} fields from a client");
        let fix = if probe.route.proxy.is_some() { fix } else { fixes::SPOOF };
        claim_changes_nothing(&mut probe, &request, &origin, &by, fix).await?;
    }
    Ok(())
}

async fn other_host<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    if probe.route.presents != Presents::Dpop {
        return Ok(());
    }
    let path: String = probe.route.path.clone();
    let url = [ELSEWHERE, path.split('?').next().unwrap_or_default()].concat();
    let request = probe.request().without_header("host").header("host", "attacker.example.com");
    let token = probe.token().build();
    let answer = probe.dpop(&request, &token, |proof| proof.url(&url)).await;
    let let_in = answer.reached || answer.response.is_success();
    // A server that routes by host answers 404 or 421, which is acceptable.
    if let_in {
        probe.not_let_in(&format!("a proof made for {ELSEWHERE}, and a Host that names it"), &answer, fixes::HOST)
    } else {
        Ok(())
    }
}

async fn defects<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    if probe.route.presents != Presents::Dpop {
        return Ok(());
    }
    let request = probe.request();
    let token = probe.token().build();
    for defect in ProofDefect::ALL {
        let answer = probe.dpop(&request, &token, |proof| proof.defect(*defect)).await;
        let refusal = Refusal::new(401, defect.error()).challenging(AuthScheme::Dpop);
        probe.refused(&format!("a proof with one defect: {defect}"), &answer, refusal, fixes::PROOF)?;
    }
    Ok(())
}
