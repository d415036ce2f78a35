//! From a 401 to a code.

use super::app::{STATE, call};
use super::{Tokens, Tour, text};
use crate::authorization::accounts::USER;
use crate::authorization::clients::REDIRECT_URI;
use crate::authorization::form_filling::parameter;
use crate::client::{Answer, send};
use std::error::Error;

impl Tour<'_> {
    /// RFC 9728, RFC 8414: nothing but the resource's URL is known beforehand.
    pub(super) async fn discovery(&mut self) -> Result<(), Box<dyn Error>> {
        let answer = call(self.resource, &[]).await?;
        let pointer = answer.challenge_parameter("resource_metadata").unwrap_or_default().to_owned();
        let right = answer.status == 401 && !pointer.is_empty() && answer.challenge_parameter("error").is_none();
        self.step("the tool without a token", &answer, right, "refused without an error, told where to look");

        let document = send("GET", &pointer, &[], "").await?;
        let names_us = document.body.contains(&format!("\"authorization_servers\":[\"{}\"]", self.origin));
        let right = document.status == 200 && names_us;
        self.step("the resource's metadata", &document, right, "names its authorization server");

        let metadata = send("GET", &format!("{}/.well-known/oauth-authorization-server", self.origin), &[], "").await?;
        let par = format!("{}/oauth/par", self.origin);
        let right = text(&metadata, "issuer").as_deref() == Some(self.origin)
            && text(&metadata, "pushed_authorization_request_endpoint") == Some(par);
        self.step("the server's metadata", &metadata, right, "the issuer is itself, and names its endpoints");
        Ok(())
    }

    /// Alice has never been here: login, with a slip, and consent.
    pub(super) async fn first_visit(&mut self) -> Result<String, Box<dyn Error>> {
        let link = self.push().await?;
        let page = self.browser.open(&link).await?;
        let right = page.status == 200 && page.body.contains("type=\"password\"");
        self.step("the browser goes there", &page, right, "a page asks who it is");

        let page = self.browser.submit(&page, &[("username", USER), ("password", "guess")]).await?;
        let right = page.status == 200 && page.body.contains("The name or the password is wrong");
        self.step("a wrong password", &page, right, "the page asks again");

        let page = self.browser.submit(&page, &[("username", USER), ("password", &self.accounts.password)]).await?;
        let right = self.asks_for_consent(&page);
        self.step("the right one", &page, right, "a page asks whether the client may");
        self.allow(&page).await
    }

    /// She is logged in, but must still consent: another program could have taken the client's port (RFC 8252 §8.6).
    pub(super) async fn second_visit(&mut self) -> Result<Tokens, Box<dyn Error>> {
        let link = self.push().await?;
        let page = self.browser.open(&link).await?;
        let right = self.asks_for_consent(&page);
        self.step("a new round: the browser is known", &page, right, "a page asks whether the client may");
        let code = self.allow(&page).await?;
        let answer = self.app.redeem(&code).await?;
        let right = answer.status == 200 && text(&answer, "token_type").as_deref() == Some("DPoP");
        self.step(
            "the code for tokens",
            &answer,
            right,
            "an access token and a refresh token, bound to the client's key",
        );
        Ok(Tokens::from_answer(&answer))
    }

    fn asks_for_consent(&self, page: &Answer) -> bool {
        page.status == 200 && page.body.contains(&self.accounts.dpop.name) && page.body.contains("Call tools for you")
    }

    /// RFC 9126: the request goes from server to server, and the browser carries a reference.
    async fn push(&mut self) -> Result<String, Box<dyn Error>> {
        let answer = self.app.push(REDIRECT_URI).await?;
        let reference = text(&answer, "request_uri").unwrap_or_default();
        let right = answer.status == 201 && !reference.is_empty();
        self.step("the client pushes its request", &answer, right, "a reference for the browser to carry");
        Ok(self.app.link(&reference))
    }

    async fn allow(&mut self, page: &Answer) -> Result<String, Box<dyn Error>> {
        let answer = self.browser.submit(page, &[("decision", "approve")]).await?;
        let location = answer.header("location").unwrap_or_default().to_owned();
        let code = parameter(&location, "code").unwrap_or_default();
        let right = answer.status == 303
            && location.starts_with(&format!("{REDIRECT_URI}?"))
            && !code.is_empty()
            && parameter(&location, "state").as_deref() == Some(STATE)
            && parameter(&location, "iss").as_deref() == Some(self.origin);
        self.step("alice allows it", &answer, right, "the browser goes to the client with a code, state and iss");
        Ok(code)
    }

    /// What leads nowhere, or back with an error.
    pub(super) async fn refusals(&mut self) -> Result<(), Box<dyn Error>> {
        let link = self.push().await?;
        let page = self.browser.open(&link).await?;
        let answer = self.browser.submit(&page, &[("decision", "deny")]).await?;
        let location = answer.header("location").unwrap_or_default().to_owned();
        let right = answer.status == 303 && parameter(&location, "error").as_deref() == Some("access_denied");
        self.step("alice denies it", &answer, right, "access_denied, told to the client");

        let query = "response_type=code&client_id=dpop-client&redirect_uri=https%3A%2F%2Fthief.example%2F&state=x";
        let page = self.browser.open(&format!("{}/oauth/authorize?{query}", self.origin)).await?;
        let right = page.status == 400 && page.header("location").is_none() && page.body.contains("<h1>");
        self.step("a redirect URI of somebody else", &page, right, "shown to the user, redirected to nobody");
        Ok(())
    }
}
