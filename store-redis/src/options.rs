//! How to reach a server, and what to expect of it.

use crate::address::Address;
use crate::connection::Demands;
use crate::failure::Failure;
use crate::link::{Limits, Link};
use crate::question::Questions;
use crate::stream::Opener;
use crate::trust::{Trust, whole_seconds};
use attesto_core::{ConfigError, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How far the clocks of the nodes may differ.
const CLOCK_DIFFERENCE: u64 = 60;
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(1), response: Duration::from_millis(500), pause: Duration::from_secs(1) };
/// Claims that may wait for answers.
const IN_FLIGHT: usize = 1024;
const LONGEST_PREFIX: usize = 64;
/// What a record takes of the server's memory, rounded up; `docs/redis.md` has the measured numbers.
const RECORD_BYTES: u64 = 256;
/// The part of the server's memory that one owner may fill.
const OWNERS: u64 = 4;
/// Records that one owner may have in any case.
const SMALLEST_SHARE: u64 = 64;

pub(crate) type Observer = Arc<dyn Fn(&Failure) + Send + Sync>;

/// How many records one owner may have. ST-2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Share {
    /// A quarter of the server's `maxmemory`; any number where it has none.
    OfMemory,
    Records(u64),
    Unlimited,
}

impl Share {
    /// The limit at a server with so much memory; `None` to count nothing.
    pub(crate) fn limit(self, max_memory: Option<u64>) -> Option<u64> {
        match (self, max_memory) {
            (Self::Records(records), _) => Some(records),
            (Self::OfMemory, Some(bytes @ 1..)) => Some((bytes / OWNERS / RECORD_BYTES).max(SMALLEST_SHARE)),
            (Self::OfMemory, Some(0) | None) | (Self::Unlimited, _) => None,
        }
    }
}

/// A Redis or Valkey server for [`RedisReplayStore`](crate::RedisReplayStore): a primary on its own, with or without replicas, that
/// evicts nothing. The name may lead to another server after a failover; each connection is checked.
#[derive(Clone)]
#[must_use = "nothing is connected before `RedisReplayStore::connect`"]
pub struct RedisOptions {
    address: Address,
    questions: Questions,
    limits: Limits,
    in_flight: usize,
    vouched: bool,
    share: Share,
    before: Option<Timestamp>,
    window: Option<Duration>,
    observer: Option<Observer>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

impl RedisOptions {
    /// Reads a URL: `redis://user:password@host:port/database`, `rediss://` for TLS, `redis+unix:///path?user=..&pass=..&db=..` for a Unix
    /// socket. `valkey`, `valkeys` and `valkey+unix` mean the same.
    ///
    /// Without TLS, an attacker between the two machines can read the password, and can answer that a used proof is fresh.
    ///
    /// # Errors
    /// Fails for a URL that cannot be read, or of which a part would be ignored. The error does not repeat it.
    pub fn url(url: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            address: Address::parse(url)?,
            questions: Questions { prefix: "attesto:".into(), beyond: CLOCK_DIFFERENCE },
            limits: LIMITS,
            in_flight: IN_FLIGHT,
            vouched: false,
            share: Share::OfMemory,
            before: None,
            window: None,
            observer: None,
            #[cfg(feature = "tls")]
            tls: None,
        })
    }

    /// Sets what the keys begin with; `attesto:` unless set. Everything that shares a server and a prefix shares its records, which several
    /// services may: a proof is for one of them.
    ///
    /// # Errors
    /// Fails for a prefix that is empty, longer than 64 bytes, or has anything but visible ASCII characters.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Result<Self, ConfigError> {
        let prefix = prefix.into();
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::new("prefix", "must have 1 to 64 visible ASCII characters"));
        }
        self.questions.prefix = prefix;
        Ok(self)
    }

    /// Sets for how much longer than asked records are kept: the largest difference between the clocks of any two nodes that use the store,
    /// and the largest step that the server's clock may make, whichever is more. 60 seconds unless set; part of a second counts as one. How
    /// far the server's clock is from those of the nodes does not matter. R4.
    pub fn clock_difference(mut self, difference: Duration) -> Self {
        self.questions.beyond = whole_seconds(difference);
        self
    }

    /// Makes you vouch for the server: it is a primary, not of a cluster, and evicts nothing (`maxmemory-policy noeviction`). For a server
    /// that does not let this user ask (`INFO`). What it does say still counts. R3.
    pub const fn eviction_is_off(mut self) -> Self {
        self.vouched = true;
        self
    }

    /// Sets how many live records one owner (the key of a client's proofs, or a client) may have, before its further claims are answered
    /// [`OverShare`](attesto_core::dpop::ReplayAnswer::OverShare). Unless set, as many as fill a quarter of the server's `maxmemory` at 256
    /// bytes each. A server without a `maxmemory` is one that grows, and nothing is counted there. ST-2.
    ///
    /// To count, a claim with an owner is a script instead of a `SET`: still one round trip.
    pub const fn records_per_owner(mut self, records: u64) -> Self {
        self.share = Share::Records(records);
        self
    }

    /// Counts nothing: one client with a valid token can then fill the server, and all others are answered 503. For a server whose memory
    /// is sized for that and watched, or that does not let this user run scripts. ST-2.
    pub const fn without_shares(mut self) -> Self {
        self.share = Share::Unlimited;
        self
    }

    /// Refuses claims that were to be kept until this time or earlier: records of them may have been lost. As
    /// [`MemoryReplayStore::after_restart`](attesto_core::host::MemoryReplayStore::after_restart), for a loss that you know of. R3.
    pub const fn distrust_before(mut self, time: Timestamp) -> Self {
        self.before = Some(time);
        self
    }

    /// Refuses proofs from before the server last started, and from before another server took over: it may have lost the record of their
    /// use. `window` is for how long a proof is accepted: the policy's `max_age` and `future_skew` together, or with another `future_skew`
    /// to refuse those of clients whose clock was ahead, too.
    ///
    /// Proofs made since are accepted at once. Leave it out only if a server that restarts has lost nothing (`appendfsync always`), and no
    /// other takes its place. R3.
    pub const fn distrust_restarts(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets how long it may take to connect, with TLS, login and check; one second unless set.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.limits.connect = limit;
        self
    }

    /// Sets how long a reply may take; half a second unless set. After that the connection is given up.
    pub const fn response_timeout(mut self, limit: Duration) -> Self {
        self.limits.response = limit;
        self
    }

    /// Sets for how long claims are refused at once after the server could not be reached or did not answer in time; one second unless set.
    /// Then one claim tries to connect, and the others are refused until it has.
    pub const fn retry_after(mut self, pause: Duration) -> Self {
        self.limits.pause = pause;
        self
    }

    /// Sets how many claims may wait for answers at a time; 1024 unless set. Further ones are refused at once.
    pub const fn in_flight(mut self, claims: usize) -> Self {
        self.in_flight = claims;
        self
    }

    /// Observes why claims are answered [`Unavailable`](attesto_core::dpop::ReplayAnswer::Unavailable), one by one.
    pub fn on_failure(mut self, observer: impl Fn(&Failure) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets how TLS is spoken, for a private authority or a certificate of this client. Unless set, the roots of the platform are trusted.
    #[cfg(feature = "tls")]
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Some(crate::tls::Tls::new(config));
        self
    }

    /// The parts of a store.
    pub(crate) fn into_parts(self) -> Result<(Link, Questions, Option<Observer>), Failure> {
        let server: Arc<str> = self.address.to_string().into();
        let opener = Opener {
            #[cfg(feature = "tls")]
            tls: tls(self.tls, &self.address, &server)?,
            address: self.address,
            server,
        };
        let demands = Demands { vouched: self.vouched, share: self.share, in_flight: self.in_flight };
        let link = Link::new(opener, demands, self.limits, Trust::new(self.before, self.window));
        Ok((link, self.questions, self.observer))
    }
}

