//! What the store of refresh tokens and the deny list do beyond the conformance suites: odd values, bounds, and races of
//! several nodes on one PostgreSQL.
#![cfg(all(feature = "postgres", feature = "sqlite"))]

mod bounds;
mod contract;
mod denied;
#[path = "../conformance/engines.rs"]
mod engines;
mod nodes;
mod queues;
mod races;
mod world;
