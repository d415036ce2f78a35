//! What other crates take for the same check of the same token, in the same run: microseconds, the ratio to the bare
//! verification, heap allocations, and which of a list of bad tokens each lets pass. Prints the tables of
//! `docs/performance.md`.
//!
//! jsonwebtoken has one backend per process, so a second process measures its other one.

#[path = "../../../attesto-core/benches/common/mod.rs"]
#[expect(dead_code, reason = "shared with the benches, which use more of it")]
mod common;

mod attesto;
mod counting;
mod defects;
mod dpop_verifier;
mod huskarl;
mod jsonwebtoken_12;
mod jwt_simple;
mod oauth_resource_server;
mod turbomcp;

use attesto_core::Timestamp;
use attesto_core::crypto::Algorithm;
use common::providers::{self, Side};
use common::world::{ALGORITHMS, World};
use common::{pairs, raw};

/// One request, ready to be checked again and again; whether it was let in.
pub type Check = Box<dyn FnMut() -> bool>;

/// Makes a check of a token and, where there is one, a proof.
pub type Prepare = Box<dyn Fn(&str, Option<&str>) -> Check>;

/// A crate in one configuration, trusting the world's issuer.
pub struct Peer {
    /// Name and version.
    pub name: &'static str,
    /// What verifies its signatures.
    pub backend: &'static str,
    /// Whose bare verification it is held against.
    pub side: &'static str,
    /// Its checks.
    pub prepare: Prepare,
}

/// What is presented.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Presents {
    Bearer,
    /// Token and proof, checked together.
    Dpop,
    /// The proof alone, for crates that check no tokens.
    Proof,
}

#[expect(clippy::disallowed_methods, reason = "the peers read the clock, so the tokens must be of today")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_secs(since.as_secs())
}

fn floor(side: &Side, world: &World, presents: Presents) -> Check {
    let token = if presents == Presents::Bearer { &world.bearer } else { &world.bound };
    let token = raw::jws_verifier((side.raw)(world.key().key()), token);
    let proof = raw::jws_verifier((side.raw)(world.client.key()), &world.proof);
    match presents {
        Presents::Bearer => Box::new(token),
        Presents::Dpop => Box::new(move || token() && proof()),
        Presents::Proof => Box::new(proof),
    }
}

fn row(make: &dyn Fn(&World) -> Peer, algorithm: Algorithm, presents: Presents) {
    // Made now: proofs are valid for a minute.
    let world = World::new(algorithm, now());
    let peer = make(&world);
    let side = providers::all().into_iter().find(|side| side.name == peer.side).expect("a provider");
    let mut check = match presents {
        Presents::Bearer => (peer.prepare)(&world.bearer, None),
        Presents::Dpop | Presents::Proof => (peer.prepare)(&world.bound, Some(&world.proof)),
    };
    let what = match presents {
        Presents::Bearer => format!("bearer, {algorithm}"),
        Presents::Dpop => format!("token and proof, {algorithm}"),
        Presents::Proof => "proof alone, ES256".to_owned(),
    };
    // Twice: buffers grow on the first, and what is remembered is complete after the second.
    if !(check() && check()) {
        println!("| {what} | {} | {} | refuses it | | | |", peer.name, peer.backend);
        return;
    }
    let allocations = counting::allocations(&mut check);
    let mut floor = floor(&side, &world, presents);
    let paired = pairs::paired(300, &mut || assert!(std::hint::black_box(floor())), &mut || {
        assert!(std::hint::black_box(check()))
    });
    println!(
        "| {what} | {} | {} | {:.1} ({}) | {:.2} | {:.3} | {allocations} |",
        peer.name,
        peer.backend,
        paired.first / 1e3,
        peer.side,
        paired.second / 1e3,
        paired.ratio
    );
}

fn tables(bearer: &[&dyn Fn(&World) -> Peer], dpop: &[&dyn Fn(&World) -> Peer], proof: &[&dyn Fn(&World) -> Peer]) {
    for algorithm in ALGORITHMS {
        bearer.iter().for_each(|make| row(make, algorithm, Presents::Bearer));
    }
    dpop.iter().for_each(|make| row(make, Algorithm::ES256, Presents::Dpop));
    proof.iter().for_each(|make| row(make, Algorithm::ES256, Presents::Proof));
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--second-backend") {
        jsonwebtoken_12::use_rust_crypto();
        return tables(&[&jsonwebtoken_12::rust_crypto], &[], &[]);
    }
    jsonwebtoken_12::use_aws_lc();
    println!("| what | crate | signatures by | raw us | us | ratio | allocations |");
    println!("|---|---|---|---:|---:|---:|---:|");
    tables(
        &[
            &attesto::aws_lc,
            &attesto::remembering,
            &attesto::rust_crypto,
            &jsonwebtoken_12::aws_lc,
            &huskarl::peer,
            &jwt_simple::peer,
            &oauth_resource_server::peer,
        ],
        &[&attesto::aws_lc, &attesto::remembering, &attesto::rust_crypto, &huskarl::peer],
        &[&turbomcp::peer, &dpop_verifier::peer],
    );
    let program = std::env::current_exe().expect("a path");
    let second = std::process::Command::new(program).arg("--second-backend").status().expect("a second process");
    assert!(second.success());
    defects::print();
}
