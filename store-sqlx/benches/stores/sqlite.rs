//! SQLite: requests that are committed together, beside a transaction for each.

use crate::{AT_ONCE, NOW, ROUNDS, median, rate};
use attesto_core::authorization::{Authorization, AuthorizationCode, FamilyId, NewCode, SecretDigest};
use attesto_core::host::CodeStore as _;
use attesto_sqlx::{Database, SqliteOptions, migrate};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Requests of a round: fewer where each waits for the disk.
const TOGETHER: u64 = 6_400;
const ONE_BY_ONE: u64 = 640;

fn new_code(number: u64) -> NewCode {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), "client", "user");
    let code = AuthorizationCode::new(authorization, "https://client.example/callback", None, NOW.plus(60));
    NewCode { digest: SecretDigest::from_bytes(digest), code, now: NOW }
}

/// Another statement of the same table, in a transaction of its own.
async fn insert_alone(connection: &mut SqliteConnection, number: u64) {
    let mut digest = vec![1; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.expect("begins");
    let insert = "INSERT INTO attesto_codes (digest, family_id, client_id, subject, scope, resources, amr, redirect_uri, expires_at, retain_until)
                  VALUES ($1, x'01010101010101010101010101010101', 'client', 'user', '', '[]', '[]', 'https://client.example/callback', 1, 1)";
    sqlx::query(insert).bind(digest).execute(&mut *transaction).await.expect("inserted");
    transaction.commit().await.expect("commits");
}

/// Prints the table.
pub(crate) async fn measure() -> Result<(), Box<dyn Error>> {
    // On the disk of the build, since a temporary folder may be in memory.
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("bench-{}.db", std::process::id()));
    let measured = measure_at(&path).await;
    for end in ["", "-wal", "-shm"] {
        let mut path = path.clone().into_os_string();
        path.push(end);
        // SQLite may have removed it.
        let _ = std::fs::remove_file(path);
    }
    measured
}

async fn measure_at(path: &Path) -> Result<(), Box<dyn Error>> {
    let database: Database = SqliteOptions::file(path).open().await?;
    migrate(&database).await?;
    let alone = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal);
    let alone = alone.synchronous(SqliteSynchronous::Full).busy_timeout(std::time::Duration::from_secs(5));
    let alone = Arc::new(Mutex::new(alone.connect().await?));
    let (mut together, mut one_by_one) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let first = u64::try_from(round)? * 1_000_000;
        let codes = database.codes();
        together.push(
            rate(AT_ONCE, TOGETHER, move |number| {
                let codes = codes.clone();
                async move { codes.insert(&new_code(first + number)).await.expect("stored") }
            })
            .await,
        );
        let alone = Arc::clone(&alone);
        one_by_one.push(
            rate(AT_ONCE, ONE_BY_ONE, move |number| {
                let alone = Arc::clone(&alone);
                async move { insert_alone(&mut *alone.lock().await, first + number).await }
            })
            .await,
        );
    }
    let (together, one_by_one) = (median(together), median(one_by_one));
    println!("SQLite, {AT_ONCE} requests at a time, `synchronous=FULL`, {ROUNDS} rounds:");
    println!("| | inserts/s |\n|---|---:|");
    println!("| committed together | {together:.0} |\n| a transaction for each | {one_by_one:.0} |");
    println!("ratio: {:.1}", together / one_by_one);
    Ok(())
}
