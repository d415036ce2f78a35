//! Fuzz targets: functions of any bytes that panic where something does not hold that must hold for every input.
//!
//! `cargo +nightly fuzz run NAME fuzz/corpus/NAME fuzz/seeds/NAME` runs one; the files in `fuzz/fuzz_targets` only call what is
//! here. `tests/tests/fuzz_seeds.rs` gives each target its seeds, on any compiler, with every run of the tests.
//!
//! Most inputs are text, so that a seed can be read and a finding be understood. A target holds the core against something
//! else: a naive model, another crate, or the core itself asked another way.

mod certificates;
mod challenge;
mod check;
mod credentials;
mod fixture;
mod forwarded;
mod htu;
mod introspection;
mod issued;
mod json;
mod jwk;
mod jws;
mod key_cache;
mod metadata;
mod model;
mod proof;
mod request;
mod scopes;

pub use certificates::certificates;
pub use challenge::challenge;
pub use check::check;
pub use credentials::credentials;
pub use forwarded::forwarded;
pub use htu::htu;
pub use introspection::introspection;
pub use json::json;
pub use jwk::jwk;
pub use jws::jws;
pub use key_cache::key_cache;
pub use metadata::metadata;
pub use proof::proof;
pub use scopes::scopes;

/// A target.
pub type Target = fn(&[u8]);

/// Every target, by the name of its binary and of its folder of seeds.
pub const TARGETS: &[(&str, Target)] = &[
    ("certificates", certificates),
    ("challenge", challenge),
    ("check", check),
    ("credentials", credentials),
    ("forwarded", forwarded),
    ("htu", htu),
    ("introspection", introspection),
    ("json", json),
    ("jwk", jwk),
    ("jws", jws),
    ("key_cache", key_cache),
    ("metadata", metadata),
    ("proof", proof),
    ("scopes", scopes),
];
