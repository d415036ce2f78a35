//! A cache of recent answers, bounded in number and in time.

use crate::Timestamp;
use crate::token::ForeignClaims;
use alloc::collections::{BTreeMap, BTreeSet};

/// The SHA-256 of a token: tokens themselves are not stored.
pub(crate) type Digest = [u8; 32];

/// Active answers, by token. Nothing else is cached: a token that was refused, or about which nothing could be learned,
/// is introspected again.
#[derive(Debug)]
pub(super) struct AnswerCache {
    capacity: usize,
    seconds: u64,
    answers: BTreeMap<Digest, (Timestamp, ForeignClaims)>,
    /// The same entries, by expiry.
    ends: BTreeSet<(Timestamp, Digest)>,
}

impl AnswerCache {
    pub(super) const fn new(capacity: usize, seconds: u64) -> Self {
        Self { capacity, seconds, answers: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// Returns the cached claims, if they are recent enough.
    pub(super) fn get(&self, token: &Digest, now: Timestamp) -> Option<ForeignClaims> {
        let (end, claims) = self.answers.get(token)?;
        // A clock that stepped back must not extend an answer's life.
        (now < *end && end.since(now) <= self.seconds).then(|| claims.clone())
    }

    /// Stores an answer for as long as the policy allows, and never past the token's `exp`. If the cache is full, the
    /// entry that expires first is evicted.
    pub(super) fn put(&mut self, token: Digest, claims: ForeignClaims, expires: Option<Timestamp>, now: Timestamp) {
        let end = now.plus(self.seconds);
        let end = expires.map_or(end, |expires| expires.min(end));
        if self.capacity == 0 || end <= now {
            return;
        }
        self.remove(&token);
        // An entry can only expire later than this if the clock was ahead when it was stored: remove it.
        while let Some((_, digest)) = self.ends.last().copied().filter(|(last, _)| last.since(now) > self.seconds) {
            self.remove(&digest);
        }
        while let Some((first, digest)) = self.ends.first().copied() {
            if now < first && self.answers.len() < self.capacity {
                break;
            }
            self.remove(&digest);
        }
        self.answers.insert(token, (end, claims));
        self.ends.insert((end, token));
    }

    fn remove(&mut self, token: &Digest) {
        if let Some((end, _)) = self.answers.remove(token) {
            self.ends.remove(&(end, *token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn claims() -> ForeignClaims {
        ForeignClaims::new("s")
    }

    fn held(cache: &AnswerCache, token: u8, now: Timestamp) -> bool {
        cache.get(&[token; 32], now).is_some()
    }

    #[test]
    fn answer_lives_as_long_as_the_policy_says_and_not_past_exp() {
        let mut cache = AnswerCache::new(10, 30);
        cache.put([1; 32], claims(), None, NOW);
        cache.put([2; 32], claims(), Some(NOW.plus(5)), NOW);
        cache.put([3; 32], claims(), Some(NOW.plus(500)), NOW);
        cache.put([4; 32], claims(), Some(NOW), NOW);
        for (token, seconds) in [(1, 30), (2, 5), (3, 30), (4, 0)] {
            assert!(seconds == 0 || held(&cache, token, NOW.plus(seconds - 1)), "{token}");
            assert!(!held(&cache, token, NOW.plus(seconds)), "{token}");
        }
        assert!(!held(&cache, 1, NOW.minus(1)), "a clock that went back");
    }

    #[test]
    fn number_is_bounded_and_what_ends_first_goes() {
        let mut cache = AnswerCache::new(2, 30);
        cache.put([1; 32], claims(), None, NOW);
        cache.put([2; 32], claims(), Some(NOW.plus(5)), NOW);
        cache.put([3; 32], claims(), None, NOW.plus(1));
        assert_eq!([1, 2, 3].map(|token| held(&cache, token, NOW.plus(1))), [true, false, true]);
        // The same token does not take a second place.
        cache.put([3; 32], claims(), None, NOW.plus(2));
        assert_eq!([1, 3].map(|token| held(&cache, token, NOW.plus(2))), [true, true]);
        assert_eq!((cache.answers.len(), cache.ends.len()), (2, 2));
        // An expired entry makes room.
        cache.put([4; 32], claims(), None, NOW.plus(31));
        assert_eq!((cache.answers.len(), cache.ends.len()), (2, 2));
        // An entry stored under a clock that was ahead takes no room from current ones.
        let mut ahead = AnswerCache::new(2, 30);
        ahead.put([1; 32], claims(), None, NOW.plus(31_536_000));
        ahead.put([2; 32], claims(), None, NOW.plus(31_536_000));
        ahead.put([3; 32], claims(), None, NOW);
        ahead.put([4; 32], claims(), None, NOW);
        assert_eq!([1, 2, 3, 4].map(|token| held(&ahead, token, NOW)), [false, false, true, true]);
        let mut none = AnswerCache::new(0, 30);
        none.put([1; 32], claims(), None, NOW);
        assert!(!held(&none, 1, NOW));
    }
}
