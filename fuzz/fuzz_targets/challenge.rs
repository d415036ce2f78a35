//! `cargo +nightly fuzz run challenge`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::challenge(data));
