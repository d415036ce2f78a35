//! `cargo +nightly fuzz run check`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::check(data));
