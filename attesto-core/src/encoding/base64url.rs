//! Canonical base64url without padding (RFC 7515 §2, RFC 4648 §3.5 and §5; J3).
//!
//! Decodes a text only if encoding the result gives the same text. Padding, the alphabet of plain base64, white space
//! and stray trailing bits are refused, so that one value has one spelling.
//!
//! There are two decoders that accept the same texts. The one of this module is for public data: tokens, proofs, public
//! keys, thumbprints. It uses a lookup table, which is fast but can leak through caches. [`secret`] is for private
//! keys: its time does not depend on the data.
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

/// The text is not canonical base64url without padding, or does not fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not canonical base64url")]
#[expect(clippy::exhaustive_structs, reason = "text is canonical or it is not")]
pub struct NotBase64Url;

/// Decodes to exactly `N` bytes.
///
/// # Errors
/// [`NotBase64Url`] if the text is not canonical or decodes to another number of bytes.
pub fn decode_array<const N: usize>(encoded: &[u8]) -> Result<[u8; N], NotBase64Url> {
    let mut out = [0; N];
    let decoded = decode_into(encoded, &mut out)?.len();
    if decoded == N { Ok(out) } else { Err(NotBase64Url) }
}

/// Decodes into the front of a buffer.
///
/// # Errors
/// [`NotBase64Url`] if the text is not canonical or the buffer is too small.
pub fn decode_into<'b>(encoded: &[u8], out: &'b mut [u8]) -> Result<&'b [u8], NotBase64Url> {
    let (groups, rest) = encoded.as_chunks::<4>();
    let whole = groups.len().saturating_mul(3);
    let (body, tail) = out.split_at_mut_checked(whole).ok_or(NotBase64Url)?;
    let mut seen = 0;
    for (bytes, [a, b, c, d]) in body.as_chunks_mut::<3>().0.iter_mut().zip(groups) {
        let bits = sextet(0, *a) | sextet(1, *b) | sextet(2, *c) | sextet(3, *d);
        seen |= bits;
        let [_, first, second, third] = bits.to_be_bytes();
        *bytes = [first, second, third];
    }
    let more = decode_rest(rest, tail, &mut seen)?;
    if seen & STRANGER != 0 {
        return Err(NotBase64Url);
    }
    out.get(..whole.saturating_add(more)).ok_or(NotBase64Url)
}

/// Decodes the two or three characters after the last whole group, whose unused bits must be zero. RFC 4648 §3.5.
fn decode_rest(rest: &[u8], out: &mut [u8], seen: &mut u32) -> Result<usize, NotBase64Url> {
    let (bits, length) = match rest {
        [] => return Ok(0),
        [a, b] => (sextet(0, *a) | sextet(1, *b), 1),
        [a, b, c] => (sextet(0, *a) | sextet(1, *b) | sextet(2, *c), 2),
        // One character has no whole byte; four would be a group.
        _ => return Err(NotBase64Url),
    };
    let [strange, bytes @ ..] = bits.to_be_bytes();
    let (used, unused) = bytes.split_at_checked(length).ok_or(NotBase64Url)?;
    let out = out.get_mut(..length).ok_or(NotBase64Url)?;
    out.copy_from_slice(used);
    *seen |= bits;
    if strange == 0 && unused.iter().all(|byte| *byte == 0) { Ok(length) } else { Err(NotBase64Url) }
}

/// Marks a character outside the alphabet.
const STRANGER: u32 = 1 << 31;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// For each position in a group of four: the character's six bits, shifted into place in the 24.
static SEXTETS: [[u32; 256]; 4] = [sextets(18), sextets(12), sextets(6), sextets(0)];

fn sextet(place: usize, character: u8) -> u32 {
    let known = SEXTETS.get(place).and_then(|table| table.get(usize::from(character)));
    known.copied().unwrap_or(STRANGER)
}

#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "computed at compile time"
)]
const fn sextets(shift: u32) -> [u32; 256] {
    let mut table = [STRANGER; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = (value as u32) << shift;
        value += 1;
    }
    table
}

/// Decodes and appends. Leaves `out` unchanged on failure.
///
/// # Errors
/// [`NotBase64Url`] if the text is not canonical.
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

/// Three bytes for four characters, and room for the rest: never less than needed, at most two more.
const fn decoded_len(encoded: usize) -> usize {
    (encoded / 4).saturating_mul(3).saturating_add(encoded % 4)
}

/// Encodes bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_len(bytes.len()));
    encode_append(bytes, &mut text);
    text
}

/// Encodes bytes and appends the text.
pub fn encode_append(bytes: &[u8], out: &mut String) {
    out.reserve(encoded_len(bytes.len()));
    encode_each(bytes, |character| out.push(char::from(character)));
}

