//! attesto's stores in a database.
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("attesto-sqlx needs an engine: its feature `sqlite` or `postgres`");

mod access_tokens;
mod breaker;
mod codes;
mod columns;
mod database;
mod deny_list;
mod engine;
mod failure;
mod migrate;
mod names;
#[cfg(feature = "postgres")]
mod postgres_options;
mod refresh_tokens;
mod restore;
#[cfg(feature = "sqlite")]
mod sqlite_options;

pub use codes::SqlxCodeStore;
pub use database::{Database, OpenError};
pub use deny_list::SqlxDenyList;
pub use failure::{Failure, FailureKind};
pub use migrate::migrate;
#[cfg(feature = "postgres")]
pub use postgres_options::PostgresOptions;
pub use refresh_tokens::SqlxRefreshStore;
pub use restore::{Ended, end_all};
#[cfg(feature = "sqlite")]
pub use sqlite_options::SqliteOptions;
