//! The contract of [`RefreshStore`] (catalogue RT-3, RT-4, ST-2, ST-3): tokens. Their families: `revocation`.

use super::{RACERS, ROUNDS, Racing, World, said};
use crate::Timestamp;
use crate::authorization::{
    NewRefresh, RefreshState, RefreshToken, RepeatedRefresh, Rotated, Rotation, SecretDigest, SpentRefresh,
    SuccessorSalt,
};
use crate::host::RefreshStore;
use crate::testkit::finding::{Finding, passed};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

/// [`check_refresh_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryRefreshStore;
/// use attesto_core::testkit::{Racing, assert_refresh_store_conforms, block_on};
///
/// let store = MemoryRefreshStore::single_node(1_000)?; // yours here
/// block_on(assert_refresh_store_conforms(&store, Timestamp::from_secs(1_800_000_000), Racing::Threads));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_refresh_store_conforms(store: &impl RefreshStore, now: Timestamp, racing: Racing) {
    passed(check_refresh_store_conforms(store, now, racing).await);
}

/// Holds a store to the contract of [`RefreshStore`]: one successor among rotations that race, revocations that nothing gets
/// past, spent tokens remembered until their family ends, nothing overwritten, nothing dropped early.
///
/// Of `now`, and of how to race, [`check_code_store_conforms`](super::check_code_store_conforms) speaks. It wants room for 500
/// tokens.
///
/// # Errors
/// The first promise that does not hold, and how to mend it.
pub async fn check_refresh_store_conforms(
    store: &impl RefreshStore,
    now: Timestamp,
    racing: Racing,
) -> Result<(), Finding> {
    let world = World { check: "refresh_store_conforms", subject: "the refresh token store", now, racing };
    let suite = Suite { store, world };
    suite.a_token_is_kept_whole().await?;
    suite.one_rotation_wins().await?;
    suite.nothing_is_overwritten().await?;
    suite.tokens_are_independent().await?;
    suite.families_are_revoked_for_good().await?;
    suite.a_spent_token_is_remembered_until_its_family_ends().await?;
    suite.a_revocation_is_kept_through_its_time().await
}

pub(super) struct Suite<'s, S> {
    pub(super) store: &'s S,
    pub(super) world: World,
}

const WHOLE: &str = "store every member of the token, and give it back as it was.";
const WINNER: &str = "in one transaction: lock the family, `UPDATE .. SET consumed_at = $now WHERE token_hash = $1 AND consumed_at IS NULL`, and \
                      insert the successor if that changed one row. Reading first and writing later lets two requests win.";
const OVERWRITTEN: &str = "insert with a unique key, and refuse a successor of another family, all of it or nothing: what was not changed is \
                           `Unavailable`.";
const KEPT: &str = "keep the rows of a family through `family_expires_at`, spent ones too: they are how theft is found out. Keep the salt for a \
                    minute after the token was spent.";

