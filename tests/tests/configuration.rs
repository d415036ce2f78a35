//! What a configuration must not say, and what a sound one is turned into.

use attesto_core::Timestamp;
use attesto_core::challenge::AuthScheme;
use attesto_core::crypto::{
    Algorithm, AlgorithmSet, CryptoProvider, InvalidSignature, KeyError, PrivateKey, PublicKey, RustCrypto, Signer,
    VerifyingKey,
};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofError, ProofPolicy, ReplayAnswer, ReplayClaim};
use attesto_core::host::{Guard, Instances, MemoryReplayStore, ReplayStore, StoreReach};
use attesto_core::http::RequestParts;
use attesto_core::resource::{
    CredentialExtractor, CredentialPolicy, Extraction, Requirement, ResourceServer, ResourceServerBuilder, SenderPolicy,
};
use attesto_tests::{AUDIENCE, Answers, Call, World};
use std::sync::Arc;
use std::time::Duration;

fn fails(builder: ResourceServerBuilder, member: &str) {
    assert_eq!(builder.build().expect_err(member).member(), member);
}

#[test]
fn d19_contradictory_configurations_are_refused_when_built() {
    let world = World::new();
    let bare = || ResourceServer::builder(AUDIENCE, Arc::clone(&world.provider));
    fails(bare(), "issuer");
    fails(world.builder().without_dpop().sender_policy(SenderPolicy::RequireDpop), "sender_policy");
    fails(world.builder().sender_policy(SenderPolicy::RequireMtls), "sender_policy");
    fails(world.builder().without_dpop().sender_policy(SenderPolicy::RequireEither), "sender_policy");
    fails(world.builder().realm("a\nb"), "realm");
    fails(bare().ask_foreign().mcp(), "authorization_server");
    assert!(ResourceServer::builder("http://mcp.example.com", Arc::clone(&world.provider)).build().is_err());
    assert!(bare().ask_foreign().build().is_ok());
}

#[test]
fn p14_loopback_switch_is_refused_on_another_host() {
    let at = |identifier: &str| {
        let world = World::new();
        let builder = ResourceServer::builder(identifier, Arc::clone(&world.provider)).issuer(world.trusted());
        builder.danger_insecure_loopback()
    };
    for elsewhere in ["https://mcp.example.com/mcp", "https://localhost.example.com", "https://10.0.0.1"] {
        fails(at(elsewhere), "danger_insecure_loopback");
    }
    for here in ["http://localhost:3000/mcp", "https://localhost", "http://127.0.0.1:8080", "http://[::1]:1"] {
        assert!(at(here).build().is_ok(), "{here}");
    }
}

#[test]
fn p14_loopback_switch_takes_plain_http_from_this_machine_only() {
    let world = World::new();
    let builder = ResourceServer::builder("http://localhost:3000/mcp", Arc::clone(&world.provider));
    let server = builder.issuer(world.trusted()).danger_insecure_loopback().build().expect("sound");
    let from = |peer: Option<[u8; 4]>| {
        let mut call = Call::new().bearer(&world.token(|_, claims| {
            claims.insert("aud".into(), serde_json::json!("http://localhost:3000/mcp"));
        }));
        (call.tls, call.peer) = (false, peer.map(Into::into));
        world.check(&server, &Requirement::authenticated(), &call, Answers::good()).result.map(drop)
    };
    assert!(from(Some([127, 0, 0, 1])).is_ok());
    for elsewhere in [Some([203, 0, 113, 9]), Some([192, 168, 0, 2]), None] {
        let refused = from(elsewhere).expect_err("plain http from elsewhere");
        assert_eq!(refused.reason(), attesto_core::http::OriginError::InsecureTransport.into(), "{elsewhere:?}");
    }
}

/// Nonces of the authorization server are for its token endpoint: taken here, the one could stand in for the other.
#[test]
fn d12_nonces_are_made_for_resource_servers() {
    let with = |use_| {
        let nonces = NonceIssuer::new(use_, NonceSecret::new([7; 32]));
        World::new().builder().dpop(ProofPolicy::new().require_nonces(nonces))
    };
    fails(with(NonceUse::AuthorizationServer), "dpop.nonces");
    assert!(with(NonceUse::ResourceServer).build().is_ok());
}

/// Verifies the configured algorithms, and delegates the others.
#[derive(Debug)]
struct Only(AlgorithmSet, RustCrypto);

impl CryptoProvider for Only {
    fn algorithms(&self) -> AlgorithmSet {
        self.0
    }

    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        self.1.verifying_key(key)
    }

    fn verify_once(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), InvalidSignature>, KeyError> {
        self.1.verify_once(key, algorithm, message, signature)
    }

    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        self.1.signer(key, algorithm)
    }

    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.1.sha256(parts)
    }

    fn sha384(&self, whole: &[u8]) -> [u8; 48] {
        self.1.sha384(whole)
    }

    fn sha512(&self, whole: &[u8]) -> [u8; 64] {
        self.1.sha512(whole)
    }

    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        self.1.hmac_sha256(key, parts)
    }
}

