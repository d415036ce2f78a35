//! Canonical base64url without padding (RFC 7515 §2, RFC 4648 §3.5 and §5; catalogue J3).
//!
//! One decoder for every segment, key member and thumbprint: a text decodes here only if encoding the result gives the same
//! text back. Padding, the alphabet of plain base64, white space and stray trailing bits are refused, so that one value has
//! one spelling.
//!
//! ```
//! use attesto_core::encoding::base64url;
//!
//! assert_eq!(base64url::encode(b"\xfb\xff"), "-_8");
//! assert_eq!(base64url::decode_array::<2>(b"-_8"), Ok([0xfb, 0xff]));
//! assert!(base64url::decode_array::<2>(b"-_8=").is_err()); // padded
//! assert!(base64url::decode_array::<2>(b"-_9").is_err()); //  trailing bits
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The text is not canonical base64url without padding, or does not fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not canonical base64url")]
#[expect(clippy::exhaustive_structs, reason = "text is canonical or it is not")]
pub struct NotBase64Url;

/// Decodes to exactly `N` bytes.
///
/// # Errors
/// [`NotBase64Url`] where the text is not canonical or decodes to another number of bytes.
pub fn decode_array<const N: usize>(encoded: &[u8]) -> Result<[u8; N], NotBase64Url> {
    let mut out = [0; N];
    let decoded = decode_into(encoded, &mut out)?.len();
    if decoded == N { Ok(out) } else { Err(NotBase64Url) }
}

/// Decodes into the front of a buffer.
///
/// # Errors
/// [`NotBase64Url`] where the text is not canonical or the buffer too small.
pub fn decode_into<'b>(encoded: &[u8], out: &'b mut [u8]) -> Result<&'b [u8], NotBase64Url> {
    Base64UrlUnpadded::decode(encoded, out).map_err(|_| NotBase64Url)
}

/// Decodes and appends. On failure `out` is as it was.
///
/// # Errors
/// [`NotBase64Url`] where the text is not canonical.
pub fn decode_append(encoded: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let before = out.len();
    out.resize(before.saturating_add(decoded_len(encoded.len())), 0);
    let decoded =
        out.get_mut(before..).ok_or(NotBase64Url).and_then(|room| decode_into(encoded, room).map(<[u8]>::len));
    match decoded {
        Ok(length) => {
            out.truncate(before.saturating_add(length));
            Ok(())
        }
        Err(refused) => {
            out.truncate(before);
            Err(refused)
        }
    }
}

/// Three bytes for four characters, and what the rest holds: never less than needed, at most two more.
const fn decoded_len(encoded: usize) -> usize {
    (encoded / 4).saturating_mul(3).saturating_add(encoded % 4)
}

/// Encodes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Encodes and appends.
pub fn encode_append(bytes: &[u8], out: &mut String) {
    // 48 bytes give 64 characters: whole groups, so that the pieces join without padding in between.
    let mut characters = [0; 64];
    for piece in bytes.chunks(48) {
        // A piece always fits; an empty string would only make the text undecodable, never wrong.
        out.push_str(Base64UrlUnpadded::encode(piece, &mut characters).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode_append(text.as_bytes(), &mut out).ok().map(|()| out)
    }

    #[test]
    fn j3_rfc_7515_appendix_c_example() {
        assert_eq!(encode(&[3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(decode("A-z_4ME"), Some(alloc::vec![3, 236, 255, 224, 193]));
    }

    #[test]
    fn j3_padding_is_refused() {
        assert_eq!(decode("Zg"), Some(b"f".to_vec()));
        assert_eq!(decode("Zg=="), None);
        assert_eq!(decode("Zg="), None);
    }

    #[test]
    fn j3_plain_base64_alphabet_is_refused() {
        assert!(decode("-_-_").is_some());
        assert_eq!(decode("+/+/"), None);
    }

    #[test]
    fn j3_white_space_is_refused() {
        for text in ["Zm 9v", "Zm9v\n", " Zm9v", "Zm9v\r\n", "Zm\t9v"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn j3_length_one_modulo_four_is_refused() {
        for text in ["A", "AAAAA", "AAAAAAAAA"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn j3_trailing_bits_are_refused() {
        for (canonical, stray) in [("Zg", "Zh"), ("Zm8", "Zm9"), ("AA", "AB"), ("AAA", "AAB")] {
            assert!(decode(canonical).is_some(), "{canonical}");
            assert_eq!(decode(stray), None, "{stray}");
        }
    }

    #[test]
    fn j3_non_ascii_and_other_bytes_are_refused() {
        for byte in 0..=255_u8 {
            let allowed = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert_eq!(decode_array::<3>(&[byte, b'A', b'A', b'A']).is_ok(), allowed, "{byte}");
        }
    }

    #[test]
    fn j3_wrong_number_of_bytes_is_refused() {
        assert!(decode_array::<2>(b"Zm9v").is_err());
        assert!(decode_array::<4>(b"Zm9v").is_err());
        assert_eq!(decode_array::<3>(b"Zm9v"), Ok(*b"foo"));
        assert_eq!(decode_array::<0>(b""), Ok([]));
    }

    proptest! {
        #[test]
        fn j3_what_we_encode_decodes(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text), Some(bytes.clone()));
            let mut appended = String::from("x");
            encode_append(&bytes, &mut appended);
            prop_assert_eq!(&appended[1..], text);
        }

        #[test]
        fn j3_what_decodes_is_its_own_encoding(text in "[A-Za-z0-9_=+/ -]{0,40}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn j3_failure_leaves_the_buffer_as_it_was(text in ".{0,40}") {
            let mut out = alloc::vec![7];
            if decode_append(text.as_bytes(), &mut out).is_err() {
                prop_assert_eq!(out, [7]);
            }
        }
    }
}
