//! What outlives a restart: the database of the stores, and the secrets beside it.

use super::entropy;
use crate::issuer::{provider, rsa_pem};
use attesto_core::crypto::{CryptoProvider, EntropyError};
use attesto_core::encoding::base64url;
use attesto_sqlx::{Database, PostgresOptions, SqliteOptions, migrate};
use std::error::Error;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where the stores are kept.
#[derive(Clone, Debug)]
enum Place {
    Memory,
    File(PathBuf),
    Postgres(PostgresOptions),
}

/// The state of one demo.
#[derive(Debug)]
pub(super) struct State {
    place: Place,
    pub(super) secrets: Secrets,
    /// Held while the process runs, so that two demos do not serve one state.
    file: Option<File>,
    /// The port of the last run: tokens name it, in their issuer.
    pub(super) port: u16,
}

impl State {
    /// Nothing outlives the process.
    pub(super) fn in_memory() -> Result<Self, Box<dyn Error>> {
        Ok(Self { place: Place::Memory, secrets: Secrets::draw()?, file: None, port: 0 })
    }

    /// Reads `--database`: `sqlite:PATH`, `sqlite::memory:` or `postgres://..`. Without it, the state is in a file beside the program;
    /// a second program at a time keeps its own in memory.
    pub(super) fn find(database: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let folder = beside_the_program()?;
        match database {
            Some("sqlite::memory:") => Self::in_memory(),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                let place = Place::Postgres(PostgresOptions::url(url)?);
                Self::load(place, &folder.join("postgres.secrets"))?
                    .ok_or_else(|| "another demo uses this state".into())
            }
            Some(url) => {
                let path =
                    url.strip_prefix("sqlite:").ok_or("--database: sqlite:PATH, sqlite::memory: or postgres://..")?;
                let secrets = PathBuf::from([path, ".secrets"].concat());
                Self::load(Place::File(path.into()), &secrets)?.ok_or_else(|| "another demo uses this file".into())
            }
            None => match Self::load(Place::File(folder.join("demo.db")), &folder.join("demo.db.secrets"))? {
                Some(state) => Ok(state),
                None => {
                    eprintln!("another demo is running: this one keeps its state in memory\n");
                    Self::in_memory()
                }
            },
        }
    }

    /// `None` if another process has it.
    fn load(place: Place, secrets: &Path) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(mut file) = lock(secrets)? else { return Ok(None) };
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)?;
        let (secrets, port) = match Secrets::parse(&text) {
            Some(read) => read,
            None if text.is_empty() => (Secrets::draw()?, 0),
            None => {
                return Err("the file of secrets cannot be read: remove it, with the database, to start afresh".into());
            }
        };
        Ok(Some(Self { place, secrets, file: Some(file), port }))
    }

    /// Keeps the secrets, and the port that was found.
    pub(super) fn keep(&mut self, port: u16) -> Result<(), Box<dyn Error>> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.seek(SeekFrom::Start(0))?;
        file.set_len(0)?;
        file.write_all(self.secrets.to_text(port).as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// Opens the database, with tables that are up to date.
    pub(super) async fn database(&self) -> Result<Database, Box<dyn Error>> {
        let database = match &self.place {
            Place::Memory => SqliteOptions::memory().open().await,
            Place::File(path) => SqliteOptions::file(path).open().await,
            Place::Postgres(options) => options.clone().open().await,
        };
        // As text: a program that ends with an error shows how it is written in Rust.
        let database = database.map_err(|error| error.to_string())?;
        migrate(&database).await.map_err(|error| error.to_string())?;
        Ok(database)
    }

    /// For the invitation: where the state is.
    pub(super) fn place(&self) -> String {
        match &self.place {
            Place::Memory => "in memory, until this program ends".into(),
            Place::File(path) => {
                format!("in {}: stop and start this program, and refresh tokens are still good", path.display())
            }
            Place::Postgres(_) => "in PostgreSQL".into(),
        }
    }
}

/// `target/debug/attesto-demo`, for a program in `target/debug/examples`.
fn beside_the_program() -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let folder = program.parent().and_then(Path::parent).ok_or("a program is in a folder")?.join("attesto-demo");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Opens a file for its owner alone, and locks it. `None` if another process has the lock.
fn lock(path: &Path) -> Result<Option<File>, Box<dyn Error>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// All secrets of the demo, as one from which the others are derived, and an RSA key. A server of yours keeps each where your secrets are.
pub(super) struct Secrets {
    provider: Arc<dyn CryptoProvider>,
    root: Zeroizing<[u8; 32]>,
    pub(super) rsa_pem: Zeroizing<String>,
}

/// Without the secrets.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    fn draw() -> Result<Self, Box<dyn Error>> {
        let mut root = Zeroizing::new([0; 32]);
        entropy(root.as_mut_slice())?;
        Ok(Self { provider: provider(), root, rsa_pem: rsa_pem()? })
    }

    fn parse(text: &str) -> Option<(Self, u16)> {
        let mut parts = text.splitn(3, '\n');
        let (port, root, rsa_pem) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let root = Zeroizing::new(base64url::decode_array(root.as_bytes()).ok()?);
        Some((Self { provider: provider(), root, rsa_pem: Zeroizing::new(rsa_pem.into()) }, port))
    }

    fn to_text(&self, port: u16) -> Zeroizing<String> {
        Zeroizing::new(format!("{port}\n{}\n{}", base64url::encode(self.root.as_slice()), self.rsa_pem.as_str()))
    }

    /// Random bytes that are the same in each run, and differ from name to name.
    pub(super) fn entropy(&self, name: &'static str) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
        let mut count = 0u64;
        move |out: &mut [u8]| {
            for block in out.chunks_mut(32) {
                count = count.checked_add(1).ok_or(EntropyError)?;
                let parts: [&[u8]; 4] = [b"attesto demo:", self.root.as_slice(), &count.to_be_bytes(), name.as_bytes()];
                let derived = Zeroizing::new(self.provider.sha256(&parts));
                block.iter_mut().zip(derived.iter()).for_each(|(to, from)| *to = *from);
            }
            Ok(())
        }
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<[u8; 32], EntropyError> {
        let mut bytes = [0; 32];
        self.entropy(name)(&mut bytes)?;
        Ok(bytes)
    }
}
