//! The core holds to every row of the negative table (`tests/src/negative`).

use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::resource::{Denial, Reason, RefusalError, Requirement};
use attesto_tests::World;
use attesto_tests::negative::{bearer, rows};
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn every_row_refuses_for_its_own_reason_with_its_own_answer() {
    let mut wrong = Vec::new();
    for row in rows() {
        if let Err(problem) = row.check() {
            wrong.push(problem);
        }
    }
    assert!(wrong.is_empty(), "{} row(s):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_passes_when_its_one_thing_is_mended() {
    let mut wrong = Vec::new();
    for row in rows() {
        if let Err(problem) = row.check_mended() {
            wrong.push(problem);
        }
    }
    assert!(wrong.is_empty(), "{} row(s):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_reason_is_produced_by_a_row() {
    let mut produced: BTreeSet<String> = rows().iter().map(|row| format!("{:?}", row.reason)).collect();
    produced.insert(format!("{:?}", unauthenticated().reason()));
    let missing: Vec<String> = Reason::all()
        .into_iter()
        .map(|reason| format!("{reason:?}"))
        .filter(|reason| !produced.contains(reason))
        .collect();
    assert!(missing.is_empty(), "no row produces {missing:?}");
}

/// The one refusal that no request alone can cause: a scope check that nothing authenticates for.
fn unauthenticated() -> Denial {
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    bearer(&world).with_parts(|parts| server.deny_unauthenticated(parts, &requirement, world.now()))
}

#[test]
fn s10_scope_check_without_authentication_fails_closed() {
    let denial = unauthenticated();
    assert_eq!(denial.reason(), RefusalError::NotAuthenticated.into());
    assert_eq!((denial.status(), denial.challenges().len()), (401, 2));
    assert!(denial.challenges().iter().all(|challenge| challenge.contains("scope=\"mcp:tools:call\"")));
    assert!(denial.challenges().iter().all(|challenge| !challenge.contains("error")));
}

#[test]
fn t7_nothing_is_recorded_for_a_request_that_fails_before_the_replay_question() {
    for row in rows() {
        let asked = row.asked_replay();
        assert_eq!(asked, row.consumes_proof, "{}: replay store asked: {asked}", row.name);
    }
}

#[test]
fn w11_every_refusal_is_uncacheable_and_carries_no_private_detail() {
    for row in rows() {
        let denial = row.denial();
        let response = denial.response();
        assert_eq!(response.header("cache-control").collect::<Vec<_>>(), ["no-store"], "{}", row.name);
        assert_eq!(response.header("pragma").collect::<Vec<_>>(), ["no-cache"], "{}", row.name);
        let told = format!("{:?} {}", response.headers, response.body_text());
        let code = denial.reason().code();
        // A reason may share its name with the public error code; otherwise it stays inside (W13).
        if denial.outcome().error() != Some(code) {
            assert!(!told.contains(code), "{}: {code} in {told}", row.name);
        }
        for header in &response.headers {
            assert!(header.value().bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}: {header:?}", row.name);
        }
    }
}

#[test]
fn w5_every_refusal_but_our_own_faults_points_to_the_metadata() {
    for row in rows() {
        let denial = row.denial();
        let points = |challenge: &String| {
            challenge.contains("resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"")
        };
        if denial.status() == 503 {
            assert!(denial.challenges().is_empty(), "{}", row.name);
            assert!(denial.response().header("retry-after").next().is_some(), "{}", row.name);
        } else {
            assert!(!denial.challenges().is_empty(), "{}", row.name);
            assert!(denial.challenges().iter().all(points), "{}: {:?}", row.name, denial.challenges());
        }
    }
}

/// Every way to sign with one provider and to verify with one.
fn worlds() -> Vec<(String, World)> {
    let providers: [Arc<dyn CryptoProvider>; 2] = [Arc::new(RustCrypto::new()), Arc::new(AwsLc::new())];
    let pairs = providers.iter().flat_map(|signing| providers.iter().map(move |verifying| (signing, verifying)));
    pairs
        .map(|(signing, verifying)| {
            let name = format!("signed by {signing:?}, verified by {verifying:?}");
            (name, World::with_providers(signing.as_ref(), Arc::clone(verifying)))
        })
        .collect()
}

#[test]
fn t13_refusals_are_byte_for_byte_the_same_on_every_provider() {
    let worlds = worlds();
    for row in rows() {
        let expected = row.denial();
        for (name, world) in &worlds {
            let seen = row.broken_in(world).run();
            let denial = seen.result.expect_err(row.name);
            assert_eq!(denial.reason(), row.reason, "{}: {name}", row.name);
            assert_eq!(denial.response(), expected.response(), "{}: {name}", row.name);
            assert_eq!(seen.asked.contains(&"replay"), row.consumes_proof, "{}: {name}", row.name);
        }
    }
}

#[test]
fn t13_grants_say_the_same_on_every_provider() {
    let worlds = worlds();
    for row in rows() {
        let granted = |world: &World| format!("{:?}", row.mended_in(world).run().result.expect(row.name));
        let expected = granted(&World::new());
        for (name, world) in &worlds {
            assert_eq!(granted(world), expected, "{}: {name}", row.name);
        }
    }
}
