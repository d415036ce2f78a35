//! Passwords of users, kept as slow hashes (Argon2id). The secrets of clients are random, and need none of this.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::error::Error;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

/// The most secrets that are checked or wait. Beyond it, a client receives 503 at once: waiting would not help.
const WAITING: usize = 32;

/// Compares passwords with their hashes, one at a time, beside the threads that serve. A crowd at the login form makes users wait, and
/// no client.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    /// The hash of a random secret, to compare with for unknown names.
    unknown: PasswordHash,
    /// What Argon2 works in: 19 MiB, made once. A fresh one each time would not stay bounded, whatever works at a time: an allocator
    /// keeps what was freed, for each thread that ever worked.
    memory: Arc<Mutex<Vec<Block>>>,
    places: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Result<Self, Box<dyn Error>> {
        let memory = Arc::new(Mutex::new(vec![Block::new(); Params::DEFAULT.block_count()]));
        Ok(Self {
            memory,
            unknown: hash(&super::random(&mut super::entropy)?)?,
            places: Arc::new(Semaphore::new(WAITING)),
        })
    }

    /// Whether this is the secret; without a hash no secret is, after the same work. `None`: it could not be found out now.
    pub(super) async fn verify(&self, hash: Option<&PasswordHash>, secret: Zeroizing<String>) -> Option<bool> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let (hash, known) = (hash.unwrap_or(&self.unknown).clone(), hash.is_some());
        let mut memory = Arc::clone(&self.memory).lock_owned().await; // in the order in which they came
        let same = spawn_blocking(move || {
            let _place = place; // until the work is done, even if nobody waits for it any more
            is_secret(secret.as_bytes(), &hash, &mut memory)
        });
        same.await.ok().flatten().map(|same| same && known)
    }
}

/// With the hash's own parameters. `None` where they are not Argon2id's, or take more memory than there is.
fn is_secret(secret: &[u8], hash: &PasswordHash, memory: &mut [Block]) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    if hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::try_from(hash).ok()?);
    let mut output = Zeroizing::new(vec![0; expected.len()]);
    argon2.hash_password_into_with_memory(secret, salt.as_ref(), &mut output, memory).ok()?;
    Some(output.ct_eq(expected.as_bytes()).into())
}

/// With the parameters that OWASP recommends, which are the crate's, and a salt from the system's randomness.
pub(super) fn hash(secret: &str) -> Result<PasswordHash, Box<dyn Error>> {
    let hash = Argon2::default().hash_password(secret.as_bytes());
    hash.map_err(|problem| format!("hashing a secret: {problem}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_secret_is_the_secret() {
        let (passwords, hash) = (Passwords::new().expect("memory"), hash("right").expect("a hash"));
        for (hash, secret, is) in [
            (Some(&hash), "right", true),
            (Some(&hash), "wrong", false),
            (Some(&hash), "", false),
            (Some(&hash), "right", true), // whatever the last one left in memory
            (None, "right", false),
        ] {
            assert_eq!(passwords.verify(hash, Zeroizing::new(secret.into())).await, Some(is), "{secret}");
        }
        let greedy = Params::new(Params::DEFAULT_M_COST + 8, 1, 1, None).expect("parameters");
        let greedy = Argon2::from(greedy).hash_password(b"right").expect("a hash");
        assert_eq!(passwords.verify(Some(&greedy), Zeroizing::new("right".into())).await, None);
    }

    #[tokio::test]
    async fn who_would_wait_in_vain_is_told_at_once() {
        let (passwords, hash) = (Passwords::new().expect("memory"), hash("right").expect("a hash"));
        let working = Arc::clone(&passwords.memory).lock_owned().await;
        let wait = || {
            let (passwords, hash) = (passwords.clone(), hash.clone());
            tokio::spawn(async move { passwords.verify(Some(&hash), Zeroizing::new("right".into())).await })
        };
        let waiting: Vec<_> = (0..WAITING).map(|_| wait()).collect();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(wait().await.expect("no panic"), None);
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        for waiting in waiting.into_iter().skip(1) {
            waiting.abort();
        }
        drop(working);
        while passwords.places.available_permits() < WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(wait().await.expect("no panic"), Some(true));
    }
}