impl<S: RefreshStore> Suite<'_, S> {
    pub(super) fn token(&self, family: &str, label: &str, lives: u64, family_lives: u64) -> RefreshToken {
        let world = &self.world;
        let access = world.access(label, 500);
        let authorization = world.authorization(family);
        let mut token = RefreshToken::first(authorization, world.at(lives), world.at(family_lives), access);
        token.dpop_jkt = Some(world.thumbprint("key"));
        token.x5t_s256 = Some(world.thumbprint("certificate"));
        token
    }

    pub(super) fn first(&self, family: &str, label: &str) -> NewRefresh {
        let token = self.token(family, label, 300, 600);
        NewRefresh { digest: self.world.digest(label), token, now: self.world.now }
    }

    pub(super) fn salt(&self, label: &str) -> SuccessorSalt {
        SuccessorSalt::from_bytes(self.world.bytes(&format!("salt of {label}")))
    }

    pub(super) fn rotation(&self, spent: SecretDigest, family: &str, successor: &str, at: u64) -> Rotation {
        let mut token = self.token(family, successor, 300, 600);
        token.generation = 1;
        let now = self.world.at(at);
        Rotation::new(spent, self.world.digest(successor), token, Some(self.salt(successor)), now)
    }

    /// Stores a first token that is to be taken in.
    pub(super) async fn insert(&self, new: &NewRefresh) -> Result<(), Finding> {
        let done = "the first token of a family is inserted";
        let inserted = self.world.due(done, self.store.insert(new).await)?;
        self.expect(
            "Revocation is final",
            done,
            &inserted,
            &true,
            "refuse tokens of revoked families, and of no others.",
        )
    }

    pub(super) async fn get(&self, digest: SecretDigest) -> Result<Option<RefreshState>, Finding> {
        self.world.due("a token is looked up", self.store.get(&digest).await)
    }

    pub(super) async fn rotate(&self, rotation: &Rotation) -> Result<Rotated, Finding> {
        self.world.due("a token is rotated", self.store.rotate(rotation).await)
    }

    pub(super) fn expect<T: PartialEq + core::fmt::Debug>(
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

    /// Lets a store that expires rows on the way do so.
    pub(super) async fn let_time_pass(&self, label: &str, until: u64) -> Result<(), Finding> {
        for number in 0..3 {
            let label = format!("{label}, meanwhile {number}");
            let token = self.token(&label, &label, until.saturating_add(1), until.saturating_add(1));
            self.insert(&NewRefresh { digest: self.world.digest(&label), token, now: self.world.at(until) }).await?;
        }
        Ok(())
    }

    async fn a_token_is_kept_whole(&self) -> Result<(), Finding> {
        let promise = "Whole rows";
        let new = self.first("whole", "whole");
        self.insert(&new).await?;
        let live =
            |token: &RefreshToken| Some(RefreshState { token: token.clone(), spent: None, family_revoked: false });
        self.expect(promise, "a token is looked up", &self.get(new.digest).await?, &live(&new.token), WHOLE)?;
        let rotation = self.rotation(new.digest, "whole", "whole, second", 10);
        self.expect(promise, "it is rotated", &self.rotate(&rotation).await?, &Rotated::Done, WHOLE)?;
        let successor = self.get(rotation.successor).await?;
        self.expect(promise, "its successor is looked up", &successor, &live(&rotation.token), WHOLE)?;
        let spent = Some(SpentRefresh { at: self.world.at(10), salt: rotation.salt.clone() });
        let seen = self.get(new.digest).await?.and_then(|state| state.spent);
        self.expect(promise, "how it was spent is looked up", &seen, &spent, WHOLE)?;
        let unknown = self.world.digest("never inserted");
        self.expect(promise, "a token is looked up that was never inserted", &self.get(unknown).await?, &None, WHOLE)?;
        let lost = self.rotation(unknown, "whole", "whole, of nothing", 10);
        self.expect(promise, "it is rotated", &self.rotate(&lost).await?, &Rotated::Lost, WHOLE)?;
        let done = "the successor of nothing is looked up";
        self.expect("One successor", done, &self.get(lost.successor).await?, &None, WINNER)?;
        let repeated = RepeatedRefresh { digest: unknown, access: self.world.access("x", 9), now: self.world.now };
        let seen = self.world.due("it is repeated", self.store.repeat(&repeated).await)?;
        self.expect(promise, "a token is repeated that was never inserted", &seen, &false, WHOLE)
    }

    async fn one_rotation_wins(&self) -> Result<(), Finding> {
        for round in 0..ROUNDS {
            let label = format!("contended {round}");
            let new = self.first(&label, &label);
            self.insert(&new).await?;
            let successor = |number| self.rotation(new.digest, &label, &format!("{label}, successor {number}"), 0);
            let rotations: &Vec<Rotation> = &(0..RACERS).map(successor).collect();
            let store = self.store;
            let rotate = |number: usize| -> crate::host::BoxFuture<'_, _> {
                Box::pin(async move {
                    match rotations.get(number) {
                        Some(rotation) => (Some(rotation), store.rotate(rotation).await),
                        None => (None, Ok(Rotated::Lost)),
                    }
                })
            };
            let answers = self.world.racing.race(RACERS, rotate).await;
            let winners = answers.iter().filter(|(_, answer)| *answer == Ok(Rotated::Done)).count();
            let losers = answers.iter().filter(|(_, answer)| *answer == Ok(Rotated::Lost)).count();
            let promise = "One successor";
            if (winners, losers.saturating_add(1)) != (1, RACERS) {
                let done = format!("{RACERS} requests rotate one token at a time");
                let seen = format!("{winners} were Done, {losers} Lost");
                return Err(self.world.broken(promise, &done, seen, "one is Done, all others are Lost", WINNER));
            }
            for (rotation, answer) in answers {
                let Some(rotation) = rotation else { continue };
                let done = "the successors are looked up after a race of rotations";
                let is_there = self.get(rotation.successor).await?.is_some();
                self.expect(promise, done, &is_there, &(answer == Ok(Rotated::Done)), WINNER)?;
                if is_there {
                    let salt = self.get(new.digest).await?.and_then(|state| state.spent).and_then(|spent| spent.salt);
                    let done = "the salt is looked up after a race of rotations";
                    self.expect(promise, done, &(salt == rotation.salt), &true, WINNER)?;
                }
            }
        }
        Ok(())
    }

    async fn nothing_is_overwritten(&self) -> Result<(), Finding> {
        let promise = "Nothing is overwritten";
        let (first, other) = (self.first("first", "first"), self.first("other", "other"));
        self.insert(&first).await?;
        self.insert(&other).await?;
        let intruder = NewRefresh { digest: first.digest, ..self.first("intruder", "intruder") };
        let taken_in = self.store.insert(&intruder).await.is_ok();
        let done = "another token is inserted under a digest that is there";
        self.expect(promise, done, &taken_in, &false, OVERWRITTEN)?;
        let mut over_other = self.rotation(first.digest, "first", "first, second", 0);
        over_other.successor = other.digest;
        let done = "a token is rotated to a successor whose digest is there";
        self.expect(promise, done, &self.store.rotate(&over_other).await.is_ok(), &false, OVERWRITTEN)?;
        let into_other = self.rotation(first.digest, "other", "first, in another family", 0);
        let done = "a token is rotated to a successor of another family";
        self.expect(promise, done, &self.store.rotate(&into_other).await.is_ok(), &false, OVERWRITTEN)?;
        for new in [&first, &other] {
            let live = Some(RefreshState { token: new.token.clone(), spent: None, family_revoked: false });
            let done = "a token is looked up after others were refused in its place";
            self.expect(promise, done, &self.get(new.digest).await?, &live, OVERWRITTEN)?;
        }
        Ok(())
    }

    async fn tokens_are_independent(&self) -> Result<(), Finding> {
        let fix = "use all 32 bytes of the digest (43 characters as text), untruncated and case-sensitive.";
        let tokens = [0u8, 1, 32, 128].map(|number| {
            let label = format!("close {number}");
            NewRefresh { digest: self.world.close_digest(number), ..self.first(&label, &label) }
        });
        for new in &tokens {
            let done = "a token is inserted whose digest differs from others in one bit";
            self.world.due(done, self.store.insert(new).await)?;
        }
        for new in &tokens {
            let seen = self.get(new.digest).await?.map(|state| state.token);
            let done = "a token is looked up whose digest differs from others in one bit";
            self.expect("One successor", done, &seen, &Some(new.token.clone()), fix)?;
        }
        Ok(())
    }

    async fn a_spent_token_is_remembered_until_its_family_ends(&self) -> Result<(), Finding> {
        let promise = "Kept long enough";
        let digest = self.world.digest("kept");
        let token = self.token("kept", "kept", 30, 600);
        self.insert(&NewRefresh { digest, token, now: self.world.now }).await?;
        let rotation = self.rotation(digest, "kept", "kept, second", 10);
        self.expect(promise, "a token is rotated", &self.rotate(&rotation).await?, &Rotated::Done, KEPT)?;
        for at in [70, 599, 600] {
            self.let_time_pass(&format!("kept {at}"), at).await?;
            let spent = self.get(digest).await?.and_then(|state| state.spent);
            let done = "a spent token is looked up after it has expired, while its family lives";
            self.expect(promise, done, &spent.as_ref().map(|spent| spent.at), &Some(self.world.at(10)), KEPT)?;
            if at == 70 {
                let salt = spent.and_then(|spent| spent.salt);
                let done = "the salt is looked up a minute after the token was spent";
                self.expect("The salt is kept for the grace window", done, &salt, &rotation.salt, KEPT)?;
            }
            let again = self.rotation(digest, "kept", &format!("kept, again {at}"), at);
            self.expect(promise, "it is rotated again", &self.rotate(&again).await?, &Rotated::Lost, KEPT)?;
            let unspent = self.get(rotation.successor).await?.is_some_and(|state| state.spent.is_none());
            let done = "its successor is looked up, which has expired, while its family lives";
            self.expect(promise, done, &unspent, &true, KEPT)?;
        }
        Ok(())
    }
}
