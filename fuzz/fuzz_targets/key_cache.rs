//! `cargo +nightly fuzz run key_cache`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::key_cache(data));
