//! The contract of [`RefreshStore`] (RT-3, RT-4, ST-2, ST-3) for tokens. For families, see `revocation`.

use super::{RACERS, ROUNDS, Racing, World, said};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    NewRefresh, RefreshKey, RefreshState, RefreshToken, RepeatedRefresh, Rotated, Rotation, SpentRefresh, SuccessorSalt,
};
use attesto_core::host::RefreshStore;

/// [`check_refresh_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryRefreshStore;
/// use attesto_testkit::{Racing, assert_refresh_store_conforms, block_on};
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

/// Checks a store against the contract of [`RefreshStore`]: one successor among concurrent rotations, revocations that
/// no token escapes and that return unexpired access tokens until settled, spent tokens known as such until their
/// family ends, nothing overwritten, nothing dropped early.
///
/// See [`check_code_store_conforms`](super::check_code_store_conforms) about `now` and `racing`. Requires room for 500
/// families, of different users.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_refresh_store_conforms(
    store: &impl RefreshStore,
    now: Timestamp,
    racing: Racing,
) -> Result<(), Finding> {
    let world = World { check: "refresh_store_conforms", subject: "the refresh token store", now, racing };
    let suite = Suite { store, world };
    suite.a_token_is_kept_whole().await?;
    suite.access_tokens_are_told_apart().await?;
    suite.what_was_spent_before_the_last_is_spent().await?;
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
const WINNER: &str = "in one transaction: lock the family, `UPDATE .. SET spent_at = $now WHERE token_hash = $1 AND spent_at IS NULL`, and \
                      insert the successor if that changed one row. Reading first and writing later lets two requests win.";
const OVERWRITTEN: &str = "insert with a unique key, and refuse a successor of another family, all of it or nothing: what was not changed is \
                           `Unavailable`.";
const KEPT: &str = "keep a family through the `expires_at` of its current token and of each access token: spent tokens that are shown are how theft \
                    is found out. Keep the salt for a minute after the token was spent.";
const BY_JTI: &str = "compare whole `jti`s byte for byte: no folding, no trimming, no prefix. In MySQL and in SQLite's NOCASE columns, choose a \
                      binary collation.";
const SPENT: &str = "answer a token of a known family as spent unless it is the current one.";

impl<S: RefreshStore> Suite<'_, S> {
    pub(super) fn token(&self, family: &str, label: &str, lives: u64, family_lives: u64) -> RefreshToken {
        let world = &self.world;
        let access = world.access(label, 500);
        let mut authorization = world.authorization(family);
        authorization.subject = format!("user of {family}");
        let mut token = RefreshToken::first(authorization, world.at(lives), world.at(family_lives), access);
        token.dpop_jkt = Some(world.thumbprint("key"));
        token.x5t_s256 = Some(world.thumbprint("certificate"));
        token
    }

    pub(super) fn key(&self, family: &str, label: &str) -> RefreshKey {
        RefreshKey { family: self.world.digest(&format!("family of {family}")), token: self.world.digest(label) }
    }

    pub(super) fn first(&self, family: &str, label: &str) -> NewRefresh {
        let token = self.token(family, label, 300, 600);
        NewRefresh { key: self.key(family, label), token, now: self.world.now }
    }

    pub(super) fn salt(&self, label: &str) -> SuccessorSalt {
        SuccessorSalt::from_bytes(self.world.bytes(&format!("salt of {label}")))
    }

    pub(super) fn rotation(&self, spent: RefreshKey, family: &str, successor: &str, at: u64) -> Rotation {
        let mut token = self.token(family, successor, 300, 600);
        token.generation = 1;
        let now = self.world.at(at);
        Rotation::new(spent, self.world.digest(successor), token, Some(self.salt(successor)), now)
    }

    /// Stores a first token, which the store must accept.
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

    /// Returns the state of a token, with its access tokens in order.
    pub(super) async fn get(&self, key: RefreshKey) -> Result<Option<RefreshState>, Finding> {
        let mut state = self.world.due("a token is looked up", self.store.load(&key).await)?;
        if let Some(state) = &mut state {
            state.token.access.sort_by(|one, other| one.jwt_id.cmp(&other.jwt_id));
            state.undenied.sort_by(|one, other| one.jwt_id.cmp(&other.jwt_id));
        }
        Ok(state)
    }

    /// Whether a token is the current one of its family.
    async fn is_current(&self, key: RefreshKey) -> Result<bool, Finding> {
        Ok(self.get(key).await?.is_some_and(|state| state.spent.is_none()))
    }

    pub(super) async fn rotate(&self, rotation: &Rotation) -> Result<Rotated, Finding> {
        self.world.due("a token is rotated", self.store.rotate(rotation).await)
    }

    pub(super) fn expect<T: PartialEq + std::fmt::Debug>(
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
    pub(super) async fn let_time_pass(&self, label: &str, until: u64) -> Result<(), Finding> {
        for number in 0..3 {
            let label = format!("{label}, meanwhile {number}");
            let token = self.token(&label, &label, until.saturating_add(1), until.saturating_add(1));
            self.insert(&NewRefresh { key: self.key(&label, &label), token, now: self.world.at(until) }).await?;
        }
        Ok(())
    }

    async fn a_token_is_kept_whole(&self) -> Result<(), Finding> {
        let promise = "Whole rows";
        let new = self.first("whole", "whole");
        self.insert(&new).await?;
        self.expect(promise, "a token is looked up", &self.get(new.key).await?, &live(&new.token), WHOLE)?;
        let mut rotation = self.rotation(new.key, "whole", "whole, second", 10);
        rotation.token.bound_late = true;
        self.expect(promise, "it is rotated", &self.rotate(&rotation).await?, &Rotated::Done, WHOLE)?;
        let second = RefreshKey { token: rotation.successor, ..new.key };
        let successor = self.get(second).await?;
        let noted = "Access tokens stay noted";
        let access = successor.as_ref().map(|state| state.token.access.clone());
        let expected: Vec<_> = new.token.access.iter().chain(&rotation.token.access).cloned().collect();
        self.expect(noted, "its successor is looked up", &access, &Some(expected.clone()), WHOLE)?;
        let mut whole = rotation.token.clone();
        whole.access = expected;
        let whole = live(&whole);
        self.expect(promise, "its successor is looked up", &successor, &whole, WHOLE)?;
        for access in new.token.access.iter().chain(&rotation.token.access) {
            let found = self.world.due("its family is looked up", self.store.load_family(&access.jwt_id).await)?;
            let found = found.map(|found| (found.family, found.client_id));
            let expected = (new.token.authorization.family, new.token.authorization.client_id.clone());
            self.expect(noted, "the family of an access token is looked up", &found, &Some(expected), WHOLE)?;
        }
        let spent = Some(SpentRefresh { at: self.world.at(10), salt: rotation.salt.clone() });
        let seen = self.get(new.key).await?.and_then(|state| state.spent);
        self.expect(promise, "how it was spent is looked up", &seen, &spent, WHOLE)?;
        self.what_was_never_stored_is_nothing().await
    }

    async fn what_was_never_stored_is_nothing(&self) -> Result<(), Finding> {
        let promise = "Whole rows";
        let unknown = self.key("unknown", "never inserted");
        self.expect(promise, "a token is looked up that was never inserted", &self.get(unknown).await?, &None, WHOLE)?;
        let lost = self.rotation(unknown, "unknown", "of nothing", 10);
        self.expect(promise, "it is rotated", &self.rotate(&lost).await?, &Rotated::Lost, WHOLE)?;
        let done = "the successor of nothing is looked up";
        let successor = RefreshKey { token: lost.successor, ..unknown };
        self.expect("One successor", done, &self.get(successor).await?, &None, WINNER)?;
        let access = self.world.access("x", 9);
        let family = self.world.due("its family is looked up", self.store.load_family(&access.jwt_id).await)?;
        self.expect(promise, "the family of an unknown access token is looked up", &family, &None, WHOLE)?;
        let (now, expires_at) = (self.world.now, self.world.now);
        let repeated = RepeatedRefresh { key: unknown, access, expires_at, at_most: 9, now };
        let seen = self.world.due("it is repeated", self.store.record_repeat(&repeated).await)?;
        self.expect(promise, "a token is repeated that was never inserted", &seen, &false, WHOLE)
    }

    async fn access_tokens_are_told_apart(&self) -> Result<(), Finding> {
        let new = self.first("jti-Ab", "jti-Ab");
        self.insert(&new).await?;
        for access in &new.token.access {
            let jti = access.jwt_id.as_str();
            let shorter = jti.strip_suffix(|_: char| true).unwrap_or_default();
            for other in [jti.to_lowercase(), jti.to_uppercase(), format!("{jti} "), format!("{jti}x"), shorter.into()]
            {
                let done = "the family of an access token with nearly the same jti is looked up";
                let found = self.world.due(done, self.store.load_family(&other).await)?;
                self.expect("By `jti` alone", done, &found, &None, BY_JTI)?;
            }
        }
        Ok(())
    }

    async fn what_was_spent_before_the_last_is_spent(&self) -> Result<(), Finding> {
        let first = self.first("older", "older");
        self.insert(&first).await?;
        let mut spent = first.key;
        for number in 0..3 {
            let rotation = self.rotation(spent, "older", &format!("older, {number}"), number);
            self.expect("Spent is spent", "a token is rotated", &self.rotate(&rotation).await?, &Rotated::Done, SPENT)?;
            spent = RefreshKey { token: rotation.successor, ..spent };
        }
        for key in [first.key, self.key("older", "older, 0"), self.key("older", "older, never stored")] {
            let done = "a token is looked up that was spent before the last one of its family";
            self.expect("Spent is spent", done, &self.is_current(key).await?, &false, SPENT)?;
            let again = self.rotation(key, "older", "older, again", 9);
            self.expect("Spent is spent", "it is rotated", &self.rotate(&again).await?, &Rotated::Lost, SPENT)?;
        }
        let older = self.get(first.key).await?.and_then(|state| state.spent);
        let done = "a token is looked up that was stored, and spent before the last one";
        self.expect("Spent is spent", done, &older.is_some(), &true, SPENT)
    }

    async fn one_rotation_wins(&self) -> Result<(), Finding> {
        for round in 0..ROUNDS {
            let label = format!("contended {round}");
            let new = self.first(&label, &label);
            self.insert(&new).await?;
            let successor = |number| self.rotation(new.key, &label, &format!("{label}, successor {number}"), 0);
            let rotations: &Vec<Rotation> = &(0..RACERS).map(successor).collect();
            let store = self.store;
            let rotate = |number: usize| -> attesto_core::future::BoxFuture<'_, _> {
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
                let is_there = self.is_current(RefreshKey { token: rotation.successor, ..new.key }).await?;
                self.expect(promise, done, &is_there, &(answer == Ok(Rotated::Done)), WINNER)?;
                if is_there {
                    let salt = self.get(new.key).await?.and_then(|state| state.spent).and_then(|spent| spent.salt);
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
        let intruder = NewRefresh { key: first.key, ..self.first("intruder", "intruder") };
        let taken_in = self.store.insert(&intruder).await.is_ok();
        let done = "another family is inserted under a key that is there";
        self.expect(promise, done, &taken_in, &false, OVERWRITTEN)?;
        let into_other = self.rotation(first.key, "other", "first, in another family", 0);
        let done = "a token is rotated to a successor of another family";
        self.expect(promise, done, &self.store.rotate(&into_other).await.is_ok(), &false, OVERWRITTEN)?;
        for new in [&first, &other] {
            let done = "a token is looked up after others were refused in its place";
            self.expect(promise, done, &self.get(new.key).await?, &live(&new.token), OVERWRITTEN)?;
        }
        Ok(())
    }

    async fn tokens_are_independent(&self) -> Result<(), Finding> {
        let fix = "use all 32 bytes of the digest (43 characters as text), untruncated and case-sensitive.";
        let tokens = [0u8, 1, 32, 128].map(|number| {
            let label = format!("close {number}");
            let close = self.world.close_digest(number);
            NewRefresh { key: RefreshKey { family: close, token: close }, ..self.first(&label, &label) }
        });
        for new in &tokens {
            let done = "a token is inserted whose digest differs from others in one bit";
            self.world.due(done, self.store.insert(new).await)?;
        }
        for new in &tokens {
            let seen = self.get(new.key).await?.map(|state| state.token);
            let done = "a token is looked up whose digest differs from others in one bit";
            self.expect("One successor", done, &seen, &Some(new.token.clone()), fix)?;
        }
        Ok(())
    }

    async fn a_spent_token_is_remembered_until_its_family_ends(&self) -> Result<(), Finding> {
        let promise = "Kept long enough";
        let key = self.key("kept", "kept");
        let token = self.token("kept", "kept", 30, 600);
        self.insert(&NewRefresh { key, token, now: self.world.now }).await?;
        let rotation = self.rotation(key, "kept", "kept, second", 10);
        self.expect(promise, "a token is rotated", &self.rotate(&rotation).await?, &Rotated::Done, KEPT)?;
        // The successor is valid for 300 seconds, and the access tokens for 500.
        for at in [70, 300, 500] {
            self.let_time_pass(&format!("kept {at}"), at).await?;
            let spent = self.get(key).await?.and_then(|state| state.spent);
            let done = "a spent token is looked up after it has expired, while something of its family lives";
            self.expect(promise, done, &spent.as_ref().map(|spent| spent.at), &Some(self.world.at(10)), KEPT)?;
            if at == 70 {
                let salt = spent.and_then(|spent| spent.salt);
                let done = "the salt is looked up a minute after the token was spent";
                self.expect("The salt is kept for the grace window", done, &salt, &rotation.salt, KEPT)?;
            }
            let again = self.rotation(key, "kept", &format!("kept, again {at}"), at);
            self.expect(promise, "it is rotated again", &self.rotate(&again).await?, &Rotated::Lost, KEPT)?;
            let unspent = self.is_current(RefreshKey { token: rotation.successor, ..key }).await?;
            let done = "its successor is looked up, which was not spent";
            self.expect(promise, done, &unspent, &true, KEPT)?;
        }
        Ok(())
    }
}

/// The state of a current token of a live family.
fn live(token: &RefreshToken) -> Option<RefreshState> {
    Some(RefreshState { token: token.clone(), spent: None, family_revoked: false, undenied: Vec::new() })
}
