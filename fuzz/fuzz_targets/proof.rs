//! `cargo +nightly fuzz run proof`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::proof(data));
