//! `tests/COVERAGE.md` maps every rule to its RFC section, its function and its tests. It is generated from the table below and
//! from the names of the tests, and this test fails when it is not what they say.
//!
//! To write it again: `ATTESTO_WRITE_COVERAGE=1 cargo test -p attesto-tests --test coverage`.

mod authorization;
mod rules;

use rules::{OUT_OF_SCOPE, RULES};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [
        "attesto-core/src",
        "attesto-core/tests",
        "adapter-axum/src",
        "testkit/src",
        "tests/src/negative",
        "tests/tests",
    ] {
        let folder = root().join(folder);
        if folder.exists() && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            sources(&folder, &mut found);
        }
    }
    found
}

/// `j3`, `a10`: a letter and a number.
fn rule_id(word: &str) -> Option<String> {
    let (letter, number) = word.split_at_checked(1)?;
    let known = "jadbmcwspthre".contains(letter) && number.parse::<u32>().is_ok_and(|number| number < 48);
    known.then(|| word.to_uppercase())
}

/// The rules a test's name begins with; `b1_to_b11` names all between.
fn ids_of(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split([' ', '_']).collect();
    let mut ids: Vec<String> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match (rule_id(word), *word) {
            (Some(id), _) => {
                if index >= 2 && words[index - 1] == "to" {
                    let number = |id: &str| id[1..].parse::<u32>().expect("a number");
                    let from = number(ids.last().expect("a beginning"));
                    ids.extend((from + 1..number(&id)).map(|n| format!("{}{n}", &id[..1])));
                }
                ids.push(id);
            }
            (None, "to") if words.get(index + 1).and_then(|next| rule_id(next)).is_some() => {}
            (None, _) => break,
        }
    }
    if name.starts_with("d_norm") || name.starts_with("htu_") {
        ids.push("D10".into());
    }
    ids
}

/// Whether the tests of this file are about the authorization server, whose catalogue has ids of its own.
fn is_of_the_authorization_server(path: &Path) -> bool {
    let path = path.strip_prefix(root()).expect("a file of ours"); // what a checkout is called says nothing
    let folders = ["authorization", "mounted"];
    let folder = path.components().any(|part| folders.iter().any(|folder| part.as_os_str() == *folder));
    folder || ["pkce.rs", "exchange.rs", "id_token.rs"].iter().any(|name| path.ends_with(name))
}

/// `az9a`, `c13`: the id of a rule of the authorization server's catalogue.
fn authorization_id(word: &str) -> Option<String> {
    let digits = word.find(|next: char| next.is_ascii_digit())?;
    let (letters, number) = word.split_at(digits);
    let known = letters.len() <= 2 && number.trim_end_matches('a').parse::<u32>().is_ok();
    known.then(|| format!("{}-{number}", letters.to_uppercase()))
}

/// Every test of the authorization server, by the rules that its name begins with.
fn tests_by_authorization_rule() -> BTreeMap<String, BTreeSet<String>> {
    let mut by_rule: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in all_sources() {
        let ours = is_of_the_authorization_server(&path);
        for line in text.lines() {
            let Some(name) = line.trim().strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next()) else {
                continue;
            };
            // The catalogue of the resource server has rules C1 to C11, too; the others' ids are told apart by their letters.
            let ids = name.split('_').map_while(authorization_id).filter(|id| ours || !id.starts_with("C-"));
            for id in ids {
                by_rule.entry(id).or_default().insert(name.to_owned());
            }
        }
    }
    by_rule
}

/// Every test function, and every row of the negative table, by the rules in its name.
fn tests_by_rule() -> BTreeMap<String, BTreeSet<String>> {
    let mut by_rule: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in all_sources() {
        if is_of_the_authorization_server(&path) {
            continue;
        }
        let negative_row = path.components().any(|part| part.as_os_str() == "negative");
        for line in text.lines() {
            let function = line.trim().strip_prefix("fn ").or_else(|| line.trim().strip_prefix("async fn "));
            let mut names: Vec<String> = Vec::new();
            if let Some(name) = function.and_then(|rest| rest.split(['(', '<']).next()) {
                names.push(name.to_owned());
            }
            if negative_row {
                names.extend(
                    line.split('"')
                        .skip(1)
                        .step_by(2)
                        .filter(|text| text.contains(' '))
                        .map(|row| format!("row: {row}")),
                );
            }
            for name in names {
                for id in ids_of(name.strip_prefix("row: ").unwrap_or(&name)) {
                    by_rule.entry(id).or_default().insert(name.clone());
                }
            }
        }
    }
    by_rule
}

