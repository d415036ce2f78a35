//! Tokens and proofs that other implementations made: npm jose, dpop and oauth4webapi, PyPI joserfc and Authlib.

use attesto_core::Timestamp;
use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::dpop::{ProofContext, ProofPolicy, check_proof};
use attesto_core::http::ObservedUri;
use attesto_core::jose::{Jwk, VerificationKeys};
use attesto_core::token::{AccessTokenVerifier, Confirmation, TokenRules, TrustedIssuer};
use attesto_tests::{AUDIENCE, ISSUER};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const ISSUED: u64 = 1_800_000_000;

fn read(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("artefacts").join(name);
    let text = std::fs::read_to_string(path).expect("the artefacts are part of the repository");
    serde_json::from_str(&text).expect("an array")
}

fn text<'v>(entry: &'v Value, name: &str) -> &'v str {
    entry[name].as_str().unwrap_or_else(|| panic!("{name} of {entry}"))
}

/// What we make of a token, whatever the provider: `ok`, or the code of the reason.
fn outcome(entry: &Value) -> (&'static str, Option<Confirmation>) {
    let [pure, aws] = [of_provider(entry, Arc::new(RustCrypto::new())), of_provider(entry, Arc::new(AwsLc::new()))];
    assert_eq!(pure, aws, "the providers agree");
    pure
}

fn of_provider(entry: &Value, provider: Arc<dyn CryptoProvider>) -> (&'static str, Option<Confirmation>) {
    let jwk = Jwk::from_json(entry["jwk_public"].to_string().as_bytes()).expect("their public key");
    let keys = VerificationKeys::new().with_key(provider.as_ref(), &jwk.with_kid("k1")).expect("a sound key");
    let issuer = TrustedIssuer::new(ISSUER, keys).expect("a sound issuer");
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let verifier = AccessTokenVerifier::new(&provider, vec![issuer], rules).expect("a sound configuration");
    let now = Timestamp::from_secs(entry["now"].as_u64().expect("a time"));
    match verifier.verify(text(entry, "token"), now) {
        Ok(claims) => {
            assert_eq!((claims.subject(), claims.client_id()), ("usr_1", Some("client-1")));
            assert!(claims.scopes().eq(["mcp:tools:read", "mcp:tools:call"]));
            ("ok", Some(claims.confirmation()))
        }
        Err(refused) => (refused.error.code(), None),
    }
}

fn check_tokens(file: &str, at_least: usize) {
    let tokens = read(file);
    assert!(tokens.len() >= at_least, "{file} holds {}", tokens.len());
    for entry in &tokens {
        let name = format!("{} by {}", text(entry, "name"), text(entry, "made_by"));
        assert_eq!(outcome(entry).0, text(entry, "expect"), "{name}");
    }
}

#[test]
fn j12_tokens_of_npm_jose_verify_or_are_refused_for_the_right_reason() {
    check_tokens("npm-tokens.json", 16);
}

#[test]
fn j12_tokens_of_joserfc_and_authlib_verify() {
    check_tokens("pypi-tokens.json", 8);
}

#[test]
fn j12_all_three_kinds_of_keys_are_among_the_accepted_tokens() {
    let accepted: Vec<String> = ["npm-tokens.json", "pypi-tokens.json"]
        .into_iter()
        .flat_map(read)
        .filter(|entry| entry["expect"] == "ok")
        .map(|entry| text(&entry, "algorithm").to_owned())
        .collect();
    for algorithm in ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "PS256"] {
        assert!(accepted.iter().any(|accepted| accepted == algorithm), "{algorithm}");
    }
}

#[test]
fn d8_proofs_of_npm_dpop_and_oauth4webapi_verify() {
    proofs_verify(&RustCrypto::new());
    proofs_verify(&AwsLc::new());
}

fn proofs_verify(provider: &dyn CryptoProvider) {
    let policy = ProofPolicy::new();
    let proofs = read("npm-proofs.json");
    assert!(proofs.len() >= 12);
    for entry in &proofs {
        let name = format!("{} by {}", text(entry, "name"), text(entry, "made_by"));
        let uri = ObservedUri::parse(text(entry, "url")).expect("an https URL");
        let check = |method: &str, token: Option<&str>, now: u64| {
            let request = ProofContext { method, uri: &uri, access_token: token };
            check_proof(text(entry, "proof").as_bytes(), &request, &policy, provider, Timestamp::from_secs(now))
        };
        let (method, token) = (text(entry, "method"), entry["access_token"].as_str());
        let checked = check(method, token, ISSUED).unwrap_or_else(|error| panic!("{name}: {error}"));
        let jwk = Jwk::from_json(entry["jwk_public"].to_string().as_bytes()).expect("their public key");
        assert_eq!(*checked.jkt(), jwk.thumbprint(|parts| provider.sha256(parts)), "{name}");
        // The same proof for anything else is refused.
        assert!(check("PUT", token, ISSUED).is_err(), "{name}");
        assert!(check(method, Some("another-token"), ISSUED).is_err(), "{name}");
        assert!(check(method, token, ISSUED + 61).is_err(), "{name}");
    }
}

#[test]
fn d16_token_of_npm_jose_is_bound_to_the_key_of_npm_dpops_proof() {
    let provider = RustCrypto::new();
    let tokens = read("npm-tokens.json");
    let bound = tokens.iter().find(|entry| text(entry, "name") == "bound to a DPoP key").expect("a bound token");
    let (_, confirmation) = outcome(bound);
    let proofs = read("npm-proofs.json");
    let mut matched = 0;
    for entry in proofs.iter().filter(|entry| entry["access_token"] == bound["token"]) {
        let jwk = Jwk::from_json(entry["jwk_public"].to_string().as_bytes()).expect("their public key");
        assert_eq!(confirmation, Some(Confirmation::Jkt(jwk.thumbprint(|parts| provider.sha256(parts)))));
        matched += 1;
    }
    assert_eq!(matched, 2, "one by each package");
}
