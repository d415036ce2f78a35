//! The tour: a client finds the server, alice logs in and allows, and then each thing that must not work is tried. Each step sends one
//! request, prints it with its outcome, and knows what the outcome must be.

mod app;
mod authorize;
mod browser;
mod machine;
mod tokens;

use super::accounts::{Accounts, USER};
use super::clients::REDIRECT_URI;
use crate::client::Answer;
use crate::steps::Steps;
use app::App;
use browser::Browser;
#[cfg(test)]
pub(super) use machine::basic;
use std::error::Error;

/// The parties, and the count.
struct Tour<'t> {
    steps: Steps,
    origin: &'t str,
    resource: &'t str,
    accounts: &'t Accounts,
    browser: Browser,
    app: App,
}

/// A set of tokens, as the token endpoint gave it.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn from_answer(answer: &Answer) -> Self {
        let text = |name| text(answer, name).unwrap_or_default();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// Plays all steps; gives the number of those that did not go as they should.
pub(super) async fn run(origin: &str, resource: &str, accounts: &Accounts) -> Result<u32, Box<dyn Error>> {
    println!("attesto issues tokens at {origin} for the MCP server at {resource}:\n");
    let (browser, app) = (Browser::new(origin), App::new(&accounts.dpop.id, origin)?);
    let mut tour = Tour { steps: Steps::default(), origin, resource, accounts, browser, app };
    tour.discovery().await?;
    let code = tour.first_visit().await?;
    tour.code_is_good_once(&code).await?;
    let tokens = tour.second_visit().await?;
    tour.refresh_tokens(tokens).await?;
    tour.machine().await?;
    tour.refusals().await?;
    println!();
    Ok(tour.steps.surprises())
}

impl Tour<'_> {
    fn step(&mut self, what: &str, answer: &Answer, right: bool, note: &str) {
        self.steps.step(what, answer, right, note);
    }

    /// A refusal in the body, as OAuth's endpoints have it.
    fn refused(&mut self, what: &str, answer: &Answer, error: &str) {
        let right = answer.status == 400 && text(answer, "error").as_deref() == Some(error);
        self.step(what, answer, right, error);
    }

    /// The access token no longer opens the resource.
    async fn is_dead(&mut self, what: &str, access: &str) -> Result<(), Box<dyn Error>> {
        let answer = self.app.call(access).await?;
        let right = answer.status == 401 && answer.challenge_parameter("error") == Some("invalid_token");
        self.step(what, &answer, right, "invalid_token");
        Ok(())
    }

    async fn is_alive(&mut self, what: &str, access: &str) -> Result<(), Box<dyn Error>> {
        let answer = self.app.call(access).await?;
        let right = answer.status == 200 && answer.body.contains("usr_alice by dpop");
        self.step(what, &answer, right, "the tool answers: usr_alice by dpop");
        Ok(())
    }
}

/// A member of a JSON object.
fn text(answer: &Answer, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    Some(body.get(name)?.as_str()?.to_owned())
}

/// Prints how to run the flow by hand.
pub(super) fn print_invitation(origin: &str, resource: &str, accounts: &Accounts) {
    // RFC 7636, Appendix B: the verifier is public, and good enough to look around.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let id = &accounts.public.id;
    println!(
        "Try it (the server stays up until Ctrl-C). Open this, and log in as {USER} with {}:\n",
        accounts.password
    );
    println!(
        "{origin}/oauth/authorize?response_type=code&client_id={id}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback\
         &state=by-hand&code_challenge={challenge}&code_challenge_method=S256\n"
    );
    println!("The browser ends where nothing listens; the code is in its address bar, and good for a minute:\n");
    println!(
        "curl -s {origin}/oauth/token -d grant_type=authorization_code -d client_id={id} -d redirect_uri={REDIRECT_URI} \\\n  \
         -d code_verifier={verifier} -d code=CODE\n"
    );
    println!("With the access token that it gives:\n");
    println!(
        "curl -s {resource} -H 'authorization: Bearer TOKEN' -H 'content-type: application/json' \\\n  \
         -H 'accept: application/json, text/event-stream' -d '{}'\n",
        crate::CALL
    );
}
