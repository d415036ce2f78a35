//! `cargo +nightly fuzz run scopes`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::scopes(data));
