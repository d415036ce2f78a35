//! Finds the tests of a rule: those whose names begin with its id, and the rows of the negative table that do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below this folder whose names end so, with their text.
pub(crate) fn files(folder: &Path, extension: &str, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
}

/// All code with tests in it.
fn sources() -> Vec<(PathBuf, String)> {
    let folders = [
        "attesto-core",
        "adapter-axum",
        "adapter-actix",
        "adapter-hyper",
        "adapter-reqwest",
        "store-redis",
        "store-sqlx",
        "testkit",
        "tests",
    ];
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), "rs", &mut found);
    }
    found
}

/// As an id stands in the name of a test: `AZ-9a` is `az9a`.
pub(crate) fn in_names(id: &str) -> String {
    id.replace('-', "").to_lowercase()
}

/// The rules a name begins with; `b1_to_b11` names all between.
fn ids_of<'i>(name: &str, known: &BTreeMap<String, &'i str>) -> Vec<&'i str> {
    let mut ids: Vec<&str> = Vec::new();
    let mut range_from: Option<(String, u32)> = None;
    for word in name.split([' ', '_']) {
        let Some(id) = known.get(word) else {
            if word == "to" && range_from.is_some() {
                continue;
            }
            break;
        };
        let digits = word.find(|next: char| next.is_ascii_digit()).expect("a number");
        let number = word[digits..].parse::<u32>().ok();
        if let (Some((letters, from)), Some(to)) = (&range_from, number)
            && name.contains(&format!("{letters}{from}_to_{word}"))
        {
            ids.extend((from + 1..to).filter_map(|between| known.get(&format!("{letters}{between}"))));
        }
        range_from = number.map(|number| (word[..digits].to_owned(), number));
        ids.push(id);
    }
    if name.starts_with("d_norm") || name.starts_with("htu_") {
        ids.push("D10");
    }
    ids
}

/// Every test function, and every row of the negative table, by the rules in its name.
pub(crate) fn tests_by_rule<'i>(ids: impl Iterator<Item = &'i str>) -> BTreeMap<&'i str, BTreeSet<String>> {
    let known: BTreeMap<String, &str> = ids.map(|id| (in_names(id), id)).collect();
    let mut by_rule: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let has_rows = path.parent().is_some_and(|folder| folder.ends_with("tests/src/negative"));
        for line in text.lines() {
            let mut names: Vec<(&str, String)> = Vec::new();
            let line = line.trim();
            let function = line.trim_start_matches("pub(crate) ").trim_start_matches("async ").strip_prefix("fn ");
            if let Some(name) = function.and_then(|rest| rest.split(['(', '<']).next()) {
                names.push((name, format!("`{name}`")));
            }
            if has_rows {
                let quoted = line.split('"').skip(1).step_by(2).filter(|text| text.contains(' '));
                names.extend(quoted.map(|row| (row, format!("row: `{row}`"))));
            }
            for (name, shown) in names {
                for id in ids_of(name, &known) {
                    by_rule.entry(id).or_default().insert(shown.clone());
                }
            }
        }
    }
    by_rule
}

#[test]
fn a_name_may_begin_with_several_rules_or_a_range() {
    let known: BTreeMap<String, &str> =
        ["B1", "B2", "B3", "D10", "AZ-9a", "EP-4"].into_iter().map(|id| (in_names(id), id)).collect();
    assert_eq!(ids_of("b1_to_b3_hold", &known), ["B1", "B2", "B3"]);
    assert_eq!(ids_of("az9a_ep4_are_checked_in_b1", &known), ["AZ-9a", "EP-4"]);
    assert_eq!(ids_of("htu_is_normalised", &known), ["D10"]);
    assert_eq!(ids_of("b64_is_refused", &known), [""; 0]);
}
