//! The conformance suites of the testkit, on each engine: SQLite in memory and in a file, and PostgreSQL.

mod engines;
mod restore;
mod sweeper;

use attesto_core::Timestamp;
use attesto_testkit::{
    Racing, assert_code_store_conforms, assert_consent_grant_store_conforms, assert_deny_list_conforms,
    assert_pushed_request_store_conforms, assert_refresh_store_conforms, assert_replay_store_conforms,
};
use engines::on_each_engine;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[tokio::test]
async fn codes_conform() {
    on_each_engine(async |database| {
        assert_code_store_conforms(&database.codes(), NOW, Racing::OneTask).await;
    })
    .await;
}

#[tokio::test]
async fn refresh_tokens_conform() {
    on_each_engine(async |database| {
        assert_refresh_store_conforms(&database.refresh_tokens(), NOW, Racing::OneTask).await;
    })
    .await;
}

#[tokio::test]
async fn the_deny_list_conforms() {
    on_each_engine(async |database| {
        assert_deny_list_conforms(&database.deny_list(), NOW, Racing::OneTask).await;
    })
    .await;
}

#[tokio::test]
async fn pushed_requests_conform() {
    on_each_engine(async |database| {
        assert_pushed_request_store_conforms(&database.pushed_requests(), NOW, Racing::OneTask).await;
    })
    .await;
}

#[tokio::test]
async fn consent_grants_conform() {
    on_each_engine(async |database| {
        let store = database.consent_grants();
        let insert = async |new: &_, _| store.insert(new).await;
        assert_consent_grant_store_conforms(&store, insert, NOW, Racing::OneTask).await;
    })
    .await;
}

#[tokio::test]
async fn replays_conform() {
    on_each_engine(async |database| {
        assert_replay_store_conforms(&database.replays(), NOW).await;
    })
    .await;
}
