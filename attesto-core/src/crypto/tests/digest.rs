//! SHA-2 and HMAC-SHA-256.

use super::*;

#[test]
fn j16_sha256_of_parts_is_that_of_the_whole() {
    // FIPS 180-4, "abc".
    let known: [u8; 32] = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let empty: [u8; 32] = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for provider in providers() {
        for parts in [&[&b"abc"[..]][..], &[b"a", b"", b"bc"], &[b"ab", b"c"]] {
            assert_eq!(provider.sha256(parts), known, "{provider:?}");
        }
        for parts in [&[][..], &[&b""[..]], &[b"", b""]] {
            assert_eq!(provider.sha256(parts), empty, "{provider:?}");
        }
    }
}

#[test]
fn it3_longer_hashes_are_those_of_fips_180_4() {
    let sha384: [u8; 48] = hex(concat!(
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed",
        "8086072ba1e7cc2358baeca134c825a7"
    ));
    let sha512: [u8; 64] = hex(concat!(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ));
    for provider in providers() {
        assert_eq!((provider.sha384(b"abc"), provider.sha512(b"abc")), (sha384, sha512), "{provider:?}");
    }
}

#[test]
fn d14_hmac_of_parts_is_that_of_the_whole() {
    // RFC 4231 §4.2: its key of 20 bytes equals the key padded with zeros.
    let mut key = [0; 32];
    key[..20].fill(0x0b);
    let known: [u8; 32] = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    for provider in providers() {
        for parts in [&[&b"Hi There"[..]][..], &[b"Hi", b" There"], &[b"", b"Hi There", b""]] {
            assert_eq!(provider.hmac_sha256(&key, parts), known, "{provider:?}");
        }
        assert_ne!(provider.hmac_sha256(&[1; 32], &[b"Hi There"]), known, "{provider:?}");
    }
}
