//! The stores of an authorization server and its resources in a database: SQLite for one process, PostgreSQL for many.
//!
//! ```text
//!  SqliteOptions, PostgresOptions --open--> Database --supply--> AuthorizationHostBuilder
//!                                              |
//!                                              +-- migrate    makes the tables; `check_schema` looks at them
//!                                              +-- Sweeper    removes rows whose time has passed
//!                                              +-- codes, refresh_tokens, ..    the stores, one by one
//! ```
//!
//! Each operation of a store is one statement, or one transaction of fixed statements; the conditions are in the SQL, so
//! that of all requests for one code, token or proof, on all nodes, one wins. What fails is answered as
//! [`Unavailable`](attesto_core::authorization::Unavailable), and a [`StoreEvent`] says why.
//!
//! ```
//! use attesto_core::host::AuthorizationHost;
//! use attesto_sqlx::{SqliteOptions, Sweeper, migrate};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let database = SqliteOptions::memory().open().await?; // yours: SqliteOptions::file("auth.db")
//! migrate(&database).await?;
//! tokio::spawn(Sweeper::new(&database, Duration::from_secs(60)).run());
//! let builder = database.supply(AuthorizationHost::from_functions()); // and the rest of the host
//! # let _ = builder;
//! # Ok(())
//! # }
//! ```
//!
//! `docs/stores.md` says how to choose, set up, migrate, sweep, back up and fail over.
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("attesto-sqlx needs an engine: its feature `sqlite` or `postgres`");

mod access_tokens;
#[cfg(feature = "postgres")]
mod breaker;
mod codes;
mod columns;
mod consent_grants;
mod database;
mod deny_list;
mod engine;
mod events;
mod failure;
mod host_transaction;
mod migrate;
mod names;
#[cfg(feature = "postgres")]
mod postgres_options;
mod pushed_requests;
mod refresh_tokens;
mod replays;
mod restore;
mod schema;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite_options;
mod stores;
mod sweeper;

pub use codes::SqlxCodeStore;
pub use consent_grants::SqlxConsentGrants;
pub use database::{Database, OpenError};
pub use deny_list::SqlxDenyList;
pub use events::StoreEvent;
pub use failure::{Failure, FailureKind};
pub use host_transaction::HostTransaction;
pub use migrate::{Migration, migrate, migrations};
pub use names::Dialect;
#[cfg(feature = "postgres")]
pub use postgres_options::PostgresOptions;
pub use pushed_requests::SqlxPushedRequestStore;
pub use refresh_tokens::SqlxRefreshStore;
pub use replays::SqlxReplayStore;
pub use restore::{Ended, end_all};
pub use schema::{SchemaDifference, SchemaError, check_schema};
#[cfg(feature = "sqlite")]
pub use sqlite_options::SqliteOptions;
pub use sweeper::Sweeper;

/// The page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/stores.md")]
struct StoresPage;
