//! The contract of [`ClientStore`] (HC-1, CA-11), as far as it is visible from outside.

use super::{Racing, World};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, SecretCheck};
use attesto_core::host::ClientStore;
use zeroize::Zeroizing;

/// The clients that the test expects in a store.
///
/// No other client may have a similar identifier: in another case, with a space, or with one character more or less.
#[derive(Clone, Copy)]
#[must_use]
pub struct KnownClient<'c> {
    id: &'c str,
    secret: Option<&'c str>,
    disabled: Option<&'c str>,
}

impl<'c> KnownClient<'c> {
    /// Expects a registered client with this identifier, which must have letters.
    pub const fn new(id: &'c str) -> Self {
        Self { id, secret: None, disabled: None }
    }

    /// Sets its secret, which must have letters.
    pub const fn secret(mut self, secret: &'c str) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Expects the client with this other identifier to be disabled.
    pub const fn disabled(mut self, id: &'c str) -> Self {
        self.disabled = Some(id);
        self
    }
}

/// Prints without the secret.
impl std::fmt::Debug for KnownClient<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownClient").field("id", &self.id).field("disabled", &self.disabled).finish_non_exhaustive()
    }
}

/// [`check_client_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::authorization::{Answered, Client, ClientAuthentication, SecretCheck};
/// use attesto_core::host::ClientStore;
/// use attesto_testkit::{KnownClient, assert_client_store_conforms, block_on};
///
/// struct Clients; // yours here
///
/// impl ClientStore for Clients {
///     async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
///         Ok((client_id == "job").then(|| Client::new("job", ClientAuthentication::SecretPost)))
///     }
///     async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
///         Ok(check.client_id.as_deref() == Some("job") && *check.secret == "S3cret") // yours: `ClientSecrets`
///     }
/// }
///
/// block_on(assert_client_store_conforms(&Clients, KnownClient::new("job").secret("S3cret").disabled("old")));
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_client_store_conforms(store: &impl ClientStore, known: KnownClient<'_>) {
    passed(check_client_store_conforms(store, known).await);
}

/// Checks a store against the contract of [`ClientStore`]: it returns exactly the requested client, no disabled one,
/// accepts only the client's secret, and changes nothing.
///
/// Presents a wrong secret about ten times: a store that slows down guesses must allow that many. Does not check how
/// secrets are stored, nor whether a check without a client takes as long as others: the store's own tests must show
/// that.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_client_store_conforms(store: &impl ClientStore, known: KnownClient<'_>) -> Result<(), Finding> {
    let (check, subject) = ("client_store_conforms", "the store of clients");
    let world = World { check, subject, now: Timestamp::from_secs(0), racing: Racing::OneTask };
    let suite = Suite { store, known, world };
    suite.the_client_is_there().await?;
    suite.nobody_else_is().await?;
    suite.its_secret_counts().await?;
    suite.no_other_secret_counts().await?;
    suite.a_secret_is_for_its_client_only().await?;
    suite.the_client_is_there().await
}

struct Suite<'s, S> {
    store: &'s S,
    known: KnownClient<'s>,
    world: World,
}

const THERE: &str =
    "find clients by their identifier, and give back what was registered, however often it is asked for.";
const EXACT: &str =
    "compare identifiers byte for byte: no folding of case, no trimming, no patterns, no prefix (a binary collation).";
const DISABLED: &str = "answer `None` for a client that is disabled, like for one that does not exist.";
const SECRET: &str = "verify the whole secret, as it is, against the hash of the client that is named.";
const NOBODY: &str = "answer `false` where no client is named, or another one, after the same work.";

impl<S: ClientStore> Suite<'_, S> {
    /// Returns an answer, which must not be `Unavailable`.
    fn due<T>(&self, done: &str, answer: Answered<T>) -> Result<T, Finding> {
        let fix = "the store is out of reach, or has seen more wrong secrets than it puts up with; `None` and `false` are what is known.";
        answer.map_err(|_| self.world.broken("Never a guess", done, "Unavailable".into(), "an answer", fix))
    }

    async fn load(&self, promise: &str, done: &str, id: &str, is_there: bool, fix: &str) -> Result<(), Finding> {
        let client = self.due(done, self.store.load_client(id).await)?;
        let found = client.as_ref().map(|client| client.id());
        if found == is_there.then_some(id) {
            return Ok(());
        }
        let expected = if is_there { "the client" } else { "None" };
        let seen = found.map_or_else(|| "None".to_string(), |found| format!("the client {found:?}"));
        Err(self.world.broken(promise, &format!("{done} ({id:?})"), seen, expected, fix))
    }

    async fn verify(
        &self,
        done: &str,
        client: Option<&str>,
        secret: &str,
        counts: bool,
        fix: &str,
    ) -> Result<(), Finding> {
        let check = SecretCheck::new(client.map(Into::into), Zeroizing::new(secret.into()));
        let seen = self.due(done, self.store.verify_client_secret(&check).await)?;
        if seen == counts {
            return Ok(());
        }
        Err(self.world.broken("Secrets", done, seen.to_string(), &counts.to_string(), fix))
    }

    async fn the_client_is_there(&self) -> Result<(), Finding> {
        for done in ["the client is loaded", "it is loaded again"] {
            self.load("Exactly this one", done, self.known.id, true, THERE).await?;
        }
        Ok(())
    }

    async fn nobody_else_is(&self) -> Result<(), Finding> {
        let id = self.known.id;
        let mut others = near(id);
        others.push("attesto testkit: nobody".into());
        others.extend(["%", "_", "*"].map(|pattern| format!("{}{pattern}", all_but_last(id))));
        for other in others {
            let done = "a client is loaded that nobody has registered";
            self.load("Exactly this one", done, &other, false, EXACT).await?;
        }
        match self.known.disabled {
            Some(disabled) => {
                self.load("Exactly this one", "a disabled client is loaded", disabled, false, DISABLED).await
            }
            None => Ok(()),
        }
    }

    async fn its_secret_counts(&self) -> Result<(), Finding> {
        let Some(secret) = self.known.secret else { return Ok(()) };
        for done in ["the client shows its secret", "it shows it again"] {
            self.verify(done, Some(self.known.id), secret, true, SECRET).await?;
        }
        Ok(())
    }

    async fn no_other_secret_counts(&self) -> Result<(), Finding> {
        let mut wrong = near(self.known.secret.unwrap_or("attesto testkit: No Secret"));
        wrong.push(String::new());
        for wrong in wrong {
            self.verify("the client shows a wrong secret", Some(self.known.id), &wrong, false, SECRET).await?;
        }
        Ok(())
    }

    async fn a_secret_is_for_its_client_only(&self) -> Result<(), Finding> {
        let secret = self.known.secret.unwrap_or("attesto testkit: No Secret");
        self.verify("a secret is shown and no client is named", None, secret, false, NOBODY).await?;
        let nobody = Some("attesto testkit: nobody");
        self.verify("a secret is shown for a client that nobody has registered", nobody, secret, false, NOBODY).await
    }
}

fn all_but_last(text: &str) -> &str {
    text.strip_suffix(|_: char| true).unwrap_or_default()
}

/// Returns texts that differ in case, by a space, or by a character.
fn near(text: &str) -> Vec<String> {
    let mut near = Vec::from([
        text.to_lowercase(),
        text.to_uppercase(),
        format!("{text} "),
        format!(" {text}"),
        format!("{text}x"),
        all_but_last(text).to_string(),
    ]);
    near.retain(|near| near != text);
    near
}
