//! What the clients saw, and what must be true of it.

use base64ct::Encoding as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One code, in the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    /// Token sets that it gave.
    pub(crate) token_sets: usize,
    /// Whether each request for it was answered 200 or 400, so that exactly one must have given tokens.
    pub(crate) undisturbed: bool,
}

/// The end of a family of refresh tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// The last token that its client has, which must still be good.
    Alive(String),
    /// The server has refused one of its tokens.
    Refused,
    /// The client showed a spent token after the grace window, and was refused: the family must be dead.
    Stolen(String),
}

/// A family of refresh tokens.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) client: usize,
    pub(crate) end: End,
    /// Access tokens that it gave.
    pub(crate) access: Vec<String>,
}

#[derive(Debug, Default)]
struct Records {
    codes: Vec<Code>,
    families: Vec<Family>,
    /// The successors that each refresh token was answered with.
    successors: BTreeMap<String, BTreeSet<String>>,
    /// How often each proof was accepted at the resource.
    proofs: BTreeMap<String, usize>,
    counts: BTreeMap<&'static str, usize>,
    access: Vec<String>,
}

/// What all clients saw.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Records>);

impl Ledger {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn code(&self, code: Code) {
        self.records().codes.push(code);
    }

    pub(crate) fn access(&self, token: &str) {
        self.records().access.push(token.into());
    }

    pub(crate) fn successor(&self, spent: &str, next: &str) {
        self.records().successors.entry(spent.into()).or_default().insert(next.into());
    }

    pub(crate) fn proof_accepted(&self, proof: &str) {
        let mut records = self.records();
        let times = records.proofs.entry(proof.into()).or_default();
        *times = times.saturating_add(1);
    }

    pub(crate) fn family(&self, family: Family) {
        self.records().families.push(family);
    }

    pub(crate) fn count(&self, what: &'static str) {
        let mut records = self.records();
        let count = records.counts.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn families(&self) -> Vec<Family> {
        self.records().families.clone()
    }

    /// The `jti` of every access token that a client received.
    pub(crate) fn access_tokens(&self) -> Vec<String> {
        self.records().access.iter().map(|token| jwt_id(token)).collect()
    }

    /// Checks what is true whatever the stores say.
    pub(crate) fn check(&self) {
        let records = self.records();
        for code in &records.codes {
            assert!(code.token_sets <= 1, "a code gave {} token sets", code.token_sets);
            assert!(!code.undisturbed || code.token_sets == 1, "a code was spent, and gave nothing: {code:?}");
        }
        for (spent, successors) in &records.successors {
            assert!(successors.len() == 1, "a refresh token has {} successors: {spent}", successors.len());
        }
        for times in records.proofs.values() {
            assert!(*times <= 1, "a proof was accepted {times} times");
        }
    }

    /// For people.
    pub(crate) fn report(&self) {
        let records = self.records();
        let undisturbed = records.codes.iter().filter(|code| code.undisturbed).count();
        let spent = records.codes.iter().filter(|code| code.token_sets == 1).count();
        println!("codes: {} ({undisturbed} undisturbed), of which {spent} gave tokens", records.codes.len());
        println!("families: {}, rotations: {}", records.families.len(), records.successors.len());
        println!("access tokens received: {}, proofs accepted: {}", records.access.len(), records.proofs.len());
        for (what, count) in &records.counts {
            println!("{what}: {count}");
        }
    }
}

/// The `jti` of a JWT, which is not verified here.
pub(crate) fn jwt_id(token: &str) -> String {
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = base64ct::Base64UrlUnpadded::decode_vec(payload).expect("base64url");
    let claims: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
    claims.get("jti").and_then(|jti| jti.as_str()).expect("a jti").to_owned()
}
