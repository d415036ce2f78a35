//! The contract of [`RefreshStore`](crate::host::RefreshStore), on: families and their revocation (catalogue RT-3, RT-5).

use super::refresh_tokens::Suite;
use super::{RACERS, ROUNDS};
use crate::authorization::{
    Answered, FamilyRevocation, IssuedAccessToken, NewRefresh, RepeatedRefresh, Rotated, SecretDigest,
};
use crate::host::{BoxFuture, RefreshStore};
use crate::testkit::finding::Finding;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The racer that revokes: neither the first nor the last.
const REVOKER: usize = 3;
const FINAL: &str = "keep the revocation in a row of the family, there even if no token is; lock that row in every step that adds or changes a \
                     token of the family, and look at it under the lock.";
const LIVING: &str = "note the access token beside each refresh token that is inserted, rotated to or repeated, and answer all of the family whose \
                      `expires_at > now`.";

/// What one racer saw: the access tokens that a revocation answered, or whether a token was stored, with its access token.
enum Raced {
    Revoked(Answered<Vec<IssuedAccessToken>>),
    Stored { stored: bool, digest: SecretDigest, access: IssuedAccessToken },
}

/// What races with a revocation.
#[derive(Clone, Copy, Debug)]
enum Rival {
    Insert,
    Rotate,
    Repeat,
}

