//! Odd values, and the corners of each operation, on each engine.

use crate::engines::on_each_engine;
use crate::world::{
    NOW, access, digest, family_id, first, ids, inserted, is_current, key, repeated, revocation, rotate, rotation,
    settled, state,
};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    IssuedAccessToken, NewRefresh, RefreshKey, RefreshState, Rotated, ScopeSet, SpentRefresh, Unavailable,
};
use attesto_core::host::RefreshStore as _;

/// The last second that a column can hold.
const LAST: Timestamp = Timestamp::from_secs(i64::MAX.unsigned_abs());

#[tokio::test]
async fn st5_every_value_comes_back_as_it_was() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        let texts =
            ["", " ", "null", "[\"", "é\u{301}\u{1f511}\n\t\u{1}\u{7f}", "%00 \\0 \\u0000", "'; DROP TABLE x; --"];
        for (family, text) in (0..).zip(texts) {
            let mut new = first(family, "first");
            let authorization = &mut new.token.authorization;
            (authorization.client_id, authorization.subject) = (text.into(), text.into());
            authorization.scopes = ScopeSet::new(["read"].iter().take(family as usize % 2));
            authorization.resources = vec![text.into(); family as usize % 3];
            authorization.authentication.acr = Some(text.into());
            authorization.authentication.amr = vec![text.into(); family as usize % 2];
            new.token.access = vec![IssuedAccessToken::new(format!("{text}{family}"), LAST)];
            (new.token.generation, new.token.expires_at, new.token.family_expires_at) = (u32::MAX, LAST, LAST);
            assert_eq!(store.insert(&new).await, Ok(true), "{text:?}");
            let known = RefreshState { token: new.token, spent: None, family_revoked: false, undenied: Vec::new() };
            assert_eq!(store.load(&new.key).await, Ok(Some(known)), "{text:?}");
            let found = store.load_family(&format!("{text}{family}")).await.expect("an answer");
            assert_eq!(found.map(|found| found.client_id).as_deref(), Some(text));
        }
    })
    .await;
}

/// Nothing may panic, and nothing may be taken for another value.
#[tokio::test]
async fn st5_what_no_column_can_hold_is_unavailable_or_later_than_all_time() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        let mut late = first(1, "first");
        let beyond = Timestamp::from_secs(u64::MAX);
        (late.token.expires_at, late.token.access) = (beyond, vec![IssuedAccessToken::new("late", beyond)]);
        assert_eq!(store.insert(&late).await, Ok(true));
        assert_eq!(state(&store, 1, "first").await.token.expires_at, LAST);
        let mut nul = first(2, "first");
        nul.token.access = vec![IssuedAccessToken::new("late\0r", NOW.plus(900))];
        assert_eq!(store.insert(&nul).await, Err(Unavailable));
        let mut rotation = rotation(1, "first", "second", NOW);
        rotation.token.access.clone_from(&nul.token.access);
        assert_eq!(store.rotate(&rotation).await, Err(Unavailable));
        let mut revocation = revocation(1);
        revocation.access.clone_from(&nul.token.access);
        assert_eq!(store.revoke_family(&revocation).await, Err(Unavailable));
        assert!(is_current(&store, 1, "first").await, "what was unavailable has changed nothing");
    })
    .await;
}

#[tokio::test]
async fn a_family_without_access_tokens_is_a_family() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        let mut new = first(1, "first");
        new.token.access.clear();
        assert_eq!(store.insert(&new).await, Ok(true));
        let mut next = rotation(1, "first", "second", NOW);
        next.token.access.clear();
        assert_eq!(store.rotate(&next).await, Ok(Rotated::Done));
        assert_eq!(state(&store, 1, "second").await.token.access, Vec::new());
        assert_eq!(store.revoke_family(&revocation(1)).await, Ok(Vec::new()));
        assert_eq!(store.load(&key(1, "second")).await, Ok(None), "nothing is left to deny");
    })
    .await;
}

#[tokio::test]
async fn rt3_a_step_that_comes_twice_happens_once() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        assert_eq!(store.insert(&first(1, "first")).await, Err(Unavailable));
        assert_eq!(rotate(&store, 1, "first", "second").await, Ok(Rotated::Done));
        assert_eq!(rotate(&store, 1, "first", "second").await, Ok(Rotated::Lost));
        assert_eq!(store.insert(&first(1, "first")).await, Err(Unavailable));
        let now = state(&store, 1, "second").await;
        assert_eq!(ids(&now.token.access), ["1 first", "1 second"]);
        let spent = state(&store, 1, "first").await.spent;
        let salt = rotation(1, "first", "second", NOW).salt;
        assert_eq!(spent, Some(SpentRefresh { at: NOW, salt }));
    })
    .await;
}

