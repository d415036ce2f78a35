//! Reads the rules in `docs/rules`, and which of them the comments of the code cite.

use super::names::{files, root};
use std::path::PathBuf;

/// Whether a rule is implemented, as its document says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Built,
    NotBuiltYet,
}

/// What begins a rule, or a whole section of rules, that the library does not implement yet.
const NOT_BUILT: &str = "*Not built yet";

/// The rules of one document, in its order. Fails on a rule that is there twice.
pub(crate) fn rules_of(document: &str) -> Vec<(String, State)> {
    let mut rules: Vec<(String, State)> = Vec::new();
    for (line, state) in lines_of(document) {
        if let Some((id, _)) = definition(&line) {
            assert!(rules.iter().all(|(known, _)| known != id), "{document}: {id} is there twice");
            rules.push((id.to_owned(), state));
        }
    }
    rules
}

/// The lines of one document, and whether what they speak of is implemented.
pub(crate) fn lines_of(document: &str) -> Vec<(String, State)> {
    let path = root().join("docs/rules").join(document);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut section = State::Built;
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut state = section;
        if line.starts_with('#') {
            (section, state) = (State::Built, State::Built);
        } else if line.contains(NOT_BUILT) {
            state = State::NotBuiltYet;
            match definition(line) {
                // Behind some sentence, it is about what follows it only.
                Some((_, rest)) if !rest.starts_with(NOT_BUILT) => state = section,
                Some(_) => {}
                None => section = State::NotBuiltYet,
            }
        }
        lines.push((line.to_owned(), state));
    }
    lines
}

/// `| D11 | ..` and `- **AZ-15** ..` define a rule.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (id, rest) = match line.strip_prefix("| ") {
        Some(row) => row.split_once(" | ")?,
        None => line.strip_prefix("- **")?.split_once("** ")?,
    };
    is_id(id).then_some((id, rest))
}

/// Capital letters, perhaps a hyphen, a number of at most two digits, perhaps an `a`: `D11`, `AZ-9a`.
fn is_id(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &word[letters..];
    let hyphen = rest.starts_with('-');
    let digits = rest.trim_start_matches('-').trim_end_matches('a');
    let known = if hyphen { (2..=3).contains(&letters) } else { letters == 1 };
    known && (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// A word that looks like a rule's id in a comment or a document, and where it stands.
pub(crate) type Citation = (String, PathBuf, usize);

/// The ids that comments and documents cite. A letter and a number (`X9`, `C-8`) cite a rule whatever the letter is; longer words do
/// if a rule begins like them: `UTF-8` cites nothing.
pub(crate) fn citations(known: &[String]) -> Vec<Citation> {
    let letters_of = |id: &str| id.bytes().take_while(u8::is_ascii_uppercase).count();
    let begins_like_a_rule = |word: &str| known.iter().any(|id| id[..letters_of(id)] == word[..letters_of(word)]);
    let cites = |word: &str| {
        let lone = letters_of(word) == 1 && is_id(&word.replace('-', ""));
        lone || (is_id(word) && begins_like_a_rule(word))
    };
    let mut found = Vec::new();
    for (path, line, text) in comments() {
        // `D11/D17` and `(AZ-8)` are words between other characters.
        let words = text.split(|next: char| !(next.is_ascii_alphanumeric() || next == '-' || next == '_'));
        // `D1-D15` is two.
        let words = words.flat_map(|word| if cites(word) { vec![word] } else { word.split('-').collect() });
        found.extend(words.filter(|word| cites(word)).map(|word| (word.to_owned(), path.clone(), line)));
    }
    found
}

/// Each line of a comment in the code, and each line of the documents, without what stands between backticks.
pub(crate) fn comments() -> Vec<(PathBuf, usize, String)> {
    let mut sources = Vec::new();
    for folder in [
        "attesto-core",
        "adapter-actix",
        "adapter-axum",
        "adapter-hyper",
        "adapter-reqwest",
        "testkit",
        "tests",
        "fuzz",
    ] {
        files(&root().join(folder), "rs", &mut sources);
    }
    let mut found = Vec::new();
    for (path, text) in sources {
        for (number, line) in text.lines().enumerate() {
            let Some((before, comment)) = line.split_once("//") else { continue };
            if !before.ends_with(':') {
                found.push((path.clone(), number + 1, outside_code(comment)));
            }
        }
    }
    let mut documents = Vec::new();
    files(&root().join("docs"), "md", &mut documents);
    for (path, text) in documents {
        let lines = text.lines().enumerate();
        found.extend(lines.map(|(number, line)| (path.clone(), number + 1, outside_code(line))));
    }
    found
}

fn outside_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn definitions_and_ids_are_told_from_other_words() {
    assert_eq!(definition("| D11 | `iat` is recent | 9449 |"), Some(("D11", "`iat` is recent | 9449 |")));
    assert_eq!(definition("- **AZ-9a** *Not built yet.* CIMD"), Some(("AZ-9a", "*Not built yet.* CIMD")));
    for other in ["| 11 | x |", "| invalid_grant | 400 |", "- C8 form", "| generic | x |", "| `D1` | x |"] {
        assert_eq!(definition(other), None, "{other}");
    }
    assert!(["J1", "CST-10", "IN-2"].iter().all(|id| is_id(id)));
    assert!(["P-256", "UTF-8a9", "AZ15", "RFC-7636", "ES256", "D", "D100", "d1", "C-8"].iter().all(|id| !is_id(id)));
}
