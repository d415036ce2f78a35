//! `cargo +nightly fuzz run jwk`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::jwk(data));
