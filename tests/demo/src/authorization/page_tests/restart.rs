//! The state of the demo is in a database, and its secrets are beside it.

use super::browser::Visitor;
use super::{REDIRECT_URI, TestSite};
use crate::authorization::Site;
use crate::authorization::form_filling::parameter;
use attesto_core::encoding::form;
use attesto_testkit::App;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The verifier of the challenge in [`TestSite::link`].
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("attesto-demo-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("it is there");
    }
}

/// A code that was spent stays spent, and a refresh token stays good, when another process takes over.
///
/// # Panics
/// Where it is not so.
pub async fn a_restart_forgets_nothing<A: App>(application: impl AsyncFn(Site) -> A) {
    let folder = Folder::new();
    let database = format!("sqlite:{}", folder.0.join("demo.db").display());
    let (code, refresh_token) = {
        let site = TestSite::kept_in(&database).await;
        let app = application(site.mounted()).await;
        let mut alice = Visitor::new(&app);
        let page = alice.log_in(&site).await;
        let answer = alice.submit(&page, &[("decision", "approve")]).await;
        let location = alice.follow(&answer).await.header("location").next().expect("a redirect").to_owned();
        let code = parameter(&location, "code").expect("a code");
        let tokens = redeem(&mut alice, &site, &code).await;
        (code, tokens.expect("tokens"))
    };
    let site = TestSite::kept_in(&database).await;
    let app = application(site.mounted()).await;
    let mut client = Visitor::new(&app);
    let parameters = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
    assert!(token(&mut client, &site, &parameters).await.is_some(), "the refresh token is good");
    assert!(redeem(&mut client, &site, &code).await.is_none(), "the code is spent");
}

async fn redeem<A: App>(client: &mut Visitor<'_, A>, site: &TestSite, code: &str) -> Option<String> {
    let parameters = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("code", code),
    ];
    token(client, site, &parameters).await
}

/// The refresh token of the response, if the request is not refused.
async fn token<A: App>(client: &mut Visitor<'_, A>, site: &TestSite, parameters: &[(&str, &str)]) -> Option<String> {
    let mut body = String::new();
    form::append(&mut body, "client_id", &site.accounts.public.id);
    for (name, value) in parameters {
        form::append(&mut body, name, value);
    }
    let response = client.post("/oauth/token", &body, &[]).await;
    let members: serde_json::Value = serde_json::from_str(&response.text()).expect("JSON");
    match response.status {
        200 => Some(members.get("refresh_token").and_then(|token| token.as_str()).expect("a refresh token").to_owned()),
        400 => None,
        _ => panic!("{response:?}"),
    }
}
