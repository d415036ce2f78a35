use super::is_about;
use crate::{Finding, KnownClient, assert_client_store_conforms, block_on, check_client_store_conforms};
use attesto_core::authorization::{Answered, Client, ClientAuthentication, SecretCheck, Unavailable};
use attesto_core::host::ClientStore;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    AnswersAnother,
    AnySecret,
    CutsSecrets,
    EmptySecret,
    FoldsCase,
    FoldsSecrets,
    Forgets,
    KnowsTheDisabled,
    None,
    Patterns,
    Prefixes,
    RefusesTheSecret,
    SecretOfAnybody,
    SecretWithoutClient,
    Silent,
    Trims,
    TrimsSecrets,
}

/// A store that breaks one promise.
struct Broken {
    fault: Fault,
    loaded: AtomicUsize,
}

const ID: &str = "Job-7";
const SECRET: &str = "S3cret";

impl ClientStore for Broken {
    async fn load_client(&self, id: &str) -> Answered<Option<Client>> {
        let found = match self.fault {
            Fault::Silent => return Err(Unavailable),
            Fault::Forgets => id == ID && self.loaded.fetch_add(1, Ordering::Relaxed) == 0,
            Fault::FoldsCase => id.eq_ignore_ascii_case(ID),
            Fault::Trims => id.trim() == ID,
            Fault::Prefixes => ID.starts_with(id),
            Fault::Patterns => id == ID || id == "Job-_",
            Fault::KnowsTheDisabled => id == ID || id == "old",
            _ => id == ID,
        };
        // Echoing the requested identifier would hide that another client was found.
        let client = |id: &str| Client::new(id, ClientAuthentication::SecretPost);
        Ok(match self.fault {
            Fault::AnswersAnother => Some(client(ID)),
            _ => found.then(|| client(id)),
        })
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        let (client, secret) = (check.client_id.as_deref(), check.secret.as_str());
        Ok(match self.fault {
            Fault::AnySecret => client == Some(ID),
            Fault::CutsSecrets => client == Some(ID) && secret.get(..6) == Some(SECRET),
            Fault::EmptySecret => client == Some(ID) && (secret == SECRET || secret.is_empty()),
            Fault::FoldsSecrets => client == Some(ID) && secret.eq_ignore_ascii_case(SECRET),
            Fault::RefusesTheSecret => false,
            Fault::SecretOfAnybody => client.is_some() && secret == SECRET,
            Fault::SecretWithoutClient => client.is_none_or(|client| client == ID) && secret == SECRET,
            Fault::TrimsSecrets => client == Some(ID) && secret.trim() == SECRET,
            _ => client == Some(ID) && secret == SECRET,
        })
    }
}

const KNOWN: KnownClient<'_> = KnownClient::new(ID).secret(SECRET).disabled("old");

fn check(fault: Fault, known: KnownClient<'_>) -> Result<(), Finding> {
    block_on(check_client_store_conforms(&Broken { fault, loaded: AtomicUsize::new(0) }, known))
}

#[test]
fn hc1_a_store_that_knows_its_clients_conforms() {
    let store = Broken { fault: Fault::None, loaded: AtomicUsize::new(0) };
    block_on(assert_client_store_conforms(&store, KNOWN));
    block_on(assert_client_store_conforms(&store, KnownClient::new(ID)));
    assert_eq!(format!("{KNOWN:?}"), r#"KnownClient { id: "Job-7", disabled: Some("old"), .. }"#);
}

#[test]
fn hc1_ca11_each_broken_promise_of_a_store_of_clients_is_found() {
    for (fault, promise) in [
        (Fault::AnswersAnother, "Exactly this one"),
        (Fault::AnySecret, "Secrets"),
        (Fault::CutsSecrets, "Secrets"),
        (Fault::EmptySecret, "Secrets"),
        (Fault::FoldsCase, "Exactly this one"),
        (Fault::FoldsSecrets, "Secrets"),
        (Fault::Forgets, "Exactly this one"),
        (Fault::KnowsTheDisabled, "Exactly this one"),
        (Fault::Patterns, "Exactly this one"),
        (Fault::Prefixes, "Exactly this one"),
        (Fault::RefusesTheSecret, "Secrets"),
        (Fault::SecretOfAnybody, "Secrets"),
        (Fault::SecretWithoutClient, "Secrets"),
        (Fault::Silent, "Never a guess"),
        (Fault::Trims, "Exactly this one"),
        (Fault::TrimsSecrets, "Secrets"),
    ] {
        let result = check(fault, KNOWN);
        if let Err(finding) = &result {
            assert!(!format!("{finding}").contains(SECRET), "{finding}");
        }
        is_about(result, promise, &fault);
    }
}

#[test]
fn hc1_a_client_without_a_secret_has_none() {
    is_about(check(Fault::AnySecret, KnownClient::new(ID)), "Secrets", &Fault::AnySecret);
}