impl<S: RefreshStore> Suite<'_, S> {
    pub(super) async fn families_are_revoked_for_good(&self) -> Result<(), Finding> {
        self.a_revoked_family_stays_dead().await?;
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
        let world = &self.world;
        FamilyRevocation { family: world.family(family), now: world.at(at), keep_until: world.at(700) }
    }

    /// The living access tokens, by their `jti`, in order.
    async fn revoke(&self, family: &str, at: u64) -> Result<Vec<String>, Finding> {
        let answer = self.store.revoke_family(&self.revocation(family, at)).await;
        let living = self.world.due("a family is revoked", answer)?;
        Ok(in_order(&living))
    }

    async fn repeat(&self, digest: SecretDigest, access: &IssuedAccessToken) -> Result<bool, Finding> {
        let repeated = RepeatedRefresh { digest, access: access.clone(), now: self.world.now };
        self.world.due("a token is repeated", self.store.repeat(&repeated).await)
    }

    async fn a_revoked_family_stays_dead(&self) -> Result<(), Finding> {
        let promise = "Revocation is final";
        let (first, bystander) = (self.first("revoked", "revoked"), self.first("bystander", "bystander"));
        self.insert(&first).await?;
        self.insert(&bystander).await?;
        let mut rotation = self.rotation(first.digest, "revoked", "revoked, second", 0);
        rotation.token.access =
            [self.world.access("revoked, second", 20), self.world.access("revoked, third", 21)].into();
        self.expect(promise, "a token is rotated", &self.rotate(&rotation).await?, &Rotated::Done, FINAL)?;
        let noted = first.token.access.iter().chain(&rotation.token.access);
        let living = in_order(noted.filter(|access| access.expires_at > self.world.at(20)));
        for done in ["a family is revoked", "it is revoked once more"] {
            self.expect("Revocation answers what lives", done, &self.revoke("revoked", 20).await?, &living, LIVING)?;
        }
        for digest in [first.digest, rotation.successor] {
            let revoked = self.get(digest).await?.is_some_and(|state| state.family_revoked);
            self.expect(promise, "a token of a revoked family is looked up", &revoked, &true, FINAL)?;
            self.a_dead_token_stays_dead("revoked", digest).await?;
        }
        let done = "a token of another family is rotated";
        let rotation = self.rotation(bystander.digest, "bystander", "bystander, second", 20);
        self.expect(promise, done, &self.rotate(&rotation).await?, &Rotated::Done, "revoke one family, and no other.")
    }

    /// Whatever is tried with it, nothing comes of it.
    async fn a_dead_token_stays_dead(&self, family: &str, digest: SecretDigest) -> Result<(), Finding> {
        let promise = "Revocation is final";
        let label = format!("too late {digest}");
        let rotation = self.rotation(digest, family, &label, 20);
        let done = "a token of a revoked family is rotated";
        self.expect(promise, done, &self.rotate(&rotation).await?, &Rotated::FamilyRevoked, FINAL)?;
        let done = "a token of a revoked family is repeated";
        let repeated = self.repeat(digest, &self.world.access(&label, 500)).await?;
        self.expect(promise, done, &repeated, &false, FINAL)?;
        self.a_late_token_is_refused(family, &label, 20).await?;
        let done = "what was refused is looked up";
        self.expect(promise, done, &self.get(self.world.digest(&label)).await?.is_some(), &false, FINAL)
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

    /// To be run last: it is about the end of a revocation's time.
    pub(super) async fn a_revocation_is_kept_through_its_time(&self) -> Result<(), Finding> {
        self.let_time_pass("revocation", 700).await?;
        self.a_late_token_is_refused("unborn", "unborn, at the end", 700).await
    }

    async fn repeated_access_tokens_are_noted(&self) -> Result<(), Finding> {
        let first = self.first("repeated", "repeated");
        self.insert(&first).await?;
        let rotation = self.rotation(first.digest, "repeated", "repeated, second", 0);
        self.rotate(&rotation).await?;
        let once_more = self.world.access("repeated, once more", 500);
        let promise = "One successor";
        let fix = "repeat only a token that is unspent, known, and of a family that lives.";
        for done in ["a token is given again", "it is given again with the same access token"] {
            self.expect(promise, done, &self.repeat(rotation.successor, &once_more).await?, &true, fix)?;
        }
        let spent = self.repeat(first.digest, &once_more).await?;
        self.expect(promise, "a spent token is repeated", &spent, &false, fix)?;
        let living = in_order(first.token.access.iter().chain(&rotation.token.access).chain([&once_more]));
        let done = "a family is revoked, a token of which was given again";
        self.expect("Revocation answers what lives", done, &self.revoke("repeated", 0).await?, &living, LIVING)
    }

    /// Whichever comes first: what was stored before was answered to the revocation, and what came after was refused.
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
                suite.rival(rival, name, &format!("{name}, {number}"), first.digest).await
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
            let Raced::Stored { stored, digest, access } = one else { continue };
            let done = format!("a family is revoked while others {rival:?}");
            let answered = !*stored || revoked.contains(access);
            let expected = "each access token beside a token that was stored is answered to the revocation";
            if !answered {
                let seen = String::from("one was stored, and the revocation did not know of its access token");
                return Err(self.world.broken(promise, &done, seen, expected, FINAL));
            }
            if let Some(state) = self.get(*digest).await? {
                self.expect(promise, &done, &state.family_revoked, &true, FINAL)?;
                let late = self.rotation(*digest, &family, &format!("{family}, past {digest}"), 0);
                self.expect(promise, &done, &self.rotate(&late).await?, &Rotated::FamilyRevoked, FINAL)?;
            }
        }
        self.a_late_token_is_refused(&family, &format!("{family}, too late"), 0).await
    }

    async fn rival(&self, rival: Rival, family: &str, label: &str, first: SecretDigest) -> Raced {
        let access = self.world.access(label, 500);
        match rival {
            Rival::Insert => {
                let new = self.first(family, label);
                let stored = self.store.insert(&new).await == Ok(true);
                Raced::Stored { stored, digest: new.digest, access }
            }
            Rival::Rotate => {
                let rotation = self.rotation(first, family, label, 0);
                let stored = self.store.rotate(&rotation).await == Ok(Rotated::Done);
                Raced::Stored { stored, digest: rotation.successor, access }
            }
            Rival::Repeat => {
                let repeated = RepeatedRefresh { digest: first, access: access.clone(), now: self.world.now };
                let stored = self.store.repeat(&repeated).await == Ok(true);
                Raced::Stored { stored, digest: first, access }
            }
        }
    }
}

/// By `jti`.
fn in_order<'a>(access: impl IntoIterator<Item = &'a IssuedAccessToken>) -> Vec<String> {
    let mut ids: Vec<String> = access.into_iter().map(|access| access.jwt_id.clone()).collect();
    ids.sort();
    ids
}
