//! Every fuzz target meets each of its seeds, on any compiler. How to look for new ones: see the README.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    seeds.sort();
    seeds
}

#[test]
fn every_target_holds_for_its_seeds() {
    let mut failed = Vec::new();
    for (name, target) in attesto_fuzz::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in seeds {
            let data = fs::read(&seed).expect("a file");
            if catch_unwind(AssertUnwindSafe(|| target(&data))).is_err() {
                failed.push(format!("{name}: {}", seed.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_folder_of_seeds_and_every_binary_is_a_targets() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut expected: Vec<&str> = attesto_fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    for folder in ["seeds", "fuzz_targets"] {
        let entries = fs::read_dir(fuzz.join(folder)).expect("a folder");
        let mut found: Vec<String> = entries
            .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{folder}");
    }
}
