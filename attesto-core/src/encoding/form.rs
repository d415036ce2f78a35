//! `application/x-www-form-urlencoded`, strictly: malformed input is an error or does not match (WHATWG URL §5.1;
//! RFC 6750 §2.2 and §2.3).
//!
//! ```
//! use attesto_core::encoding::form;
//!
//! let names: Vec<bool> = form::pairs(b"a=1&%62=2").map(|pair| pair.name_is("b")).collect();
//! assert_eq!(names, [false, true]);
//! assert_eq!(form::pairs(b"q=x+y%21").next().unwrap().value().unwrap(), b"x y!".as_slice());
//! ```

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A `%` without two hexadecimal digits after it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not form-encoded")]
#[expect(clippy::exhaustive_structs, reason = "text is form-encoded or it is not")]
pub struct NotForm;

/// One `name=value`, still encoded. `Debug` prints neither: the value may be a token.
#[derive(Clone, Copy)]
pub struct Pair<'f> {
    name: &'f [u8],
    value: &'f [u8],
}

impl<'f> Pair<'f> {
    /// Whether the name decodes to exactly `name`. Compares in place, whatever the length.
    #[must_use]
    pub fn name_is(&self, name: &str) -> bool {
        octets(self.name).map(Result::ok).eq(name.bytes().map(Some))
    }

    /// The decoded value; borrowed if nothing was encoded.
    ///
    /// # Errors
    ///
    /// [`NotForm`] if a `%` is not followed by two hexadecimal digits.
    pub fn value(&self) -> Result<Cow<'f, [u8]>, NotForm> {
        if self.value.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return octets(self.value).collect::<Result<Vec<u8>, NotForm>>().map(Cow::Owned);
        }
        Ok(Cow::Borrowed(self.value))
    }

    /// Whether name and value are well formed and decode to ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        octets(self.name).chain(octets(self.value)).all(|octet| octet.is_ok_and(|octet| octet.is_ascii()))
    }
}

impl core::fmt::Debug for Pair<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Pair(..)")
    }
}

/// Iterates over the pairs of `form`, in order. Skips empty pieces (`&&`); a piece without `=` is a name with an empty
/// value. Only `&` separates.
pub fn pairs(form: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    form.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        Pair { name: halves.next().unwrap_or_default(), value: halves.next().unwrap_or_default() }
    })
}

/// Decodes one name or value.
///
/// # Errors
///
/// [`NotForm`] if a `%` is not followed by two hexadecimal digits.
pub fn decode(encoded: &[u8]) -> Result<Vec<u8>, NotForm> {
    octets(encoded).collect()
}

/// Encodes a value: unreserved characters are kept, a space becomes `+`, everything else a triplet.
#[must_use]
pub fn encode(value: &str) -> String {
    // Reserved at once, so that a secret does not leave copies of its beginning behind as it grows.
    let mut encoded = String::with_capacity(value.len().saturating_mul(3));
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                for digit in [byte >> 4, byte & 15] {
                    encoded.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
        }
    }
    encoded
}

/// Adds a pair to a form, or to the query of a URI.
///
/// ```
/// let mut form = String::new();
/// attesto_core::encoding::form::append(&mut form, "q", "x y");
/// attesto_core::encoding::form::append(&mut form, "r", "&");
/// assert_eq!(form, "q=x+y&r=%26");
/// ```
pub fn append(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(&encode(name));
    form.push('=');
    form.push_str(&encode(value));
}

/// Decodes the octets of a name or value.
fn octets(encoded: &[u8]) -> impl Iterator<Item = Result<u8, NotForm>> {
    let mut rest = encoded.iter();
    core::iter::from_fn(move || {
        Some(match rest.next()? {
            b'%' => triplet(rest.next(), rest.next()),
            b'+' => Ok(b' '),
            plain => Ok(*plain),
        })
    })
}

/// Decodes two hexadecimal digits.
fn triplet(high: Option<&u8>, low: Option<&u8>) -> Result<u8, NotForm> {
    let digit = |byte: Option<&u8>| char::from(*byte.ok_or(NotForm)?).to_digit(16).ok_or(NotForm);
    let octet = digit(high)?.wrapping_mul(16).wrapping_add(digit(low)?);
    u8::try_from(octet).map_err(|_| NotForm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(form: &[u8]) -> Pair<'_> {
        let mut all = pairs(form);
        let first = all.next().unwrap();
        assert!(all.next().is_none());
        first
    }

    #[test]
    fn names_compare_after_decoding() {
        for same in ["access_token=x", "%61ccess_token=x", "access%5Ftoken", "access%5ftoken=", "&&access_token=x&"] {
            assert!(only(same.as_bytes()).name_is("access_token"), "{same}");
        }
        let others = ["access_token2=x", "Access_Token=x", "access+token=x", "access_toke=n", "%6access_token", "=x"];
        for other in others {
            assert!(!only(other.as_bytes()).name_is("access_token"), "{other}");
        }
        assert!(only(b"a+b=1").name_is("a b"));
    }

    #[test]
    fn values_decode_or_fail() {
        assert_eq!(only(b"a=b=c").value().unwrap(), b"b=c".as_slice());
        assert_eq!(only(b"a=%41%7e+%2B").value().unwrap(), b"A~ +".as_slice());
        assert_eq!(only(b"a").value().unwrap(), b"".as_slice());
        for bad in [&b"a=%"[..], b"a=%4", b"a=%4g", b"a=%u0041", b"a=%+1"] {
            assert_eq!(only(bad).value(), Err(NotForm));
        }
    }

    #[test]
    fn ascii_is_judged_after_decoding() {
        assert!(only(b"a=%7F").is_ascii());
        assert!(!only(b"a=%80").is_ascii());
        assert!(!only("é=1".as_bytes()).is_ascii());
        assert!(!only(b"a=%zz").is_ascii());
    }
}
