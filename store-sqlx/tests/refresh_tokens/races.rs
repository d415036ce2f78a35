//! Steps of several nodes that begin at the same moment, many times over. Whatever comes first: one rotation is done,
//! and a revocation returns the access token of each step that came before it, while those after it are refused.

use crate::nodes::{ISOLATIONS, Nodes};
use crate::world::{access, first, ids, inserted, is_current, key, repeated, revocation, rotate, state};
use attesto_core::authorization::{Answered, IssuedAccessToken, Rotated, Unavailable};
use attesto_core::host::RefreshStore as _;
use attesto_sqlx::SqlxRefreshStore;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Barrier;

/// Rounds of each race, where the stores' isolation is the database's default, and where another one is.
const ROUNDS: [u32; 3] = [60, 20, 20];
const RACERS: usize = 6;
const NAMES: [&str; RACERS] = ["a", "b", "c", "d", "e", "f"];

/// Whether a step stored its access token. `None` for an answer that does not say.
type Stored = Option<bool>;

/// Runs a step under each name, on different nodes, from one moment on, and returns the answers in order.
async fn race<T, F>(nodes: &Nodes, step: impl Fn(SqlxRefreshStore, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let racing: Vec<_> = (0..RACERS)
        .map(|number| {
            let (start, step) = (Arc::clone(&start), step(nodes.store(number), number));
            tokio::spawn(async move {
                start.wait().await;
                step.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for racer in racing {
        answers.push(racer.await.expect("no panic"));
    }
    answers
}

/// How often each answer was seen.
#[derive(Default)]
struct Seen(BTreeMap<String, u32>);

impl Seen {
    fn note(&mut self, answer: &impl std::fmt::Debug) {
        *self.0.entry(format!("{answer:?}")).or_default() += 1;
    }

    fn report(&self, race: &str, isolation: &str) {
        eprintln!("{race}, {isolation}: {:?}", self.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt3_of_rotations_on_several_nodes_one_is_done() {
    for (isolation, rounds) in ISOLATIONS.into_iter().zip(ROUNDS) {
        let Some(nodes) = Nodes::open(isolation).await else { return };
        let mut seen = Seen::default();
        for family in 0..rounds {
            inserted(&nodes.store(0), family).await;
            let answers =
                race(&nodes, |store, number| async move { rotate(&store, family, "first", NAMES[number]).await }).await;
            answers.iter().for_each(|answer| seen.note(answer));
            let mut current = Vec::new();
            for (name, answer) in NAMES.into_iter().zip(&answers) {
                match answer {
                    Ok(Rotated::Done) => current.push(name),
                    Ok(Rotated::Lost) => {}
                    Ok(Rotated::FamilyRevoked) | Err(Unavailable) => panic!("{answers:?}"),
                }
            }
            assert_eq!(current.len(), 1, "{answers:?}");
            for name in NAMES {
                assert_eq!(is_current(&nodes.store(1), family, name).await, current.contains(&name), "{answers:?}");
            }
            let known = state(&nodes.store(2), family, current.first().unwrap_or(&"first")).await.token;
            current.push("first");
            let expected: Vec<_> = current.into_iter().map(|name| access(family, name)).collect();
            assert_eq!(ids(&known.access), ids(&expected), "of those that were late, nothing was stored");
        }
        seen.report("rotate against rotate", isolation);
    }
}

/// One of them revokes; the others do this.
async fn against_a_revocation<F>(
    race_name: &str,
    prepare: impl AsyncFn(&SqlxRefreshStore, u32),
    step: fn(SqlxRefreshStore, u32, &'static str) -> F,
) where
    F: Future<Output = Answered<Stored>> + Send + 'static,
{
    for (isolation, rounds) in ISOLATIONS.into_iter().zip(ROUNDS) {
        let Some(nodes) = Nodes::open(isolation).await else { return };
        let mut seen = Seen::default();
        for family in 0..rounds {
            prepare(&nodes.store(0), family).await;
            let revoker = family as usize % RACERS;
            let answers: Vec<Result<Vec<IssuedAccessToken>, Answered<Stored>>> =
                race(&nodes, |store, number| async move {
                    if number == revoker {
                        return Ok(store.revoke_family(&revocation(family)).await.expect("it waits, and is done"));
                    }
                    Err(step(store, family, NAMES[number]).await)
                })
                .await;
            let living = answers.iter().find_map(|answer| answer.as_ref().ok()).expect("one revokes");
            for (name, answer) in NAMES.iter().zip(&answers) {
                let Err(stored) = answer else { continue };
                seen.note(stored);
                match stored {
                    Ok(Some(true)) => assert!(living.contains(&access(family, name)), "{name}: {answers:?}"),
                    Ok(Some(false) | None) | Err(Unavailable) => {
                        assert!(!living.contains(&access(family, name)), "{name}: {answers:?}");
                    }
                }
            }
            the_family_is_dead(&nodes.store(1), family).await;
            let again = nodes.store(2).revoke_family(&revocation(family)).await.expect("an answer");
            assert_eq!(ids(&again), ids(living), "nothing came after it");
        }
        seen.report(race_name, isolation);
    }
}

async fn the_family_is_dead(store: &SqlxRefreshStore, family: u32) {
    for name in NAMES.into_iter().chain(["first"]) {
        assert!(!is_current(store, family, name).await, "{name}");
        assert_ne!(rotate(store, family, name, "late").await, Ok(Rotated::Done), "{name}");
        assert_ne!(store.record_repeat(&repeated(family, name, "late", 99)).await, Ok(true), "{name}");
    }
    assert_eq!(store.insert(&first(family, "late")).await, Ok(false));
    assert!(store.load(&key(family, "late")).await.expect("an answer").is_none_or(|late| late.family_revoked));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt5_no_rotation_gets_past_a_revocation_of_another_node() {
    against_a_revocation("rotate against revoke", inserted, |store, family, name| async move {
        Ok(match rotate(&store, family, "first", name).await? {
            Rotated::Done => Some(true),
            Rotated::FamilyRevoked => Some(false),
            Rotated::Lost => None,
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt5_no_repetition_gets_past_a_revocation_of_another_node() {
    against_a_revocation("repeat against revoke", inserted, |store, family, name| async move {
        store.record_repeat(&repeated(family, "first", name, 99)).await.map(Some)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt5_no_first_token_gets_past_a_revocation_of_another_node() {
    against_a_revocation(
        "insert against revoke",
        async |_, _| {},
        |store, family, name| async move { store.insert(&first(family, name)).await.map(Some) },
    )
    .await;
}

/// Of as many repetitions as there are racers, so many are recorded beside the access token that is there.
async fn of_repetitions_are_recorded(at_most: usize, recorded: usize) {
    for (isolation, rounds) in ISOLATIONS.into_iter().zip(ROUNDS) {
        let Some(nodes) = Nodes::open(isolation).await else { return };
        let mut seen = Seen::default();
        for family in 0..rounds {
            inserted(&nodes.store(0), family).await;
            let answers = race(&nodes, |store, number| async move {
                store.record_repeat(&repeated(family, "first", NAMES[number], at_most)).await
            })
            .await;
            answers.iter().for_each(|answer| seen.note(answer));
            assert!(answers.iter().all(|answer| matches!(answer, Ok(true) | Err(Unavailable))), "{answers:?}");
            let stored = answers.iter().filter(|answer| **answer == Ok(true)).count();
            assert_eq!(stored, recorded, "{answers:?}");
            let known = state(&nodes.store(1), family, "first").await.token.access;
            assert_eq!(known.len(), stored + 1, "{answers:?}");
        }
        seen.report("repeat against repeat", isolation);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt4_of_repetitions_on_several_nodes_no_more_are_recorded_than_may_be() {
    of_repetitions_are_recorded(3, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt4_of_repetitions_on_several_nodes_all_are_recorded_that_may_be() {
    of_repetitions_are_recorded(RACERS + 1, RACERS).await;
}

/// Users log in at the same moment on several nodes: two families with the client remain, or a few more, until the next
/// login.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn st1_the_bound_of_a_user_holds_after_logins_on_several_nodes() {
    for (isolation, rounds) in ISOLATIONS.into_iter().zip(ROUNDS) {
        let Some(nodes) = Nodes::open(isolation).await else { return };
        let two = std::num::NonZeroU32::new(2).expect("not 0");
        let mut seen = Seen::default();
        for round in 0..rounds / 4 {
            let answers = race(&nodes, |store, number| async move {
                let family = round * 10 + u32::try_from(number).unwrap_or_default();
                store.families_with_client(two).insert(&first(family, "first")).await
            })
            .await;
            answers.iter().for_each(|answer| seen.note(answer));
            assert_eq!(answers, [Ok(true); RACERS]);
        }
        let last = nodes.store(0).families_with_client(two).insert(&first(999_999, "first")).await;
        assert_eq!(last, Ok(true));
        let count = nodes.sql("SELECT count(*) FROM {families}");
        let left: i64 = sqlx::query_scalar(count).fetch_one(&nodes.own).await.expect("answers");
        assert_eq!(left, 2);
        seen.report("insert against insert", isolation);
    }
}
