//! What is measured: verdicts, minting and key sets, each beside the bare verification of the same library.

use super::providers::Side;
use super::raw;
use super::world::{ALGORITHMS, NOW, SCOPE, World, entropy, issuer, issuer_key, request, signer};
use attesto_core::Timestamp;
use attesto_core::crypto::Algorithm;
use attesto_core::host::ReplayAnswer;
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::JwkSet;
use attesto_core::resource::{Question, Requirement, ResourceServer, Verdict};
use attesto_core::token::VerificationKeys;
use std::hint::black_box;

/// One piece of work, to be repeated.
pub(crate) type Work = Box<dyn FnMut()>;

/// One row of the tables.
pub(crate) struct Scenario {
    /// What is done.
    pub(crate) name: String,
    /// By whom.
    pub(crate) provider: &'static str,
    /// What it is held against.
    pub(crate) floor: Floor,
    /// The bare verification, or signature.
    pub(crate) raw: Work,
    /// The same with everything that attesto does.
    pub(crate) ours: Work,
}

/// How the bare work relates to ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Floor {
    /// Ours holds it: nothing can be faster.
    Part(&'static str),
    /// Ours holds no signature: one ES256 verification for a yardstick.
    Yardstick,
}

impl Floor {
    /// As in the tables.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Part(text) => text,
            Self::Yardstick => "(none; held against one ES256)",
        }
    }
}

/// Header fields.
pub(crate) type Fields = Vec<(&'static str, String)>;

/// A request, ready to be checked again and again.
pub(crate) struct Call {
    server: ResourceServer,
    requirement: Requirement,
    headers: &'static [(&'static str, &'static [u8])],
    now: Timestamp,
}

impl Call {
    /// `GET` of the resource with these fields.
    pub(crate) fn new(server: ResourceServer, fields: Fields, now: Timestamp) -> Self {
        let mut headers: Vec<(&str, &[u8])> = vec![("host", b"api.example.com"), ("accept", b"application/json")];
        // The benches end before this matters; what is measured borrows, as it does in a server.
        headers.extend(fields.into_iter().map(|(name, value)| (name, &*value.into_bytes().leak())));
        let requirement = Requirement::scopes([SCOPE]).expect("a scope");
        Self { server, requirement, headers: headers.leak(), now }
    }

    /// From the request's parts to a verdict, the replay question answered at once.
    pub(crate) fn check(&self) -> Verdict<'_> {
        let parts = RequestParts::new("GET", "/documents", &self.headers).connection(Connection::new().tls());
        match self.server.check(&parts, &self.requirement, self.now) {
            Verdict::Ask(Question::Replay(question)) => question.answer(ReplayAnswer::Fresh),
            verdict => verdict,
        }
    }

    fn granted(self) -> Work {
        assert!(matches!(self.check(), Verdict::Granted(_)), "{:?}", self.check());
        Box::new(move || drop(black_box(self.check())))
    }

    fn denied(self, reason: &str) -> Work {
        match self.check() {
            Verdict::Denied(denial) => assert_eq!(denial.reason().code(), reason),
            other => panic!("not denied: {other:?}"),
        }
        Box::new(move || {
            // A refusal is not there before its response is.
            if let Verdict::Denied(denial) = self.check() {
                drop(black_box(denial.response()));
            }
        })
    }
}

/// Fields of a bearer request.
pub(crate) fn bearer(token: &str) -> Fields {
    vec![("authorization", format!("Bearer {token}"))]
}

/// Fields of a request with a proof.
pub(crate) fn dpop(token: &str, proof: &str) -> Fields {
    vec![("authorization", format!("DPoP {token}")), ("dpop", proof.to_owned())]
}

/// Everything, for every provider.
pub(crate) fn all(sides: &[Side]) -> Vec<Scenario> {
    sides.iter().flat_map(|side| [grants(side), refusals(side), mints(side), key_sets(side)]).flatten().collect()
}

fn verification(side: &Side, world: &World, jws: &str, valid: bool) -> Work {
    let verify = raw::of_jws((side.raw)(world.key().key()), jws);
    assert_eq!(verify(), valid);
    Box::new(move || {
        black_box(verify());
    })
}

/// A bare ES256 verification.
fn yardstick(side: &Side) -> Work {
    let world = World::new(Algorithm::ES256, NOW);
    verification(side, &world, &world.bearer, true)
}

