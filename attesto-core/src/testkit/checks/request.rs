//! How credentials may come, and what a request may say of itself.

use super::checks;
use crate::challenge::AuthScheme;
use crate::testkit::finding::Finding;
use crate::testkit::fixes;
use crate::testkit::probe::{Probe, Refusal};
use crate::testkit::route::Presents;
use crate::testkit::{App, ProofDefect, TestRequest};
use alloc::format;
use alloc::string::String;

checks! {
    /// A token in the query is refused with 400, alone and beside one in the header (C7; RFC 9700 §4.3.2). An API that owns the parameter
    /// (`QueryTokenPolicy::Ignore`) answers a token that is only there as it answers no credentials.
    "query_token_refused": assert_query_token_refused, check_query_token_refused = query;

    /// A request with two `Authorization` lines, or two proofs, is refused (C4, D1).
    "duplicate_headers_refused": assert_duplicate_headers_refused, check_duplicate_headers_refused = duplicates;

    /// What a stranger says in forwarding header fields about the host changes nothing: neither can a proof that was made for another
    /// server be used here, nor is the right one refused (P12, P13). Holds as it is for routes that take no proofs.
    "forwarded_headers_ignored": assert_forwarded_headers_ignored, check_forwarded_headers_ignored = forwarded;

    /// Each of [`ProofDefect::ALL`] is refused on its own (T3). Holds as it is for routes that take no proofs.
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

/// The fields by which proxies tell where a client called.
fn forwarding(request: TestRequest, host: &str) -> [TestRequest; 2] {
    let several = request.clone().header("x-forwarded-host", host).header("x-forwarded-proto", "https");
    [
        request.header("forwarded", format!("for=192.0.2.1;host={host};proto=https")),
        several.header("x-forwarded-port", "443").header("x-forwarded-for", "127.0.0.1"),
    ]
}

async fn forwarded<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    if probe.route.presents != Presents::Dpop {
        return Ok(());
    }
    let elsewhere = "https://attacker.example.com";
    let path: String = probe.route.path.clone();
    for request in forwarding(probe.request(), "attacker.example.com") {
        let token = probe.token().build();
        let url = [elsewhere, path.split('?').next().unwrap_or_default()].concat();
        let answer = probe.dpop(&request, &token, |proof| proof.url(&url)).await;
        let refusal = Refusal::new(401, "invalid_dpop_proof").challenging(AuthScheme::Dpop);
        let sent = format!("a proof made for {elsewhere}, and forwarding headers from a stranger that name it");
        probe.refused(&sent, &answer, refusal, fixes::SPOOF)?;
        let answer = probe.dpop(&request, &token, |proof| proof).await;
        let sent = format!("a right proof, and forwarding headers from a stranger that name {elsewhere}");
        probe.accepted_or(&sent, answer, Some(fixes::SPOOF))?;
    }
    Ok(())
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
