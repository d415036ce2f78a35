//! The tour: each step sends one request, prints it with its verdict, and knows what the verdict must be.

use super::client::{Answer, send};
use super::issuer::Issuer;
use super::steps::Steps;
use std::error::Error;

/// What an MCP client sends to call the demo's tool.
pub const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#;
const BOTH: [&str; 2] = ["mcp:tools:read", "mcp:tools:call"];

struct Tour<'t> {
    steps: Steps,
    url: &'t str,
}

/// Plays all steps; gives the number of those that did not go as they should.
pub(super) async fn run(origin: &str, issuer: &Issuer) -> Result<u32, Box<dyn Error>> {
    let url = format!("{origin}/mcp");
    println!("attesto guards an MCP server at {url}. A client, and then a thief, knock:\n");
    let mut tour = Tour { steps: Steps::default(), url: &url };
    tour.discovery().await?;
    tour.bearer(issuer).await?;
    let (token, proof) = tour.dpop(issuer).await?;
    tour.stolen(&token, &proof).await?;
    tour.wrong_tokens(origin, issuer).await?;
    tour.nonce(origin, issuer).await?;
    println!();
    Ok(tour.steps.surprises())
}

impl Tour<'_> {
    /// 401 without an error, a pointer to the metadata, and the document behind it.
    async fn discovery(&mut self) -> Result<(), Box<dyn Error>> {
        let answer = call(self.url, &[]).await?;
        let pointer = answer.challenge_parameter("resource_metadata").unwrap_or_default().to_owned();
        let right = answer.status == 401 && !pointer.is_empty() && answer.challenge_parameter("error").is_none();
        self.step("no credentials", &answer, right, "refused without an error, told where to look");
        let document = send("GET", &pointer, &[], "").await?;
        let right = document.status == 200 && document.body.contains(&format!("\"resource\":\"{}\"", self.url));
        self.step("discovery: fetch what the 401 points to", &document, right, &document.body);
        Ok(())
    }

    async fn bearer(&mut self, issuer: &Issuer) -> Result<(), Box<dyn Error>> {
        let token = issuer.token(self.url, &BOTH, false)?;
        let answer = call(self.url, &[("authorization", &format!("Bearer {token}"))]).await?;
        let right = answer.status == 200 && answer.body.contains("usr_alice by bearer");
        self.step("bearer token", &answer, right, "the tool answers: usr_alice by bearer");
        Ok(())
    }

    async fn dpop(&mut self, issuer: &Issuer) -> Result<(String, String), Box<dyn Error>> {
        let token = issuer.token(self.url, &BOTH, true)?;
        let proof = issuer.proof("POST", self.url, &token, None)?;
        let answer = call_dpop(self.url, &token, &proof).await?;
        let right = answer.status == 200 && answer.body.contains("usr_alice by dpop");
        self.step("DPoP-bound token with a fresh proof", &answer, right, "the tool answers: usr_alice by dpop");
        Ok((token, proof))
    }

    /// What a thief can do with a bound token and a recorded request: nothing.
    async fn stolen(&mut self, token: &str, proof: &str) -> Result<(), Box<dyn Error>> {
        let answer = call_dpop(self.url, token, proof).await?;
        self.refused("the same proof replayed", &answer, 401, "invalid_dpop_proof");
        let answer = call(self.url, &[("authorization", &format!("Bearer {token}"))]).await?;
        self.refused("the bound token stolen and sent as Bearer", &answer, 401, "invalid_token");
        Ok(())
    }

    async fn wrong_tokens(&mut self, origin: &str, issuer: &Issuer) -> Result<(), Box<dyn Error>> {
        let other = issuer.token(&format!("{origin}/strict/mcp"), &BOTH, false)?;
        let answer = call(self.url, &[("authorization", &format!("Bearer {other}"))]).await?;
        self.refused("a token for another audience", &answer, 401, "invalid_token");
        let narrow = issuer.token(self.url, &["mcp:tools:read"], false)?;
        let answer = call(self.url, &[("authorization", &format!("Bearer {narrow}"))]).await?;
        let hinted = answer.challenge_parameter("scope") == Some("mcp:tools:call");
        self.refused("a scope is missing", &answer, 403, if hinted { "insufficient_scope" } else { "a scope hint" });
        Ok(())
    }

    /// A resource that wants its own nonces in the proofs: one challenge, one retry.
    async fn nonce(&mut self, origin: &str, issuer: &Issuer) -> Result<(), Box<dyn Error>> {
        let url = format!("{origin}/strict/mcp");
        let token = issuer.token(&url, &BOTH, true)?;
        let answer = call_dpop(&url, &token, &issuer.proof("POST", &url, &token, None)?).await?;
        let nonce = answer.header("dpop-nonce").unwrap_or_default().to_owned();
        self.refused("nonce challenge (POST /strict/mcp)", &answer, 401, "use_dpop_nonce");
        let answer = call_dpop(&url, &token, &issuer.proof("POST", &url, &token, Some(&nonce))?).await?;
        let right = answer.status == 200 && answer.body.contains("usr_alice by dpop");
        self.step("retry with the nonce", &answer, right, "the tool answers: usr_alice by dpop");
        Ok(())
    }

    fn refused(&mut self, what: &str, answer: &Answer, status: u16, error: &str) {
        let right = answer.status == status && answer.challenge_parameter("error") == Some(error);
        self.step(what, answer, right, error);
    }

    fn step(&mut self, what: &str, answer: &Answer, right: bool, note: &str) {
        self.steps.step(what, answer, right, note);
    }
}

async fn call(url: &str, credentials: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let mut headers = vec![("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    headers.extend_from_slice(credentials);
    send("POST", url, &headers, CALL).await
}

async fn call_dpop(url: &str, token: &str, proof: &str) -> Result<Answer, Box<dyn Error>> {
    call(url, &[("authorization", &format!("DPoP {token}")), ("dpop", proof)]).await
}

/// Prints the commands to send the calls by hand.
pub(super) fn print_curl_lines(origin: &str, issuer: &Issuer) -> Result<(), Box<dyn Error>> {
    let url = format!("{origin}/mcp");
    let bearer = issuer.token(&url, &BOTH, false)?;
    let bound = issuer.token(&url, &BOTH, true)?;
    let proof = issuer.proof("POST", &url, &bound, None)?;
    let request = format!(
        "-H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\\n  -d '{CALL}'"
    );
    println!("Try it (the server stays up until Ctrl-C):\n");
    println!("curl -i {url}\n");
    println!("curl -s {origin}/.well-known/oauth-protected-resource/mcp\n");
    println!("curl -i {url} -H 'authorization: Bearer {bearer}' \\\n  {request}\n");
    println!("# good once, and within a minute; the second time it is a replay:");
    println!("curl -i {url} -H 'authorization: DPoP {bound}' \\\n  -H 'dpop: {proof}' \\\n  {request}\n");
    Ok(())
}
