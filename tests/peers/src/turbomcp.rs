//! turbomcp-dpop: the proof alone, with a tracker that answers at once.

use crate::Peer;
use crate::common::world::{RESOURCE, World};
use attesto_testkit::block_on;
use std::pin::Pin;
use std::sync::Arc;
use turbomcp_dpop::{DpopKeyManager, DpopProofGenerator, NonceTracker, ProofContext, Result};

#[derive(Debug)]
struct Fresh;

impl NonceTracker for Fresh {
    fn track_nonce(&self, _: &str, _: i64) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }

    fn is_nonce_used(&self, _: &str) -> Pin<Box<dyn Future<Output = Result<bool>> + Send + '_>> {
        Box::pin(async { Ok(false) })
    }

    fn cleanup_expired_nonces(&self) -> Pin<Box<dyn Future<Output = Result<usize>> + Send + '_>> {
        Box::pin(async { Ok(0) })
    }
}

pub fn peer(_: &World) -> Peer {
    let prepare = |token: &str, proof: Option<&str>| {
        let (token, proof) = (token.to_owned(), proof.unwrap_or_default().to_owned());
        let keys = Arc::new(block_on(DpopKeyManager::new_memory()).expect("keys"));
        let verifier = DpopProofGenerator::with_nonce_tracker(keys, Arc::new(Fresh));
        let check = move || {
            let context = ProofContext::ResourceServer;
            block_on(verifier.parse_and_validate_jwt(&proof, "GET", RESOURCE, Some(&token), context)).is_ok()
        };
        Box::new(check) as crate::Check
    };
    Peer {
        name: "turbomcp-dpop 3.6",
        backend: "aws-lc-rs, through jsonwebtoken 11",
        side: "AwsLc",
        prepare: Box::new(prepare),
    }
}
