//! A restored backup is a step back in time, and `end_all` ends what it revives.

use crate::engines::{TemporaryFile, on_each_engine};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, CodeRedemption, FamilyId, IssuedAccessToken, NewCode, NewRefresh, RefreshKey,
    RefreshToken, Rotated, Rotation, SecretDigest, SecretQuery, TakenCode,
};
use attesto_core::host::{AccessTokenDenyList as _, CodeStore as _, RefreshStore as _};
use attesto_sqlx::{Database, SqliteOptions, end_all, migrate};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const FRESH: SecretDigest = SecretDigest::from_bytes([1; 32]);
const REDEEMED: SecretDigest = SecretDigest::from_bytes([2; 32]);
const FIRST: RefreshKey =
    RefreshKey { family: SecretDigest::from_bytes([3; 32]), token: SecretDigest::from_bytes([4; 32]) };

fn authorization() -> Authorization {
    Authorization::new(FamilyId::from_bytes([9; 16]), "client", "user")
}

fn access(jwt_id: &str) -> IssuedAccessToken {
    IssuedAccessToken::new(jwt_id, NOW.plus(900))
}

fn token(jwt_id: &str) -> RefreshToken {
    RefreshToken::first(authorization(), NOW.plus(3_600), NOW.plus(7_200), access(jwt_id))
}

fn query(digest: SecretDigest) -> SecretQuery {
    SecretQuery { digest, now: NOW }
}

/// A fresh code, one that was redeemed, and an authorization with a refresh token.
async fn fill(database: &Database) {
    for digest in [FRESH, REDEEMED] {
        let code = AuthorizationCode::new(authorization(), "https://client.example/cb", None, NOW.plus(60));
        database.codes().insert(&NewCode { digest, code, now: NOW }).await.expect("stored");
    }
    database.codes().take(&query(REDEEMED)).await.expect("taken");
    let redemption = CodeRedemption { digest: REDEEMED, access: access("by the code") };
    database.codes().record(&redemption).await.expect("recorded");
    let new = NewRefresh { key: FIRST, token: token("by the first"), now: NOW };
    assert_eq!(database.refresh_tokens().insert(&new).await, Ok(true));
}

async fn everything_is_ended(database: &Database) {
    let ended = end_all(database, NOW).await.expect("ends");
    assert_eq!((ended.codes, ended.families, ended.access_tokens, ended.requests), (1, 1, 2, 0));
    assert!(matches!(database.codes().take(&query(FRESH)).await, Ok(TakenCode::Spent(_))));
    assert!(matches!(database.codes().take(&query(REDEEMED)).await, Ok(TakenCode::Spent(_))));
    let state = database.refresh_tokens().load(&FIRST).await.expect("an answer").expect("it is known");
    assert!(state.family_revoked && state.undenied.is_empty());
    assert_eq!(rotate(database).await, Rotated::FamilyRevoked);
    for jwt_id in ["by the code", "by the first"] {
        assert_eq!(database.deny_list().is_revoked(&access(jwt_id)).await, Ok(true), "{jwt_id}");
    }
    let again = end_all(database, NOW).await.expect("ends");
    assert_eq!((again.codes, again.families, again.requests), (0, 0, 0));
}

async fn rotate(database: &Database) -> Rotated {
    let rotation = Rotation::new(FIRST, SecretDigest::from_bytes([5; 32]), token("by the second"), None, NOW);
    database.refresh_tokens().rotate(&rotation).await.expect("an answer")
}

#[tokio::test]
async fn everything_that_the_database_knows_can_be_ended() {
    on_each_engine(async |database| {
        fill(&database).await;
        everything_is_ended(&database).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_restored_backup_revives_can_be_ended() {
    let (file, backup) = (TemporaryFile::new(), TemporaryFile::new());
    let database = SqliteOptions::file(&file.0).open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    fill(&database).await;
    let mut connection = SqliteConnectOptions::new().filename(&file.0).connect().await.expect("connects");
    let back_up = format!("VACUUM INTO '{}'", backup.0.display());
    sqlx::query(AssertSqlSafe(back_up)).execute(&mut connection).await.expect("backed up");
    // Life goes on: what the backup has as fresh is spent.
    assert!(matches!(database.codes().take(&query(FRESH)).await, Ok(TakenCode::Fresh(_))));
    assert_eq!(rotate(&database).await, Rotated::Done);

    let restored = SqliteOptions::file(&backup.0).open().await.expect("opens");
    let revived = restored.codes().load(&FRESH).await.expect("an answer");
    assert!(revived.is_some(), "this is what a backup does");
    let state = restored.refresh_tokens().load(&FIRST).await.expect("an answer").expect("it is known");
    assert!(state.spent.is_none() && !state.family_revoked, "this is what a backup does");
    everything_is_ended(&restored).await;
}
