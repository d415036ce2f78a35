//! dpop-verifier: the proof alone, with a store that answers at once.

use crate::Peer;
use crate::common::world::{RESOURCE, World};
use attesto_testkit::block_on;
use dpop_verifier::{DpopError, DpopVerifier, ReplayContext, ReplayStore};

struct Fresh;

#[async_trait::async_trait]
impl ReplayStore for Fresh {
    async fn insert_once(&mut self, _: [u8; 32], _: ReplayContext<'_>) -> Result<bool, DpopError> {
        Ok(true)
    }
}

pub fn peer(_: &World) -> Peer {
    let prepare = |token: &str, proof: Option<&str>| {
        let (token, proof) = (token.to_owned(), proof.unwrap_or_default().to_owned());
        let verifier = DpopVerifier::new().with_max_age_seconds(60).with_future_skew_seconds(60);
        let check = move || block_on(verifier.verify(&mut Fresh, &proof, RESOURCE, "GET", Some(&token))).is_ok();
        Box::new(check) as crate::Check
    };
    Peer { name: "dpop-verifier 4.4", backend: "p256", side: "RustCrypto", prepare: Box::new(prepare) }
}
