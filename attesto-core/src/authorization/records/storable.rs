//! Text that every store can hold (ST-5).

/// Whether text may reach a store: it has no U+0000. A column of text in PostgreSQL cannot hold one, so a request with
/// one would fail there, and each failure would look like the database's. No parameter of RFC 6749 appendix A can have
/// one: its grammars are made of `VSCHAR` and `UNICODECHARNOCRLF`. ST-5.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn st5_text_without_nul_can_be_stored() {
        for text in ["", "a", "\u{1}\n\t\u{7f}", "\u{1f511}\u{10ffff}", "\\0 %00"] {
            assert!(is_storable(text), "{text:?}");
        }
        for text in ["\0", "a\0", "\0a"] {
            assert!(!is_storable(text), "{text:?}");
        }
    }
}
