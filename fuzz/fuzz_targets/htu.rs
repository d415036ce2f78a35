//! `cargo +nightly fuzz run htu`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::htu(data));
