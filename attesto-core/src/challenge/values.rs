//! The valid values of a challenge's parameters: W2.

use crate::scope::{is_nqchar, is_nqschar, is_scope_token};
use alloc::borrow::Cow;
use alloc::string::String;

/// The parameters that the library writes, in their order (W1). No extension may use these names.
pub(super) const OUR_PARAMETERS: [&str; 8] =
    ["realm", "error", "error_description", "scope", "algs", "acr_values", "max_age", "resource_metadata"];

/// Whether `value` can be one of several `acr_values` (RFC 9470 §3; W10): a scope-token without a comma.
///
/// Scope-tokens already exclude space, quote and backslash; a comma would read as two values in a list.
#[must_use]
pub fn is_acr_value(value: &str) -> bool {
    is_scope_token(value) && !value.contains(',')
}

/// Whether `realm` can be sent as a realm: printable ASCII, spaces included. Quotes and backslashes are escaped.
#[must_use]
pub fn is_realm(realm: &str) -> bool {
    is_printable(realm)
}

/// Whether all bytes are 0x20 to 0x7E: what a quoted-string can carry without control characters and without bytes
/// outside ASCII.
pub(super) fn is_printable(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, 0x20..=0x7E))
}

/// Whether the text can be an `error` or `error_description`: `1*NQSCHAR` (RFC 6749 A.7, A.8).
pub(super) fn is_error_text(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(is_nqschar)
}

/// `token = 1*tchar` (RFC 9110 §5.6.2).
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_tchar)
}

/// `tchar` (RFC 9110 §5.6.2).
pub(super) const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Whether the library writes this parameter. Names compare case-insensitively (RFC 9110 §11.2).
pub(super) fn is_ours(name: &str) -> bool {
    OUR_PARAMETERS.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

/// Whether the text is printable without space, quote and backslash, so that it cannot end its parameter. Its
/// configuration checked that it is the right URL (P9).
pub(super) fn is_url_text(url: &str) -> bool {
    !url.is_empty() && url.bytes().all(is_nqchar)
}

/// Replaces every byte outside `NQSCHAR` by `?`. Borrows if there is none.
pub(super) fn clean_description(text: Cow<'static, str>) -> Cow<'static, str> {
    if text.bytes().all(is_nqschar) {
        return text;
    }
    let clean: String = text.bytes().map(|byte| if is_nqschar(byte) { char::from(byte) } else { '?' }).collect();
    Cow::Owned(clean)
}

/// Joins the parts with single spaces; `None` if there is none, or one is invalid. A partial list would be a wrong
/// statement, so the whole parameter is dropped.
pub(super) fn join<S: AsRef<str>>(parts: impl IntoIterator<Item = S>, is_valid: fn(&str) -> bool) -> Option<String> {
    let mut joined = String::new();
    for part in parts {
        let part = part.as_ref();
        if !is_valid(part) {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(part);
    }
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w2_tchar_is_the_rfcs() {
        for byte in 0..=u8::MAX {
            let listed = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            assert_eq!(is_tchar(byte), listed, "{byte:#x}");
        }
    }

    #[test]
    fn w10_acr_values_have_no_space_quote_comma_or_backslash() {
        assert!(is_acr_value("urn:mace:incommon:iap:silver") && is_acr_value("phr"));
        for value in ["", "a b", "a\"", "a,b", "a\\b", "é", "a\n"] {
            assert!(!is_acr_value(value), "{value:?}");
        }
    }

    #[test]
    fn w2_realm_is_printable() {
        assert!(is_realm("") && is_realm("the \"inner\" \\ circle"));
        for realm in ["a\r\nb", "a\u{0}", "é", "\t", "\u{7F}"] {
            assert!(!is_realm(realm), "{realm:?}");
        }
    }
}
