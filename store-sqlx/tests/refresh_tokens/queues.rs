//! Steps that wait for one family, in a known order: the first goes on when a transaction of the test's own lets go of the
//! family's row, and each of the others judges what the one before has left.

use crate::nodes::{ISOLATIONS, Nodes};
use crate::world::{
    NOW, access, family_id, first, first_of, ids, inserted, is_current, key, repeated, revocation, rotation, settled,
    state,
};
use attesto_core::authorization::{Answered, IssuedAccessToken, Rotated, Unavailable};
use attesto_core::future::BoxFuture;
use attesto_core::host::RefreshStore as _;
use attesto_sqlx::SqlxRefreshStore;
use std::num::NonZeroU32;

/// What a step answered.
#[derive(Debug, Eq, PartialEq)]
enum Answer {
    Rotated(Answered<Rotated>),
    Stored(Answered<bool>),
    Revoked(Answered<Vec<IssuedAccessToken>>),
    Settled(Answered<()>),
}

/// A step on a store, with the family and the name of what it stores.
type Step = fn(SqlxRefreshStore, u32, &'static str) -> BoxFuture<'static, Answer>;

const ROTATE: Step = |store, family, to| {
    Box::pin(async move { Answer::Rotated(store.rotate(&rotation(family, "first", to, NOW)).await) })
};
const REPEAT: Step = |store, family, with| {
    Box::pin(async move { Answer::Stored(store.record_repeat(&repeated(family, "first", with, 2)).await) })
};
const INSERT: Step =
    |store, family, name| Box::pin(async move { Answer::Stored(store.insert(&first(family, name)).await) });
const REVOKE: Step =
    |store, family, _| Box::pin(async move { Answer::Revoked(store.revoke_family(&revocation(family)).await) });
const REVOKE_NAMING: Step = |store, family, named| {
    Box::pin(async move {
        let mut revocation = revocation(family);
        revocation.access = vec![access(family, named)];
        Answer::Revoked(store.revoke_family(&revocation).await)
    })
};
const SETTLE_FIRST: Step = |store, family, _| {
    Box::pin(
        async move { Answer::Settled(store.settle_revocation(&settled(family, &[access(family, "first")])).await) },
    )
};

/// Starts the steps on different nodes, each when the one before waits, and lets them go.
async fn queued(nodes: &Nodes, family: u32, steps: &[(Step, &'static str)]) -> Vec<Answer> {
    let holding = nodes.hold().await;
    let mut running = Vec::new();
    for (number, (step, name)) in steps.iter().enumerate() {
        running.push(tokio::spawn(step(nodes.store(number), family, name)));
        nodes.queue(running.len()).await;
    }
    holding.commit().await.expect("lets go");
    let mut answers = Vec::new();
    for step in running {
        answers.push(step.await.expect("no panic"));
    }
    answers
}

/// Whatever the database has as default, a step that waited for another one judges the row again.
async fn in_each_isolation(test: impl AsyncFn(&Nodes)) {
    for isolation in ISOLATIONS {
        eprintln!("{isolation}");
        let Some(nodes) = Nodes::open(isolation).await else { return };
        test(&nodes).await;
    }
}

fn revoked(family: u32, names: &[&str]) -> Answer {
    Answer::Revoked(Ok(names.iter().map(|name| access(family, name)).collect()))
}

#[tokio::test]
async fn rt3_of_rotations_that_wait_for_one_another_the_first_is_done() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(ROTATE, "a"), (ROTATE, "b"), (ROTATE, "c")]).await;
        let late = Ok(Rotated::Lost);
        assert_eq!(answers, [Ok(Rotated::Done), late, late].map(Answer::Rotated));
        assert!(is_current(&nodes.store(1), 1, "a").await);
        let known = state(&nodes.store(1), 1, "a").await.token;
        assert_eq!(ids(&known.access), ["1 a", "1 first"], "of those that were late, nothing was stored");
    })
    .await;
}

