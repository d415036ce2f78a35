//! Which clients there are (catalogue HC-1).

use crate::authorization::{Answered, Client, SecretCheck, Unavailable};
use crate::host::BoxFuture;
use crate::token::VerificationKeys;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;

/// Knows the registered clients. What an implementation guarantees:
///
/// - **Exactly this one.** Identifiers are compared byte for byte. The client that is answered has the identifier that was
///   asked for; another one makes the request fail. A client that is disabled is answered like one that does not exist: `None`.
/// - **Secrets** are checked slowly and evenly. They are kept as a salted hash made to be slow (Argon2id, scrypt, bcrypt), and
///   compared in constant time. A [`SecretCheck`] that names no client is worked through all the same, against a hash that
///   nothing meets, and answered `false`: else the time would tell which clients exist (CA-11). How often one may try is the
///   implementation's to bound.
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
    /// is no answer.
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
