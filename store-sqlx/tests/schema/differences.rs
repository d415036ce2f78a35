//! Each difference is named, and nothing else.

use crate::{Place, postgres, sqlite};
use attesto_sqlx::{PostgresOptions, SchemaDifference, SchemaError, check_schema};
use sqlx::postgres::PgConnectOptions;
use std::str::FromStr as _;

async fn differences(place: &Place) -> Vec<String> {
    match check_schema(&place.database().await).await {
        Ok(()) => Vec::new(),
        Err(SchemaError::Differs(found)) => found.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// Makes the tables with this in place of that.
async fn made_with(place: &Place, changes: &[(&str, &str)]) -> Vec<String> {
    place
        .make(|step| {
            changes.iter().fold(step, |step, (from, to)| {
                assert!(step.contains(from), "{from}");
                step.replacen(from, to, 1)
            })
        })
        .await;
    differences(place).await
}

#[tokio::test]
async fn st4_missing_tables_are_named_with_what_to_run() {
    for place in [Some(sqlite()), postgres(false).await].into_iter().flatten() {
        let error = check_schema(&place.database().await).await.expect_err("there are none");
        let SchemaError::Differs(found) = &error else { panic!("{error}") };
        assert_eq!(found.len(), 8);
        assert_eq!(found[7], SchemaDifference::NoTable { table: place.table("sweeps") });
        assert!(error.to_string().contains("run `migrate`"), "{error}");
    }
}

#[tokio::test]
async fn st4_each_difference_is_named_on_sqlite() {
    for (change, difference) in [
        (("    nonce              TEXT,\n", ""), "auth_codes has no column nonce"),
        (("consumed_at        INTEGER", "consumed_at        TEXT"), "auth_codes.consumed_at is TEXT, not INTEGER"),
        (("redirect_uri       TEXT   NOT NULL", "redirect_uri       TEXT"), "auth_codes.redirect_uri takes NULL"),
        (("nonce              TEXT", "nonce              TEXT NOT NULL"), "auth_codes.nonce refuses NULL"),
        (
            ("    nonce              TEXT,\n", "    nonce              TEXT,\n    tenant TEXT NOT NULL,\n"),
            "auth_codes.tenant is not known to this version, and must be set",
        ),
        (
            ("family_key         BLOB    UNIQUE", "family_key         BLOB"),
            "auth_refresh_families.family_key is not unique",
        ),
        (
            ("    client_id          TEXT   NOT NULL", "    client_id          TEXT   NOT NULL COLLATE NOCASE"),
            "auth_codes has text that is compared by NOCASE, which takes different texts for one",
        ),
        (
            ("ON auth_pushed_requests (client_id,", "ON auth_pushed_requests (client_id COLLATE RTRIM,"),
            "auth_pushed_requests has text that is compared by RTRIM, which takes different texts for one",
        ),
    ] {
        assert_eq!(made_with(&sqlite(), &[change]).await, [difference]);
    }
}

#[tokio::test]
async fn st4_each_difference_is_named_on_postgresql() {
    for (change, difference) in [
        (("    nonce              TEXT   COLLATE \"C\",\n", ""), "codes has no column nonce"),
        (("consumed_at        BIGINT", "consumed_at        INTEGER"), "codes.consumed_at is INTEGER, not BIGINT"),
        (
            ("nonce              TEXT   COLLATE \"C\"", "nonce              VARCHAR(20)"),
            "codes.nonce is CHARACTER VARYING(20), not TEXT",
        ),
        (
            ("redirect_uri       TEXT   COLLATE \"C\" NOT NULL", "redirect_uri       TEXT   COLLATE \"C\""),
            "codes.redirect_uri takes NULL",
        ),
        (("nonce              TEXT", "nonce              TEXT NOT NULL"), "codes.nonce refuses NULL"),
        (
            ("    consumed_at        BIGINT,\n", "    consumed_at        BIGINT,\n    tenant TEXT NOT NULL,\n"),
            "codes.tenant is not known to this version, and must be set",
        ),
        (
            ("family_key         BYTEA   UNIQUE", "family_key         BYTEA"),
            "refresh_families.family_key is not unique",
        ),
    ] {
        let Some(place) = postgres(false).await else { return };
        assert_eq!(made_with(&place, &[change]).await, [format!("{}{difference}", place.prefix)]);
    }
}

/// A key with a condition lets through what does not meet it.
#[tokio::test]
async fn st4_a_key_with_a_condition_is_none() {
    let Some(place) = postgres(false).await else { return };
    assert_eq!(made_with(&place, &[("family_key         BYTEA   UNIQUE", "family_key         BYTEA")]).await.len(), 1);
    let families = place.table("refresh_families");
    let key = format!("CREATE UNIQUE INDEX {}k ON {families} (family_key) WHERE NOT revoked", place.prefix);
    place.run(&key).await.expect("created");
    assert_eq!(differences(&place).await, [format!("{families}.family_key is not unique")]);
    place.run(&format!("CREATE UNIQUE INDEX ON {families} (family_key)")).await.expect("created");
    assert_eq!(differences(&place).await, [""; 0]);
}

#[tokio::test]
async fn st4_a_collation_that_folds_case_is_refused_on_postgresql() {
    let Some(place) = postgres(false).await else { return };
    let collation = format!("{}folds", place.prefix);
    let create =
        format!("CREATE COLLATION {collation} (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    if place.run(&create).await.is_err() {
        eprintln!("left out: this PostgreSQL has no ICU");
        return;
    }
    let folding = format!("client_id          TEXT   COLLATE {collation} NOT NULL");
    let found = made_with(&place, &[("client_id          TEXT   COLLATE \"C\" NOT NULL", &folding)]).await;
    let table = place.table("codes");
    assert_eq!(found, [format!("{table}.client_id is compared by {collation}, which takes different texts for one")]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a program is where configuration comes from")]
async fn st4_a_server_that_accepts_no_writes_is_refused() {
    let Some(place) = postgres(false).await else { return };
    place.make(|step| step).await;
    let url = std::env::var("ATTESTO_TEST_POSTGRES").expect("there is one");
    let options = PgConnectOptions::from_str(&url).expect("a URL").options([("default_transaction_read_only", "on")]);
    let database = PostgresOptions::connect(options).prefix(&place.prefix).open().await.expect("opens");
    let error = check_schema(&database).await.expect_err("it accepts no writes");
    assert!(matches!(&error, SchemaError::Differs(found) if *found == [SchemaDifference::ReadOnly]), "{error}");
}
