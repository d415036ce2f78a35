//! The scope algebra against its definition, written down literally.

use attesto_core::scope::{Catalogue, GrantForm, ScopeMatch, is_scope_token};
use std::sync::Arc;

/// Three lines of words: the catalogue, what is granted, what is required.
pub fn scopes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n').map(|line| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>());
    let mut next = || lines.next().unwrap_or_default();
    let (entries, granted, required) = (next(), next(), next());
    for word in entries.iter().chain(&granted).chain(&required) {
        assert_eq!(is_scope_token(word), is_token(word), "{word:?}");
    }
    exact_is_equality(&granted, &required);
    let catalogue = Catalogue::new(&entries);
    assert_eq!(catalogue.is_ok(), entries.iter().all(|entry| is_entry(entry)));
    if let Ok(catalogue) = catalogue {
        algebra_is_its_definition(catalogue, &entries, &granted, &required);
    }
}

/// RFC 6749 §3.3.
fn is_token(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| ('\x21'..='\x7e').contains(&c) && c != '"' && c != '\\')
}

fn is_entry(entry: &str) -> bool {
    is_token(entry) && !entry.split('.').any(|segment| segment == "*")
}

fn exact_is_equality(granted: &[&str], required: &[&str]) {
    let expected = required.iter().all(|scope| is_token(scope) && granted.contains(scope));
    assert_eq!(ScopeMatch::Exact.covers(granted.iter().copied(), required), expected);
    assert_eq!(ScopeMatch::Exact.check_required(required).is_ok(), required.iter().all(|scope| is_token(scope)));
}

/// Whether one granted string covers one catalogued entry: itself, `*`, or the wildcard of the entry's resource.
fn covers(granted: &str, entry: &str) -> bool {
    let resource = entry.split('.').next().filter(|resource| entry.contains('.') && !resource.is_empty());
    granted == entry || granted == "*" || resource.is_some_and(|resource| granted == format!("{resource}.*"))
}

fn algebra_is_its_definition(catalogue: Catalogue, entries: &[&str], granted: &[&str], required: &[&str]) {
    let one = |required: &str| entries.contains(&required) && granted.iter().any(|granted| covers(granted, required));
    for required in required {
        assert_eq!(catalogue.grants(granted.iter().copied(), required), one(required), "{required}");
    }
    let all = required.iter().all(|required| one(required));
    let any = required.iter().any(|required| one(required));
    let declared = !required.is_empty();
    assert_eq!(catalogue.grants_all(granted.iter().copied(), required).ok(), declared.then_some(all));
    assert_eq!(catalogue.any_of(granted.iter().copied(), required).ok(), declared.then_some(any));
    for word in granted.iter().chain(required) {
        grant_form_is_its_definition(&catalogue, entries, word);
    }
    let unknown: Vec<&str> = catalogue.unknown(required.iter().copied()).collect();
    assert!(unknown.iter().all(|scope| !catalogue.is_customer_grant(scope)));
    assert_eq!(unknown.len(), required.iter().filter(|scope| !catalogue.is_customer_grant(scope)).count());

    let algebra = ScopeMatch::Algebra(Arc::new(catalogue));
    assert_eq!(algebra.covers(granted.iter().copied(), required), all);
    // More scopes never cover less, and order does not matter.
    if all {
        let more = granted.iter().rev().copied().chain(["other", "*x", ".*"]);
        assert!(algebra.covers(more, required));
    }
}

fn grant_form_is_its_definition(catalogue: &Catalogue, entries: &[&str], word: &str) {
    let covered = entries.iter().any(|entry| covers(word, entry));
    match catalogue.grant_form(word) {
        None => assert!(!covered, "{word} covers something"),
        Some(GrantForm::Everything) => assert_eq!(word, "*"),
        Some(GrantForm::Entry(entry)) => assert!(entry == word && entries.contains(&word)),
        Some(GrantForm::Resource(resource)) => assert!(covered && word == format!("{resource}.*")),
        Some(other) => panic!("{other:?} is no form of a grant"),
    }
    assert_eq!(catalogue.is_system_grant(word), catalogue.grant_form(word).is_some());
    assert_eq!(catalogue.is_customer_grant(word), catalogue.is_system_grant(word) && word != "*");
}
