//! The contracts of the host's stores for an authorization server (ST-1 to ST-3), as tests.

mod clients;
mod codes;
mod consent_grants;
mod deny_list;
mod pushed_requests;
mod race;
mod refresh_tokens;
mod revocation;

#[cfg(test)]
mod tests;

pub use clients::{KnownClient, assert_client_store_conforms, check_client_store_conforms};
pub use codes::{assert_code_store_conforms, check_code_store_conforms};
pub use consent_grants::{assert_consent_grant_store_conforms, check_consent_grant_store_conforms};
pub use deny_list::{assert_deny_list_conforms, check_deny_list_conforms};
pub use pushed_requests::{assert_pushed_request_store_conforms, check_pushed_request_store_conforms};
pub use race::Racing;
pub(super) use race::together;
pub use refresh_tokens::{assert_refresh_store_conforms, check_refresh_store_conforms};

use super::finding::Finding;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, AuthenticationContext, Authorization, FamilyId, IssuedAccessToken, ScopeSet, SecretDigest,
};
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::jose::Thumbprint;
use std::fmt;

/// Requests in a race.
const RACERS: usize = 8;
/// How often each race runs.
const ROUNDS: usize = 8;

/// The set-up of one run: the store under test, and the time.
struct World {
    check: &'static str,
    subject: &'static str,
    now: Timestamp,
    racing: Racing,
}

impl World {
    fn at(&self, seconds: u64) -> Timestamp {
        self.now.plus(seconds)
    }

    fn bytes(&self, label: &str) -> [u8; 32] {
        let parts: [&[u8]; 3] = [b"attesto testkit store ", &self.now.as_secs().to_be_bytes(), label.as_bytes()];
        RustCrypto::new().sha256(&parts)
    }

    fn digest(&self, label: &str) -> SecretDigest {
        SecretDigest::from_bytes(self.bytes(label))
    }

    /// Returns keys that differ only in bits of the last byte.
    fn close_digest(&self, number: u8) -> SecretDigest {
        let mut bytes = self.bytes("close");
        bytes[31] = number;
        SecretDigest::from_bytes(bytes)
    }

    fn family(&self, label: &str) -> FamilyId {
        let mut id = [0; 16];
        id.iter_mut().zip(self.bytes(label)).for_each(|(to, from)| *to = from);
        FamilyId::from_bytes(id)
    }

    fn thumbprint(&self, label: &str) -> Thumbprint {
        Thumbprint::from_bytes(self.bytes(label))
    }

    /// Sets every member, so that a store that drops one is detected.
    fn authorization(&self, label: &str) -> Authorization {
        let mut authorization = Authorization::new(self.family(label), format!("client of {label}"), "usr_1");
        authorization.scopes = ScopeSet::new(["files.read", "offline_access"]);
        authorization.resources = ["https://api.example.com".into(), "https://other.example.com/x".into()].into();
        authorization.authentication =
            AuthenticationContext::at(self.now.minus(5)).acr("urn:example:gold").amr(["pwd", "otp"]).sid("s-1");
        authorization
    }

    fn access(&self, label: &str, lives: u64) -> IssuedAccessToken {
        IssuedAccessToken::new(format!("{label} {}", self.now), self.at(lives))
    }

    /// Builds a finding for a broken promise, named as in the trait's documentation.
    fn broken(&self, promise: &str, done: &str, seen: String, expected: &str, fix: &str) -> Finding {
        Finding {
            check: self.check,
            subject: self.subject.into(),
            sent: format!("({promise}) {done}").into(),
            seen: seen.into(),
            expected: expected.into(),
            fix: fix.into(),
        }
    }

    /// Returns an answer, which must not be `Unavailable`.
    fn due<T>(&self, done: &str, answer: Answered<T>) -> Result<T, Finding> {
        let fix = "the store is full, out of reach, or knows these keys from an earlier run of the test (show it another `now`).";
        answer.map_err(|_| self.broken("Never dropped early", done, "Unavailable".into(), "an answer", fix))
    }
}

/// Formats what was seen, for people.
fn said(value: &impl fmt::Debug) -> String {
    format!("{value:?}")
}