/// Passes the characters to `put`, one by one.
pub(crate) fn encode_each(bytes: &[u8], mut put: impl FnMut(u8)) {
    for piece in bytes.chunks(3) {
        let (bits, characters) = match piece {
            [a, b, c] => ([0, *a, *b, *c], 4),
            [a, b] => ([0, *a, *b, 0], 3),
            [a] => ([0, *a, 0, 0], 2),
            _ => return,
        };
        let bits = u32::from_be_bytes(bits);
        for shift in [18_u32, 12, 6, 0].into_iter().take(characters) {
            let [.., six] = ((bits >> shift) & 63).to_be_bytes();
            // Six bits always select a character; a wrong one would only make the text undecodable.
            put(ALPHABET.get(usize::from(six)).copied().unwrap_or(b'='));
        }
    }
}

/// Four characters for three bytes, and one more than its bytes for the rest.
const fn encoded_len(bytes: usize) -> usize {
    let rest = bytes % 3;
    (bytes / 3).saturating_mul(4).saturating_add(if rest == 0 { 0 } else { rest.saturating_add(1) })
}

/// The same encoding for secrets: private members of keys. The time depends on the length alone.
///
/// ```
/// use attesto_core::encoding::base64url::{self, secret};
///
/// assert_eq!(*secret::encode(b"\xfb\xff"), "-_8");
/// assert_eq!(secret::decode_array::<2>(b"-_8"), base64url::decode_array::<2>(b"-_8"));
/// ```
pub mod secret {
    use super::{NotBase64Url, decoded_len};
    use alloc::string::String;
    use alloc::vec::Vec;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use zeroize::Zeroizing;

    /// Decodes to exactly `N` bytes.
    ///
    /// # Errors
    /// [`NotBase64Url`] if the text is not canonical or decodes to another number of bytes.
    pub fn decode_array<const N: usize>(encoded: &[u8]) -> Result<[u8; N], NotBase64Url> {
        let mut out = [0; N];
        let decoded = Base64UrlUnpadded::decode(encoded, &mut out).map_err(|_| NotBase64Url)?.len();
        if decoded == N { Ok(out) } else { Err(NotBase64Url) }
    }

    /// Decodes a text.
    ///
    /// # Errors
    /// [`NotBase64Url`] if the text is not canonical.
    pub fn decode(encoded: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotBase64Url> {
        let mut out = Zeroizing::new(alloc::vec![0; decoded_len(encoded.len())]);
        let length = Base64UrlUnpadded::decode(encoded, &mut out).map_err(|_| NotBase64Url)?.len();
        out.truncate(length);
        Ok(out)
    }

    /// Encodes bytes.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes))
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

    /// Whether the other decoder gives the same result.
    fn agrees(text: &[u8]) -> bool {
        let (mut ours, mut theirs) = (Vec::new(), secret::decode(text).ok());
        let known = decode_append(text, &mut ours).is_ok();
        known == theirs.is_some() && theirs.take().is_none_or(|theirs| *theirs == ours)
    }

    #[test]
    fn j3_both_decoders_agree_on_every_short_text() {
        let interesting = *b"A-Zz09_+/=. \n\0\x80\xffBgwQ";
        assert!(agrees(b""));
        for a in 0..=255 {
            assert!(agrees(&[a]));
            for b in 0..=255 {
                assert!(agrees(&[a, b]), "{a} {b}");
                for c in interesting {
                    assert!(agrees(&[a, b, c]) && agrees(&[c, a, b]), "{a} {b} {c}");
                    assert!(agrees(&[b'Q', a, c, b]) && agrees(&[b'Q', b'Q', b'Q', b'Q', c, a, b]), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn j3_too_small_a_buffer_is_refused() {
        for (text, bytes) in [("Zg", 1), ("Zm8", 2), ("Zm9v", 3), ("Zm9vZg", 4), ("Zm9vZm8", 5)] {
            for room in 0..9 {
                assert_eq!(decode_into(text.as_bytes(), &mut [0; 9][..room]).is_ok(), room >= bytes, "{text} {room}");
            }
        }
    }

    proptest! {
        #[test]
        fn j3_both_decoders_agree(
            bytes: Vec<u8>,
            text in "[A-Za-z0-9_=+/ -]{0,80}",
            changed: Vec<u8>,
            at: prop::sample::Index,
            byte: u8,
        ) {
            prop_assert!(agrees(&bytes) && agrees(text.as_bytes()));
            let mut text = encode(&changed).into_bytes();
            let theirs = secret::encode(&changed);
            prop_assert_eq!(text.as_slice(), theirs.as_bytes());
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
                prop_assert!(agrees(&text));
            }
        }

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
