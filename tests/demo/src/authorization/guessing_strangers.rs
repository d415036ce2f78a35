//! What a crowd of strangers can do to the demo's clients.

use super::Site;
use super::accounts::Accounts;
use super::state::State;
use crate::issuer::{entropy, now};
use attesto_core::host::drive;
use attesto_core::http::{Connection, RequestParts};
use attesto_core::time::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::runtime::Handle;

const FORM: (&str, &[u8]) = ("content-type", b"application/x-www-form-urlencoded");

/// A request of a client that acts for itself; the status of its answer.
async fn ask(site: &Site, authorization: &str) -> u16 {
    let headers: &[(&str, &[u8])] = &[("host", b"127.0.0.1:8080"), FORM, ("authorization", authorization.as_bytes())];
    let request = RequestParts::new("POST", "/oauth/token", &headers)
        .connection(Connection::new().peer([127, 0, 0, 1].into()))
        .form_body(b"grant_type=client_credentials&scope=mcp:tools:read");
    let step = site.server.serve(&request, now(), entropy).expect("the token endpoint");
    drive(step, &site.host, &Clock::new(now)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn ca11_strangers_without_credentials_keep_no_client_from_its_tokens() {
    let state = State::in_memory().expect("secrets");
    let accounts = Accounts::draw(&mut state.secrets.entropy("accounts")).expect("accounts");
    let database = state.database().await.expect("a database");
    let site = Site::new("http://127.0.0.1:8080", &accounts, &state.secrets, &database).expect("a site");
    let honest = super::tour::basic(&accounts.basic.id, accounts.basic_secret.as_str());
    assert_eq!(ask(&site, &honest).await, 200);
    let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let strangers: Vec<_> = (0..40)
        .map(|number| {
            let (site, stop, refused, here) =
                (site.clone(), Arc::clone(&stop), Arc::clone(&refused), Handle::current());
            let id = if number % 2 == 0 { "nobody" } else { &*accounts.basic.id };
            let guess = super::tour::basic(id, "guess");
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    assert_ne!(here.block_on(ask(&site, &guess)), 200);
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while refused.load(Ordering::Relaxed) < 40 {
        tokio::time::sleep(core::time::Duration::from_millis(1)).await;
    }
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(ask(&site, &honest).await);
    }
    stop.store(true, Ordering::Relaxed);
    for stranger in strangers {
        stranger.join().expect("strangers are refused");
    }
    assert_eq!(answers, [200; 10]);
}
