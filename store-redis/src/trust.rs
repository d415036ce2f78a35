//! Which claims cannot be proven fresh, because a record of an earlier use may be gone. R3.

use crate::server::Server;
use attesto_core::Timestamp;
use attesto_core::dpop::ReplayClaim;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is known about lost records.
pub(crate) struct Trust {
    /// Claims that were to be kept until then or earlier are refused.
    before: Option<Timestamp>,
    /// How long a proof is accepted; `None` to ignore restarts.
    window: Option<Duration>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    any: bool,
    run_id: Option<String>,
    last_loss: Option<Loss>,
}

/// Records from before this moment may be missing: `earlier` before the connection was made.
#[derive(Clone, Copy)]
struct Loss {
    connected: Instant,
    earlier: Duration,
}

impl Trust {
    pub(crate) fn new(before: Option<Timestamp>, window: Option<Duration>) -> Self {
        Self { before, window, seen: Mutex::default() }
    }

    /// Notes which server process a new connection leads to. Another process than before has restarted or taken over, and may lack the last
    /// records of the other. At the first connection it is enough to know when the process started. A process without an id counts
    /// as another one.
    pub(crate) fn connected_to(&self, server: &Server, at: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = server.run_id.is_some() && server.run_id == seen.run_id;
        if seen.any && is_known {
            return;
        }
        let earlier = if seen.any { Duration::ZERO } else { server.uptime.unwrap_or_default() };
        *seen = Seen { any: true, run_id: server.run_id.clone(), last_loss: Some(Loss { connected: at, earlier }) };
    }

    /// Whether an earlier use of the proof may have been forgotten. The clock of the server is not asked: the loss is dated by how long ago
    /// it was, rounded towards the present.
    pub(crate) fn may_have_forgotten(&self, claim: &ReplayClaim, now: Timestamp, at: Instant) -> bool {
        let named = self.before.is_some_and(|before| claim.retain_until <= before);
        named || self.window.is_some_and(|window| self.was_lost(claim, window, now, at))
    }

    fn was_lost(&self, claim: &ReplayClaim, window: Duration, now: Timestamp, at: Instant) -> bool {
        let Some(loss) = self.seen.lock().unwrap_or_else(PoisonError::into_inner).last_loss else { return true };
        let ago = at.saturating_duration_since(loss.connected).saturating_add(loss.earlier);
        claim.retain_until <= now.minus(ago.as_secs()).plus(whole_seconds(window))
    }
}

/// Whole seconds, rounded up.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attesto_core::dpop::ReplayKey;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const WINDOW: u64 = 120;

    fn kept_until(until: Timestamp) -> ReplayClaim {
        ReplayClaim::new(ReplayKey::from_bytes([7; 32]), until)
    }

    fn server(run_id: &str, uptime: u64) -> Server {
        Server::read(&format!("run_id:{run_id}\r\nuptime_in_seconds:{uptime}\r\n"))
    }

    fn watchful() -> Trust {
        Trust::new(None, Some(Duration::from_secs(WINDOW)))
    }

    #[test]
    fn claims_kept_until_the_named_time_are_refused() {
        let trust = Trust::new(Some(NOW), None);
        let at = Instant::now();
        assert!(trust.may_have_forgotten(&kept_until(NOW), NOW, at));
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(1)), NOW, at));
        assert!(!Trust::new(None, None).may_have_forgotten(&kept_until(NOW), NOW, at));
    }

    #[test]
    fn proofs_from_before_the_servers_start_are_refused() {
        let trust = watchful();
        let at = Instant::now();
        trust.connected_to(&server("a", 10), at);
        // It started at NOW - 10. A proof from that second or earlier is kept until NOW - 10 + WINDOW at most.
        assert!(trust.may_have_forgotten(&kept_until(NOW.plus(WINDOW - 10)), NOW, at));
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(WINDOW - 9)), NOW, at));
        // The limit is a moment, whenever it is asked.
        let (later, elapsed) = (NOW.plus(30), at + Duration::from_secs(30));
        assert!(trust.may_have_forgotten(&kept_until(NOW.plus(WINDOW - 10)), later, elapsed));
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(WINDOW - 9)), later, elapsed));
    }

    #[test]
    fn another_process_dates_the_loss_to_its_first_connection() {
        let trust = watchful();
        let at = Instant::now();
        trust.connected_to(&server("a", 100_000), at);
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(1)), NOW, at));
        trust.connected_to(&server("a", 100_001), at + Duration::from_secs(1));
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(1)), NOW, at), "the same process");
        // A replica that took over has run for long.
        trust.connected_to(&server("b", 100_000), at + Duration::from_secs(2));
        let (now, at) = (NOW.plus(2), at + Duration::from_secs(2));
        assert!(trust.may_have_forgotten(&kept_until(now.plus(WINDOW)), now, at));
        assert!(!trust.may_have_forgotten(&kept_until(now.plus(WINDOW + 1)), now, at));
    }

    #[test]
    fn a_process_without_an_id_counts_as_another() {
        let trust = watchful();
        let at = Instant::now();
        trust.connected_to(&Server::default(), at);
        let later = at + Duration::from_secs(500);
        assert!(!trust.may_have_forgotten(&kept_until(NOW.plus(1)), NOW, later), "long after the connection");
        trust.connected_to(&Server::default(), later);
        assert!(trust.may_have_forgotten(&kept_until(NOW.plus(WINDOW)), NOW, later));
    }

    #[test]
    fn before_any_connection_nothing_is_trusted() {
        assert!(watchful().may_have_forgotten(&kept_until(NOW.plus(100_000)), NOW, Instant::now()));
    }

    #[test]
    fn part_of_a_second_counts_as_one() {
        assert_eq!(whole_seconds(Duration::from_millis(1_001)), 2);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
    }
}
