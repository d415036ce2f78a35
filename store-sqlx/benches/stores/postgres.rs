//! PostgreSQL: redemptions and rotations through the stores, beside pgbench, which runs the very same statements over as
//! many connections.

use crate::pgbench::Script;
use crate::{NOW, ROUNDS, median, rate};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, CodeRedemption, FamilyId, IssuedAccessToken, NewCode, NewRefresh, RefreshKey,
    RefreshToken, Rotated, Rotation, SecretDigest, SecretQuery, SuccessorSalt, TakenCode,
};
use attesto_core::host::{CodeStore, RefreshStore};
use attesto_sqlx::{Database, PostgresOptions, migrate};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::error::Error;
use std::str::FromStr as _;
use std::time::Duration;

const PREFIX: &str = "measured_";
/// Connections of the stores, and of pgbench.
pub(crate) const CONNECTIONS: u32 = 16;
/// Rotations, or codes, of each connection in one round.
pub(crate) const EACH: u64 = 400;
/// Seconds between two rotations, so that the access token of the one before has expired.
const STEP: u64 = 1_000;

fn bytes<const N: usize>(first: u64, second: u64) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..8].copy_from_slice(&first.to_be_bytes());
    bytes[8..16].copy_from_slice(&second.to_be_bytes());
    bytes
}

fn authorization(number: u64) -> Authorization {
    let mut authorization =
        Authorization::new(FamilyId::from_bytes(bytes(number, 0)), "client", format!("user {number}"));
    authorization.scopes = attesto_core::authorization::ScopeSet::new(["read"]);
    authorization
}

fn at(generation: u64) -> Timestamp {
    NOW.plus(generation.saturating_mul(STEP))
}

fn key(family: u64, generation: u64) -> RefreshKey {
    let (family, token) = (bytes(family, 0), bytes(family, generation));
    RefreshKey { family: SecretDigest::from_bytes(family), token: SecretDigest::from_bytes(token) }
}

/// The token of a generation, with its access token.
fn token(family: u64, generation: u64) -> RefreshToken {
    let now = at(generation);
    let access = IssuedAccessToken::new(format!("{family}-{generation}"), now.plus(900));
    let mut token = RefreshToken::first(authorization(family), now.plus(86_400), NOW.plus(100_000_000), access);
    token.generation = u32::try_from(generation).expect("few");
    token
}

async fn begin_family(database: &Database, family: u64) {
    let new = NewRefresh { key: key(family, 0), token: token(family, 0), now: at(0) };
    assert_eq!(database.refresh_tokens().insert(&new).await, Ok(true));
}

/// What a refresh asks of the store.
async fn rotate(store: &impl RefreshStore, family: u64, generation: u64) {
    let spent = key(family, generation - 1);
    let known = store.load(&spent).await.expect("an answer").expect("the token");
    assert!(known.spent.is_none() && !known.family_revoked);
    let successor = key(family, generation).token;
    let salt = SuccessorSalt::from_bytes(bytes(family, generation));
    let rotation = Rotation::new(spent, successor, token(family, generation), Some(salt), at(generation));
    assert_eq!(store.rotate(&rotation).await, Ok(Rotated::Done));
}

fn code_digest(number: u64) -> SecretDigest {
    SecretDigest::from_bytes(bytes(number, 0))
}

async fn insert_code(database: &Database, number: u64) {
    let code = AuthorizationCode::new(authorization(number), "https://client.example/callback", None, NOW.plus(60));
    database.codes().insert(&NewCode { digest: code_digest(number), code, now: NOW }).await.expect("stored");
}

/// What a redemption asks of the store of codes.
async fn redeem(store: &impl CodeStore, number: u64) {
    let digest = code_digest(number);
    store.load(&digest).await.expect("an answer").expect("the code");
    let query = SecretQuery { digest, now: NOW };
    assert!(matches!(store.take(&query).await, Ok(TakenCode::Fresh(_))));
    let access = IssuedAccessToken::new(format!("code-{number}"), NOW.plus(900));
    store.record(&CodeRedemption { digest: code_digest(number), access }).await.expect("recorded");
}

/// The statements of a rotation and of a redemption, as the server has prepared them for the stores.
struct Statements {
    rotation: Vec<String>,
    redemption: Vec<String>,
}

impl Statements {
    async fn read(url: &str) -> Result<Self, Box<dyn Error>> {
        let settings = [("statement_timeout", "2000"), ("default_transaction_isolation", "read committed")];
        let connect = PgConnectOptions::from_str(url)?.options(settings);
        // One connection, whose prepared statements are seen.
        let pool = PgPoolOptions::new().max_connections(1).connect_with(connect).await?;
        let database = PostgresOptions::pool(pool.clone()).prefix(PREFIX).open().await?;
        begin_family(&database, u64::MAX >> 1).await;
        insert_code(&database, u64::MAX >> 1).await;
        let before = prepared(&pool).await?;
        rotate(&database.refresh_tokens(), u64::MAX >> 1, 1).await;
        let with_rotation = prepared(&pool).await?;
        redeem(&database.codes(), u64::MAX >> 1).await;
        let all = prepared(&pool).await?;
        let rotation = with_rotation.iter().filter(|text| !before.contains(text)).cloned().collect();
        let redemption = all.iter().filter(|text| !with_rotation.contains(text)).cloned().collect();
        Ok(Self { rotation, redemption })
    }
}

