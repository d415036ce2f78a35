//! What happens while a PostgreSQL server is slow, gone, or back again. Each test has a server of its own.
#![cfg(feature = "postgres")]
#![allow(
    clippy::disallowed_methods,
    reason = "outages last for a time, and a program is where configuration comes from"
)]

mod broken;
mod failures;
mod gone;
mod kept;
mod proxy;
mod server;
mod sessions;
mod start;

use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authorization, AuthorizationCode, FamilyId, NewCode, SecretDigest, SecretQuery, TakenCode,
};
use attesto_core::host::CodeStore as _;
use attesto_sqlx::{Database, PostgresOptions, StoreEvent, migrate};
use server::Server;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
/// Of a question. Long enough for a machine that is busy, short enough to be waited for.
const LIMIT: Duration = Duration::from_millis(1_500);
/// What a busy machine may need beside it.
const SLACK: Duration = Duration::from_millis(1_200);

/// The events, as lines.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn recorder(&self) -> impl Fn(&StoreEvent<'_>) + Send + Sync + 'static {
        let lines = Arc::clone(&self.0);
        move |event| lines.lock().expect("no panic").push(event.to_string())
    }

    /// The events so far, which are forgotten.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }

    /// Whether the last question failed so.
    fn last_failed(&self, kind: &str) -> bool {
        let lines = self.0.lock().expect("no panic");
        let last = lines.iter().rfind(|line| line.starts_with("store_failed"));
        last.is_some_and(|line| line.contains(&format!("kind={kind:?}")))
    }

    fn count(&self, name: &str) -> usize {
        self.0.lock().expect("no panic").iter().filter(|line| line.starts_with(name)).count()
    }
}

/// A database with so many connections, and what it reports.
async fn open(server: &Server, connections: u32) -> (Database, Events) {
    let options = PostgresOptions::url(&server.url()).expect("a URL").connections(connections).time_limit(LIMIT);
    open_with(options).await
}

async fn open_with(options: PostgresOptions) -> (Database, Events) {
    let events = Events::default();
    let database = options.on_event(events.recorder()).open().await.expect("opens");
    migrate(&database).await.expect("migrates");
    (database, events)
}

fn digest(number: u32) -> SecretDigest {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SecretDigest::from_bytes(bytes)
}

async fn insert(database: &Database, number: u32) -> Answered<()> {
    let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), "client", "user");
    let code = AuthorizationCode::new(authorization, "https://client.example/callback", None, NOW.plus(60));
    database.codes().insert(&NewCode { digest: digest(number), code, now: NOW }).await
}

async fn load(database: &Database, number: u32) -> Answered<Option<AuthorizationCode>> {
    database.codes().load(&digest(number)).await
}

async fn take(database: &Database, number: u32) -> Answered<TakenCode> {
    database.codes().take(&SecretQuery { digest: digest(number), now: NOW }).await
}

/// Asks until there is an answer: so a client that comes again.
async fn answers_again(database: &Database) {
    let began = Instant::now();
    while load(database, 1).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it recovers by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
