//! The contract of [`ConsentGrantStore`] (AZ-26).

use super::{RACERS, ROUNDS, Racing, World, said};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, ConsentBinding, ConsentGrant, ConsentRedemption, NewConsentGrant, ScopeSet, SecretDigest,
};
use attesto_core::host::ConsentGrantStore;

/// [`check_consent_grant_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryConsentGrantStore;
/// use attesto_testkit::{Racing, assert_consent_grant_store_conforms, block_on};
///
/// let store = MemoryConsentGrantStore::single_node(1_000)?; // yours here
/// let insert = async |new: &_, now| store.insert(new, now); // as where your consent page is answered
/// let now = Timestamp::from_secs(1_800_000_000);
/// block_on(assert_consent_grant_store_conforms(&store, insert, now, Racing::Threads));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_consent_grant_store_conforms(
    store: &impl ConsentGrantStore,
    insert: impl AsyncFn(&NewConsentGrant, Timestamp) -> Answered<()>,
    now: Timestamp,
    racing: Racing,
) {
    passed(check_consent_grant_store_conforms(store, insert, now, racing).await);
}

/// Checks a store against the contract of [`ConsentGrantStore`]: one winner, only for the right binding, and in time.
///
/// `insert` stores a grant at a time, as your consent page does. The grants here have no secrets, so their
/// [`resume`](NewConsentGrant::resume) URL does not work. See
/// [`check_code_store_conforms`](super::check_code_store_conforms) about `now` and `racing`. Requires room for 100
/// grants.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_consent_grant_store_conforms(
    store: &impl ConsentGrantStore,
    insert: impl AsyncFn(&NewConsentGrant, Timestamp) -> Answered<()>,
    now: Timestamp,
    racing: Racing,
) -> Result<(), Finding> {
    let world = World { check: "consent_grant_store_conforms", subject: "the store of consent grants", now, racing };
    let suite = Suite { store, insert, world };
    suite.a_grant_is_kept_whole().await?;
    suite.one_taker_wins().await?;
    suite.another_binding_takes_nothing().await?;
    suite.grants_are_independent().await?;
    suite.a_grant_is_there_until_it_expires().await?;
    suite.an_expired_grant_is_not_given().await
}

struct Suite<'s, S, P> {
    store: &'s S,
    insert: P,
    world: World,
}

const WHOLE: &str = "store every member of the grant, and give it back as it was.";
const WINNER: &str = "remove and read in one atomic step: `DELETE .. WHERE grant_hash = $1 AND binding = $2 AND expires_at > $now RETURNING ..`. \
                      Reading first and deleting later lets two requests win.";
const BINDING: &str =
    "compare the binding in the step that removes: a grant that is shown for something else stays for what it is for.";
const KEPT: &str = "keep a grant until it is taken or `expires_at` has come.";
const IN_TIME: &str = "compare in the step that removes: `expires_at > $now`, and not `>=`.";

