//! Codes in transactions of the host's.

use crate::NOW;
use crate::engines::{TemporaryFile, postgres_nodes};
use attesto_core::authorization::{
    Answered, Authorization, AuthorizationCode, CodeRedemption, FamilyId, NewCode, SecretDigest, SecretQuery,
    TakenCode, Unavailable,
};
use attesto_core::host::{CodeStore, StoreReach};
use attesto_sqlx::{Database, SqliteOptions, SqlxCodeStore, migrate};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

const CODE: SecretDigest = SecretDigest::from_bytes([1; 32]);
const OTHER: SecretDigest = SecretDigest::from_bytes([2; 32]);

fn new_code(digest: SecretDigest) -> NewCode {
    let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), "client", "user");
    let code = AuthorizationCode::new(authorization, "https://client.example/callback", None, NOW.plus(60));
    NewCode { digest, code, now: NOW }
}

async fn is_there(database: &Database, digest: SecretDigest) -> bool {
    database.codes().load(&digest).await.expect("an answer").is_some()
}

async fn take(store: &impl CodeStore, digest: SecretDigest) -> TakenCode {
    store.take(&SecretQuery { digest, now: NOW }).await.expect("an answer")
}

/// A SQLite file, the stores in it, and the host's own connections.
async fn sqlite() -> (TemporaryFile, Database, SqlitePool) {
    let file = TemporaryFile::new();
    let database = SqliteOptions::file(&file.0).open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    let own = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file.0)).await.expect("connects");
    (file, database, own)
}

/// The stores in PostgreSQL, and the host's own connections.
#[expect(clippy::disallowed_methods, reason = "a program is where configuration comes from")]
async fn postgres() -> Option<(Database, PgPool)> {
    let database = postgres_nodes(1).await.pop()?;
    let url = std::env::var("ATTESTO_TEST_POSTGRES").expect("there is a server");
    Some((database, PgPool::connect(&url).await.expect("connects")))
}

#[tokio::test]
async fn a_code_in_postgresql_is_there_when_the_hosts_transaction_commits() {
    let Some((database, own)) = postgres().await else { return };
    let mut transaction = own.begin().await.expect("begins");
    assert_eq!(database.codes().insert_within(&mut transaction, &new_code(CODE)).await, Ok(()));
    assert!(!is_there(&database, CODE).await, "before the commit");
    transaction.commit().await.expect("commits");
    assert!(is_there(&database, CODE).await);
    // A connection after a `BEGIN` of the host's.
    let mut connection = own.acquire().await.expect("connects");
    sqlx::query("BEGIN").execute(&mut *connection).await.expect("begins");
    assert_eq!(database.codes().insert_within(&mut *connection, &new_code(OTHER)).await, Ok(()));
    sqlx::query("ROLLBACK").execute(&mut *connection).await.expect("rolls back");
    assert!(!is_there(&database, OTHER).await, "a rollback leaves nothing");
    assert!(matches!(take(&database.codes(), OTHER).await, TakenCode::Unknown));
}

#[tokio::test]
async fn a_code_in_sqlite_is_there_when_the_hosts_transaction_commits() {
    let (_file, database, own) = sqlite().await;
    let mut transaction = own.begin_with("BEGIN IMMEDIATE").await.expect("begins");
    assert_eq!(database.codes().insert_within(&mut transaction, &new_code(CODE)).await, Ok(()));
    assert!(!is_there(&database, CODE).await, "before the commit");
    transaction.commit().await.expect("commits");
    assert!(is_there(&database, CODE).await);
    let mut transaction = own.begin_with("BEGIN IMMEDIATE").await.expect("begins");
    assert_eq!(database.codes().insert_within(&mut *transaction, &new_code(OTHER)).await, Ok(()));
    transaction.rollback().await.expect("rolls back");
    assert!(!is_there(&database, OTHER).await, "a rollback leaves nothing");
    assert!(matches!(take(&database.codes(), OTHER).await, TakenCode::Unknown));
}

