//! This library.

use crate::common::scenarios::{Call, bearer, dpop};
use crate::common::world::World;
use crate::{Peer, Prepare};
use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::resource::Scratch;
use std::sync::Arc;

pub fn aws_lc(world: &World) -> Peer {
    Peer { name: "attesto", backend: "AwsLc", side: "AwsLc", prepare: prepare(world, Arc::new(AwsLc::new()), false) }
}

pub fn remembering(world: &World) -> Peer {
    let prepare = prepare(world, Arc::new(AwsLc::new()), true);
    Peer { name: "attesto, token remembered", backend: "AwsLc", side: "AwsLc", prepare }
}

pub fn rust_crypto(world: &World) -> Peer {
    Peer {
        name: "attesto",
        backend: "RustCrypto",
        side: "RustCrypto",
        prepare: prepare(world, Arc::new(RustCrypto::new()), false),
    }
}

fn prepare(world: &World, provider: Arc<dyn CryptoProvider>, remember: bool) -> Prepare {
    let (keys, now) = (world.published.clone(), world.now);
    Box::new(move |token, proof| {
        let server = World::server_for(&keys, &provider);
        let server = if remember { server.remember_tokens(1024).expect("a capacity") } else { server };
        let server = server.build().expect("a server");
        let fields = proof.map_or_else(|| bearer(token), |proof| dpop(token, proof));
        let call = Call::new(server, fields, now);
        let mut scratch = Scratch::new();
        Box::new(move || call.is_granted(&mut scratch))
    })
}
