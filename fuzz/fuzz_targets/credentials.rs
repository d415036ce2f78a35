//! `cargo +nightly fuzz run credentials`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::credentials(data));