#[tokio::test]
async fn rt5_a_rotation_before_a_revocation_is_returned_by_it() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(ROTATE, "a"), (REVOKE, "")]).await;
        assert_eq!(answers, [Answer::Rotated(Ok(Rotated::Done)), revoked(1, &["a", "first"])]);
        assert!(state(&nodes.store(0), 1, "a").await.family_revoked);
    })
    .await;
}

#[tokio::test]
async fn rt5_a_rotation_after_a_revocation_is_refused() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(REVOKE, ""), (ROTATE, "a")]).await;
        let late = Ok(Rotated::FamilyRevoked);
        assert_eq!(answers, [revoked(1, &["first"]), Answer::Rotated(late)]);
        let known = state(&nodes.store(0), 1, "first").await;
        assert_eq!(known.undenied, [access(1, "first")]);
    })
    .await;
}

#[tokio::test]
async fn rt5_a_repetition_before_a_revocation_is_returned_by_it() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(REPEAT, "a"), (REVOKE, "")]).await;
        assert_eq!(answers, [Answer::Stored(Ok(true)), revoked(1, &["a", "first"])]);
    })
    .await;
}

#[tokio::test]
async fn rt5_a_repetition_after_a_revocation_is_refused() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(REVOKE, ""), (REPEAT, "a")]).await;
        let late = Ok(false);
        assert_eq!(answers, [revoked(1, &["first"]), Answer::Stored(late)]);
    })
    .await;
}

/// Two access tokens are allowed, and one is there.
#[tokio::test]
async fn rt4_of_repetitions_that_wait_for_one_another_no_more_count_than_may() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(REPEAT, "a"), (REPEAT, "b"), (REPEAT, "c")]).await;
        assert_eq!(answers, [Ok(true), Err(Unavailable), Err(Unavailable)].map(Answer::Stored));
        assert_eq!(ids(&state(&nodes.store(0), 1, "first").await.token.access), ["1 a", "1 first"]);
    })
    .await;
}

#[tokio::test]
async fn rt4_a_repetition_that_waited_for_another_is_recorded_where_there_is_room() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        const WITH_ROOM: Step = |store, family, with| {
            Box::pin(async move { Answer::Stored(store.record_repeat(&repeated(family, "first", with, 3)).await) })
        };
        let answers = queued(nodes, 1, &[(WITH_ROOM, "a"), (WITH_ROOM, "b")]).await;
        let late = Ok(true);
        assert_eq!(answers, [Answer::Stored(Ok(true)), Answer::Stored(late)]);
    })
    .await;
}

#[tokio::test]
async fn rt3_a_repetition_after_a_rotation_is_refused() {
    in_each_isolation(async |nodes| {
        inserted(&nodes.store(0), 1).await;
        let answers = queued(nodes, 1, &[(ROTATE, "a"), (REPEAT, "b")]).await;
        let late = Ok(false);
        assert_eq!(answers, [Answer::Rotated(Ok(Rotated::Done)), Answer::Stored(late)]);
        assert_eq!(ids(&state(&nodes.store(0), 1, "a").await.token.access), ["1 a", "1 first"]);
    })
    .await;
}

/// A row that another transaction has inserted, and takes back or keeps.
#[tokio::test]
async fn rt5_a_family_is_stored_and_returned_or_refused() {
    in_each_isolation(async |nodes| {
        for (family, steps) in [(1, [(INSERT, "a"), (REVOKE, "")]), (2, [(REVOKE, ""), (INSERT, "a")])] {
            let mut holding = nodes.own.begin().await.expect("begins");
            let hold = nodes.sql("INSERT INTO {families} (family_id, used_at, retain_until) VALUES ($1, 0, 0)");
            let hold = sqlx::query(hold).bind(family_id(family).as_bytes().as_slice());
            hold.execute(&mut *holding).await.expect("holds");
            let mut running = Vec::new();
            for (number, (step, name)) in steps.into_iter().enumerate() {
                running.push(tokio::spawn(step(nodes.store(number), family, name)));
                nodes.queue(running.len()).await;
            }
            holding.rollback().await.expect("lets go");
            let (mut stored, mut living) = (None, None);
            for step in running {
                match step.await.expect("no panic") {
                    Answer::Stored(answer) => stored = Some(answer),
                    Answer::Revoked(answer) => living = Some(answer.expect("an answer")),
                    other => panic!("{other:?}"),
                }
            }
            let (stored, living) = (stored.expect("inserted"), living.expect("revoked"));
            assert_eq!(stored == Ok(true), living == [access(family, "a")], "{stored:?} {living:?}");
            assert!(!is_current(&nodes.store(0), family, "a").await);
            assert_eq!(nodes.store(0).insert(&first(family, "b")).await, Ok(false));
        }
    })
    .await;
}

