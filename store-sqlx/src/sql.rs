//! A statement, ready to be sent, and what it is called in events.

use crate::names::TABLES;
use std::sync::Arc;

/// Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Sql {
    text: Arc<str>,
    operation: Arc<str>,
}

impl Sql {
    /// `template` has the tables as `{codes}`, `text` has their names.
    pub(crate) fn new(template: &str, text: String) -> Self {
        Self { text: text.into(), operation: operation(template).into() }
    }

    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The verb and the table, such as `update codes`.
    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }
}

/// The first statement that changes something, or else the first one, and the table that it names first.
fn operation(template: &str) -> String {
    let verbs =
        ["INSERT", "UPDATE", "DELETE"].iter().filter_map(|verb| Some((template.find(&format!("{verb} "))?, verb)));
    let (at, verb) = verbs.min().unwrap_or((0, &"SELECT"));
    let rest = template.get(at..).unwrap_or_default();
    let tables = TABLES.iter().filter_map(|table| Some((rest.find(&format!("{{{table}}}"))?, table)));
    match tables.min() {
        Some((_, table)) => format!("{} {table}", verb.to_ascii_lowercase()),
        None => verb.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::operation;

    #[test]
    fn an_operation_is_named_by_its_verb_and_its_table() {
        for (template, name) in [
            ("SELECT a FROM {codes} WHERE b = $1", "select codes"),
            ("UPDATE {codes} SET a = $1 RETURNING (SELECT 1 FROM {sweeps})", "update codes"),
            (
                "WITH held AS (SELECT 1 FROM {sweeps}), x AS (INSERT INTO {codes} (a) VALUES (1)) SELECT 1",
                "insert codes",
            ),
            ("DELETE FROM {replays}; UPDATE {codes} SET a = 1", "delete replays"),
            ("SELECT TRUE FROM {codes} FOR UPDATE", "select codes"),
            ("SELECT 1", "select"),
        ] {
            assert_eq!(operation(template), name);
        }
    }
}
