//! What the documentation says of the examples: the crates' own shows them, and `docs/adapters.md` lists what they depend on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ADAPTERS: [&str; 3] = ["axum", "actix", "hyper"];
const EXAMPLES: [&str; 2] = ["protect", "issue_tokens"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn example(adapter: &str, name: &str) -> String {
    read(&format!("adapter-{adapter}/examples/{name}.rs"))
}

/// The dependencies of one block in `docs/adapters.md`: name, and what follows the equals sign.
fn dependencies(block: &str) -> Vec<(String, String)> {
    let lines = block.lines().skip_while(|line| *line != "[dependencies]").skip(1).take_while(|line| *line != "```");
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, value)| (name.into(), value.into())).collect()
}

/// In the order in which the page has them.
fn blocks() -> Vec<Vec<(String, String)>> {
    read("docs/adapters.md").split("```toml\n").skip(1).map(dependencies).collect()
}

/// The version: the text between quotes, or that of the key `version`.
fn quoted(value: &str) -> Option<&str> {
    let value = value.split_once("version = ").map_or(value, |(_, version)| version);
    value.split('"').nth(1)
}

/// The crates that an example names, in `use` lines and in the attribute of `main`.
fn crates(example: &str) -> BTreeSet<String> {
    let paths = example.lines().filter_map(|line| line.strip_prefix("use ").or_else(|| line.strip_prefix("#[")));
    let crates = paths.filter_map(|path| path.split_once("::")).map(|(first, _)| first.replace('_', "-"));
    crates.filter(|first| first != "std").collect()
}

#[test]
fn the_examples_are_short_and_the_documentation_shows_them() {
    for adapter in ADAPTERS {
        let documentation = read(&format!("adapter-{adapter}/src/lib.rs"));
        for name in EXAMPLES {
            let lines = example(adapter, name).lines().count();
            assert!(lines <= 60, "{name} of {adapter} has {lines} lines");
            let shown = format!("#![doc = include_str!(\"../examples/{name}.rs\")]");
            assert!(documentation.contains(&shown), "{name} of {adapter}");
        }
    }
}

#[test]
fn the_page_lists_what_the_examples_depend_on() {
    let blocks = blocks();
    assert_eq!(blocks.len(), ADAPTERS.len());
    for (adapter, block) in ADAPTERS.into_iter().zip(&blocks) {
        let listed: BTreeSet<String> = block.iter().map(|(name, _)| name.clone()).collect();
        let named: BTreeSet<String> = EXAMPLES.into_iter().flat_map(|name| crates(&example(adapter, name))).collect();
        assert_eq!(listed, named, "{adapter}");
    }
}

#[test]
fn the_listed_versions_are_the_workspaces() {
    let workspace = read("Cargo.toml");
    for (name, value) in blocks().iter().flatten() {
        if let Some((_, folder)) = value.split_once("path = \"../attesto/") {
            let folder = folder.split('"').next().expect("a quote");
            assert!(read(&format!("{folder}/Cargo.toml")).contains(&format!("name = \"{name}\"\n")), "{name}");
            continue;
        }
        let here = workspace.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
        let here = here.and_then(quoted).unwrap_or_else(|| panic!("{name} is no dependency of the workspace"));
        let listed = quoted(value).expect("a version");
        assert!(format!("{here}.").starts_with(&format!("{listed}.")), "{name}: {listed}, and {here} here");
    }
}
