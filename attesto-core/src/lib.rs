//! The OAuth 2.1 protocol core of attesto: it takes the parts of a request and the time, and returns a verdict and the
//! headers of the challenge. It does no IO.
//!
//! (crate docs to be completed)
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::string_slice,
        clippy::wildcard_enum_match_arm,
        reason = "a test that panics has done its work"
    )
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
mod reason_macro;

pub mod challenge;
pub mod config;
pub mod crypto;
pub mod dpop;
pub mod encoding;
pub mod host;
pub mod http;
pub mod jose;
pub mod limits;
pub mod mcp;
pub mod metadata;
pub mod mtls;
pub mod resource;
pub mod scope;
pub mod time;
pub mod token;

pub use config::ConfigError;
pub use time::Timestamp;
