//! The grammar of `Authorization` (RFC 9110 §11.4).

/// Bytes granted to scheme name and spaces on top of the token's limit.
pub(super) const SCHEME_ROOM: usize = 64;

/// The auth-scheme, a token (RFC 9110 §5.6.2), and all that follows it; `None` where the value starts with no token.
pub(super) fn split_scheme(value: &[u8]) -> Option<(&str, &[u8])> {
    let end = value.iter().position(|byte| !is_tchar(*byte)).unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end)?;
    let scheme = core::str::from_utf8(scheme).ok()?;
    (!scheme.is_empty()).then_some((scheme, rest))
}

/// `1*SP token68`, with nothing after. C2, C3.
pub(super) fn credentials(rest: &[u8]) -> Option<&str> {
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    if spaces == 0 {
        return None;
    }
    token68(rest.get(spaces..)?)
}

/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
pub(super) fn token68(text: &[u8]) -> Option<&str> {
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let symbols = text.iter().take_while(|byte| is_symbol(**byte)).count();
    let padding = text.get(symbols..)?;
    if symbols == 0 || padding.iter().any(|byte| *byte != b'=') {
        return None;
    }
    core::str::from_utf8(text).ok()
}

/// `tchar`, RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