fn grants(side: &Side) -> Vec<Scenario> {
    let server = |world: &World| world.server(&side.provider).build().expect("a server");
    let mut scenarios = Vec::new();
    for algorithm in ALGORITHMS {
        let world = World::new(algorithm, NOW);
        scenarios.push(Scenario {
            name: format!("bearer, {}", world.algorithm),
            provider: side.name,
            floor: Floor::Part("one verification"),
            raw: verification(side, &world, &world.bearer, true),
            ours: Call::new(server(&world), bearer(&world.bearer), world.now).granted(),
        });
    }
    let world = World::new(Algorithm::ES256, NOW);
    scenarios.push(Scenario {
        name: "DPoP, ES256 twice".into(),
        provider: side.name,
        floor: Floor::Part("two verifications"),
        raw: token_and_proof(side, &world),
        ours: Call::new(server(&world), dpop(&world.bound, &world.proof), world.now).granted(),
    });
    scenarios
}

/// Both with keys that are parsed already, though a proof brings its own.
fn token_and_proof(side: &Side, world: &World) -> Work {
    let mut token = verification(side, world, &world.bound, true);
    let proof = raw::of_jws((side.raw)(world.client.key()), &world.proof);
    assert!(proof());
    Box::new(move || {
        token();
        black_box(proof());
    })
}

fn refusals(side: &Side) -> Vec<Scenario> {
    let world = World::new(Algorithm::ES256, NOW);
    let refused = |name: &str, fields: Fields, reason: &str, floor: Floor, raw: Work| Scenario {
        name: format!("refused: {name}"),
        provider: side.name,
        floor,
        raw,
        ours: Call::new(world.server(&side.provider).build().expect("a server"), fields, NOW).denied(reason),
    };
    let early = |name, fields, reason| refused(name, fields, reason, Floor::Yardstick, yardstick(side));
    let late = |name, jws: &str, fields, reason, valid| {
        let raw = verification(side, &world, jws, valid);
        refused(name, fields, reason, Floor::Part("one verification"), raw)
    };
    let forged = world.forged();
    let (_, rest) = world.bearer.split_once('.').expect("a compact JWS");
    vec![
        early("no credentials", Vec::new(), "missing_credentials"),
        early("not a token", bearer("0123456789abcdef"), "malformed"),
        early("header that is no JSON", bearer(&format!("bm90IGpzb24.{rest}")), "malformed"),
        early("a megabyte of dots", bearer(&".".repeat(1 << 20)), "too_large"),
        late("expired", &world.expired, bearer(&world.expired), "expired", true),
        late("signature does not verify", &forged, bearer(&forged), "invalid_signature", false),
        // The token goes before the proof.
        late("proof of garbage", &world.bound, dpop(&world.bound, "e30.e30.e30"), "invalid_alg", true),
    ]
}

fn mints(side: &Side) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for algorithm in ALGORITHMS {
        let (issuer, _) = issuer(&side.provider, algorithm);
        let key = signer(side.provider.as_ref(), &issuer_key(algorithm), algorithm);
        let world = World::new(algorithm, NOW);
        let (signed, _) = world.bearer.rsplit_once('.').expect("a compact JWS");
        let (signed, verify) = (signed.to_owned(), (side.raw)(key.public_key()));
        scenarios.push(Scenario {
            name: format!("mint, {algorithm}"),
            provider: side.name,
            floor: Floor::Part("one signature, verified"),
            raw: Box::new(move || {
                let signature = key.sign(signed.as_bytes(), &mut entropy(9)).expect("a signature");
                assert!(verify(signed.as_bytes(), &signature));
            }),
            ours: Box::new(move || {
                black_box(issuer.mint(request(), NOW, &mut entropy(9)).expect("a token"));
            }),
        });
    }
    scenarios
}

/// A set as issuers publish it: one key of each kind, and an older one.
fn key_sets(side: &Side) -> Vec<Scenario> {
    let keys = ALGORITHMS.map(|algorithm| World::new(algorithm, NOW).key().clone());
    let older = World::new(Algorithm::ES256, NOW).client.with_kid("older");
    let document = JwkSet::publish(side.provider.as_ref(), keys.into_iter().chain([older])).to_json();
    let provider = side.provider.clone();
    vec![Scenario {
        name: "JWK Set of four keys".into(),
        provider: side.name,
        floor: Floor::Yardstick,
        raw: yardstick(side),
        ours: Box::new(move || {
            let set = JwkSet::from_json(document.as_bytes()).expect("a set");
            let keys = VerificationKeys::from_jwk_set(provider.as_ref(), &set).expect("usable keys");
            assert_eq!(black_box(keys).len(), 4);
        }),
    }]
}