fn rendered() -> String {
    let by_rule = tests_by_rule();
    let mut text = String::from(
        "# Coverage\n\nGenerated by `tests/tests/coverage`, which fails when this file is not what the code says. Each rule \
         of resource\nand authorization server, the RFC section it comes from, the function that implements it, and the tests that hold it. \
         `row:` is a row of the\nnegative table in `tests/src/negative`.\n\n| Rule | Subject | RFC | Function | Tests |\n\
         |---|---|---|---|---|\n",
    );
    for (id, subject, rfc, file, function) in RULES {
        let tests: Vec<String> = by_rule[*id].iter().map(|test| format!("`{test}`")).collect();
        let file = if file.contains("..") {
            file.trim_start_matches("../../").to_owned()
        } else {
            format!("attesto-core/src/{file}")
        };
        text.push_str(&format!("| {id} | {subject} | {rfc} | `{file}`: `{function}` | {} |\n", tests.join(", ")));
    }
    text.push_str("\n## Not here\n\n| Rule | Why |\n|---|---|\n");
    for (id, why) in OUT_OF_SCOPE {
        text.push_str(&format!("| {id} | {why} |\n"));
    }
    text.push_str(
        "\n# The authorization server\n\n| Rule | Subject | RFC | Function | Tests |\n|---|---|---|---|---|\n",
    );
    let by_rule = tests_by_authorization_rule();
    for (id, subject, rfc, file, function) in authorization::RULES {
        let tests: Vec<String> = by_rule[*id].iter().map(|test| format!("`{test}`")).collect();
        let tests = tests.join(", ");
        text.push_str(&format!("| {id} | {subject} | {rfc} | `attesto-core/src/{file}`: `{function}` | {tests} |\n"));
    }
    text.push_str("\n## Not here yet\n\n| Rule | Why |\n|---|---|\n");
    for (id, why) in authorization::OUT_OF_SCOPE {
        text.push_str(&format!("| {id} | {why} |\n"));
    }
    text
}

#[test]
fn every_rule_of_the_authorization_server_that_is_in_scope_is_listed_once() {
    let counts = [
        ("C", 13),
        ("MD", 6),
        ("AZ", 33),
        ("PA", 9),
        ("CA", 15),
        ("SC", 6),
        ("TK", 7),
        ("AC", 9),
        ("RT", 10),
        ("CC", 1),
        ("RV", 6),
        ("IN", 5),
        ("IT", 6),
        ("ST", 4),
        ("HC", 5),
        ("EV", 2),
        ("CF", 6),
    ];
    let rules = authorization::RULES.iter().map(|rule| rule.0);
    let listed: Vec<&str> = rules.chain(authorization::OUT_OF_SCOPE.iter().map(|rule| rule.0)).collect();
    for (letters, count) in counts {
        for number in 1..=count {
            let id = format!("{letters}-{number}");
            assert_eq!(listed.iter().filter(|listed| **listed == id).count(), 1, "{id}");
        }
    }
    // And AZ-9a.
    assert_eq!(listed.len(), counts.iter().map(|(_, count)| count).sum::<usize>() + 1);
}

#[test]
fn every_rule_of_the_catalogue_is_listed() {
    let counts = [
        ("J", 22),
        ("A", 18),
        ("D", 19),
        ("B", 12),
        ("M", 7),
        ("C", 11),
        ("W", 14),
        ("S", 10),
        ("P", 14),
        ("T", 13),
        ("R", 8),
        ("H", 5),
        ("E", 6),
    ];
    let listed: BTreeSet<&str> =
        RULES.iter().map(|rule| rule.0).chain(OUT_OF_SCOPE.iter().map(|rule| rule.0)).collect();
    for (letter, count) in counts {
        for number in 1..=count {
            let id = format!("{letter}{number}");
            assert!(listed.contains(&id.as_str()), "{id}");
        }
    }
    assert_eq!(listed.len(), counts.iter().map(|(_, count)| count).sum::<usize>());
    // A rule may have a function for each of its halves, each once.
    let functions: BTreeSet<_> = RULES.iter().map(|rule| (rule.0, rule.3, rule.4)).collect();
    assert_eq!(functions.len(), RULES.len());
    assert!(OUT_OF_SCOPE.iter().all(|left| RULES.iter().all(|rule| rule.0 != left.0)));
}

#[test]
fn every_listed_function_exists() {
    for (id, _, _, file, function) in RULES.iter().chain(authorization::RULES) {
        let text =
            fs::read_to_string(root().join("attesto-core/src").join(file)).unwrap_or_else(|_| panic!("{id}: {file}"));
        let name = function.rsplit("::").next().expect("a name");
        let defined = ["fn ", "enum ", "struct ", "trait ", "const "].iter().any(|kind| {
            text.match_indices(&format!("{kind}{name}")).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        });
        assert!(defined, "{id}: {function} is not in {file}");
    }
}

#[test]
fn every_listed_rule_has_a_test() {
    let by_rule = tests_by_rule();
    let missing: Vec<&str> = RULES.iter().map(|rule| rule.0).filter(|id| !by_rule.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no test is named after {missing:?}");
    let by_rule = tests_by_authorization_rule();
    let missing: Vec<&str> =
        authorization::RULES.iter().map(|rule| rule.0).filter(|id| !by_rule.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no test is named after {missing:?}");
}

#[test]
fn the_published_table_is_current() {
    let path = root().join("tests/COVERAGE.md");
    let current = rendered();
    if std::env::var_os("ATTESTO_WRITE_COVERAGE").is_some() {
        fs::write(&path, &current).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "tests/COVERAGE.md is stale; see the head of this test for how to write it again");
}
