//! The grammar of `Authorization` (RFC 9110 §11.4).

/// Bytes allowed for scheme name and spaces on top of the token's limit.
pub(super) const SCHEME_ROOM: usize = 64;

/// Splits the value into the auth-scheme, a token (RFC 9110 §5.6.2), and the rest; `None` if it does not start with a
/// token.
pub(super) fn split_scheme(value: &[u8]) -> Option<(&str, &[u8])> {
    let end = value.iter().position(|byte| !is_tchar(*byte)).unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end)?;
    let scheme = core::str::from_utf8(scheme).ok()?;
    (!scheme.is_empty()).then_some((scheme, rest))
}

/// Parses `1*SP token68`, with nothing after it. C2, C3.
pub(super) fn credentials(rest: &[u8]) -> Option<&str> {
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    if spaces == 0 {
        return None;
    }
    token68(rest.get(spaces..)?)
}

/// Parses `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(super) fn token68(text: &[u8]) -> Option<&str> {
    let symbols = text.iter().rposition(|byte| *byte != b'=')?.saturating_add(1);
    // No early exit, so that the compiler can vectorize: this sees every byte of every token.
    let all = text.get(..symbols)?.iter().fold(true, |all, byte| all & is_symbol(*byte));
    if all { core::str::from_utf8(text).ok() } else { None }
}

/// Ranges rather than a list: `-`, `.`, `/` and the digits are adjacent.
const fn is_symbol(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let dash_to_nine = byte.wrapping_sub(b'-') <= b'9' - b'-';
    letter | dash_to_nine | (byte == b'+') | (byte == b'_') | (byte == b'~')
}

/// Whether the byte is a `tchar`, RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_symbols_are_those_of_the_grammar() {
        for byte in 0..=u8::MAX {
            let of_grammar = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(is_symbol(byte), of_grammar, "{byte:#x}");
            assert_eq!(token68(&[b'a', byte]).is_some(), of_grammar || byte == b'=', "{byte:#x}");
        }
        assert_eq!(token68(b"a=="), Some("a=="));
        for text in ["", "=", "==", "a=a", "=a", "a= ", " a"] {
            assert_eq!(token68(text.as_bytes()), None, "{text:?}");
        }
    }
}