async fn prepared(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let question = "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time";
    sqlx::query_scalar(question).persistent(false).fetch_all(pool).await
}

/// Pairs of rounds: through the stores, and by pgbench.
struct Pairs {
    stores: Vec<f64>,
    bare: Vec<f64>,
}

impl Pairs {
    fn row(&self, what: &str) -> String {
        let ratios = self.stores.iter().zip(&self.bare).map(|(stores, bare)| stores / bare).collect();
        let (stores, bare) = (median(self.stores.clone()), median(self.bare.clone()));
        format!("| {what} | {stores:.0} | {bare:.0} | {:.2} |", median(ratios))
    }
}

/// Prints the table.
pub(crate) async fn measure(url: &str) -> Result<(), Box<dyn Error>> {
    let options =
        PostgresOptions::url(url)?.prefix(PREFIX).connections(CONNECTIONS).time_limit(Duration::from_secs(30));
    let database = options.open().await?;
    migrate(&database).await?;
    let statements = Statements::read(url).await?;
    let (mut rotations, mut redemptions) =
        (Pairs { stores: Vec::new(), bare: Vec::new() }, Pairs { stores: Vec::new(), bare: Vec::new() });
    // One more round, the first, warms up.
    for round in 0..=u64::try_from(ROUNDS)? {
        let (ours, theirs) = (round * 2_000_000, round * 2_000_000 + 1_000_000);
        eprintln!("round {round} of {ROUNDS}");
        let pair = (
            rotations_through_stores(&database, ours).await,
            rotations_by_pgbench(&database, url, &statements.rotation, theirs).await?,
        );
        let pair_of_codes = (
            redemptions_through_stores(&database, ours).await,
            redemptions_by_pgbench(&database, url, &statements.redemption, theirs).await?,
        );
        if round > 0 {
            rotations.stores.push(pair.0);
            rotations.bare.push(pair.1);
            redemptions.stores.push(pair_of_codes.0);
            redemptions.bare.push(pair_of_codes.1);
        }
    }
    println!("\nPostgreSQL, {CONNECTIONS} connections, `synchronous_commit=on`, {ROUNDS} rounds, per second:");
    println!("| | through the stores | pgbench, the same statements | ratio |\n|---|---:|---:|---:|");
    println!("{}", rotations.row("rotations of refresh tokens"));
    println!("{}", redemptions.row("redemptions of codes"));
    Ok(())
}

/// Each connection's worth of requests rotates one family.
async fn rotations_through_stores(database: &Database, first: u64) -> f64 {
    for family in 0..u64::from(CONNECTIONS) {
        begin_family(database, first + family).await;
    }
    let store = database.refresh_tokens();
    rate(CONNECTIONS.into(), u64::from(CONNECTIONS) * EACH, move |number| {
        let store = store.clone();
        let (family, generation) = (number % u64::from(CONNECTIONS), number / u64::from(CONNECTIONS) + 1);
        async move { rotate(&store, first + family, generation).await }
    })
    .await
}

async fn rotations_by_pgbench(
    database: &Database,
    url: &str,
    statements: &[String],
    first: u64,
) -> Result<f64, Box<dyn Error>> {
    for family in 0..u64::from(CONNECTIONS) {
        begin_family(database, first + family).await;
    }
    let rate = Script::rotations(statements)?.run(url, first)?;
    // It did what it should have done.
    for family in 0..u64::from(CONNECTIONS) {
        let known = database.refresh_tokens().load(&key(first + family, EACH)).await.expect("an answer");
        assert!(
            known.is_some_and(|state| state.spent.is_none() && state.token.access.len() == 1),
            "pgbench has rotated"
        );
    }
    Ok(rate)
}

async fn seed_codes(database: &Database, first: u64) {
    let codes = u64::from(CONNECTIONS) * EACH;
    let database = database.clone();
    rate(CONNECTIONS.into(), codes, move |number| {
        let database = database.clone();
        async move { insert_code(&database, first + number).await }
    })
    .await;
}

async fn redemptions_through_stores(database: &Database, first: u64) -> f64 {
    seed_codes(database, first).await;
    let store = database.codes();
    rate(CONNECTIONS.into(), u64::from(CONNECTIONS) * EACH, move |number| {
        let store = store.clone();
        async move { redeem(&store, first + number).await }
    })
    .await
}

async fn redemptions_by_pgbench(
    database: &Database,
    url: &str,
    statements: &[String],
    first: u64,
) -> Result<f64, Box<dyn Error>> {
    seed_codes(database, first).await;
    let rate = Script::redemptions(statements)?.run(url, first)?;
    for number in 0..u64::from(CONNECTIONS) * EACH {
        let query = SecretQuery { digest: code_digest(first + number), now: NOW };
        let spent =
            matches!(database.codes().take(&query).await, Ok(TakenCode::Spent(spent)) if spent.recorded.is_some());
        assert!(spent, "pgbench has redeemed");
    }
    Ok(rate)
}
