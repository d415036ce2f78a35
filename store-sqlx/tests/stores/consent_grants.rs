//! Consent grants: how many a user has.

use crate::engines::{on_each_engine, postgres_nodes};
use crate::{NOW, bytes};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    ConsentBinding, ConsentGrant, ConsentRedemption, NewConsentGrant, ScopeSet, SecretDigest, Unavailable,
};
use attesto_core::host::ConsentGrantStore as _;
use attesto_sqlx::SqlxConsentGrants;

const BINDING: ConsentBinding = ConsentBinding::from_bytes([7; 32]);

fn new(user: &str, number: u64, expires_at: Timestamp) -> NewConsentGrant {
    let grant = ConsentGrant::new(BINDING, user, ScopeSet::new(["files.read"]), expires_at);
    NewConsentGrant::without_secret(digest(user, number), grant)
}

fn digest(user: &str, number: u64) -> SecretDigest {
    SecretDigest::from_bytes(bytes(&format!("{user} {number}")))
}

async fn is_there(store: &SqlxConsentGrants, user: &str, number: u64) -> bool {
    let redemption = ConsentRedemption { digest: digest(user, number), binding: BINDING, now: NOW };
    store.take(&redemption).await.expect("an answer").is_some()
}

#[tokio::test]
async fn st1_another_click_drops_the_users_grant_that_expires_first() {
    on_each_engine(async |database| {
        let store = database.consent_grants();
        store.insert(&new("other", 0, NOW.plus(1))).await.expect("stored");
        for number in 0..17 {
            store.insert(&new("user", number, NOW.plus(60 + number))).await.expect("stored");
        }
        let mut there = Vec::new();
        for number in 0..17 {
            there.push(is_there(&store, "user", number).await);
        }
        let all_but_the_first: Vec<bool> = (0..17).map(|number| number > 0).collect();
        assert_eq!(there, all_but_the_first);
        assert!(is_there(&store, "other", 0).await, "another user's");
    })
    .await;
}

#[tokio::test]
async fn st1_the_grant_of_the_click_stays_even_if_it_expires_first() {
    on_each_engine(async |database| {
        let store = database.consent_grants();
        for number in 0..16 {
            store.insert(&new("user", number, NOW.plus(60 + number))).await.expect("stored");
        }
        store.insert(&new("user", 16, NOW.plus(1))).await.expect("stored");
        assert!(is_there(&store, "user", 16).await);
        assert!(!is_there(&store, "user", 0).await && is_there(&store, "user", 1).await);
    })
    .await;
}

#[tokio::test]
async fn a_grant_that_is_there_is_not_overwritten() {
    on_each_engine(async |database| {
        let store = database.consent_grants();
        store.insert(&new("user", 0, NOW.plus(60))).await.expect("stored");
        assert_eq!(store.insert(&new("user", 0, NOW.plus(90))).await, Err(Unavailable));
        let redemption = ConsentRedemption { digest: digest("user", 0), binding: BINDING, now: NOW };
        let kept = store.take(&redemption).await.expect("an answer").expect("it is there");
        assert_eq!(kept.expires_at, NOW.plus(60));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clicks_at_the_same_time_on_several_nodes_do_not_fail_for_each_other() {
    let nodes = postgres_nodes(3).await;
    let clicks = (0..300).zip(nodes.iter().cycle()).map(|(number, node)| {
        let store = node.consent_grants();
        tokio::spawn(async move { store.insert(&new("user", number, NOW.plus(60))).await })
    });
    for click in clicks.collect::<Vec<_>>() {
        assert_eq!(click.await.expect("no panic"), Ok(()));
    }
    let Some(node) = nodes.first() else { return };
    let store = node.consent_grants();
    store.insert(&new("user", 300, NOW.plus(60))).await.expect("stored");
    let mut there = 0;
    for number in 0..=300 {
        there += usize::from(is_there(&store, "user", number).await);
    }
    assert_eq!(there, 16, "the last click saw all others");
}

#[tokio::test]
async fn a_click_is_one_transaction_of_two_statements_and_a_take_is_one() {
    on_each_engine(async |database| {
        let store = database.consent_grants();
        let before = database.statements();
        store.insert(&new("user", 0, NOW.plus(60))).await.expect("stored");
        assert_eq!(database.statements() - before, 2);
        assert!(is_there(&store, "user", 0).await);
        assert_eq!(database.statements() - before, 3);
    })
    .await;
}
