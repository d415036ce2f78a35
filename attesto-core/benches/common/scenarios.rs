//! What is measured: verdicts, minting and key sets, each beside the bare verification of the same library.

use super::providers::Side;
use super::raw;
use super::world::{ALGORITHMS, NOW, SCOPE, World, entropy, issuer, issuer_key, request, signer};
use attesto_core::Timestamp;
use attesto_core::crypto::Algorithm;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::{JwkSet, VerificationKeys};
use attesto_core::resource::{Question, Requirement, ResourceServer, Scratch, Verdict};
use std::hint::black_box;

/// One piece of work, to be repeated.
pub(crate) type Work = Box<dyn FnMut()>;

/// One row of the tables.
pub(crate) struct Scenario {
    /// What is done.
    pub(crate) name: String,
    /// The name of the provider.
    pub(crate) provider: &'static str,
    /// What it is held against.
    pub(crate) floor: Floor,
    /// The bare verification, or signature.
    pub(crate) raw: Work,
    /// The whole operation of attesto.
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
    fn verdict(&self, scratch: &mut Scratch) -> Verdict<'_> {
        let parts = RequestParts::new("GET", "/documents", &self.headers).connection(Connection::new().tls());
        match self.server.check_with(scratch, &parts, &self.requirement, self.now) {
            Verdict::Ask(Question::Replay(question)) => question.answer(ReplayAnswer::Fresh, self.now),
            verdict => verdict,
        }
    }

    /// Whether it is granted, in buffers that are kept: what a server does that is done with a grant before the next request.
    pub(crate) fn is_granted(&self, scratch: &mut Scratch) -> bool {
        match black_box(self.verdict(scratch)) {
            Verdict::Granted(grant) => {
                scratch.reclaim(grant);
                true
            }
            Verdict::Ask(_) | Verdict::Denied(_) => false,
        }
    }

    fn granted(self) -> Work {
        let mut scratch = Scratch::new();
        Box::new(move || assert!(self.is_granted(&mut scratch)))
    }

    fn granted_without_scratch(self) -> Work {
        Box::new(move || assert!(self.is_granted(&mut Scratch::new())))
    }

    fn denied(self, reason: &str) -> Work {
        match self.verdict(&mut Scratch::new()) {
            Verdict::Denied(denial) => assert_eq!(denial.reason().code(), reason),
            other => panic!("not denied: {other:?}"),
        }
        Box::new(move || {
            // A refusal is not there before its response is.
            if let Verdict::Denied(denial) = self.verdict(&mut Scratch::new()) {
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
    let verify = raw::jws_verifier((side.raw)(world.key().key()), jws);
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
    let mut scenarios = Vec::new();
    let mut granted = |name: &str, floor, raw, ours| {
        scenarios.push(Scenario { name: name.to_owned(), provider: side.name, floor, raw, ours });
    };
    let one = Floor::Part("one verification");
    let fresh =
        |world: &World, fields| Call::new(world.server(&side.provider).build().expect("a server"), fields, world.now);
    let remembering = |world: &World, fields| {
        let server = world.server(&side.provider).remember_tokens(1024).expect("a capacity");
        Call::new(server.build().expect("a server"), fields, world.now)
    };
    for algorithm in ALGORITHMS {
        let world = World::new(algorithm, NOW);
        let (name, raw) = (format!("bearer, {}", world.algorithm), || verification(side, &world, &world.bearer, true));
        granted(&name, one, raw(), fresh(&world, bearer(&world.bearer)).granted());
        let call = remembering(&world, bearer(&world.bearer));
        granted(&format!("{name}, remembered"), Floor::Yardstick, yardstick(side), call.granted());
    }
    let world = World::new(Algorithm::ES256, NOW);
    let raw = verification(side, &world, &world.bearer, true);
    let call = fresh(&world, bearer(&world.bearer));
    granted("bearer, ES256, no scratch kept", one, raw, call.granted_without_scratch());
    let fields = || dpop(&world.bound, &world.proof);
    let (both, proof) = (token_and_proof(side, &world), proof(side, &world));
    granted("DPoP, ES256 twice", Floor::Part("two verifications"), both, fresh(&world, fields()).granted());
    granted("DPoP, token remembered", one, proof, remembering(&world, fields()).granted());
    scenarios
}

fn proof(side: &Side, world: &World) -> Work {
    let proof = raw::jws_verifier((side.raw)(world.client.key()), &world.proof);
    Box::new(move || assert!(black_box(proof())))
}

/// Both with keys that are parsed already, though a proof brings its own.
fn token_and_proof(side: &Side, world: &World) -> Work {
    let (mut token, mut proof) = (verification(side, world, &world.bound, true), proof(side, world));
    Box::new(move || {
        token();
        proof();
    })
}

fn refusals(side: &Side) -> Vec<Scenario> {
    let world = World::new(Algorithm::ES256, NOW);
    let refused = |name: &str, fields: Fields, reason: &str, floor: Floor, raw: Work| Scenario {
        name: format!("refused: {name}"),
        provider: side.name,
        floor,
        raw,
        ours: Call::new(world.server(&side.provider).build().expect("a server"), fields, world.now).denied(reason),
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
