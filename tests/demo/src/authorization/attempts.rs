//! How often one may try to log in.

use attesto_core::Timestamp;
use attesto_core::crypto::CryptoProvider;

/// Attempts on one name within the window.
const LIMIT: u8 = 5;
/// Seconds.
const WINDOW: u64 = 60;
/// Counters. Names share them by a keyed hash: memory is bounded whatever names are tried, and no user can compute which other names share
/// their counter. But an attacker who knows a name can use up its attempts, and keep its owner out for as long as the attack goes on. Where that matters, let a
/// browser that this user has logged in from before have a counter of its own.
const COUNTERS: u16 = 4_096;

#[derive(Clone, Copy, Debug)]
struct Counter {
    since: Timestamp,
    attempts: u8,
}

/// Counts the attempts on each name.
#[derive(Debug)]
pub(super) struct Attempts {
    key: [u8; 32],
    counters: Vec<Counter>,
}

impl Attempts {
    pub(super) fn new(key: [u8; 32]) -> Self {
        let none = Counter { since: Timestamp::from_secs(0), attempts: 0 };
        Self { key, counters: vec![none; COUNTERS.into()] }
    }

    fn counter(&mut self, provider: &dyn CryptoProvider, name: &str) -> &mut Counter {
        let [high, low, ..] = provider.hmac_sha256(&self.key, &[b"attempts:", name.as_bytes()]);
        &mut self.counters[usize::from(u16::from_be_bytes([high, low]) % COUNTERS)]
    }

    /// Counts one more attempt, before it is made: several at once are several. `false`: it must not be made.
    pub(super) fn begin(&mut self, provider: &dyn CryptoProvider, name: &str, now: Timestamp) -> bool {
        let counter = self.counter(provider, name);
        if now >= counter.since.plus(WINDOW) {
            *counter = Counter { since: now, attempts: 0 };
        }
        if counter.attempts >= LIMIT {
            return false;
        }
        counter.attempts += 1;
        true
    }

    /// The attempt was right: the count begins anew.
    pub(super) fn succeed(&mut self, provider: &dyn CryptoProvider, name: &str) {
        self.counter(provider, name).attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attesto_core::crypto::RustCrypto;

    #[test]
    fn the_sixth_attempt_in_a_minute_is_not_made() {
        let (mut attempts, provider) = (Attempts::new([7; 32]), RustCrypto::new());
        let mut try_at = |name: &str, at| attempts.begin(&provider, name, Timestamp::from_secs(at));
        assert!((0..5).all(|at| try_at("alice", 1_000 + at)));
        assert!(!try_at("alice", 1_059));
        assert!(try_at("bob", 1_059));
        assert!(try_at("alice", 1_060));
        attempts.succeed(&provider, "alice");
        assert!((0..5).all(|_| attempts.begin(&provider, "alice", Timestamp::from_secs(1_061))));
        assert!(!attempts.begin(&provider, "alice", Timestamp::from_secs(1_061)));
    }
}
