//! What is SQLite's own: one thread that writes for all, a file, and what can happen to it.
#![cfg(feature = "sqlite")]

use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authorization, AuthorizationCode, FamilyId, NewCode, SecretDigest, SecretQuery, TakenCode, Unavailable,
};
use attesto_core::host::CodeStore as _;
use attesto_sqlx::{Database, OpenError, SqliteOptions, migrate};
use attesto_testkit::block_on;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A folder of this test's own, which is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("attesto-sqlite-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("auth.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("it is there");
    }
}

async fn open(file: &Path) -> Database {
    let database = SqliteOptions::file(file).open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    database
}

fn digest(number: u32) -> SecretDigest {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SecretDigest::from_bytes(bytes)
}

fn new_code(number: u32) -> NewCode {
    let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), "client", "user");
    let code = AuthorizationCode::new(authorization, "https://client.example/callback", None, NOW.plus(60));
    NewCode { digest: digest(number), code, now: NOW }
}

async fn take(database: &Database, number: u32) -> Answered<TakenCode> {
    database.codes().take(&SecretQuery { digest: digest(number), now: NOW }).await
}

#[tokio::test]
async fn requests_that_wait_together_are_committed_together() {
    let folder = Folder::new();
    let database = open(&folder.file()).await;
    let before = database.sqlite_commits();
    let codes = database.codes();
    let inserting: Vec<_> = (0..1_000)
        .map(|number| {
            let codes = codes.clone();
            tokio::spawn(async move { codes.insert(&new_code(number)).await })
        })
        .collect();
    for inserted in inserting {
        assert_eq!(inserted.await.expect("no panic"), Ok(()));
    }
    let commits = database.sqlite_commits() - before;
    assert!(commits <= 200, "{commits} commits for 1,000 requests");
    for number in 0..1_000 {
        assert!(matches!(take(&database, number).await, Ok(TakenCode::Fresh(_))), "{number}");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_takes_no_other_with_it() {
    let database = SqliteOptions::memory().open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    let codes = database.codes();
    codes.insert(&new_code(7)).await.expect("stored");
    let inserting: Vec<_> = (0..64)
        .map(|number| {
            let codes = codes.clone();
            tokio::spawn(async move { (number, codes.insert(&new_code(number)).await) })
        })
        .collect();
    for inserted in inserting {
        let (number, answer) = inserted.await.expect("no panic");
        assert_eq!(answer, if number == 7 { Err(Unavailable) } else { Ok(()) }, "{number}");
    }
}

#[tokio::test]
async fn a_full_database_refuses_new_rows_and_keeps_the_old() {
    let folder = Folder::new();
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true);
    let database = SqliteOptions::connect(options.pragma("max_page_count", "60")).open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    let codes = database.codes();
    let mut stored = 0;
    while codes.insert(&new_code(stored)).await.is_ok() {
        stored += 1;
        assert!(stored < 10_000, "never full");
    }
    assert!(stored > 10, "{stored}");
    assert_eq!(codes.insert(&new_code(stored)).await, Err(Unavailable), "still full");
    assert!(codes.load(&digest(0)).await.expect("an answer").is_some());
    // What is there can be spent, once.
    assert!(matches!(take(&database, 0).await, Ok(TakenCode::Fresh(_))));
    assert!(matches!(take(&database, 0).await, Ok(TakenCode::Spent(_))));
}

#[tokio::test]
async fn a_database_that_may_only_be_read_says_so() {
    let folder = Folder::new();
    drop(open(&folder.file()).await);
    let options = SqliteConnectOptions::new().filename(folder.file()).read_only(true);
    let database = SqliteOptions::connect(options).open().await.expect("opens");
    assert_eq!(database.codes().insert(&new_code(1)).await, Err(Unavailable));
    assert_eq!(database.codes().load(&digest(1)).await, Ok(None));
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named_in_the_error() {
    let missing = Folder::new().file();
    let error = SqliteOptions::file(missing).open().await.expect_err("no folder");
    assert!(matches!(error, OpenError::Failed(_)));
    assert!(error.to_string().contains("cannot be created"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let database = open(&folder.file()).await;
    database.codes().insert(&new_code(1)).await.expect("stored");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder.0).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and the log's index");
}

#[tokio::test]
async fn a_write_waits_for_another_process_that_writes() {
    let folder = Folder::new();
    let database = open(&folder.file()).await;
    let mut other = SqliteConnectOptions::new().filename(folder.file()).connect().await.expect("connects");
    let transaction = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let codes = database.codes();
    let insertion = tokio::spawn(async move { codes.insert(&new_code(1)).await });
    // Reads do not wait.
    assert_eq!(database.codes().load(&digest(1)).await, Ok(None));
    transaction.rollback().await.expect("released");
    assert_eq!(insertion.await.expect("no panic"), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_processes_takes_a_code() {
    let folder = Folder::new();
    // Two handles share neither threads nor locks: as two processes.
    let (one, other) = (open(&folder.file()).await, open(&folder.file()).await);
    for number in 0..100 {
        one.codes().insert(&new_code(number)).await.expect("stored");
        let (first, second) = (one.clone(), other.clone());
        let first = tokio::spawn(async move { take(&first, number).await });
        let second = tokio::spawn(async move { take(&second, number).await });
        let answers = [first.await.expect("no panic"), second.await.expect("no panic")];
        let fresh = answers.iter().filter(|answer| matches!(answer, Ok(TakenCode::Fresh(_)))).count();
        let spent = answers.iter().filter(|answer| matches!(answer, Ok(TakenCode::Spent(_)))).count();
        assert_eq!((fresh, spent), (1, 1), "{answers:?}");
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_the_store_usable() {
    let database = SqliteOptions::memory().open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    let codes = database.codes();
    for number in 0..100 {
        let new = new_code(number);
        let mut insertion = Box::pin(codes.insert(&new));
        // It is sent with the first poll, and its answer goes nowhere.
        let pending = std::future::poll_fn(|context| std::task::Poll::Ready(insertion.as_mut().poll(context))).await;
        drop((insertion, pending));
    }
    for number in 0..100 {
        assert!(matches!(take(&database, number).await, Ok(TakenCode::Fresh(_))), "{number}");
    }
}

#[test]
fn no_runtime_is_needed() {
    let folder = Folder::new();
    block_on(async {
        let database = open(&folder.file()).await;
        database.codes().insert(&new_code(1)).await.expect("stored");
        assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))));
    });
}

#[test]
fn what_was_stored_is_there_after_a_restart() {
    let folder = Folder::new();
    block_on(async {
        let database = open(&folder.file()).await;
        database.codes().insert(&new_code(1)).await.expect("stored");
        assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))));
    });
    block_on(async {
        let database = open(&folder.file()).await;
        assert!(matches!(take(&database, 1).await, Ok(TakenCode::Spent(_))));
    });
}
