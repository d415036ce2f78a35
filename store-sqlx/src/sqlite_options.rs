//! How to open a SQLite database.

use crate::database::{Database, OpenError};
use crate::engine::Engine;
use crate::engine::sqlite::Sqlite;
use crate::events::{Observer, StoreEvent};
use crate::failure::{Failure, FailureKind};
use crate::names::{Dialect, Names};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a transaction waits for one of another process.
const BUSY: Duration = Duration::from_secs(5);
/// Threads that read, beside the one that writes.
const READERS: usize = 2;

/// A SQLite database, for one machine and one process: [`StoreReach::Process`](attesto_core::host::StoreReach).
///
/// A commit is on the disk before its answer leaves (`synchronous=FULL`, write-ahead log). Requests that wait together
/// are committed together. The threads that do so need no runtime: the stores work on any, and from a plain loop.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    connect: SqliteConnectOptions,
    /// Created for its owner alone where it is missing.
    file: Option<PathBuf>,
    readers: usize,
    prefix: String,
    observer: Observer,
}

impl SqliteOptions {
    /// Opens this file. Where it is missing, it is created for its owner alone; its folder must be there.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let options = Self::connect(SqliteConnectOptions::new().filename(path));
        Self { file: Some(path.into()), ..options }
    }

    /// Opens the file that these options of sqlx name. The log, the syncing and the wait for other processes are set
    /// as the stores need them.
    #[must_use]
    pub fn connect(options: SqliteConnectOptions) -> Self {
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        Self::over(options, READERS)
    }

    /// Keeps the database in memory. It is lost when the last handle is dropped.
    #[must_use]
    pub fn memory() -> Self {
        Self::over(SqliteConnectOptions::new().in_memory(true), 0)
    }

    fn over(connect: SqliteConnectOptions, readers: usize) -> Self {
        Self {
            connect: connect.busy_timeout(BUSY),
            file: None,
            readers,
            prefix: Database::PREFIX.into(),
            observer: Observer::default(),
        }
    }

    /// Sets what the names of tables begin with; `attesto_` unless set.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets what receives [events](StoreEvent), for logs and metrics. It is called while a request waits, so it must not
    /// block; it changes nothing, and a panic of it fails no request.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(&StoreEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// Opens the database. Its tables may still be missing: see [`migrate`](crate::migrate).
    ///
    /// # Errors
    /// Fails for an unusable prefix, and where the file cannot be opened.
    pub async fn open(self) -> Result<Database, OpenError> {
        let names = Names::new(Dialect::Sqlite, None, self.prefix)?;
        if let Some(file) = &self.file {
            create_private(file)?;
        }
        let sqlite = Sqlite::open(&self.connect, self.readers).await?;
        Ok(Database::new(Engine::Sqlite(sqlite), names, self.observer))
    }
}

/// Creates a file that only its owner can read. SQLite gives the files beside it the same rights.
fn create_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // A file that may only be read is opened, and refuses writes: SQLite says so.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && path.exists() => Ok(()),
        Err(error) => {
            Err(Failure::new(FailureKind::Unreachable, format!("the file cannot be created: {}", error.kind())).into())
        }
    }
}
