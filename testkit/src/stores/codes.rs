//! The contract of [`CodeStore`] (AC-2, AC-6, ST-2, ST-3).

use super::{RACERS, ROUNDS, Racing, World, said};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthorizationCode, CodeRedemption, IssuedAccessToken, NewCode, SecretDigest, SecretQuery, SpentCode, TakenCode,
};
use attesto_core::host::CodeStore;
use attesto_core::pkce::CodeChallenge;

/// [`check_code_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryCodeStore;
/// use attesto_testkit::{Racing, assert_code_store_conforms, block_on};
///
/// let store = MemoryCodeStore::single_node(1_000)?; // yours here
/// block_on(assert_code_store_conforms(&store, Timestamp::from_secs(1_800_000_000), Racing::Threads));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_code_store_conforms(store: &impl CodeStore, now: Timestamp, racing: Racing) {
    passed(check_code_store_conforms(store, now, racing).await);
}

/// Checks a store against the contract of [`CodeStore`]: one winner among concurrent takes, spent codes remembered
/// until their access token has expired, nothing overwritten, nothing dropped early.
///
/// For a store with its own clock, pass the present as `now`; for one that uses the `now` it receives, any time works.
/// The keys depend on `now`: do not pass the same `now` twice to a store that outlives the test. Requires room for 100
/// codes.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_code_store_conforms(store: &impl CodeStore, now: Timestamp, racing: Racing) -> Result<(), Finding> {
    let suite = Suite { store, world: World { check: "code_store_conforms", subject: "the code store", now, racing } };
    suite.a_code_is_kept_whole().await?;
    suite.one_taker_wins().await?;
    suite.a_spent_code_is_remembered().await?;
    suite.nothing_is_overwritten().await?;
    suite.codes_are_independent().await?;
    suite.a_fresh_code_is_there_until_it_expires().await?;
    suite.a_late_redemption_can_be_recorded().await?;
    suite.a_redeemed_code_is_remembered_while_its_token_lives().await
}

struct Suite<'s, S> {
    store: &'s S,
    world: World,
}

const WHOLE: &str = "store every member of the code, and give it back as it was.";
const WINNER: &str = "mark and read in one atomic step: `UPDATE .. SET taken_at = $now WHERE code_hash = $1 AND taken_at IS NULL \
                      RETURNING ..`. Reading first and writing later lets two requests win.";
const REMEMBERED: &str = "keep the row of a spent code, with its client and family and the access token that `record` stored: without it a \
                          stolen code goes unnoticed.";
const OVERWRITTEN: &str = "insert with a unique key, and update only the row that is in the state which the step is for; what was not changed \
                           is `Unavailable`.";
const KEPT: &str =
    "keep a row through `expires_at`, and through that of the access token recorded for it; drop it strictly after.";

