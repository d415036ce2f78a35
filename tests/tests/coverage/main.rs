//! `tests/COVERAGE.md` maps every rule to its RFC section, its function and its tests. It is generated from the tables below and
//! from the names of the tests, and this test fails when it is not what they say.
//!
//! To write it again: `ATTESTO_WRITE_COVERAGE=1 cargo test -p attesto-tests --test coverage`.

mod authorization;
mod catalogue;
mod clauses;
mod names;
mod page;
mod papers;
mod rules;

use catalogue::{State, citations, rules_of};
use names::{in_names, root, tests_by_rule};
use rules::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn all_rules() -> impl Iterator<Item = &'static Rule> {
    rules::RULES.iter().chain(authorization::RULES)
}

/// Every id of the tables: what is implemented, and what is not, with the reason.
fn listed_ids() -> impl Iterator<Item = &'static str> {
    let left = rules::OUT_OF_SCOPE.iter().chain(authorization::OUT_OF_SCOPE);
    all_rules().map(|rule| rule.0).chain(left.map(|rule| rule.0))
}

#[test]
fn every_listed_function_exists() {
    for (id, _, _, file, function) in all_rules() {
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
    let tests = tests_by_rule(listed_ids());
    let missing: BTreeSet<&str> = all_rules().map(|rule| rule.0).filter(|id| !tests.contains_key(id)).collect();
    assert!(missing.is_empty(), "no test is named after {missing:?}");
}

/// A rule may have a function for each of its halves, each once; what is left out is not in the tables.
#[test]
fn every_rule_is_listed_once_for_each_of_its_functions() {
    let functions: BTreeSet<_> = all_rules().map(|rule| (rule.0, rule.3, rule.4)).collect();
    assert_eq!(functions.len(), all_rules().count());
    let implemented: BTreeSet<&str> = all_rules().map(|rule| rule.0).collect();
    let left = rules::OUT_OF_SCOPE.iter().chain(authorization::OUT_OF_SCOPE);
    let both: Vec<&str> = left.map(|rule| rule.0).filter(|id| implemented.contains(id)).collect();
    assert!(both.is_empty(), "implemented and left out: {both:?}");
}

const DOCUMENTS: [&str; 3] = ["resource-server.md", "authorization-server.md", "client.md"];

/// Every id of the documents, with what they say about it.
fn documented() -> Vec<(String, State)> {
    DOCUMENTS.into_iter().flat_map(rules_of).collect()
}

/// A test's name contains the id in lower case without its hyphen, so `C8` and `C-8` would collide.
#[test]
fn no_two_rules_have_ids_that_tests_cannot_tell_apart() {
    let mut by_name: BTreeMap<String, String> = BTreeMap::new();
    for (id, _) in documented() {
        if let Some(other) = by_name.insert(in_names(&id), id.clone()) {
            panic!("{id} and {other} are both `{}` in the names of tests", in_names(&id));
        }
    }
}

#[test]
fn every_listed_rule_is_in_the_documents_and_built() {
    let documented: BTreeMap<String, State> = documented().into_iter().collect();
    for id in listed_ids() {
        assert!(documented.contains_key(id), "{id} is not in docs/rules");
    }
    let unbuilt: BTreeSet<&str> =
        all_rules().map(|rule| rule.0).filter(|id| documented[*id] == State::NotBuiltYet).collect();
    assert!(unbuilt.is_empty(), "docs/rules say that these are not built yet: {unbuilt:?}");
}

#[test]
fn every_rule_that_is_built_is_listed() {
    let listed: BTreeSet<&str> = listed_ids().collect();
    // Those of the client are not listed by function.
    let rules = DOCUMENTS.into_iter().take(2).flat_map(rules_of);
    let missing: Vec<String> = rules
        .filter(|(id, state)| *state == State::Built && !listed.contains(id.as_str()))
        .map(|rule| rule.0)
        .collect();
    assert!(missing.is_empty(), "neither in the tables nor left out with a reason: {missing:?}");
}

#[test]
fn every_rule_that_a_comment_cites_is_in_the_documents() {
    let known: Vec<String> = documented().into_iter().map(|rule| rule.0).collect();
    let unknown: Vec<String> = citations(&known)
        .into_iter()
        .filter(|(id, ..)| !known.contains(id))
        .map(|(id, path, line)| format!("{id}: {}:{line}", path.display()))
        .collect();
    assert!(unknown.is_empty(), "not in docs/rules:\n{}", unknown.join("\n"));
}

/// A rule that is taken out of the documents would be missed by nothing else: its tests may stay.
#[test]
fn no_rule_has_vanished() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (id, _) in documented() {
        let letters: String = id.chars().take_while(char::is_ascii_alphabetic).collect();
        *counts.entry(letters).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(letters, count)| format!("{letters} {count}")).collect();
    let expected = "A 18, AC 9, AZ 34, B 12, C 11, CA 15, CAC 12, CAS 3, CB 6, CC 1, CDP 6, CDS 10, CF 6, CM 7, CRG 5, CRS 5, \
                    CST 8, CTK 10, CVF 6, D 19, DC 5, E 6, EP 13, EV 2, H 6, HC 5, IN 5, INS 1, IT 6, J 22, JB 9, JM 3, LH 1, \
                    LO 7, M 7, MD 6, MG 1, P 14, PA 9, R 8, RG 8, RO 9, RT 10, RV 6, S 10, SC 6, SM 3, ST 5, T 13, TK 7, TX 4, \
                    UI 4, W 14";
    assert_eq!(counts.join(", "), expected);
}

#[test]
fn every_cell_of_clauses_can_be_read() {
    for (id, _, cell, ..) in all_rules() {
        clauses::clauses(cell).unwrap_or_else(|error| panic!("{id}: {error}"));
    }
}

/// A subject is a whole phrase, which stands in one cell of a table.
#[test]
fn every_subject_is_whole() {
    for (id, subject, ..) in all_rules() {
        assert!((2..=120).contains(&subject.chars().count()), "{id}: {subject}");
        assert!(!subject.contains('|') && subject.trim() == *subject, "{id}: {subject}");
        assert!(!subject.ends_with([',', ';', ':', '-', '.']), "{id}: {subject}");
    }
}

#[test]
fn the_published_table_is_current() {
    let path = root().join("tests/COVERAGE.md");
    let current = page::rendered();
    if std::env::var_os("ATTESTO_WRITE_COVERAGE").is_some() {
        fs::write(&path, &current).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "tests/COVERAGE.md is stale; see the head of this test for how to write it again");
}
