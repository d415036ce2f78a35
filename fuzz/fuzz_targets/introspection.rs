//! `cargo +nightly fuzz run introspection`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attesto_fuzz::introspection(data));
