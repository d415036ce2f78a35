use super::*;
use crate::Timestamp;
use crate::jose::VerificationKeys;
use alloc::string::String;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn token(number: u8) -> [u8; 32] {
    [number; 32]
}

fn recalls(memory: &VerifiedTokens, number: u8, keys: &Arc<VerificationKeys>) -> bool {
    memory.recall(&token(number)).is_some_and(|recalled| recalled.is_of(keys, NOW))
}

/// The reference model: a list in the order of arrival, oldest first.
#[derive(Default)]
struct Model(Vec<(u8, usize)>);

impl Model {
    fn remember(&mut self, capacity: usize, number: u8, keys: usize) {
        if let Some(known) = self.0.iter_mut().find(|(known, _)| *known == number) {
            known.1 = keys;
            return;
        }
        if self.0.len() == capacity {
            self.0.remove(0);
        }
        self.0.push((number, keys));
    }
}

/// Tries every sequence of `steps` insertions of so many tokens under either of two key sets, and looks every token up
/// after each.
fn explore(capacity: usize, tokens: u8, steps: u32) {
    let keys = [Arc::new(VerificationKeys::new()), Arc::new(VerificationKeys::new())];
    let choices = u32::from(tokens) * 2;
    for mut sequence in 0..choices.pow(steps) {
        let (memory, mut model) = (VerifiedTokens::new(capacity).unwrap(), Model::default());
        for _ in 0..steps {
            let choice = sequence % choices;
            sequence /= choices;
            let (number, set) = (u8::try_from(choice / 2).unwrap(), usize::try_from(choice % 2).unwrap());
            memory.remember(&token(number), Recalled::new(&keys[set], NOW));
            model.remember(capacity, number, set);
            for number in 0..tokens {
                for (set, keys) in keys.iter().enumerate() {
                    assert_eq!(recalls(&memory, number, keys), model.0.contains(&(number, set)));
                }
            }
        }
    }
}

#[test]
fn every_short_sequence_agrees_with_a_plain_list() {
    explore(1, 2, 4);
    explore(2, 3, 5);
    explore(3, 4, 5);
}

#[test]
fn a_full_memory_evicts_the_oldest_and_never_grows() {
    let keys = Arc::new(VerificationKeys::new());
    let memory = VerifiedTokens::new(100).unwrap();
    for round in 0..=200 {
        memory.remember(&token(round), Recalled::new(&keys, NOW));
    }
    let held: Vec<u8> = (0..=255).filter(|number| recalls(&memory, *number, &keys)).collect();
    assert_eq!(held, (101..=200).collect::<Vec<u8>>());
    let shard = memory.shards[0].lock().unwrap();
    assert_eq!((shard.entries.len(), shard.entries.capacity()), (100, 100));
}

#[test]
fn many_shards_hold_what_was_promised_and_no_more() {
    let keys = Arc::new(VerificationKeys::new());
    let memory = VerifiedTokens::new(10_000).unwrap();
    assert_eq!(memory.shards.len(), 39);
    let tokens = (0..40_000_u32).map(|number| {
        let mut token = [0; 32];
        token[..4].copy_from_slice(&number.to_be_bytes());
        token
    });
    tokens.clone().for_each(|token| memory.remember(&token, Recalled::new(&keys, NOW)));
    let held = tokens.filter(|token| memory.recall(token).is_some()).count();
    assert_eq!(held, 39 * (10_000 / 39));
}

#[test]
fn an_entry_takes_at_most_80_bytes() {
    assert!(size_of::<Entry>() <= 80, "{}", size_of::<Entry>());
}

#[test]
fn keys_that_were_replaced_are_forgotten_and_freed() {
    let memory = VerifiedTokens::new(4).unwrap();
    let keys = Arc::new(VerificationKeys::new());
    memory.remember(&token(1), Recalled::new(&keys, NOW));
    assert!(recalls(&memory, 1, &keys));
    // Equal, but not the same object.
    assert!(!recalls(&memory, 1, &Arc::new(VerificationKeys::new())));
    let weak = Arc::downgrade(&keys);
    drop(keys);
    assert!(weak.upgrade().is_none(), "the memory keeps no keys alive");
    // Allocates many new sets, one of which might reuse the old one's address.
    let later: Vec<_> = (0..1000).map(|_| Arc::new(VerificationKeys::new())).collect();
    assert!(later.iter().all(|keys| !recalls(&memory, 1, keys)));
}

#[test]
fn a_poisoned_shard_remembers_nothing() {
    let memory = VerifiedTokens::new(4).unwrap();
    let keys = Arc::new(VerificationKeys::new());
    memory.remember(&token(1), Recalled::new(&keys, NOW));
    let poisoned = std::thread::scope(|threads| {
        let broken = || {
            let _shard = memory.shards[0].lock();
            std::panic::resume_unwind(Box::new(String::from("a bug")));
        };
        threads.spawn(broken).join().is_err()
    });
    assert!(poisoned);
    assert!(memory.recall(&token(1)).is_none());
    memory.remember(&token(2), Recalled::new(&keys, NOW));
    assert!(memory.recall(&token(2)).is_none());
}

#[test]
fn capacity_is_bounded() {
    assert!(VerifiedTokens::new(0).is_err() && VerifiedTokens::new(CAPACITY_CEILING + 1).is_err());
    assert!(VerifiedTokens::new(1).is_ok());
}

#[cfg(feature = "rust-crypto")]
mod with_keys {
    use super::*;
    use crate::crypto::{PublicKey, RustCrypto};
    use crate::jose::Jwk;

    fn jwk(kid: &str) -> Jwk {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let x = crate::encoding::base64url::decode_array(x.as_bytes()).unwrap();
        Jwk::new(PublicKey::Ed25519 { x }).with_kid(kid)
    }

    #[test]
    fn j19_an_entry_counts_while_the_same_keys_are_live() {
        let provider = RustCrypto::new();
        let retired = |keys: VerificationKeys, kid, lapses| {
            keys.with_retired_key(&provider, &jwk(kid), Timestamp::from_secs(lapses)).unwrap()
        };
        let keys = VerificationKeys::new().with_key(&provider, &jwk("a")).unwrap();
        let keys = Arc::new(retired(retired(keys, "b", 100), "c", 200));
        for (seen, from, until) in [(0, 0, 100), (100, 0, 100), (101, 101, 200), (200, 101, 200), (201, 201, u64::MAX)]
        {
            let recalled = Recalled::new(&keys, Timestamp::from_secs(seen));
            for now in [0, 1, 99, 100, 101, 150, 199, 200, 201, 202, u64::MAX] {
                let counts = recalled.is_of(&keys, Timestamp::from_secs(now));
                assert_eq!(counts, (from..=until).contains(&now), "seen at {seen}, asked at {now}");
            }
        }
    }

    #[test]
    fn keys_are_the_same_where_nothing_differs() {
        let provider = RustCrypto::new();
        let one = |kid| VerificationKeys::new().with_key(&provider, &jwk(kid)).unwrap();
        assert!(one("a").are_the_same_as(&one("a")));
        assert!(!one("a").are_the_same_as(&one("b")));
        assert!(!one("a").are_the_same_as(&one("a").with_key(&provider, &jwk("b")).unwrap()));
        let retired = VerificationKeys::new().with_retired_key(&provider, &jwk("a"), NOW).unwrap();
        assert!(!one("a").are_the_same_as(&retired));
        let narrowed = jwk("a").with_alg(crate::crypto::Algorithm::EdDSA).unwrap();
        assert!(!one("a").are_the_same_as(&VerificationKeys::new().with_key(&provider, &narrowed).unwrap()));
    }
}
