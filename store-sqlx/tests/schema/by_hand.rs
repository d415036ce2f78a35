//! Tables that a host has made from what `migrations` returns.

use crate::places;
use attesto_core::crypto::{CryptoProvider as _, RustCrypto};
use attesto_sqlx::{Database, Dialect, check_schema, migrate, migrations};
use std::fmt::Write as _;

#[tokio::test]
async fn st4_what_migrate_makes_passes() {
    for place in places().await {
        let database = place.database().await;
        migrate(&database).await.expect("migrates");
        check_schema(&database).await.expect("as the statements need them");
    }
}

#[tokio::test]
async fn st4_what_is_made_by_hand_passes_and_goes_without_a_trace() {
    for place in places().await {
        place.make(|step| step).await;
        let database = place.database().await;
        check_schema(&database).await.expect("as the statements need them");
        assert!(place.left().await > 8);
        let mut steps = migrations(place.dialect, &place.prefix, place.schema.as_deref()).expect("plain names");
        steps.reverse();
        for step in steps {
            place.run(&step.down).await.expect("taken back");
        }
        assert_eq!(place.left().await, 0);
    }
}

/// `migrate` has a history of its own, which such a database lacks.
#[tokio::test]
async fn st4_migrate_leaves_alone_what_was_made_by_hand() {
    for place in places().await {
        place.make(|step| step).await;
        let database = place.database().await;
        let error = migrate(&database).await.expect_err("the tables are there");
        assert!(error.to_string().contains("already exists"), "{error}");
        check_schema(&database).await.expect("as they were");
    }
}

#[tokio::test]
async fn st4_a_host_may_add_columns_and_indexes_that_can_be_left_out() {
    for place in places().await {
        place.make(|step| step).await;
        let codes = place.table("codes");
        place.run(&format!("ALTER TABLE {codes} ADD COLUMN tenant TEXT DEFAULT 'a' NOT NULL")).await.expect("added");
        place.run(&format!("ALTER TABLE {codes} ADD COLUMN note TEXT")).await.expect("added");
        place.run(&format!("CREATE INDEX {}own ON {codes} (note)", place.prefix)).await.expect("added");
        check_schema(&place.database().await).await.expect("nothing that the stores would miss");
    }
}

/// A step that was applied is not applied again.
#[test]
fn st4_a_step_is_never_edited() {
    let pinned = [
        (Dialect::Postgres, 20_261_201_000_001, "270f10b181e18915cb98318b22443944baae61a26b76810286a52a36a61a85cd"),
        (Dialect::Sqlite, 20_261_201_000_001, "b2fa115ea671651cdc893e65bf9d5115c5e01a829bb43bec5501ec793a48ae04"),
    ];
    let mut found = Vec::new();
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        for step in migrations(dialect, Database::PREFIX, None).expect("plain names") {
            let digest = RustCrypto::new().sha256(&[step.up.as_bytes(), b"\0", step.down.as_bytes()]);
            let mut hex = String::new();
            for byte in digest {
                write!(hex, "{byte:02x}").expect("writes to memory");
            }
            found.push((dialect, step.version, hex));
        }
    }
    let found: Vec<_> = found.iter().map(|(dialect, version, hex)| (*dialect, *version, hex.as_str())).collect();
    assert_eq!(found, pinned);
}
