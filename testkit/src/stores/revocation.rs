//! The contract of [`RefreshStore`](attesto_core::host::RefreshStore) for families and their revocation (RT-3, RT-5).

use super::refresh_tokens::Suite;
use super::{RACERS, ROUNDS};
use crate::finding::Finding;
use attesto_core::authorization::{
    Answered, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshKey, RepeatedRefresh, Rotated, SettledRevocation,
};
use attesto_core::future::BoxFuture;
use attesto_core::host::RefreshStore;

/// The number of the racer that revokes: neither the first nor the last.
const REVOKER: usize = 3;
const FINAL: &str = "keep the revocation in a row of the family, there even if no token is; lock that row in every step that adds or changes a \
                     token of the family, and look at it under the lock.";
const LIVING: &str = "note the access token beside each refresh token that is inserted, rotated to or repeated, and answer all of the family whose \
                      `expires_at > now`, and those that the question names; with each token of the family too, until they are settled.";
const SETTLED: &str = "forget the access tokens that `settle_revocation` names, and no others; keep the revocation.";

/// The result of one racer: the access tokens that a revocation returned, or whether a token was stored, with its
/// access token.
enum Raced {
    Revoked(Answered<Vec<IssuedAccessToken>>),
    Stored { stored: bool, key: RefreshKey, access: IssuedAccessToken },
}

/// The operation that races with a revocation.
#[derive(Clone, Copy, Debug)]
enum Rival {
    Insert,
    Rotate,
    Repeat,
}

