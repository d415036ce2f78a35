//! The store of registered clients (HC-1).

use crate::authorization::{Answered, Client, SecretCheck, Unavailable};
use crate::future::BoxFuture;
use crate::jose::VerificationKeys;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Loads registered clients. An implementation guarantees:
///
/// - **Exact identifiers.** Identifiers are compared byte for byte. The returned client must have the requested
///   identifier; any other makes the request fail. A disabled client is `None`, like one that does not exist.
/// - **Secrets** are stored as digests, compared in constant time, and checked evenly. A [`SecretCheck`] that names no
///   client is still computed and answered `false`: otherwise timing would reveal which clients exist (CA-11). Two
///   secrets of one client may be valid at once, while its owner changes from one to the other. The empty text is never
///   a secret.
///   - *Generated secrets* have 256 random bits: one SHA-256 or HMAC is enough, since they cannot be guessed.
///     [`ClientSecret`](crate::authorization::ClientSecret) generates one, and
///     [`ClientSecrets::verify`](crate::authorization::ClientSecrets::verify) is the complete check.
///   - *Secrets chosen by people* need a slow, salted hash (Argon2id, scrypt, bcrypt). Anyone can trigger such a
///     check, and if all clients share one queue, an attacker can lock them all out. Limit the concurrent checks of
///     each client, and treat checks without a client as one more client.
/// - **Never a guess.** An error or a time-out is [`Unavailable`]: the request ends with 503. `None` and `false` are
///   definite answers.
///
/// The requested identifier may come from any client. No method here changes anything.
///
/// The testkit checks these guarantees, as far as they are visible from outside: `assert_client_store_conforms`.
pub trait ClientStore: Send + Sync {
    /// Loads the client with this identifier.
    fn load_client(&self, client_id: &str) -> impl Future<Output = Answered<Option<Client>>> + Send;

    /// Whether this is the client's secret. A host whose clients have no secrets need not implement it; every secret is
    /// then wrong.
    fn verify_client_secret(&self, check: &SecretCheck) -> impl Future<Output = Answered<bool>> + Send {
        let _ = check;
        core::future::ready(Ok(false))
    }

    /// Returns the keys of the client with this identifier. Called only for clients whose keys are
    /// [`ClientKeys::AskHost`](crate::authorization::ClientKeys::AskHost). A host without such clients need not
    /// implement it; it is then unavailable. Anyone can trigger it with an assertion that looks like the client's: a
    /// host that fetches keys must cache them and limit its fetches.
    fn client_keys(&self, client_id: &str) -> impl Future<Output = Answered<Arc<VerificationKeys>>> + Send {
        let _ = client_id;
        core::future::ready(Err(Unavailable))
    }
}

erase! { ClientStore as ErasedClientStore {
    fn load_client(&str) -> Option<Client>;
    fn verify_client_secret(&SecretCheck) -> bool;
    fn client_keys(&str) -> Arc<VerificationKeys>;
} }
