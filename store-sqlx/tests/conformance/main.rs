//! The conformance suites of the testkit, on each engine: SQLite in memory and in a file, and PostgreSQL.

mod engines;
mod restore;
mod sweeper;

use attesto_core::Timestamp;
use attesto_testkit::{Racing, assert_code_store_conforms, assert_deny_list_conforms, assert_refresh_store_conforms};
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
