//! The sweeper removes what no node counts on, and nothing else (ST-2, R4).

use crate::engines::on_each_engine;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, FamilyId, IssuedAccessToken, NewCode, RevokedAccessTokens, SecretDigest,
};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::{AccessTokenDenyList as _, CodeStore as _, ReplayStore as _};
use attesto_sqlx::{Database, SqliteOptions, StoreEvent, Sweeper, migrate};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(60);
/// The greatest difference between clocks, unless set.
const DIFFERENCE: u64 = 60;
/// Longer than a test takes.
const MARGIN: u64 = 600;

/// The database's clock is this machine's.
#[expect(clippy::disallowed_methods, reason = "the sweeper goes by the database's clock, which is this one")]
fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

fn claim(number: u32, retain_until: Timestamp) -> ReplayClaim {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    ReplayClaim::new(ReplayKey::from_bytes(key), retain_until)
}

async fn insert(database: &Database, number: u32, retain_until: Timestamp) {
    let claim = claim(number, retain_until);
    // The question is as old as the record.
    assert_eq!(database.replays().claim(&claim, retain_until).await, ReplayAnswer::Fresh);
}

/// Whether the record is there: at its own time it still counts.
async fn is_recorded(database: &Database, number: u32, retain_until: Timestamp) -> bool {
    database.replays().claim(&claim(number, retain_until), retain_until).await == ReplayAnswer::Replay
}

#[tokio::test]
async fn st2_a_row_goes_when_no_node_counts_on_it() {
    on_each_engine(async |database| {
        let now = now();
        let (gone, kept) = (now.minus(DIFFERENCE + MARGIN), now.minus(DIFFERENCE).plus(MARGIN));
        for (number, retain_until) in [(1, gone), (2, kept), (3, now.minus(1)), (4, now.plus(MARGIN))] {
            insert(&database, number, retain_until).await;
        }
        assert_eq!(Sweeper::new(&database, INTERVAL).sweep().await.expect("an answer"), 1);
        assert!(!is_recorded(&database, 1, gone).await);
        for (number, retain_until) in [(2, kept), (3, now.minus(1)), (4, now.plus(MARGIN))] {
            assert!(is_recorded(&database, number, retain_until).await, "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn st2_the_difference_of_the_clocks_can_be_set() {
    on_each_engine(async |database| {
        let past = now().minus(MARGIN);
        insert(&database, 1, past).await;
        let wide = Sweeper::new(&database, INTERVAL).clock_difference(Duration::from_secs(2 * MARGIN));
        assert_eq!(wide.sweep().await.expect("an answer"), 0);
        assert!(is_recorded(&database, 1, past).await);
    })
    .await;
}

#[tokio::test]
async fn st2_each_table_is_swept() {
    on_each_engine(async |database| {
        let past = now().minus(2 * MARGIN);
        let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), "client", "user");
        let code = AuthorizationCode::new(authorization, "https://client.example/cb", None, past);
        let digest = SecretDigest::from_bytes([1; 32]);
        database.codes().insert(&NewCode { digest, code, now: past }).await.expect("stored");
        let access = vec![IssuedAccessToken::new("jti", past)];
        let revoked = RevokedAccessTokens { access, subject: "user".into(), now: past };
        database.deny_list().revoke(&revoked).await.expect("stored");
        insert(&database, 1, past).await;
        assert_eq!(Sweeper::new(&database, INTERVAL).sweep().await.expect("an answer"), 3);
        assert_eq!(database.codes().load(&digest).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn st2_two_sweepers_at_once_remove_each_row_once() {
    on_each_engine(async |database| {
        let past = now().minus(2 * MARGIN);
        for number in 0..2_500 {
            insert(&database, number, past).await;
        }
        let sweeping = [(); 2].map(|()| {
            let sweeper = Sweeper::new(&database, INTERVAL);
            tokio::spawn(async move { sweeper.sweep().await.expect("an answer") })
        });
        let mut removed = 0;
        for sweep in sweeping {
            removed += sweep.await.expect("no panic");
        }
        // What one was removing, the other has passed over.
        removed += Sweeper::new(&database, INTERVAL).sweep().await.expect("an answer");
        assert_eq!(removed, 2_500);
    })
    .await;
}

#[tokio::test]
async fn st2_the_operator_learns_of_sweeps_and_of_their_absence() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let options = SqliteOptions::memory().on_event(move |event: &StoreEvent<'_>| {
        note.lock().expect("no panic").push(event.name().to_owned());
    });
    let database = options.open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    insert(&database, 0, now().minus(4_000)).await;
    for number in 1..5_000 {
        insert(&database, number, now().plus(MARGIN)).await;
    }
    assert_eq!(*seen.lock().expect("no panic"), ["not_swept"]);
    Sweeper::new(&database, INTERVAL).sweep().await.expect("an answer");
    assert_eq!(*seen.lock().expect("no panic"), ["not_swept", "swept"]);
}
