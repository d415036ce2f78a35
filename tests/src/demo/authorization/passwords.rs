//! Passwords and client secrets, kept as slow hashes (Argon2id).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::error::Error;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

/// Hashes that are worked on at a time: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;

/// Compares secrets with their hashes, beside the threads that serve.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    /// Of a secret that nobody has: for names that nobody has.
    nobodys: PasswordHash,
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { nobodys: hash(&super::random()?)?, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Whether this is the secret; without a hash no secret is, after the same work. `None`: it could not be found out.
    pub(super) async fn verify(&self, hash: Option<&PasswordHash>, secret: Zeroizing<String>) -> Option<bool> {
        let (hash, known) = (hash.unwrap_or(&self.nobodys).clone(), hash.is_some());
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let same = spawn_blocking(move || {
            let _turn = turn; // until the work is done, even if nobody waits for it any more
            Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok() // in constant time
        });
        same.await.ok().map(|same| same && known)
    }
}

/// With the parameters that OWASP recommends, which are the crate's, and a salt from the system's randomness.
pub(super) fn hash(secret: &str) -> Result<PasswordHash, Box<dyn Error>> {
    let hash = Argon2::default().hash_password(secret.as_bytes());
    hash.map_err(|problem| format!("hashing a secret: {problem}").into())
}