#[tokio::test]
async fn a_successor_that_is_no_other_token_of_the_family_changes_nothing() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        inserted(&store, 2).await;
        assert_eq!(rotate(&store, 1, "first", "first").await, Err(Unavailable), "to itself");
        let mut other = rotation(1, "first", "second", NOW);
        other.token.authorization.family = family_id(2);
        assert_eq!(store.rotate(&other).await, Err(Unavailable), "to another family");
        other.token.authorization.family = family_id(3);
        assert_eq!(store.rotate(&other).await, Err(Unavailable), "to a family that is not there");
        for family in [1, 2] {
            let token = first(family, "first").token;
            let known = RefreshState { token, spent: None, family_revoked: false, undenied: Vec::new() };
            assert_eq!(state(&store, family, "first").await, known);
        }
    })
    .await;
}

#[tokio::test]
async fn an_access_token_belongs_to_one_family() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        inserted(&store, 2).await;
        let others = || vec![access(1, "first")];
        let mut new = first(3, "first");
        new.token.access = others();
        assert_eq!(store.insert(&new).await, Err(Unavailable));
        assert_eq!(store.load(&new.key).await, Ok(None));
        let mut next = rotation(2, "first", "second", NOW);
        next.token.access = others();
        assert_eq!(store.rotate(&next).await, Err(Unavailable));
        let mut again = repeated(2, "first", "again", 9);
        again.access = access(1, "first");
        assert_eq!(store.record_repeat(&again).await, Err(Unavailable));
        assert!(is_current(&store, 2, "first").await);
        let found = store.load_family("1 first").await.expect("an answer").expect("it is recorded");
        assert_eq!(found.family, family_id(1));
    })
    .await;
}

#[tokio::test]
async fn expired_access_tokens_are_forgotten_when_the_family_is_used() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        for family in [1, 2, 3] {
            inserted(&store, family).await;
        }
        let last = NOW.plus(899);
        assert_eq!(store.rotate(&rotation(1, "first", "second", last)).await, Ok(Rotated::Done));
        assert_eq!(ids(&state(&store, 1, "second").await.token.access), ["1 first", "1 second"]);
        let later = NOW.plus(900);
        let mut next = rotation(2, "first", "second", later);
        next.token.access = vec![IssuedAccessToken::new("new", later.plus(900))];
        assert_eq!(store.rotate(&next).await, Ok(Rotated::Done));
        assert_eq!(ids(&state(&store, 2, "second").await.token.access), ["new"]);
        let mut again = repeated(3, "first", "again", 1);
        (again.now, again.access.expires_at) = (later, later.plus(900));
        assert_eq!(store.record_repeat(&again).await, Ok(true), "the expired one does not count");
        assert_eq!(ids(&state(&store, 3, "first").await.token.access), ["3 again"]);
        let mut end = revocation(3);
        end.now = later;
        assert_eq!(store.revoke_family(&end).await.map(|living| living.len()), Ok(1));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_sent_again_counts_for_longer_and_never_shorter() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        let mut again = repeated(1, "first", "again", 2);
        again.expires_at = NOW.plus(1_500);
        assert_eq!(store.record_repeat(&again).await, Ok(true));
        again.expires_at = NOW.plus(1_200);
        again.access.expires_at = NOW.plus(950);
        assert_eq!(store.record_repeat(&again).await, Ok(true), "the same access token is no further one");
        let known = state(&store, 1, "first").await.token;
        assert_eq!(known.expires_at, NOW.plus(1_500));
        assert_eq!(known.access.iter().find(|access| access.jwt_id == "1 again"), Some(&again.access));
        assert_eq!(store.record_repeat(&repeated(1, "first", "more", 2)).await, Err(Unavailable));
        assert_eq!(ids(&state(&store, 1, "first").await.token.access), ["1 again", "1 first"]);
        assert_eq!(store.record_repeat(&repeated(1, "first", "more", 3)).await, Ok(true));
    })
    .await;
}

#[tokio::test]
async fn rt4_the_salt_of_a_spent_token_is_forgotten_when_the_family_is_used_after_a_minute() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        assert_eq!(rotate(&store, 1, "first", "second").await, Ok(Rotated::Done));
        for (after, kept) in [(60, true), (61, false)] {
            let mut again = repeated(1, "second", "again", 9);
            again.now = NOW.plus(after);
            assert_eq!(store.record_repeat(&again).await, Ok(true));
            let spent = state(&store, 1, "first").await.spent.expect("it was spent");
            assert_eq!((spent.at, spent.salt.is_some()), (NOW, kept), "after {after} seconds");
        }
        inserted(&store, 2).await;
        assert_eq!(rotate(&store, 2, "first", "second").await, Ok(Rotated::Done));
        let mut end = revocation(2);
        end.now = NOW.plus(61);
        store.revoke_family(&end).await.expect("an answer");
        assert_eq!(state(&store, 2, "first").await.spent, Some(SpentRefresh { at: NOW, salt: None }));
    })
    .await;
}

