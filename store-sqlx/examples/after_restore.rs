//! To run after a backup was restored, before the first request: ends every code, refresh token, pushed request and consent that the
//! backup knows. `cargo run -p attesto-sqlx --all-features --example after_restore -- --database sqlite:auth.db`, or `postgres://..`.

#![allow(clippy::disallowed_methods, reason = "a program is where the time comes from")]

use attesto_core::Timestamp;
use attesto_sqlx::{Database, check_schema, end_all};
use std::error::Error;
use std::process::ExitCode;
use std::time::SystemTime;

const USAGE: &str = "after_restore --database sqlite:PATH|postgres://.. [--prefix PREFIX] [--schema SCHEMA]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (mut url, mut prefix, mut schema) = (None, Database::PREFIX.to_owned(), None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        match word.as_str() {
            "--database" => url = Some(value),
            "--prefix" => prefix = value,
            "--schema" => schema = Some(value),
            _ => return Err(USAGE.into()),
        }
    }
    let database = open(&url.ok_or(USAGE)?, prefix, schema).await?;
    // Not a database of something else.
    check_schema(&database).await?;
    let ended = end_all(&database, Timestamp::from(SystemTime::now())).await?;
    println!(
        "ended: {} codes, {} authorizations with {} access tokens, {} pushed requests and consents",
        ended.codes, ended.families, ended.access_tokens, ended.requests
    );
    println!(
        "Start every resource with `SqlxReplayStore::after_restore`, and rotate the signing key to end access tokens that came later."
    );
    Ok(())
}

async fn open(url: &str, prefix: String, schema: Option<String>) -> Result<Database, Box<dyn Error>> {
    #[cfg(feature = "sqlite")]
    if let Some(path) = url.strip_prefix("sqlite:") {
        if schema.is_some() {
            return Err("SQLite has no schemas".into());
        }
        // A wrong path would make a new database.
        if !std::path::Path::new(path).is_file() {
            return Err(format!("there is no file {path}").into());
        }
        return Ok(attesto_sqlx::SqliteOptions::file(path).prefix(prefix).open().await?);
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres") {
        let options = attesto_sqlx::PostgresOptions::url(url)?.prefix(prefix);
        let options = schema.into_iter().fold(options, attesto_sqlx::PostgresOptions::schema);
        return Ok(options.open().await?);
    }
    Err(USAGE.into())
}
