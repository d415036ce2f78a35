//! Escapes text chosen by clients, so that it is safe to log.

use crate::limits;
use core::fmt::{self, Write};

/// Text in an event that a client may have chosen (`jti`, path, `client_id`).
///
/// `Display` and `Debug` write at most [`limits::EVENT_TEXT`] bytes of printable ASCII without quotes and backslashes:
/// every other character is written as `\u{..}`, and a truncated text ends with `...`. So no text can end a log line,
/// close a quotation or fill a disk. Equality compares the text itself.
///
/// Never use it as the label of a metric: a client can send as many values as it likes.
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventText<'a>(&'a str);

impl<'a> EventText<'a> {
    /// Wraps raw text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as the client sent it, for comparison. Not for logs.
    #[must_use]
    pub const fn raw(self) -> &'a str {
        self.0
    }
}

impl<'a> From<&'a str> for EventText<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for EventText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped { text: self.0, limit: limits::EVENT_TEXT }.fmt(f)
    }
}

impl fmt::Debug for EventText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

const CUT: &str = "...";

/// Text that is escaped and truncated to `limit` bytes.
pub(super) struct Escaped<'a> {
    pub(super) text: &'a str,
    pub(super) limit: usize,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (whole, "") = split(self.text, self.limit) {
            return write_escaped(whole, f);
        }
        let (kept, _) = split(self.text, self.limit.saturating_sub(CUT.len()));
        write_escaped(kept, f)?;
        f.write_str(CUT)
    }
}

/// Splits off the longest start of `text` whose escaped form fits into `limit` bytes. Reads no further than that.
fn split(text: &str, limit: usize) -> (&str, &str) {
    let mut room = limit;
    for (at, character) in text.char_indices() {
        match room.checked_sub(escaped_len(character)) {
            Some(left) => room = left,
            None => return text.split_at_checked(at).unwrap_or_default(),
        }
    }
    (text, "")
}

fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~') && !matches!(character, '"' | '\'' | '`' | '\\')
}

fn escaped_len(character: char) -> usize {
    if is_plain(character) { 1 } else { character.escape_unicode().len() }
}

fn write_escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    text.chars().try_for_each(|character| match is_plain(character) {
        true => f.write_char(character),
        false => write!(f, "{}", character.escape_unicode()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        EventText::new(text).to_string()
    }

    #[test]
    fn e4_text_is_escaped() {
        assert_eq!(shown("jti-1 ~/!"), "jti-1 ~/!");
        assert_eq!(shown("a\r\nlevel=error"), r"a\u{d}\u{a}level=error");
        assert_eq!(shown("\"'\\`"), r"\u{22}\u{27}\u{5c}\u{60}");
        assert_eq!(shown("é\u{202e}\u{7f}\u{1f600}"), r"\u{e9}\u{202e}\u{7f}\u{1f600}");
        assert_eq!(alloc::format!("{:?}", EventText::new("a\"b")), r#""a\u{22}b""#);
    }

    #[test]
    fn e4_text_is_cut_after_escaping() {
        let fits = "a".repeat(limits::EVENT_TEXT);
        assert_eq!(shown(&fits), fits);
        let cut = shown(&"a".repeat(limits::EVENT_TEXT + 1));
        assert_eq!(cut, "a".repeat(limits::EVENT_TEXT - 3) + "...");
        assert_eq!(shown(&"\n".repeat(1000)), r"\u{a}".repeat(50) + "...", "never within an escape");
    }

    proptest! {
        #[test]
        fn e4_any_text_is_short_and_harmless(text in "\\PC{0,400}|[\\x00-\\x7f]{0,400}") {
            let shown = shown(&text);
            prop_assert!(shown.len() <= limits::EVENT_TEXT);
            prop_assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\''));
        }
    }
}
