//! Holds the papers at the top of the repository to the code: each file, folder and type that they name is there.

use super::catalogue::{State, lines_of};
use super::names::{files, root};
use std::fs;
use std::path::PathBuf;

const PAPERS: [&str; 4] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"];

/// What may be left out in front of a path, or of a name in a diagram.
const BELOW: [&str; 5] = ["", "attesto-core/src", "attesto-core/src/authorization", "adapter-axum/src", "tests/tests"];

/// The text between backticks, and each word of the indented diagrams.
fn quoted(paper: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(paper)).unwrap_or_else(|error| panic!("{paper}: {error}"));
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if line.starts_with("    ") {
            found.extend(line.split_whitespace().map(|word| word.trim_end_matches(',').to_owned()));
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

fn is_path(word: &str) -> bool {
    let plain = word.chars().all(|next| next.is_ascii_alphanumeric() || "/._-".contains(next));
    let ends = [".rs", ".md", ".toml", ".txt"].iter().any(|end| word.ends_with(end));
    plain && word.len() > 1 && !word.starts_with(['/', '-', '_']) && (ends || word.contains('/'))
}

/// `CheckedProof`, `Question`: a capital letter, and a small one among what follows. `Question::Keys` is two.
fn types(word: &str) -> Vec<&str> {
    let parts = word.split("::").map(|part| part.split(['(', '<', '{']).next().unwrap_or_default());
    let capital = |part: &&str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.len() > 2
            && part.chars().all(|next| next.is_ascii_alphanumeric())
            && part.chars().any(|next| next.is_ascii_lowercase())
    };
    let parts: Vec<&str> = parts.collect();
    if parts.len() == 1 && !word.chars().skip(1).any(|next| next.is_ascii_uppercase()) {
        return Vec::new(); // an ordinary word, or a header field
    }
    parts.into_iter().filter(capital).collect()
}

#[test]
fn the_papers_name_files_that_are_there() {
    for paper in PAPERS {
        for word in quoted(paper).iter().filter(|word| is_path(word)) {
            let there = BELOW.iter().any(|below| root().join(below).join(word).exists());
            // `POST /token`, `application/json` and the like are no paths; a path of ours has a file's ending or a folder of ours first.
            let first = word.split('/').next().unwrap_or_default();
            let ours = word.ends_with(".rs") || BELOW.iter().any(|below| root().join(below).join(first).is_dir());
            assert!(there || !ours, "{paper} names {word}, which is not there");
        }
    }
}

#[test]
fn the_papers_name_types_that_are_there() {
    let mut sources: Vec<(PathBuf, String)> = Vec::new();
    for folder in [
        "attesto-core/src",
        "adapter-axum/src",
        "adapter-actix/src",
        "adapter-hyper/src",
        "adapter-reqwest/src",
        "store-redis/src",
        "store-sqlx/src",
        "testkit/src",
    ] {
        files(&root().join(folder), "rs", &mut sources);
    }
    let is_known = |name: &str| {
        sources.iter().any(|(_, text)| {
            text.split(|next: char| !next.is_ascii_alphanumeric() && next != '_').any(|word| word == name)
        })
    };
    let mut unknown: Vec<String> = Vec::new();
    for paper in PAPERS {
        let words = quoted(paper);
        let names = words.iter().flat_map(|word| types(word)).filter(|name| !is_known(name));
        unknown.extend(names.map(|name| format!("{paper}: {name}")));
    }
    for document in ["resource-server.md", "authorization-server.md"] {
        for (line, _) in lines_of(document).iter().filter(|(_, state)| *state == State::Built) {
            // What a built rule says of the time to come is not held.
            let built = line.split("ot built yet").next().unwrap_or_default();
            let names = built.split('`').skip(1).step_by(2).flat_map(types).filter(|name| !is_known(name));
            unknown.extend(names.map(|name| format!("docs/rules/{document}: {name}")));
        }
    }
    assert!(unknown.is_empty(), "named, but in no source:\n{}", unknown.join("\n"));
}

#[test]
fn paths_and_types_are_told_from_other_words() {
    assert!(["host/gate.rs", "tests/src/negative", "limits.rs", "grants/"].into_iter().all(is_path));
    assert!(
        ["GET /authorize", "cargo test", "/authorize", "Result<(), Reason>", "-->"]
            .into_iter()
            .all(|word| !is_path(word))
    );
    assert_eq!(types("Question::Keys"), ["Question", "Keys"]);
    assert_eq!(types("CheckedProof"), ["CheckedProof"]);
    assert_eq!(types("Denial::response()"), ["Denial"]);
    assert!(types("Authorization").is_empty() && types("DPoP-Nonce").is_empty() && types("GET").is_empty());
}