#[tokio::test]
async fn rt5_a_revocation_is_settled_by_what_was_denied_and_nothing_else() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        inserted(&store, 2).await;
        assert_eq!(store.settle_revocation(&settled(1, &[access(1, "first")])).await, Ok(()), "not revoked");
        assert_eq!(store.settle_revocation(&settled(7, &[access(2, "first")])).await, Ok(()), "not known");
        assert_eq!(ids(&state(&store, 1, "first").await.token.access), ["1 first"]);
        let living = store.revoke_family(&revocation(1)).await.expect("an answer");
        assert_eq!(living, [access(1, "first")]);
        let [mut sooner, of_another] = [access(1, "first"), access(2, "first")];
        sooner.expires_at = sooner.expires_at.minus(1);
        assert_eq!(store.settle_revocation(&settled(1, &[sooner, of_another])).await, Ok(()));
        assert_eq!(state(&store, 1, "first").await.undenied, [access(1, "first")], "it was denied for a shorter time");
        assert_eq!(ids(&state(&store, 2, "first").await.token.access), ["2 first"], "of another family");
        assert_eq!(store.settle_revocation(&settled(1, &living)).await, Ok(()));
        assert_eq!(store.load(&key(1, "first")).await, Ok(None));
        assert_eq!(store.load_family("1 first").await, Ok(None));
        assert_eq!(rotate(&store, 1, "first", "second").await, Ok(Rotated::Lost));
        assert_eq!(store.record_repeat(&repeated(1, "first", "again", 9)).await, Ok(false));
        assert_eq!(store.insert(&first(1, "late")).await, Ok(false));
        assert_eq!(store.settle_revocation(&settled(1, &living)).await, Ok(()), "once more");
    })
    .await;
}

#[tokio::test]
async fn rt5_of_a_step_that_is_refused_nothing_is_recorded() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        assert_eq!(store.insert(&first(1, "twice")).await, Err(Unavailable));
        assert_eq!(rotate(&store, 1, "first", "second").await, Ok(Rotated::Done));
        assert_eq!(rotate(&store, 1, "first", "lost").await, Ok(Rotated::Lost));
        assert_eq!(store.record_repeat(&repeated(1, "first", "spent", 9)).await, Ok(false));
        let living = store.revoke_family(&revocation(1)).await.expect("an answer");
        assert_eq!(ids(&living), ["1 first", "1 second"]);
        assert_eq!(store.insert(&first(1, "late")).await, Ok(false));
        assert_eq!(rotate(&store, 1, "second", "late").await, Ok(Rotated::FamilyRevoked));
        assert_eq!(store.record_repeat(&repeated(1, "second", "late", 9)).await, Ok(false));
        assert_eq!(store.revoke_family(&revocation(1)).await, Ok(living));
    })
    .await;
}

/// A thousand access tokens are what one authorization may have, and what one question may name.
#[tokio::test]
async fn rt5_a_thousand_access_tokens_are_recorded_returned_and_settled() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        let many = |label: &str| -> Vec<_> {
            (0..500).map(|number| IssuedAccessToken::new(format!("{label} {number}"), NOW.plus(900))).collect()
        };
        let mut new = first(1, "first");
        new.token.access = many("a");
        assert_eq!(store.insert(&new).await, Ok(true));
        let mut next = rotation(1, "first", "second", NOW);
        next.token.access = [many("b"), many("c")].concat();
        assert_eq!(store.rotate(&next).await, Ok(Rotated::Done));
        assert_eq!(state(&store, 1, "second").await.token.access.len(), 1_500);
        assert_eq!(rotate(&store, 1, "second", "third").await, Err(Unavailable), "more than 1,024 are recorded");
        assert_eq!(store.record_repeat(&repeated(1, "second", "again", usize::MAX)).await, Err(Unavailable));
        assert!(is_current(&store, 1, "second").await);
        let mut end = revocation(1);
        end.access = [many("c"), many("d")].concat();
        let living = store.revoke_family(&end).await.expect("an answer");
        assert_eq!(living.len(), 2_000);
        assert_eq!(store.settle_revocation(&settled(1, &living[..1_000])).await, Ok(()));
        assert_eq!(state(&store, 1, "second").await.undenied.len(), 1_000);
        assert_eq!(store.settle_revocation(&settled(1, &living[1_000..])).await, Ok(()));
        assert_eq!(store.load(&key(1, "second")).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn a_key_of_another_family_is_not_taken_over() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        inserted(&store, 1).await;
        let intruder =
            NewRefresh { key: RefreshKey { token: digest(2, "first"), ..key(1, "first") }, ..first(2, "first") };
        assert_eq!(store.insert(&intruder).await, Err(Unavailable));
        assert_eq!(store.load_family("2 first").await, Ok(None), "nothing of it was stored");
        assert_eq!(ids(&state(&store, 1, "first").await.token.access), ["1 first"]);
    })
    .await;
}
