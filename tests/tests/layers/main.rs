//! The floors of `attesto-core`: a file uses files of its own floor and of lower ones. `ARCHITECTURE.md` draws them.

mod graph;

use graph::Graph;
use std::fs;
use std::path::Path;

/// The top modules, from the ground.
const FLOORS: [&[&str]; 8] = [
    &["config", "future", "limits", "reason_macro", "sync", "time"],
    &["crypto", "encoding", "http", "scope"],
    &["challenge", "exchange", "jose", "mcp"],
    &["dpop", "metadata", "mtls", "pkce", "remote"],
    &["token"],
    &["danger", "introspection", "resource"],
    &["authorization"],
    &["host"],
];

/// What lies inside `authorization/`, from the ground.
const AUTHORIZATION: [&[&str]; 10] = [
    &["routes", "scopes", "secret"],
    &["records"],
    &["error"],
    &["parameters", "registered_client", "resources"],
    &["questions"],
    &["settings"],
    &["flow"],
    &["authorize", "client_auth", "grants"],
    &["endpoints"],
    &["builder", "dispatch", "server"],
];

/// Import loops that may stay, each within one concept.
const LOOPS: &[(&[&str], &str)] = &[
    (
        &["encoding/json.rs", "encoding/strict.rs"],
        "the values of a document, and the reader that makes them while it checks their form",
    ),
    (
        &["remote/fetch.rs", "remote/keys.rs", "remote/wait.rs"],
        "the keys give out a fetch, which ends by reporting to them, and a wait for its end",
    ),
    (
        &[
            "resource/check/decision.rs",
            "resource/check/proof.rs",
            "resource/check/stage.rs",
            "resource/check/token.rs",
            "resource/verdict.rs",
        ],
        "a question owns the rest of the check, whose end is a verdict, which may ask the next question",
    ),
];

/// Every file with its text.
fn sources(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).expect("below the root").display().to_string();
            found.push((file, fs::read_to_string(&path).expect("a source file")));
        }
    }
}

fn core() -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../attesto-core/src");
    let mut found = Vec::new();
    sources(&root, &root, &mut found);
    Graph::read(found.iter().map(|(file, text)| (file.as_str(), text.as_str())))
}

/// The module that a file belongs to below `within`; `None` outside, and for the file of `within` itself.
fn module<'f>(file: &'f str, within: &str) -> Option<&'f str> {
    let name = file.strip_prefix(within)?.split('/').next()?.trim_end_matches(".rs");
    (!["lib", "mod"].contains(&name)).then_some(name)
}

/// What breaks the order of the floors below `within`: arrows upwards, and modules that have no floor.
fn findings(graph: &Graph, within: &str, floors: &[&[&str]]) -> Vec<String> {
    let floor = |module: &str| floors.iter().position(|floor| floor.contains(&module));
    let unknown = graph.files.iter().filter(|file| module(file, within).is_some_and(|module| floor(module).is_none()));
    let unknown = unknown.map(|file| format!("{file} has no floor"));
    let upward = graph.arrows().filter(|(user, used)| {
        let floor = |file| module(file, within).and_then(floor);
        matches!((floor(user), floor(used)), (Some(user), Some(used)) if user < used)
    });
    unknown.chain(upward.map(|(user, used)| format!("{user} uses {used}, of a higher floor"))).collect()
}

#[test]
fn no_file_uses_one_of_a_higher_floor() {
    assert_eq!(findings(&core(), "", &FLOORS), Vec::<String>::new());
    assert_eq!(findings(&core(), "authorization/", &AUTHORIZATION), Vec::<String>::new());
}

#[test]
fn top_modules_use_each_other_in_one_direction() {
    let core = core();
    let arrows: Vec<(&str, &str)> =
        core.arrows().filter_map(|(user, used)| Some((module(user, "")?, module(used, "")?))).collect();
    for (user, used) in &arrows {
        assert!(user == used || !arrows.contains(&(used, user)), "{user} and {used} use each other");
    }
}

#[test]
fn import_loops_are_those_listed() {
    let core = core();
    let listed: Vec<&[&str]> = LOOPS.iter().map(|(files, _)| *files).collect();
    assert_eq!(core.loops(), listed);
    let in_loops: usize = listed.iter().map(|files| files.len()).sum();
    assert!(in_loops * 10 < core.files.len(), "{in_loops} of {} files", core.files.len());
}

#[test]
fn an_arrow_upwards_is_found() {
    let planted = Graph::read([
        ("lib.rs", "mod host;\nmod time;\npub use host::Guard;"),
        ("time.rs", "use core::fmt;\nuse crate::{\n    Guard,\n};\n// use crate::gone::Old;\npub struct Clock;"),
        ("host/mod.rs", "mod guard;\nmod guard_tests;\npub use guard::Guard;"),
        (
            "host/guard.rs",
            "pub struct Guard(crate::time::Clock);\n#[cfg(test)]\nmod tests {\n    use crate::api::App;\n}",
        ),
        ("host/guard_tests.rs", "use crate::api::App;"),
        ("api.rs", "use super::host::{self as h, Guard};"),
    ]);
    assert_eq!(
        findings(&planted, "", &[&["time"], &["host"]]),
        ["api.rs has no floor", "time.rs uses host/guard.rs, of a higher floor"]
    );
    assert_eq!(planted.loops(), [["host/guard.rs", "time.rs"]]);
}
