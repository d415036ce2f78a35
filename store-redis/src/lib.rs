//! attesto's replay store in Redis or Valkey: used DPoP proofs and client assertions, known to every machine.
//!
//! ```text
//! Guard, AuthorizationHost (core) --> RedisReplayStore --> SET attesto:replay:KEY 1 NX EX seconds --> Redis
//!                                       one round trip for each claim
//! ```
//!
//! ```no_run
//! use attesto_core::host::{Guard, Instances};
//! use attesto_core::resource::ResourceServer;
//! use attesto_redis::{RedisOptions, RedisReplayStore};
//! use std::{error::Error, time::Duration};
//!
//! async fn guard(server: ResourceServer) -> Result<Guard, Box<dyn Error>> {
//!     let options = RedisOptions::url("redis://attesto:password@redis.internal:6379")?
//!         .distrust_restarts(Duration::from_secs(60 + 60)) // the policy's `max_age` and `future_skew`
//!         .on_failure(|failure| eprintln!("replay store: {failure}"));
//!     let store = RedisReplayStore::connect(options).await?;
//!     Ok(Guard::builder(server).replay_store(store).instances(Instances::Multiple).build()?)
//! }
//! ```
//!
//! It runs on tokio, with its IO and time enabled. `docs/redis.md` has the lines for `redis.conf`, what a failover or a restart can lose,
//! and what a record costs.
//!
//! What is not understood, or does not arrive in time, is answered [`Unavailable`](attesto_core::dpop::ReplayAnswer::Unavailable), so
//! the request ends with 503. Why it happened is for your log: [`RedisOptions::on_failure`].
#![forbid(unsafe_code)]

mod address;
mod connection;
mod failure;
mod link;
mod options;
mod question;
mod server;
mod store;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod trust;

pub use attesto_core as core;
pub use failure::{Failure, FailureKind, Unsuitable};
pub use options::RedisOptions;
#[cfg(feature = "tls")]
pub use rustls;
pub use store::RedisReplayStore;
