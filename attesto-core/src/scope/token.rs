//! The grammar of one scope (RFC 6749 §3.3, appendix A.4).

/// Whether `scope` is one valid `scope-token`: S1.
///
/// ```text
/// scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
/// ```
///
/// That is visible ASCII without `"` and `\`, at least one character. A space separates scopes and is not part of one.
#[must_use]
pub const fn is_scope_token(scope: &str) -> bool {
    let mut rest = scope.as_bytes();
    if rest.is_empty() {
        return false;
    }
    while let [byte, tail @ ..] = rest {
        if !is_nqchar(*byte) {
            return false;
        }
        rest = tail;
    }
    true
}

/// `NQCHAR` of RFC 6749 appendix A.
pub(crate) const fn is_nqchar(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// `NQSCHAR` of RFC 6749 appendix A: `NQCHAR` or a space.
pub(crate) const fn is_nqschar(byte: u8) -> bool {
    matches!(byte, 0x20) || is_nqchar(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_every_byte_of_the_grammar_and_no_other_is_a_token() {
        for byte in 0..=0x7F_u8 {
            let allowed = byte > 0x20 && byte != b'"' && byte != b'\\' && byte < 0x7F;
            assert_eq!(is_scope_token(core::str::from_utf8(&[b'a', byte]).unwrap()), allowed, "{byte:#x}");
            assert_eq!(is_nqschar(byte), allowed || byte == b' ', "{byte:#x}");
        }
    }

    #[test]
    fn s1_empty_and_non_ascii_are_no_tokens() {
        assert!(is_scope_token("!"));
        for scope in ["", "é", "a\u{00A0}b", "読む", "a b", " a", "a ", "a\u{0}"] {
            assert!(!is_scope_token(scope), "{scope:?}");
        }
    }
}