#[tokio::test]
async fn rt5_what_is_named_while_a_revocation_is_settled_stays_to_be_denied() {
    in_each_isolation(async |nodes| {
        for (family, steps) in [
            (1, [(REVOKE_NAMING, "late"), (SETTLE_FIRST, "")]),
            (2, [(SETTLE_FIRST, ""), (REVOKE_NAMING, "late")]),
        ] {
            inserted(&nodes.store(0), family).await;
            nodes.store(0).revoke_family(&revocation(family)).await.expect("an answer");
            let answers = queued(nodes, family, &steps).await;
            assert!(answers.contains(&Answer::Settled(Ok(()))));
            let named = |answer: &Answer| matches!(answer, Answer::Revoked(Ok(living)) if living.contains(&access(family, "late")));
            assert!(answers.iter().any(named), "{answers:?}");
            let left = nodes.store(0).revoke_family(&revocation(family)).await;
            assert_eq!(left, Ok(vec![access(family, "late")]));
            // What was settled first left nothing to load.
            let known = nodes.store(0).load(&key(family, "first")).await.expect("an answer");
            assert_eq!(known.map(|known| known.undenied), (family == 1).then(|| vec![access(family, "late")]));
        }
    })
    .await;
}

/// A family that another step holds is in use: it does not end, and nothing waits for it.
#[tokio::test]
async fn st1_a_family_that_is_held_is_passed_over_when_another_must_end() {
    in_each_isolation(async |nodes| {
        let store = nodes.store(0).families_with_client(NonZeroU32::MIN);
        let new = |family: u32| first_of("a", "x", family, "first", NOW.plus(family.into()));
        assert_eq!(store.insert(&new(1)).await, Ok(true));
        let mut holding = nodes.own.begin().await.expect("begins");
        let revoke = nodes.sql("UPDATE {families} SET revoked = TRUE, keep_until = 1");
        sqlx::query(revoke).execute(&mut *holding).await.expect("holds");
        assert_eq!(store.insert(&new(2)).await, Ok(true));
        holding.commit().await.expect("commits");
        assert!(state(&store, 1, "first").await.family_revoked, "no revocation is dropped");
        assert_eq!(store.insert(&new(3)).await, Ok(true));
        assert!(!is_current(&store, 2, "first").await);
        assert!(state(&store, 1, "first").await.family_revoked);
    })
    .await;
}

/// The new family waits for another transaction, and the statement sees the other families as they were before it waited.
#[tokio::test]
async fn st1_a_family_that_was_revoked_meanwhile_does_not_end() {
    in_each_isolation(async |nodes| {
        let store = nodes.store(0).families_with_client(NonZeroU32::MIN);
        let new = |family: u32| first_of("a", "x", family, "first", NOW.plus(family.into()));
        assert_eq!(store.insert(&new(1)).await, Ok(true));
        let mut holding = nodes.own.begin().await.expect("begins");
        let hold = nodes.sql("INSERT INTO {families} (family_id, used_at, retain_until) VALUES ($1, 0, 0)");
        sqlx::query(hold).bind(family_id(2).as_bytes().as_slice()).execute(&mut *holding).await.expect("holds");
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.insert(&new(2)).await }
        });
        nodes.queue(1).await;
        nodes.store(1).revoke_family(&revocation(1)).await.expect("it waits for nothing");
        holding.rollback().await.expect("lets go");
        let inserted = waiting.await.expect("no panic");
        assert_eq!(inserted, Ok(true));
        assert!(state(&store, 1, "first").await.family_revoked, "no revocation is dropped");
    })
    .await;
}