impl<S: ConsentGrantStore, P: AsyncFn(&NewConsentGrant, Timestamp) -> Answered<()>> Suite<'_, S, P> {
    fn binding(&self, label: &str) -> ConsentBinding {
        ConsentBinding::from_bytes(self.world.bytes(&format!("binding of {label}")))
    }

    fn grant(&self, label: &str, lives: u64) -> ConsentGrant {
        let scopes = ScopeSet::new(["files.read", "offline_access"]);
        ConsentGrant::new(self.binding(label), format!("user of {label}"), scopes, self.world.at(lives))
    }

    /// Stores the grant of this label, at a time.
    async fn insert(&self, label: &str, lives: u64, at: u64) -> Result<(SecretDigest, ConsentGrant), Finding> {
        let (digest, grant) = (self.world.digest(label), self.grant(label, lives));
        self.insert_under(digest, grant.clone(), at).await?;
        Ok((digest, grant))
    }

    async fn insert_under(&self, digest: SecretDigest, grant: ConsentGrant, at: u64) -> Result<(), Finding> {
        let new = NewConsentGrant::without_secret(digest, grant);
        self.world.due("a new grant is inserted", (self.insert)(&new, self.world.at(at)).await)
    }

    async fn take(
        &self,
        digest: SecretDigest,
        binding: ConsentBinding,
        at: u64,
    ) -> Result<Option<ConsentGrant>, Finding> {
        let redemption = ConsentRedemption { digest, binding, now: self.world.at(at) };
        self.world.due("a grant is taken", self.store.take(&redemption).await)
    }

    fn expect(
        &self,
        promise: &str,
        done: &str,
        seen: &Option<ConsentGrant>,
        expected: &Option<ConsentGrant>,
        fix: &str,
    ) -> Result<(), Finding> {
        if seen == expected { Ok(()) } else { Err(self.world.broken(promise, done, said(seen), &said(expected), fix)) }
    }

    async fn a_grant_is_kept_whole(&self) -> Result<(), Finding> {
        let (digest, grant) = self.insert("whole", 60, 0).await?;
        let whole = Some(grant);
        let taken = self.take(digest, self.binding("whole"), 1).await?;
        self.expect("Whole rows", "a grant is taken", &taken, &whole, WHOLE)?;
        let again = self.take(digest, self.binding("whole"), 1).await?;
        self.expect("One winner", "a grant is taken that was taken before", &again, &None, WINNER)?;
        let unknown = self.take(self.world.digest("never inserted"), self.binding("whole"), 1).await?;
        self.expect("Whole rows", "one that was never inserted is taken", &unknown, &None, WHOLE)
    }

    async fn one_taker_wins(&self) -> Result<(), Finding> {
        for round in 0..ROUNDS {
            let label = format!("contended {round}");
            let (digest, grant) = self.insert(&label, 60, 0).await?;
            let redemption = &ConsentRedemption { digest, binding: self.binding(&label), now: self.world.now };
            let store = self.store;
            let given = self.world.racing.race(RACERS, |_| Box::pin(async move { store.take(redemption).await })).await;
            let winners = given.iter().filter(|given| matches!(given, Ok(Some(won)) if *won == grant)).count();
            let losers = given.iter().filter(|given| **given == Ok(None)).count();
            if (winners, losers.saturating_add(1)) != (1, RACERS) {
                let done = format!("{RACERS} requests take one grant at a time");
                let seen = format!("{winners} were given it, {losers} nothing");
                return Err(self.world.broken(
                    "One winner",
                    &done,
                    seen,
                    "one is given it, all others nothing",
                    WINNER,
                ));
            }
        }
        Ok(())
    }

    async fn another_binding_takes_nothing(&self) -> Result<(), Finding> {
        let promise = "Only for its binding";
        let (digest, grant) = self.insert("bound", 60, 0).await?;
        let mut close = self.world.bytes("binding of bound");
        close[31] ^= 1;
        for other in [self.binding("something else"), ConsentBinding::from_bytes(close)] {
            let given = self.take(digest, other, 0).await?;
            self.expect(promise, "a grant is shown with another binding", &given, &None, BINDING)?;
        }
        let given = self.take(digest, self.binding("bound"), 0).await?;
        self.expect(promise, "it is taken with its own after that", &given, &Some(grant), BINDING)
    }

    async fn grants_are_independent(&self) -> Result<(), Finding> {
        let fix = "use all 32 bytes of the digest (43 characters as text), untruncated and case-sensitive.";
        // All with one binding, so that only the digest distinguishes them.
        let grant = |number: u8| {
            let scopes = ScopeSet::new([format!("scope.{number}")]);
            ConsentGrant::new(self.binding("close"), "usr_1", scopes, self.world.at(60))
        };
        let numbers = [0u8, 1, 32, 128];
        for number in numbers {
            self.insert_under(self.world.close_digest(number), grant(number), 0).await?;
        }
        for number in numbers {
            let given = self.take(self.world.close_digest(number), self.binding("close"), 0).await?;
            let done = "a grant is taken whose digest differs from others in one bit";
            self.expect("Never dropped early", done, &given, &Some(grant(number)), fix)?;
        }
        Ok(())
    }

    async fn a_grant_is_there_until_it_expires(&self) -> Result<(), Finding> {
        let (digest, grant) = self.insert("lasting", 30, 0).await?;
        for number in 0..3 {
            self.insert(&format!("meanwhile {number}"), 60, 29).await?;
        }
        let given = self.take(digest, self.binding("lasting"), 29).await?;
        let done = "a grant is taken in its last second, after others were inserted";
        self.expect("Never dropped early", done, &given, &Some(grant), KEPT)
    }

    /// Expired at `now`, so that it is also expired for a store with its own clock, which may refuse to store it.
    async fn an_expired_grant_is_not_given(&self) -> Result<(), Finding> {
        let digest = self.world.digest("expired");
        let new = NewConsentGrant::without_secret(digest, self.grant("expired", 0));
        if (self.insert)(&new, self.world.now.minus(30)).await.is_err() {
            return Ok(());
        }
        let given = self.take(digest, self.binding("expired"), 0).await?;
        self.expect("In time", "a grant is taken in the second in which it expires", &given, &None, IN_TIME)
    }
}