impl<S: CodeStore> Suite<'_, S> {
    fn code(&self, label: &str, lives: u64) -> AuthorizationCode {
        let world = &self.world;
        let challenge = CodeChallenge::from_bytes(world.bytes("challenge"));
        let redirect = "https://client.example/cb?x=%2F&y";
        let mut code = AuthorizationCode::new(world.authorization(label), redirect, challenge, world.at(lives));
        code.dpop_jkt = Some(world.thumbprint("key"));
        code.nonce = Some("n-0S6_WzA2Mj".into());
        code
    }

    /// Stores the code of this label.
    async fn insert(&self, label: &str, lives: u64, at: u64) -> Result<(SecretDigest, AuthorizationCode), Finding> {
        let (digest, code) = (self.world.digest(label), self.code(label, lives));
        let new = NewCode { digest, code, now: self.world.at(at) };
        self.world.due("a new code is inserted", self.store.insert(&new).await)?;
        Ok((digest, new.code))
    }

    async fn take(&self, digest: SecretDigest, at: u64) -> Result<TakenCode, Finding> {
        let presented = SecretQuery { digest, now: self.world.at(at) };
        self.world.due("a code is taken", self.store.take(&presented).await)
    }

    async fn record(&self, digest: SecretDigest, access: &IssuedAccessToken) -> bool {
        self.store.record(&CodeRedemption { digest, access: access.clone() }).await.is_ok()
    }

    async fn load(&self, digest: SecretDigest) -> Result<Option<AuthorizationCode>, Finding> {
        self.world.due("a code is loaded", self.store.load(&digest).await)
    }

    fn expect<T: PartialEq + std::fmt::Debug>(
        &self,
        promise: &str,
        done: &str,
        seen: &T,
        expected: &T,
        fix: &str,
    ) -> Result<(), Finding> {
        if seen == expected {
            return Ok(());
        }
        Err(self.world.broken(promise, done, said(seen), &said(expected), fix))
    }

    /// Lets a store expire rows, if it does so in later calls.
    async fn let_time_pass(&self, label: &str, until: u64) -> Result<(), Finding> {
        for number in 0..3 {
            self.insert(&format!("{label}, meanwhile {number}"), until.saturating_add(1), until).await?;
        }
        Ok(())
    }

    async fn a_code_is_kept_whole(&self) -> Result<(), Finding> {
        let promise = "Whole rows";
        let (digest, code) = self.insert("whole", 60, 0).await?;
        let whole = Some(code.clone());
        for done in ["a code is loaded", "it is loaded again"] {
            self.expect(promise, done, &self.load(digest).await?, &whole, WHOLE)?;
        }
        let fresh = TakenCode::Fresh(Box::new(code));
        self.expect(promise, "it is taken", &self.take(digest, 1).await?, &fresh, WHOLE)?;
        let unknown = self.world.digest("never inserted");
        self.expect(promise, "one that was never inserted is loaded", &self.load(unknown).await?, &None, WHOLE)?;
        self.expect(promise, "it is taken", &self.take(unknown, 1).await?, &TakenCode::Unknown, WHOLE)
    }

    async fn one_taker_wins(&self) -> Result<(), Finding> {
        for round in 0..ROUNDS {
            let (digest, code) = self.insert(&format!("contended {round}"), 60, 0).await?;
            let presented = &SecretQuery { digest, now: self.world.now };
            let store = self.store;
            let taken = self.world.racing.race(RACERS, |_| Box::pin(async move { store.take(presented).await })).await;
            let fresh = Ok(TakenCode::Fresh(Box::new(code.clone())));
            let spent = Ok(TakenCode::Spent(spent_code(&code, None)));
            let winners = taken.iter().filter(|taken| **taken == fresh).count();
            let losers = taken.iter().filter(|taken| **taken == spent).count();
            if (winners, losers.saturating_add(1)) != (1, RACERS) {
                let done = format!("{RACERS} requests take one code at a time");
                let seen = format!("{winners} had it fresh, {losers} spent");
                return Err(self.world.broken("One winner", &done, seen, "one has it fresh, all others spent", WINNER));
            }
        }
        Ok(())
    }

    async fn a_spent_code_is_remembered(&self) -> Result<(), Finding> {
        let promise = "A spent code is remembered";
        let (digest, code) = self.insert("remembered", 60, 0).await?;
        let access = self.world.access("remembered", 600);
        self.take(digest, 0).await?;
        let spent = |access| TakenCode::Spent(spent_code(&code, access));
        let whole = Some(code.clone());
        self.expect(promise, "a spent code is loaded", &self.load(digest).await?, &whole, REMEMBERED)?;
        self.expect(promise, "it is taken again", &self.take(digest, 0).await?, &spent(None), REMEMBERED)?;
        let done = "its access token is recorded, and once more in the same way";
        let twice = [self.record(digest, &access).await, self.record(digest, &access).await];
        self.expect(promise, done, &twice, &[true, true], REMEMBERED)?;
        let other = self.world.access("another token", 900);
        let done = "another access token is recorded for it";
        self.expect("Nothing is overwritten", done, &self.record(digest, &other).await, &false, OVERWRITTEN)?;
        let done = "it is taken again after that";
        self.expect(promise, done, &self.take(digest, 0).await?, &spent(Some(access)), REMEMBERED)
    }

    async fn nothing_is_overwritten(&self) -> Result<(), Finding> {
        let promise = "Nothing is overwritten";
        let (digest, code) = self.insert("first", 60, 0).await?;
        let intruder = NewCode { digest, code: self.code("second", 60), now: self.world.now };
        let inserted = self.store.insert(&intruder).await.is_ok();
        self.expect(promise, "another code is inserted under a digest that is there", &inserted, &false, OVERWRITTEN)?;
        self.expect(promise, "it is loaded", &self.load(digest).await?, &Some(code.clone()), OVERWRITTEN)?;
        let access = self.world.access("too early", 600);
        let done = "an access token is recorded for a code that was not taken";
        self.expect(promise, done, &self.record(digest, &access).await, &false, OVERWRITTEN)?;
        let fresh = TakenCode::Fresh(Box::new(code.clone()));
        self.expect(promise, "it is taken", &self.take(digest, 0).await?, &fresh, OVERWRITTEN)?;
        let again = NewCode { digest, code: code.clone(), now: self.world.now };
        let inserted = self.store.insert(&again).await.is_ok();
        self.expect(promise, "a spent code is inserted once more", &inserted, &false, OVERWRITTEN)?;
        let spent = TakenCode::Spent(spent_code(&code, None));
        self.expect(promise, "it is taken", &self.take(digest, 0).await?, &spent, OVERWRITTEN)?;
        let unknown = self.record(self.world.digest("never inserted"), &access).await;
        self.expect(
            promise,
            "an access token is recorded for a code that was never inserted",
            &unknown,
            &false,
            OVERWRITTEN,
        )
    }

    async fn codes_are_independent(&self) -> Result<(), Finding> {
        let fix = "use all 32 bytes of the digest (43 characters as text), untruncated and case-sensitive.";
        let codes = [0u8, 1, 32, 128].map(|number| (self.world.close_digest(number), format!("close {number}")));
        for (digest, label) in &codes {
            let new = NewCode { digest: *digest, code: self.code(label, 60), now: self.world.now };
            self.world
                .due("a code is inserted whose digest differs from others in one bit", self.store.insert(&new).await)?;
        }
        for (digest, label) in &codes {
            let fresh = TakenCode::Fresh(Box::new(self.code(label, 60)));
            let done = "a code is taken whose digest differs from others in one bit";
            self.expect("One winner", done, &self.take(*digest, 0).await?, &fresh, fix)?;
        }
        Ok(())
    }

    async fn a_fresh_code_is_there_until_it_expires(&self) -> Result<(), Finding> {
        let (digest, code) = self.insert("lasting", 30, 0).await?;
        self.let_time_pass("lasting", 29).await?;
        let fresh = TakenCode::Fresh(Box::new(code));
        let done = "a code is taken in its last second";
        self.expect("Never dropped early", done, &self.take(digest, 29).await?, &fresh, KEPT)
    }

    async fn a_late_redemption_can_be_recorded(&self) -> Result<(), Finding> {
        let (digest, code) = self.insert("late", 30, 0).await?;
        self.take(digest, 29).await?;
        self.let_time_pass("late", 80).await?;
        let access = self.world.access("late", 900);
        let promise = "Time to record";
        let done = "a code is taken in its last second, and its access token recorded 51 seconds later";
        self.expect(promise, done, &self.record(digest, &access).await, &true, KEPT)?;
        let spent = TakenCode::Spent(spent_code(&code, Some(access)));
        let done = "a code whose access token was recorded late is taken again";
        self.expect("A spent code is remembered", done, &self.take(digest, 80).await?, &spent, KEPT)
    }

    async fn a_redeemed_code_is_remembered_while_its_token_lives(&self) -> Result<(), Finding> {
        let (digest, code) = self.insert("marked", 30, 0).await?;
        let access = self.world.access("marked", 600);
        self.take(digest, 0).await?;
        self.record(digest, &access).await;
        for at in [31, 599, 600] {
            self.let_time_pass(&format!("marked {at}"), at).await?;
            let spent = TakenCode::Spent(spent_code(&code, Some(access.clone())));
            let done = "a spent code is taken after it has expired, while its access token lives";
            self.expect("A spent code is remembered", done, &self.take(digest, at).await?, &spent, KEPT)?;
        }
        Ok(())
    }
}

fn spent_code(code: &AuthorizationCode, recorded: Option<IssuedAccessToken>) -> SpentCode {
    let mut spent = SpentCode::new(code.authorization.client_id.as_str(), code.authorization.family);
    spent.recorded = recorded;
    spent
}
