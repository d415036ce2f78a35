//! The resident set around a million requests with a million distinct proofs, all on record at once; and once they lapsed.

use crate::clock::{now, resident_set};
use crate::parties::{Client, Issuer, entropy, requirement};
use crate::table;
use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, KeyKind};
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

const RESOURCE: &str = "https://mcp.example.com/mcp";
/// The seconds over which the requests are spread: fewer than a proof is remembered for.
const SPREAD: usize = 60;

struct Caller {
    guard: Guard,
    requirement: Requirement,
    client: Client,
    token: String,
}

impl Caller {
    /// Sends one DPoP request with a new proof.
    fn call(&self, now: Timestamp) -> Result<(), Box<dyn Error>> {
        let proof = self.client.proof("POST", RESOURCE, &self.token, now)?;
        let authorization = format!("DPoP {}", self.token);
        let headers: &[(&str, &[u8])] =
            &[("host", b"mcp.example.com"), ("authorization", authorization.as_bytes()), ("dpop", proof.as_bytes())];
        let parts = RequestParts::new("POST", "/mcp", &headers).connection(Connection::new().tls());
        let clock = Clock::new(move || now);
        let admitted = pin!(self.guard.admit(&parts, &self.requirement, &clock));
        match admitted.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(_)) => Ok(()),
            Poll::Ready(Err(denial)) => Err(format!("refused: {:?}", denial.reason()).into()),
            Poll::Pending => Err("the memory store never waits".into()),
        }
    }

    fn calls(&self, count: usize, start: Timestamp) -> Result<Timestamp, Box<dyn Error>> {
        for number in 0..count {
            if number % 100_000 == 0 {
                eprintln!("memory: {number} of {count}");
            }
            self.call(start.plus(u64::try_from(number * SPREAD / count)?))?;
        }
        Ok(start.plus(u64::try_from(SPREAD)?))
    }
}

/// Prints the table.
pub(crate) fn measure(requests: usize) -> Result<(), Box<dyn Error>> {
    // Ed25519 on both sides, because it signs and verifies fastest; what is remembered of a proof does not depend on it.
    let material = KeyMaterial::generate(KeyKind::Ed25519, &mut entropy)?;
    let issuer = Issuer::https("https://auth.example.com", RESOURCE, &material, Algorithm::EdDSA)?;
    let client = Client::generate(KeyKind::Ed25519, Algorithm::EdDSA)?;
    // One client sends all proofs of a window, and may have a fifth of the store.
    let capacity = requests.saturating_add(1_000).saturating_mul(5);
    let replay = Arc::new(MemoryReplayStore::single_node(capacity)?);
    let guard = Guard::builder(issuer.resource()?.build()?).replay_store(Arc::clone(&replay)).build()?;
    let token = issuer.token(Some(&client))?;
    let caller = Caller { guard, requirement: requirement()?, client, token };

    let start = now();
    caller.calls(1_000, start)?;
    let (before, proofs_before) = (resident_set(), replay.len());
    let mut rows = Vec::new();
    let mut row = |state: &str| {
        let (resident, proofs) = (resident_set(), replay.len());
        // Of entries, not of lapsed ones whose room is kept.
        let per_entry = match proofs.saturating_sub(proofs_before) {
            0 => "-".to_owned(),
            more => format!("{:.1}", resident.saturating_sub(before) as f64 / more as f64),
        };
        rows.push(vec![
            state.to_owned(),
            table::grouped(proofs as f64),
            format!("{:.1}", resident as f64 / 1_048_576.0),
            per_entry,
        ]);
    };
    row("before (after 1,000 requests)");
    let end = caller.calls(requests, start)?;
    row(&format!("after {} more", table::grouped(requests as f64)));
    let later = end.plus(600);
    eprintln!("memory: {} lapsed", replay.sweep(later));
    row("ten minutes later, swept");
    caller.calls(requests, later)?;
    row("after as many again");
    table::print(&["", "proofs on record", "resident, MiB", "bytes per entry, key included"], &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_request_of_a_small_run_is_admitted() -> Result<(), Box<dyn std::error::Error>> {
        super::measure(200)
    }
}
