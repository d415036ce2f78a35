//! Tries every interleaving of a few threads on the memory of verified tokens with the model checker loom. A token is
//! recalled only if a thread remembered that token under those keys, and the memory never exceeds its capacity.

use super::*;
use crate::Timestamp;
use crate::crypto::{Algorithm, InvalidSignature};
use crate::jose::VerificationKeys;
use loom::thread;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A client's key, identified by a number.
#[derive(Debug)]
struct Numbered;

impl VerifyingKey for Numbered {
    fn verify(&self, _: Algorithm, _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Err(InvalidSignature)
    }
}

fn token(number: u8) -> [u8; 32] {
    [number; 32]
}

fn entries(memory: &VerifiedTokens) -> usize {
    memory.shards.iter().map(|shard| shard.lock().unwrap().entries.len()).sum()
}

/// One thread remembers a token with the old keys, another with the new ones, and a third recalls it.
#[test]
fn interleavings_recall_a_token_under_the_keys_that_verified_it() {
    loom::model(|| {
        let memory = loom::sync::Arc::new(VerifiedTokens::new(2).unwrap());
        let (old, new) = (Arc::new(VerificationKeys::new()), Arc::new(VerificationKeys::new()));
        let remember = |keys: &Arc<VerificationKeys>| {
            let (memory, keys) = (loom::sync::Arc::clone(&memory), Arc::clone(keys));
            thread::spawn(move || memory.remember(&token(1), Recalled::new(&keys, NOW)))
        };
        let threads = [remember(&old), remember(&new)];
        let seen = memory.recall(&token(1));
        assert!(
            seen.is_none_or(|seen| seen.is_of(&old, NOW) != seen.is_of(&new, NOW)),
            "of one of them, never of both"
        );
        assert!(memory.recall(&token(2)).is_none());
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(memory.recall(&token(1)).is_some(), "nothing is lost");
        assert_eq!(entries(&memory), 1, "one entry for one token");
    });
}

/// In a full memory, the client's key of an evicted token is not given to the token that takes its place.
#[test]
fn interleavings_give_a_bound_key_to_its_own_token_only() {
    loom::model(|| {
        let memory = loom::sync::Arc::new(VerifiedTokens::new(1).unwrap());
        let keys = Arc::new(VerificationKeys::new());
        memory.remember(&token(1), Recalled::new(&keys, NOW));
        let binding = {
            let memory = loom::sync::Arc::clone(&memory);
            thread::spawn(move || memory.keep_bound_key(&token(1), Arc::new(Numbered)))
        };
        let pushing = {
            let (memory, keys) = (loom::sync::Arc::clone(&memory), Arc::clone(&keys));
            thread::spawn(move || memory.remember(&token(2), Recalled::new(&keys, NOW)))
        };
        assert!(memory.recall(&token(2)).is_none_or(|recalled| recalled.bound_key.is_none()));
        binding.join().unwrap();
        pushing.join().unwrap();
        assert!(memory.recall(&token(1)).is_none(), "pushed out");
        assert!(memory.recall(&token(2)).is_some_and(|recalled| recalled.bound_key.is_none()));
        assert_eq!(entries(&memory), 1);
    });
}
