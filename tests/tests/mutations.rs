//! Properties: what is changed after it was signed never passes, and nothing that a stranger sends brings the core down.

use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::resource::{Requirement, Verdict};
use attesto_tests::{Answers, Call, World};
use proptest::prelude::*;
use std::sync::Arc;

fn granted(call: &Call) -> bool {
    let verdicts = [Arc::new(RustCrypto::new()) as Arc<dyn CryptoProvider>, Arc::new(AwsLc::new())].map(|provider| {
        let world = World::with_providers(&RustCrypto::new(), provider);
        let server = world.builder().build().expect("a sound configuration");
        world.check(&server, &Requirement::authenticated(), call, Answers::good()).result.is_ok()
    });
    assert_eq!(verdicts[0], verdicts[1], "the providers agree");
    verdicts[0]
}

fn with_byte(text: &str, position: usize, byte: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let index = position % bytes.len();
    if bytes[index] == byte {
        return None;
    }
    bytes[index] = byte;
    String::from_utf8(bytes).ok()
}

const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

#[test]
fn t13_the_unchanged_token_and_proof_pass() {
    let world = World::new();
    assert!(granted(&Call::new().bearer(&world.token(|_, _| {}))));
    assert!(granted(&world.dpop_call()));
}

#[test]
fn t13_segment_swaps_truncations_and_appended_bytes_are_refused() {
    let world = World::new();
    let token = world.token(|_, _| {});
    let parts: Vec<&str> = token.split('.').collect();
    let other = world.token(|_, claims| {
        claims.insert("sub".into(), "admin".into());
    });
    let other: Vec<&str> = other.split('.').collect();
    let mut changed = vec![
        [parts[1], parts[0], parts[2]].join("."),
        [parts[0], parts[2], parts[1]].join("."),
        [parts[0], other[1], parts[2]].join("."),
        [other[0], other[1], parts[2]].join("."),
        [parts[0], parts[1], other[2]].join("."),
        format!("{token}.{}", parts[2]),
        format!("{token}AAAA"),
        format!("{token}="),
        format!(".{token}"),
    ];
    changed.extend((1..token.len()).step_by(7).map(|length| token[..length].to_owned()));
    for token in changed {
        assert!(!granted(&Call::new().bearer(&token)), "{token}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn t13_no_changed_byte_of_a_token_passes(position: usize, byte in prop::sample::select(BASE64URL)) {
        let token = World::new().token(|_, _| {});
        if let Some(changed) = with_byte(&token, position, byte) {
            prop_assert!(!granted(&Call::new().bearer(&changed)), "{changed}");
        }
    }

    #[test]
    fn t13_no_changed_byte_of_a_proof_passes(position: usize, byte in prop::sample::select(BASE64URL)) {
        let world = World::new();
        let token = world.bound_token();
        let proof = world.proof(&token, |_, _| {});
        if let Some(changed) = with_byte(&proof, position, byte) {
            prop_assert!(!granted(&Call::new().dpop(&token, &changed)), "{changed}");
        }
    }

    #[test]
    fn t13_no_changed_byte_of_a_bound_token_passes(position: usize, byte in prop::sample::select(BASE64URL)) {
        let world = World::new();
        let token = world.bound_token();
        if let Some(changed) = with_byte(&token, position, byte) {
            let proof = world.proof(&changed, |_, _| {});
            prop_assert!(!granted(&Call::new().dpop(&changed, &proof)), "{changed}");
        }
    }

    #[test]
    fn any_bytes_in_any_header_give_a_clean_refusal(
        authorization in prop::collection::vec(any::<u8>(), 0..300),
        scheme in prop::sample::select(vec!["", "Bearer ", "DPoP ", "bearer  "]),
        dpop in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        host in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
        method in "[A-Z]{0,8}",
        path in ".{0,60}",
        query in prop::option::of(".{0,40}"),
    ) {
        let world = World::new();
        let server = world.builder().build().expect("a sound configuration");
        let requirement = Requirement::authenticated();
        let mut call = Call::new().header("authorization", [scheme.as_bytes(), &authorization].concat());
        if let Some(dpop) = dpop {
            call = call.header("dpop", dpop);
        }
        if let Some(host) = host {
            call = call.without("host").header("host", host);
        }
        (call.method, call.path, call.query) = (method, path, query);
        let seen = world.check(&server, &requirement, &call, Answers::good());
        let denial = seen.result.expect_err("junk is never let in");
        prop_assert!([400, 401].contains(&denial.status()), "{denial}");
        prop_assert!(seen.asked.is_empty(), "{:?}", seen.asked);
    }

    #[test]
    fn any_path_beside_a_valid_token_never_panics(path in ".{0,200}", query in prop::option::of("[ -~]{0,60}")) {
        let world = World::new();
        let server = world.builder().build().expect("a sound configuration");
        let requirement = Requirement::authenticated();
        let mut call = world.dpop_call();
        (call.path, call.query) = (path, query);
        call.with_parts(|parts| {
            let verdict = server.check(parts, &requirement, world.now());
            prop_assert!(!matches!(verdict, Verdict::Granted(_)), "a DPoP request needs its replay answer");
            Ok(())
        })?;
    }
}