impl<S: RefreshStore> Suite<'_, S> {
    pub(super) async fn families_are_revoked_for_good(&self) -> Result<(), Finding> {
        self.a_revoked_family_stays_dead().await?;
        self.a_revocation_answers_what_lives_until_it_is_settled().await?;
        self.a_family_is_revoked_before_its_first_token().await?;
        self.repeated_access_tokens_are_noted().await?;
        for rival in [Rival::Insert, Rival::Rotate, Rival::Repeat] {
            for round in 0..ROUNDS {
                self.nothing_gets_past_a_revocation(rival, round).await?;
            }
        }
        Ok(())
    }

    fn revocation(&self, family: &str, at: u64) -> FamilyRevocation {
        let (world, subject) = (&self.world, format!("user of {family}"));
        let (family, now, keep_until) = (world.family(family), world.at(at), world.at(700));
        FamilyRevocation { family, subject, access: Vec::new(), now, keep_until }
    }

    /// Revokes a family, and returns the unexpired access tokens by their `jti`, in order.
    async fn revoke(&self, family: &str, at: u64) -> Result<Vec<String>, Finding> {
        let answer = self.store.revoke_family(&self.revocation(family, at)).await;
        let living = self.world.due("a family is revoked", answer)?;
        Ok(in_order(&living))
    }

    async fn repeat(&self, key: RefreshKey, access: &IssuedAccessToken) -> Result<bool, Finding> {
        let (access, now) = (access.clone(), self.world.now);
        let repeated = RepeatedRefresh { key, access, expires_at: self.world.at(301), at_most: 3, now };
        self.world.due("a token is repeated", self.store.record_repeat(&repeated).await)
    }

    async fn a_revoked_family_stays_dead(&self) -> Result<(), Finding> {
        let promise = "Revocation is final";
        let (first, bystander) = (self.first("revoked", "revoked"), self.first("bystander", "bystander"));
        self.insert(&first).await?;
        self.insert(&bystander).await?;
        let mut rotation = self.rotation(first.key, "revoked", "revoked, second", 0);
        rotation.token.access =
            [self.world.access("revoked, second", 20), self.world.access("revoked, third", 21)].into();
        self.expect(promise, "a token is rotated", &self.rotate(&rotation).await?, &Rotated::Done, FINAL)?;
        let noted = first.token.access.iter().chain(&rotation.token.access);
        let living = in_order(noted.filter(|access| access.expires_at > self.world.at(20)));
        for done in ["a family is revoked", "it is revoked once more"] {
            self.expect("Revocation answers what lives", done, &self.revoke("revoked", 20).await?, &living, LIVING)?;
        }
        for key in [first.key, RefreshKey { token: rotation.successor, ..first.key }] {
            let revoked = self.get(key).await?.is_some_and(|state| state.family_revoked);
            self.expect(promise, "a token of a revoked family is looked up", &revoked, &true, FINAL)?;
            self.a_dead_token_stays_dead("revoked", key).await?;
        }
        let done = "a token of another family is rotated";
        let rotation = self.rotation(bystander.key, "bystander", "bystander, second", 20);
        self.expect(promise, done, &self.rotate(&rotation).await?, &Rotated::Done, "revoke one family, and no other.")
    }

    /// Checks that no operation with the token succeeds.
    async fn a_dead_token_stays_dead(&self, family: &str, key: RefreshKey) -> Result<(), Finding> {
        let promise = "Revocation is final";
        let label = format!("too late {}", key.token);
        let rotation = self.rotation(key, family, &label, 20);
        let done = "a token of a revoked family is rotated";
        self.expect(promise, done, &self.rotate(&rotation).await?, &Rotated::FamilyRevoked, FINAL)?;
        let done = "a token of a revoked family is repeated";
        let repeated = self.repeat(key, &self.world.access(&label, 500)).await?;
        self.expect(promise, done, &repeated, &false, FINAL)?;
        self.a_late_token_is_refused(family, &label, 20).await?;
        let done = "what was refused is looked up";
        let refused = self.get(RefreshKey { token: rotation.successor, ..key }).await?;
        let counts = refused.is_some_and(|state| state.spent.is_none() && !state.family_revoked);
        self.expect(promise, done, &counts, &false, FINAL)
    }

    /// Tokens that the deny list has not confirmed must not be forgotten: a detected theft would have no effect.
    async fn a_revocation_answers_what_lives_until_it_is_settled(&self) -> Result<(), Finding> {
        let promise = "Revocation answers what lives";
        let first = self.first("settled", "settled");
        self.insert(&first).await?;
        let rotation = self.rotation(first.key, "settled", "settled, second", 0);
        self.rotate(&rotation).await?;
        let unknown = self.world.access("settled, not known", 400);
        let mut revocation = self.revocation("settled", 1);
        revocation.access = [unknown.clone()].into();
        let answer = self.store.revoke_family(&revocation).await;
        let answered = in_order(&self.world.due("a family is revoked", answer)?);
        let all: Vec<_> = first.token.access.iter().chain(&rotation.token.access).chain([&unknown]).cloned().collect();
        let done = "a family is revoked, and an access token named that the store did not know";
        self.expect(promise, done, &answered, &in_order(&all), LIVING)?;
        for key in [first.key, RefreshKey { token: rotation.successor, ..first.key }] {
            let undenied = self.get(key).await?.map(|state| in_order(&state.undenied));
            let done = "a token of a revoked family is looked up, none of whose access tokens was settled";
            self.expect(promise, done, &undenied, &Some(in_order(&all)), LIVING)?;
        }
        let mut left = all;
        while let Some(settled) = left.pop() {
            self.settle("settled", settled).await?;
            let done = "a family is revoked once more, after an access token of it was settled";
            self.expect(promise, done, &self.revoke("settled", 1).await?, &in_order(&left), SETTLED)?;
            let state = self.get(first.key).await?;
            let undenied = state.as_ref().map_or_else(Vec::new, |state| in_order(&state.undenied));
            let done = "a token of the family is looked up, after an access token of it was settled";
            self.expect(promise, done, &undenied, &in_order(&left), SETTLED)?;
            let counts = state.is_some_and(|state| !state.family_revoked);
            self.expect("Revocation is final", done, &counts, &false, FINAL)?;
        }
        let late = self.rotation(first.key, "settled", "settled, too late", 1);
        let answer = self.rotate(&late).await?;
        let done = "a token is rotated whose family was revoked, and settled";
        self.expect("Revocation is final", done, &(answer == Rotated::Done), &false, FINAL)?;
        self.a_late_token_is_refused("settled", "settled, late", 1).await
    }

    async fn settle(&self, family: &str, access: IssuedAccessToken) -> Result<(), Finding> {
        let (family, now) = (self.world.family(family), self.world.at(1));
        let settled = SettledRevocation { family, access: [access].into(), now };
        self.world.due("a revocation is settled", self.store.settle_revocation(&settled).await)
    }

    async fn a_late_token_is_refused(&self, family: &str, label: &str, at: u64) -> Result<(), Finding> {
        let late = NewRefresh { now: self.world.at(at), ..self.first(family, label) };
        let done = "a token is inserted into a revoked family";
        let inserted = self.world.due(done, self.store.insert(&late).await)?;
        self.expect("Revocation is final", done, &inserted, &false, FINAL)
    }

    async fn a_family_is_revoked_before_its_first_token(&self) -> Result<(), Finding> {
        let done = "a family is revoked that no token was ever inserted into";
        let living = self.revoke("unborn", 0).await?;
        self.expect("Revocation answers what lives", done, &living, &Vec::new(), LIVING)?;
        self.a_late_token_is_refused("unborn", "unborn", 0).await
    }

    /// Must run last: it tests the end of a revocation's time.
    pub(super) async fn a_revocation_is_kept_through_its_time(&self) -> Result<(), Finding> {
        self.let_time_pass("revocation", 700).await?;
        self.a_late_token_is_refused("unborn", "unborn, at the end", 700).await
    }

    async fn repeated_access_tokens_are_noted(&self) -> Result<(), Finding> {
        let first = self.first("repeated", "repeated");
        self.insert(&first).await?;
        let rotation = self.rotation(first.key, "repeated", "repeated, second", 0);
        self.rotate(&rotation).await?;
        let successor = RefreshKey { token: rotation.successor, ..first.key };
        let once_more = self.world.access("repeated, once more", 500);
        let promise = "One successor";
        let fix = "repeat only a token that is unspent, known, and of a family that lives.";
        for done in ["a token is given again", "it is given again with the same access token"] {
            self.expect(promise, done, &self.repeat(successor, &once_more).await?, &true, fix)?;
        }
        let spent = self.repeat(first.key, &once_more).await?;
        self.expect(promise, "a spent token is repeated", &spent, &false, fix)?;
        let until = self.get(successor).await?.map(|state| state.token.expires_at);
        let done = "a token is looked up that was given again, to count for longer";
        self.expect("Whole rows", done, &until, &Some(self.world.at(301)), "store the later `expires_at`.")?;
        let (access, now) = (self.world.access("repeated, too often", 500), self.world.now);
        let one_more = RepeatedRefresh { key: successor, access, expires_at: now, at_most: 3, now };
        let taken_in = self.store.record_repeat(&one_more).await.is_ok();
        let done = "a token is given again while as many access tokens of its family live as may";
        let fix = "count those that live in the same step, and refuse one more than `at_most`.";
        self.expect("Never dropped early, and shared fairly", done, &taken_in, &false, fix)?;
        let living = in_order(first.token.access.iter().chain(&rotation.token.access).chain([&once_more]));
        let done = "a family is revoked, a token of which was given again";
        self.expect("Revocation answers what lives", done, &self.revoke("repeated", 0).await?, &living, LIVING)
    }

    /// In either order: the revocation returned what was stored before, and what came after was refused.
    async fn nothing_gets_past_a_revocation(&self, rival: Rival, round: usize) -> Result<(), Finding> {
        let family = format!("race with {rival:?} {round}");
        let first = self.first(&family, &family);
        if !matches!(rival, Rival::Insert) {
            self.insert(&first).await?;
        }
        let (suite, name) = (self, family.as_str());
        let race = |number: usize| -> BoxFuture<'_, Raced> {
            Box::pin(async move {
                if number == REVOKER {
                    return Raced::Revoked(suite.store.revoke_family(&suite.revocation(name, 0)).await);
                }
                suite.rival(rival, name, &format!("{name}, {number}"), first.key).await
            })
        };
        let raced = self.world.racing.race(RACERS, race).await;
        let mut revoked = Vec::new();
        for one in &raced {
            if let Raced::Revoked(answer) = one {
                revoked = self.world.due("a family is revoked", answer.clone())?;
            }
        }
        let promise = "Revocation is final";
        for one in &raced {
            let Raced::Stored { stored, key, access } = one else { continue };
            let done = format!("a family is revoked while others {rival:?}");
            let answered = !*stored || revoked.contains(access);
            let expected = "each access token beside a token that was stored is answered to the revocation";
            if !answered {
                let seen = String::from("one was stored, and the revocation did not know of its access token");
                return Err(self.world.broken(promise, &done, seen, expected, FINAL));
            }
            if let Some(state) = self.get(*key).await? {
                self.expect(promise, &done, &state.family_revoked, &true, FINAL)?;
                let late = self.rotation(*key, &family, &format!("{family}, past {}", key.token), 0);
                self.expect(promise, &done, &self.rotate(&late).await?, &Rotated::FamilyRevoked, FINAL)?;
            }
        }
        self.a_late_token_is_refused(&family, &format!("{family}, too late"), 0).await
    }

    async fn rival(&self, rival: Rival, family: &str, label: &str, first: RefreshKey) -> Raced {
        let access = self.world.access(label, 500);
        match rival {
            Rival::Insert => {
                let new = self.first(family, label);
                let stored = self.store.insert(&new).await == Ok(true);
                Raced::Stored { stored, key: new.key, access }
            }
            Rival::Rotate => {
                let rotation = self.rotation(first, family, label, 0);
                let stored = self.store.rotate(&rotation).await == Ok(Rotated::Done);
                Raced::Stored { stored, key: RefreshKey { token: rotation.successor, ..first }, access }
            }
            Rival::Repeat => {
                let (now, expires_at) = (self.world.now, self.world.now);
                let repeated = RepeatedRefresh { key: first, access: access.clone(), expires_at, at_most: 99, now };
                let stored = self.store.record_repeat(&repeated).await == Ok(true);
                Raced::Stored { stored, key: first, access }
            }
        }
    }
}

/// Returns the `jti`s in order.
fn in_order<'a>(access: impl IntoIterator<Item = &'a IssuedAccessToken>) -> Vec<String> {
    let mut ids: Vec<String> = access.into_iter().map(|access| access.jwt_id.clone()).collect();
    ids.sort();
    ids
}
