//! What `docs/security.md` says about comparisons and secrets is what the code does: the listed comparisons are there, no other
//! constant-time comparison is missing from the list, and what holds a secret cannot be compared or shown by accident.

use attesto_core::authorization::{ClientSecret, GraceSecret};
use attesto_core::crypto::PrivateKey;
use attesto_core::dpop::{NonceIssuer, NonceSecret};
use attesto_core::introspection::IntrospectionCredentials;
use attesto_core::jose::{KeyMaterial, Thumbprint};
use std::collections::BTreeSet;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The library code of a file: what comes before its tests.
fn library_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

struct Comparison {
    file: String,
    function: String,
    expression: String,
}

/// The rows of the table under "Constant time".
fn published() -> Vec<Comparison> {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let (_, after) = page.split_once("| Compared | File | Function | By |\n").expect("the table");
    let rows = after.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let code: Vec<&str> = line.split('`').collect();
        let [.., file, _, function, _, expression, _] = code.as_slice() else { panic!("{line}") };
        Comparison { file: (*file).into(), function: (*function).into(), expression: (*expression).into() }
    })
    .collect()
}

/// The text of a function, to the line that closes it.
fn body<'t>(text: &'t str, function: &str) -> &'t str {
    let at = text.find(&format!("fn {function}(")).unwrap_or_else(|| panic!("no function {function}"));
    let line = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let indent = text[line..].len() - text[line..].trim_start_matches(' ').len();
    let end = format!("\n{}}}\n", " ".repeat(indent));
    let length = text[at..].find(&end).expect("an end");
    &text[at..at + length]
}

#[test]
fn the_listed_comparisons_are_made_where_the_list_says() {
    let published = published();
    assert!(published.len() >= 5, "{}", published.len());
    for Comparison { file, function, expression } in published {
        let text = library_code(&root().join("attesto-core/src").join(&file));
        assert!(body(&text, &function).contains(&expression), "{file}: {function} has no `{expression}`");
    }
}

#[test]
fn every_constant_time_comparison_is_listed() {
    let listed: BTreeSet<(String, String)> = published().into_iter().map(|row| (row.file, row.expression)).collect();
    let core = root().join("attesto-core/src");
    let mut files = Vec::new();
    for folder in
        ["attesto-core/src", "adapter-axum/src", "adapter-actix/src", "adapter-hyper/src", "adapter-reqwest/src"]
    {
        sources(&root().join(folder), &mut files);
    }
    let mut found = 0;
    for path in files {
        let file = path.strip_prefix(&core).unwrap_or(&path).display().to_string();
        let text = library_code(&path);
        for (at, _) in text.match_indices(".ct_eq(") {
            let rest = &text[at..];
            let expression = &rest[..=rest.find(')').expect("an end")];
            assert!(listed.contains(&(file.clone(), expression.to_owned())), "{file}: `{expression}` is not listed");
            found += 1;
        }
    }
    assert_eq!(found, 5, "of nonces, thumbprints, digests of issued secrets, tickets, and certificates");
}

/// Who unwraps a digest compares it byte by byte: no library code compares `as_bytes()` of anything, nor derives the equality of a
/// thumbprint.
#[test]
fn digests_are_compared_as_what_they_are() {
    let thumbprint = library_code(&root().join("attesto-core/src/jose/thumbprint.rs"));
    let (before, _) = thumbprint.split_once("pub struct Thumbprint").expect("the type");
    let derived = before.rsplit("#[derive(").next().and_then(|rest| rest.split(')').next()).expect("derives");
    assert!(!derived.split(", ").any(|name| ["PartialEq", "Hash", "Ord", "PartialOrd"].contains(&name)), "{derived}");
    let mut files = Vec::new();
    sources(&root().join("attesto-core/src"), &mut files);
    for path in files {
        for (number, line) in library_code(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let suspicious = [".as_bytes() ==", ".as_bytes() !=", "== thumbprint.to_base64url", ".to_base64url() =="];
            let found = suspicious.iter().find(|text| code.contains(**text));
            assert_eq!(found, None, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

struct Probe<T>(PhantomData<T>);

/// Where `T` has no `==`. An inherent constant comes first where there is one.
trait WithoutEquality {
    const HAS_EQUALITY: bool = false;
}

impl<T> WithoutEquality for Probe<T> {}

impl<T: PartialEq> Probe<T> {
    const HAS_EQUALITY: bool = true;
}

#[test]
fn what_holds_a_secret_cannot_be_compared() {
    let secrets = [
        Probe::<NonceSecret>::HAS_EQUALITY,
        Probe::<NonceIssuer>::HAS_EQUALITY,
        Probe::<GraceSecret>::HAS_EQUALITY,
        Probe::<PrivateKey>::HAS_EQUALITY,
        Probe::<KeyMaterial>::HAS_EQUALITY,
        Probe::<IntrospectionCredentials>::HAS_EQUALITY,
        Probe::<ClientSecret>::HAS_EQUALITY,
    ];
    assert_eq!(secrets, [false; 7]);
    let the_probe_works = Probe::<Thumbprint>::HAS_EQUALITY;
    assert!(the_probe_works);
}

#[test]
fn what_holds_a_secret_does_not_show_it() {
    let secret = *b"\x5e\xc2\xe7abcdefghijklmnopqrstuvwxyz123";
    let nonce = NonceSecret::new(secret);
    let pem = include_str!("../../attesto-core/tests/keys/p256.pkcs8.pem");
    let key = KeyMaterial::from_pem(pem).expect("a key");
    let jwk = key.to_private_jwk().expect("a private key");
    let parsed: serde_json::Value = serde_json::from_str(&jwk).expect("JSON");
    let d = parsed["d"].as_str().expect("the private number");
    let Some(PrivateKey::P256 { d: number }) = key.private() else { panic!("a P-256 key") };
    let credentials = IntrospectionCredentials::basic("api", "very-secret-words");
    let shown = format!("{nonce:?} {key:?} {:?} {credentials:?}", key.private());
    for hidden in [d, &format!("{:?}", &number[..4])[1..12], "very-secret-words", "94, 194, 231", "abcdefgh"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    assert!(shown.contains("NonceSecret") && shown.contains("PrivateKey"), "{shown}");
}
