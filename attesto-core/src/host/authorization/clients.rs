//! Which clients there are (HC-1).

use crate::authorization::{Answered, Client, SecretCheck, Unavailable};
use crate::future::BoxFuture;
use crate::jose::VerificationKeys;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Knows the registered clients. What an implementation guarantees:
///
/// - **Exactly this one.** Identifiers are compared byte for byte. The client that is answered has the identifier that was
///   asked for; another one makes the request fail. A client that is disabled is answered like one that does not exist: `None`.
/// - **Secrets** are kept as digests, compared in constant time, and checked evenly. A [`SecretCheck`] that names no client is
///   worked through all the same and answered `false`: else the time would tell which clients exist (CA-11). Two secrets of one
///   client may count at once, while its owner moves from one to the other. The empty text is no secret.
///   - *Secrets that you make* have 256 random bits: one SHA-256 or HMAC is enough, since there is nothing to guess.
///     [`ClientSecret`](crate::authorization::ClientSecret) makes one, and
///     [`ClientSecrets::verify`](crate::authorization::ClientSecrets::verify) is the whole answer.
///   - *Secrets that people chose* need a slow, salted hash (Argon2id, scrypt, bcrypt). Anybody can ask for such a check, so that
///     slow work which all clients share keeps them all out when strangers queue for it: bound the checks in progress for each
///     client, and those that name no client as if they were one more.
/// - **Never a guess.** An error or a time-out is [`Unavailable`]: the request ends with 503. `None` and `false` are for what
///   is known.
///
/// The identifier that is asked for may come from anybody. Nothing here changes anything.
///
/// The testkit holds a store to it, as far as it can be seen from outside: `assert_client_store_conforms`.
pub trait ClientStore: Send + Sync {
    /// The client of this identifier.
    fn load_client(&self, client_id: &str) -> impl Future<Output = Answered<Option<Client>>> + Send;

    /// Whether this is the client's secret. A host whose clients have none leaves it out: no secret is right then.
    fn verify_client_secret(&self, check: &SecretCheck) -> impl Future<Output = Answered<bool>> + Send {
        let _ = check;
        core::future::ready(Ok(false))
    }

    /// The keys that the client of this identifier signs with. Asked only of clients whose keys are
    /// [`ClientKeys::AskHost`](crate::authorization::ClientKeys::AskHost): a host that registers none leaves it out, and there
    /// is no answer. Anybody can have it asked, by an assertion that looks like the client's: a host that fetches keys keeps them,
    /// and bounds how often it fetches.
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
