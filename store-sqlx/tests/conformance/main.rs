//! The conformance suites of the testkit, on each engine: SQLite in memory and in a file, and PostgreSQL.

mod engines;

use attesto_core::Timestamp;
use attesto_testkit::{Racing, assert_code_store_conforms};
use engines::on_each_engine;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

#[tokio::test]
async fn codes_conform() {
    on_each_engine(async |database| {
        assert_code_store_conforms(&database.codes(), NOW, Racing::OneTask).await;
    })
    .await;
}
