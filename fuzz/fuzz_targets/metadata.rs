//! `cargo +nightly fuzz run metadata`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::metadata(data));