fn on(algorithms: AlgorithmSet) -> ResourceServerBuilder {
    let provider = Only(algorithms, RustCrypto::new());
    ResourceServer::builder(AUDIENCE, Arc::new(provider)).issuer(World::new().trusted())
}

#[test]
fn w4_algorithms_that_the_provider_cannot_verify_are_neither_advertised_nor_accepted() {
    let world = World::new();
    let eddsa = AlgorithmSet::only(Algorithm::EdDSA);
    let server = on(eddsa).build().expect("a sound configuration");
    let refused = world.check(&server, &Requirement::authenticated(), &world.dpop_call(), Answers::good());
    let denial = refused.result.expect_err("an ES256 proof");
    assert_eq!(denial.reason(), ProofError::InvalidAlg.into());
    assert!(denial.challenges()[0].contains("algs=\"EdDSA\""), "{denial:?}");
    assert!(server.metadata().to_json().contains(r#""dpop_signing_alg_values_supported":["EdDSA"]"#));
    // A policy that wants nothing else than what the provider lacks would refuse every proof.
    fails(
        on(eddsa).dpop(ProofPolicy::new().accept_algorithms(AlgorithmSet::only(Algorithm::ES256))),
        "dpop.algorithms",
    );
}

/// Reads nothing.
#[derive(Debug)]
struct Nothing;

impl CredentialExtractor for Nothing {
    fn extract(&self, _: &RequestParts<'_>) -> Extraction {
        Extraction::None
    }
}

#[test]
fn p6_metadata_says_how_tokens_may_come() {
    let methods = |credentials: CredentialPolicy| {
        let server = World::new().builder().credentials(credentials).build().expect("a sound configuration");
        let json: serde_json::Value = serde_json::from_str(&server.metadata().to_json()).expect("JSON");
        json["bearer_methods_supported"].clone()
    };
    let off = || CredentialPolicy::new().refuse_bearer().refuse_dpop();
    assert_eq!(methods(CredentialPolicy::new()), serde_json::json!(["header"]));
    assert_eq!(methods(CredentialPolicy::new().refuse_dpop()), serde_json::json!(["header"]));
    assert_eq!(methods(CredentialPolicy::new().refuse_bearer()), serde_json::json!(["header"]), "DPoP comes there too");
    assert_eq!(methods(off().accept_form_body()), serde_json::json!(["body"]));
    assert_eq!(
        methods(off().extractor(Arc::new(Nothing))),
        serde_json::Value::Null,
        "none of the three; RFC 9728 §3.2"
    );
    let header = World::new().check(
        &World::new().builder().credentials(off().accept_form_body()).build().expect("a sound configuration"),
        &Requirement::authenticated(),
        &Call::new().bearer(&World::new().token(|_, _| {})),
        Answers::good(),
    );
    assert!(header.result.is_err(), "and it is true of {:?}", AuthScheme::Bearer);
}

/// A store of which no more is known than how far it reaches.
#[derive(Debug)]
struct Shared;

impl ReplayStore for Shared {
    async fn claim(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Unavailable
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn d19_r8_guard_without_a_fitting_replay_store_cannot_be_built() {
    let world = World::new();
    let server = || world.builder().build().expect("a sound configuration");
    let local = || MemoryReplayStore::single_node(1).expect("a capacity");
    assert_eq!(Guard::builder(server()).build().expect_err("no store").member(), "replay_store");
    assert!(Guard::builder(server()).replay_store(local()).instances(Instances::Multiple).build().is_err());
    assert!(Guard::builder(server()).replay_store(Shared).instances(Instances::Multiple).build().is_ok());
    let same =
        |policy: ProofPolicy| Guard::builder(world.builder().dpop(policy).build().expect("sound")).replay_store(Shared);
    let none = || ProofPolicy::new().future_skew(Duration::from_secs(0)).expect("none");
    let refused = same(none()).instances(Instances::Multiple).build().expect_err("no two clocks agree to the second");
    assert_eq!(refused.member(), "dpop.future_skew");
    let one = ProofPolicy::new().future_skew(Duration::from_secs(1)).expect("a second");
    assert!(same(one).instances(Instances::Multiple).build().is_ok() && same(none()).build().is_ok());
    assert!(Guard::builder(world.builder().without_dpop().build().expect("sound")).build().is_ok());
    assert!(
        Guard::builder(world.builder().ask_revocation().build().expect("sound")).replay_store(local()).build().is_err()
    );
}
