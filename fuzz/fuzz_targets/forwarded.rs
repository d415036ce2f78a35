//! `cargo +nightly fuzz run forwarded`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::forwarded(data));