#[cfg(feature = "tls")]
fn tls(
    configured: Option<crate::tls::Tls>,
    address: &Address,
    server: &Arc<str>,
) -> Result<Option<crate::tls::Tls>, Failure> {
    use crate::failure::FailureKind;
    match (configured, &address.place) {
        (None, crate::address::Place::Host { tls: true, .. }) => match crate::tls::Tls::of_the_platform() {
            Ok(tls) => Ok(Some(tls)),
            Err(error) => Err(Failure::new(server, FailureKind::Tls).with_message(error.to_string())),
        },
        (configured, _) => Ok(configured),
    }
}

/// Prints neither user nor password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("address", &self.address)
            .field("questions", &self.questions)
            .field("limits", &self.limits)
            .field("in_flight", &self.in_flight)
            .field("eviction_is_off", &self.vouched)
            .field("share", &self.share)
            .field("distrust_before", &self.before)
            .field("distrust_restarts", &self.window)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_login() {
        for url in ["redis://user:hunter2@host:6380/1", "redis+unix:///run/s?user=user&pass=hunter2"] {
            let shown = format!("{:?}", RedisOptions::url(url).unwrap());
            assert!(!shown.contains("hunter2") && !shown.contains("user"), "{shown}");
            assert!(shown.contains("/run/s") || shown.contains("redis://host:6380/1"), "{shown}");
        }
    }

    #[test]
    fn a_prefix_is_short_and_visible() {
        let options = || RedisOptions::url("redis://host").unwrap();
        assert!(options().prefix("billing:").is_ok() && options().prefix("x".repeat(64)).is_ok());
        for wrong in ["", "a b", "a\n", "\u{fc}", &"x".repeat(65)] {
            assert!(options().prefix(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn st2_a_share_is_a_quarter_of_the_memory_unless_set() {
        const GIB: u64 = 1 << 30;
        assert_eq!(Share::OfMemory.limit(Some(GIB)), Some(1 << 20));
        assert_eq!(Share::OfMemory.limit(Some(1)), Some(64));
        assert_eq!(Share::OfMemory.limit(Some(0)), None, "a server that grows");
        assert_eq!(Share::OfMemory.limit(None), None);
        assert_eq!(Share::Records(7).limit(Some(GIB)), Some(7));
        assert_eq!(Share::Records(7).limit(None), Some(7));
        assert_eq!(Share::Unlimited.limit(Some(GIB)), None);
    }
}
