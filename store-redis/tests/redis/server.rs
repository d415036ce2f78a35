//! A server of a test's own.

use attesto_core::Timestamp;
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
use attesto_core::host::ReplayStore;
use attesto_redis::{FailureKind, RedisOptions, RedisReplayStore};
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// No clock is read: a store that keeps records for a span of time works at any date.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
/// For how long the tests' records are kept.
pub(crate) const KEPT: u64 = 60;

/// A running server with its folder; both end with it.
pub(crate) struct TestServer {
    process: Child,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl TestServer {
    /// Starts a server on a Unix socket, without persistence unless the arguments ask for it. `None` where there is no server to start.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let folder = folder();
        let socket = folder.join("s").display().to_string();
        let mut all = vec!["--port".to_owned(), "0".into(), "--unixsocket".into(), socket];
        all.extend(["--save", ""].map(str::to_owned));
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Self::start_in(folder, all).map(|started| started.expect("the server starts"))
    }

    /// Starts a server in a folder. The inner result is its own last words.
    pub(crate) fn start_in(folder: PathBuf, arguments: Vec<String>) -> Option<Result<Self, String>> {
        let started = spawn(&folder, &arguments)?;
        Some(started.map(|process| Self { process, folder, arguments }))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("s").display())
    }

    /// Options with short pauses.
    pub(crate) fn options(&self) -> RedisOptions {
        quick(&self.url())
    }

    pub(crate) async fn store(&self) -> RedisReplayStore {
        RedisReplayStore::connect(self.options()).await.expect("connects")
    }

    /// Sends a command on a connection of its own.
    pub(crate) fn command<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_connection().expect("connects");
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut connection).expect("a reply")
    }

    pub(crate) fn set(&self, setting: &str, value: &str) {
        self.command::<()>(&["CONFIG", "SET", setting, value]);
    }

    /// Ends the server as a power cut would end its process: SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("is running");
        self.process.wait().expect("ends");
    }

    /// Starts the server again, after [`kill`](Self::kill), at the same place.
    pub(crate) fn start_again(&mut self) {
        let started = spawn(&self.folder, &self.arguments).expect("was there before");
        self.process = started.expect("starts again");
    }

    /// Sends a signal such as `STOP`: the server hangs, with its connections open.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().expect("kill").success());
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Options that do not make a test wait.
pub(crate) fn quick(url: &str) -> RedisOptions {
    let options = RedisOptions::url(url).expect("a URL");
    options.connect_timeout(Duration::from_secs(5)).response_timeout(Duration::from_secs(5)).retry_after(Duration::ZERO)
}

/// A new folder, whose path is short enough for a socket's.
pub(crate) fn folder() -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("attesto-redis-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Starts the program, and waits until it says that it is ready.
fn spawn(folder: &PathBuf, arguments: &[String]) -> Option<Result<Child, String>> {
    let program = env::var_os("ATTESTO_TEST_REDIS_SERVER").unwrap_or("redis-server".into());
    let mut command = Command::new(program);
    command.arg("--dir").arg(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = match command.spawn() {
        Ok(process) => process,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            assert!(
                env::var_os("ATTESTO_REQUIRE_REDIS").is_none(),
                "there is no redis-server, and ATTESTO_REQUIRE_REDIS is set"
            );
            println!("left out: there is no redis-server on this machine");
            return None;
        }
        Err(error) => panic!("the server does not start: {error}"),
    };
    let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
    let mut log = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        if line.contains("eady to accept connections") {
            // It would block if its output were not read.
            thread::spawn(move || lines.for_each(drop));
            return Some(Ok(process));
        }
        log.push(line);
    }
    let _ = process.wait();
    Some(Err(log.join("\n")))
}

/// The claim of a key that the label makes.
pub(crate) fn claim(label: &str) -> ReplayClaim {
    claim_until(label, NOW.plus(KEPT))
}

pub(crate) fn claim_until(label: &str, until: Timestamp) -> ReplayClaim {
    ReplayClaim::new(ReplayKey::from_bytes(RustCrypto::new().sha256(&[label.as_bytes()])), until)
}

/// Claims again and again until a claim is answered, and returns that answer. Ends with the test where that never happens.
pub(crate) async fn answer_in_the_end(store: &RedisReplayStore, claim: &ReplayClaim) -> ReplayAnswer {
    let answered = async {
        loop {
            match store.claim(claim, NOW).await {
                ReplayAnswer::Unavailable => tokio::task::yield_now().await,
                answer => break answer,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.expect("an answer in the end")
}

/// Collects the kinds of failures.
#[derive(Clone, Default)]
pub(crate) struct Kinds(Arc<Mutex<Vec<FailureKind>>>);

impl Kinds {
    pub(crate) fn observed(&self, options: RedisOptions) -> RedisOptions {
        let kinds = Arc::clone(&self.0);
        options.on_failure(move |failure| kinds.lock().expect("no panic").push(failure.kind))
    }

    pub(crate) fn take(&self) -> Vec<FailureKind> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}
