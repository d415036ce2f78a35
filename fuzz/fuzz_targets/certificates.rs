//! `cargo +nightly fuzz run certificates`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::certificates(data));
