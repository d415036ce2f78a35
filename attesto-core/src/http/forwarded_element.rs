//! The grammar of `Forwarded` (RFC 7239 §4).

use super::OriginError;

/// The parameters of one `forwarded-element` that are read here. Quoted values are kept as they stand between the
/// quotes. No valid host, scheme or address needs an escape, so one with a backslash fails to parse.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Element<'r> {
    pub(super) node: Option<&'r [u8]>,
    pub(super) host: Option<&'r [u8]>,
    pub(super) proto: Option<&'r [u8]>,
    by: Option<&'r [u8]>,
}

impl<'r> Element<'r> {
    /// Sets a parameter; names compare case-insensitively. A known one must not occur twice.
    fn set(&mut self, name: &[u8], value: &'r [u8]) -> Result<(), OriginError> {
        let known: [(&[u8], &mut Option<&'r [u8]>); 4] =
            [(b"for", &mut self.node), (b"host", &mut self.host), (b"proto", &mut self.proto), (b"by", &mut self.by)];
        for (known_name, slot) in known {
            if name.eq_ignore_ascii_case(known_name) && slot.replace(value).is_some() {
                return Err(OriginError::ForwardedMalformed);
            }
        }
        Ok(())
    }
}

/// Parses `Forwarded = 1#forwarded-element` (RFC 7239 §4), for one line.
pub(super) fn elements<'r>(line: &'r [u8], each: &mut dyn FnMut(Element<'r>)) -> Result<(), OriginError> {
    let mut rest = line;
    loop {
        each(element(&mut rest)?);
        match rest.split_first() {
            None => return Ok(()),
            Some((b',', after)) => rest = after,
            Some(_) => return Err(OriginError::ForwardedMalformed),
        }
    }
}

/// Parses `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )`. An element without a pair counts, as in
/// `X-Forwarded-*`. Spaces around the semicolons are allowed, since many proxies are configured by hand.
fn element<'r>(rest: &mut &'r [u8]) -> Result<Element<'r>, OriginError> {
    let mut element = Element::default();
    loop {
        *rest = rest.trim_ascii_start();
        if !matches!(rest.first(), None | Some(b';' | b',')) {
            let (name, value) = pair(rest).ok_or(OriginError::ForwardedMalformed)?;
            element.set(name, value)?;
        }
        *rest = rest.trim_ascii_start();
        match rest.split_first() {
            Some((b';', after)) => *rest = after,
            Some(_) | None => return Ok(element),
        }
    }
}

/// Parses `forwarded-pair = token "=" value`, `value = token / quoted-string`.
fn pair<'r>(rest: &mut &'r [u8]) -> Option<(&'r [u8], &'r [u8])> {
    let name = token(rest)?;
    *rest = rest.strip_prefix(b"=")?;
    let value = if rest.starts_with(b"\"") { quoted_string(rest)? } else { token(rest)? };
    Some((name, value))
}

/// Parses `token = 1*tchar`. RFC 9110 §5.6.2.
fn token<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let length = rest.iter().position(|&byte| !is_tchar(byte)).unwrap_or(rest.len());
    let (token, after) = rest.split_at_checked(length)?;
    *rest = after;
    (!token.is_empty()).then_some(token)
}

/// Parses `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE` (RFC 9110 §5.6.4). Returns the text between the
/// quotes, with its escapes.
fn quoted_string<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let inner = rest.strip_prefix(b"\"")?;
    let is_text = |byte: u8| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic() || !byte.is_ascii();
    let mut escaped = false;
    for (position, &byte) in inner.iter().enumerate() {
        match byte {
            _ if !is_text(byte) => return None,
            b'"' if !escaped => {
                let (text, after) = inner.split_at_checked(position)?;
                *rest = after.strip_prefix(b"\"")?;
                return Some(text);
            }
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    None
}