#[tokio::test]
async fn a_store_waits_for_the_hosts_transaction_in_sqlite() {
    let (_file, database, own) = sqlite().await;
    let mut transaction = own.begin_with("BEGIN IMMEDIATE").await.expect("begins");
    database.codes().insert_within(&mut transaction, &new_code(CODE)).await.expect("stored");
    let codes = database.codes();
    let waiting = tokio::spawn(async move { codes.insert(&new_code(OTHER)).await });
    // Reads do not wait. However long this takes, the other write cannot come before the commit.
    for _ in 0..20 {
        assert!(!is_there(&database, OTHER).await && !waiting.is_finished());
    }
    transaction.commit().await.expect("commits");
    assert_eq!(waiting.await.expect("no panic"), Ok(()));
    assert!(is_there(&database, CODE).await && is_there(&database, OTHER).await);
}

#[tokio::test]
async fn a_code_that_is_there_fails_and_leaves_the_hosts_transaction_usable() {
    let Some((database, own)) = postgres().await else { return };
    database.codes().insert(&new_code(CODE)).await.expect("stored");
    let mut transaction = own.begin().await.expect("begins");
    assert_eq!(database.codes().insert_within(&mut transaction, &new_code(CODE)).await, Err(Unavailable));
    assert_eq!(database.codes().insert_within(&mut transaction, &new_code(OTHER)).await, Ok(()));
    transaction.commit().await.expect("commits");
    assert!(is_there(&database, OTHER).await);
}

#[tokio::test]
async fn a_transaction_in_another_kind_of_database_is_refused() {
    let Some((postgres, _)) = postgres().await else { return };
    let (_file, sqlite, own) = sqlite().await;
    let mut transaction = own.begin().await.expect("begins");
    assert_eq!(postgres.codes().insert_within(&mut transaction, &new_code(CODE)).await, Err(Unavailable));
    assert_eq!(sqlite.codes().insert_within(&mut transaction, &new_code(CODE)).await, Ok(()));
}

/// A store of the host's, which stores a login with its code: both or neither.
struct WithLogin {
    codes: SqlxCodeStore,
    own: SqlitePool,
}

impl WithLogin {
    async fn insert_both(&self, new: &NewCode) -> Result<(), sqlx::Error> {
        let mut transaction = self.own.begin_with("BEGIN IMMEDIATE").await?;
        let login = sqlx::query("INSERT INTO logins (subject) VALUES ($1)");
        login.bind(&new.code.authorization.subject).execute(&mut *transaction).await?;
        if self.codes.insert_within(&mut transaction, new).await.is_err() {
            return Err(sqlx::Error::RowNotFound); // dropped, a transaction rolls back
        }
        transaction.commit().await
    }
}

impl CodeStore for WithLogin {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        self.insert_both(new).await.map_err(|_| Unavailable)
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        self.codes.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        self.codes.take(presented).await
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        self.codes.record(redemption).await
    }

    fn reach(&self) -> StoreReach {
        self.codes.reach()
    }
}

#[tokio::test]
async fn a_login_and_its_code_commit_together() {
    let (_file, database, own) = sqlite().await;
    sqlx::query("CREATE TABLE logins (subject TEXT NOT NULL)").execute(&own).await.expect("created");
    let store = WithLogin { codes: database.codes(), own: own.clone() };
    let logins =
        async || -> i64 { sqlx::query_scalar("SELECT count(*) FROM logins").fetch_one(&own).await.expect("answers") };
    assert_eq!(store.insert(&new_code(CODE)).await, Ok(()));
    assert_eq!((logins().await, is_there(&database, CODE).await), (1, true));
    assert_eq!(store.insert(&new_code(CODE)).await, Err(Unavailable), "no code, no login");
    assert_eq!(logins().await, 1);
    assert!(matches!(take(&store, CODE).await, TakenCode::Fresh(_)));
    attesto_testkit::assert_code_store_conforms(&store, NOW.plus(1_000), attesto_testkit::Racing::OneTask).await;
}
