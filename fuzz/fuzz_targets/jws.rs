//! `cargo +nightly fuzz run jws`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::jws(data));
