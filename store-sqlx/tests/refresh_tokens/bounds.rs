//! What one user can hold.

use crate::engines::on_each_engine;
use crate::world::{NOW, first_of, inserted, is_current, key, revocation, rotation, state};
use attesto_core::authorization::{Answered, NewRefresh, Rotated, Unavailable};
use attesto_core::host::RefreshStore as _;
use attesto_sqlx::SqlxRefreshStore;
use std::num::NonZeroU32;

/// At most 3 families with a client, and 5 of a user.
fn bounded(store: SqlxRefreshStore) -> SqlxRefreshStore {
    let most = |most| NonZeroU32::new(most).expect("not 0");
    store.families_with_client(most(3)).families_of_user(most(5))
}

/// The family of this number, which was used at that second.
fn new(user: &str, client: &str, family: u32) -> NewRefresh {
    first_of(user, client, family, "first", NOW.plus(family.into()))
}

async fn insert(store: &SqlxRefreshStore, user: &str, client: &str, family: u32) -> Answered<bool> {
    store.insert(&new(user, client, family)).await
}

/// The families, of these, that are alive.
async fn alive(store: &SqlxRefreshStore, families: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut alive = Vec::new();
    for family in families {
        if is_current(store, family, "first").await || is_current(store, family, "second").await {
            alive.push(family);
        }
    }
    alive
}

#[tokio::test]
async fn st1_the_least_recently_used_family_of_the_same_user_and_client_ends() {
    on_each_engine(async |database| {
        let store = bounded(database.refresh_tokens());
        for (user, client, family) in [("a", "x", 1), ("a", "x", 2), ("a", "x", 3), ("a", "y", 4), ("b", "x", 5)] {
            assert_eq!(insert(&store, user, client, family).await, Ok(true));
        }
        let mut used = rotation(1, "first", "second", NOW.plus(6));
        (used.token.authorization.subject, used.token.authorization.client_id) = ("a".into(), "x".into());
        assert_eq!(store.rotate(&used).await, Ok(Rotated::Done));
        assert_eq!(insert(&store, "a", "x", 7).await, Ok(true));
        assert_eq!(alive(&store, 1..8).await, [1, 3, 4, 5, 7], "2 was used longest ago");
        assert_eq!(store.load(&key(2, "first")).await, Ok(None));
        assert_eq!(store.load_family("2 first").await, Ok(None));
        assert_eq!(store.insert(&new("a", "x", 7)).await, Err(Unavailable));
        assert_eq!(alive(&store, 1..8).await, [1, 3, 4, 5, 7], "a family that comes twice ends no other");
    })
    .await;
}

#[tokio::test]
async fn st1_a_user_with_the_most_families_receives_one_in_place_of_another_with_the_client() {
    on_each_engine(async |database| {
        let store = bounded(database.refresh_tokens());
        for (client, family) in [("x", 1), ("x", 2), ("y", 3), ("y", 4), ("z", 5)] {
            assert_eq!(insert(&store, "a", client, family).await, Ok(true));
        }
        assert_eq!(insert(&store, "a", "w", 6).await, Err(Unavailable), "none of this client's is there to end");
        assert_eq!(alive(&store, 1..7).await, [1, 2, 3, 4, 5]);
        assert_eq!(store.load_family("6 first").await, Ok(None));
        assert_eq!(insert(&store, "a", "z", 7).await, Ok(true));
        assert_eq!(alive(&store, 1..8).await, [1, 2, 3, 4, 7]);
        assert_eq!(insert(&store, "b", "w", 8).await, Ok(true), "another user has room");
        store.revoke_family(&revocation(1)).await.expect("an answer");
        assert_eq!(insert(&store, "a", "w", 9).await, Ok(true), "a revoked family is no login");
    })
    .await;
}

/// A bound that was lowered ends many at once.
#[tokio::test]
async fn st1_a_lower_bound_holds_from_the_next_family_on() {
    on_each_engine(async |database| {
        let store = database.refresh_tokens();
        for family in 1..=9 {
            assert_eq!(insert(&store, "a", "x", family).await, Ok(true));
        }
        assert_eq!(insert(&bounded(store.clone()), "a", "x", 10).await, Ok(true));
        assert_eq!(alive(&store, 1..11).await, [8, 9, 10]);
    })
    .await;
}

#[tokio::test]
async fn st1_no_revocation_is_dropped_to_make_room() {
    on_each_engine(async |database| {
        let store = bounded(database.refresh_tokens());
        for family in 1..=3 {
            assert_eq!(insert(&store, "a", "x", family).await, Ok(true));
        }
        store.revoke_family(&revocation(1)).await.expect("an answer");
        for family in 4..=9 {
            assert_eq!(insert(&store, "a", "x", family).await, Ok(true));
        }
        assert!(state(&store, 1, "first").await.family_revoked);
        assert_eq!(insert(&store, "a", "x", 1).await, Ok(false));
        assert_eq!(alive(&store, 1..10).await, [7, 8, 9], "a family that is refused ends no other");
    })
    .await;
}

#[tokio::test]
async fn rt5_a_family_that_ended_can_be_revoked_with_its_access_tokens() {
    on_each_engine(async |database| {
        let store = bounded(database.refresh_tokens());
        for family in 1..=4 {
            assert_eq!(insert(&store, "a", "x", family).await, Ok(true));
        }
        assert_eq!(store.load(&key(1, "first")).await, Ok(None));
        let living = store.revoke_family(&revocation(1)).await.expect("an answer");
        assert_eq!(living, new("a", "x", 1).token.access);
        assert_eq!(insert(&store, "a", "x", 1).await, Ok(false));
        inserted(&store, 5).await;
    })
    .await;
}
