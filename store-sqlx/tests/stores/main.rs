//! What the stores of codes, pushed requests, consent grants and replays do beyond the conformance suites: shares, races of
//! several nodes on one PostgreSQL, and transactions of the host's.
#![cfg(all(feature = "postgres", feature = "sqlite"))]

mod consent_grants;
#[path = "../conformance/engines.rs"]
mod engines;
mod host_transactions;
mod pushed_requests;
mod replays;
mod supply;

use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider as _, RustCrypto};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn bytes(label: &str) -> [u8; 32] {
    RustCrypto::new().sha256(&[label.as_bytes()])
}
