//! This library.

use crate::common::scenarios::{Call, bearer, dpop};
use crate::common::world::World;
use crate::{Peer, Prepare};
use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::resource::Verdict;
use std::sync::Arc;

pub fn aws_lc(world: &World) -> Peer {
    Peer { name: "attesto", backend: "AwsLc", side: "AwsLc", prepare: prepare(world, Arc::new(AwsLc::new())) }
}

pub fn rust_crypto(world: &World) -> Peer {
    Peer {
        name: "attesto",
        backend: "RustCrypto",
        side: "RustCrypto",
        prepare: prepare(world, Arc::new(RustCrypto::new())),
    }
}

fn prepare(world: &World, provider: Arc<dyn CryptoProvider>) -> Prepare {
    let (keys, now) = (world.published.clone(), world.now);
    Box::new(move |token, proof| {
        let server = World::server_for(&keys, &provider).build().expect("a server");
        let fields = proof.map_or_else(|| bearer(token), |proof| dpop(token, proof));
        let call = Call::new(server, fields, now);
        Box::new(move || matches!(call.check(), Verdict::Granted(_)))
    })
}
