//! The crate openidconnect against the authorization server of a demo: code flow with PKCE as a client with a secret, ID token, refresh,
//! and what becomes of it all when the code comes twice. Takes the line that the demo prints with `--print-json`, and the script that
//! plays the browser.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken, CoreIdTokenVerifier, CoreProviderMetadata,
    CoreRequestTokenError,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse, http,
};
use serde_json::Value;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::Duration;

type Failure = Box<dyn Error>;

/// Sends a request as the crate wants it sent: no redirects, and every status is an answer.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(agent.timeout_global(Some(Duration::from_secs(20))).build());
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(http::Response::from_parts(parts, body.read_to_vec()?))
}

fn must(what: &str, holds: bool) -> Result<(), Failure> {
    println!("{} openidconnect: {what}", if holds { "ok  " } else { "FAIL" });
    if holds { Ok(()) } else { Err(what.into()) }
}

/// Whether the server said that there is nothing to have for this grant.
fn is_refused<T>(answered: Result<T, CoreRequestTokenError<ureq::Error>>) -> bool {
    match answered {
        Err(RequestTokenError::ServerResponse(told)) => *told.error() == CoreErrorResponseType::InvalidGrant,
        Ok(_) | Err(_) => false,
    }
}

fn text<'j>(info: &'j Value, pointer: &str) -> Result<&'j str, Failure> {
    info.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("the line has no {pointer}").into())
}

/// Has the user log in and consent; the parameters of the answer.
fn browse(script: &str, info: &Value, link: &str) -> Result<impl Fn(&str) -> Result<String, Failure>, Failure> {
    let (name, password, redirect_uri) =
        (text(info, "/user/name")?, text(info, "/user/password")?, text(info, "/redirect_uri")?);
    let output = Command::new("node").args([script, name, password, redirect_uri, link]).output()?;
    let answer = String::from_utf8(output.stdout)?;
    let answer = openidconnect::url::Url::parse(answer.trim())
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(move |wanted: &str| {
        let value = answer.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
        value.ok_or_else(|| format!("no {wanted} in {answer}").into())
    })
}

/// What OpenID Connect Core §3.1.3.6 has at_hash for: the access token is the one that came with this ID token.
fn belongs_to(
    token: &AccessToken,
    id_token: &CoreIdToken,
    verifier: &CoreIdTokenVerifier<'_>,
    hash: Option<&AccessTokenHash>,
) -> Result<bool, Failure> {
    let expected = AccessTokenHash::from_token(token, id_token.signing_alg()?, id_token.signing_key(verifier)?)?;
    Ok(hash == Some(&expected))
}

fn run(line: &str, script: &str) -> Result<(), Failure> {
    let info: Value = serde_json::from_str(line)?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(text(&info, "/issuer")?.into())?, &send)?;
    let id = ClientId::new(text(&info, "/clients/basic/client_id")?.into());
    let secret = ClientSecret::new(text(&info, "/clients/basic/client_secret")?.into());
    let client = CoreClient::from_provider_metadata(metadata, id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(text(&info, "/redirect_uri")?.into())?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (link, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "offline_access", "mcp:tools:call"].map(|scope| Scope::new(scope.into())))
        .add_extra_param("resource", text(&info, "/resource")?)
        .set_max_age(Duration::from_secs(600))
        .set_pkce_challenge(challenge)
        .url();
    let answer = browse(script, &info, link.as_str())?;
    must("the answer is to this request", answer("state")? == *state.secret())?;

    let code = AuthorizationCode::new(answer("code")?);
    let exchange = || {
        let verifier = PkceCodeVerifier::new(verifier.secret().clone());
        Ok::<_, Failure>(client.exchange_code(code.clone())?.set_pkce_verifier(verifier).request(&send))
    };
    let tokens = exchange()??;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), &nonce)?;
    must("ID token", claims.subject().as_str() == "usr_alice" && claims.auth_time().is_some())?;
    let belongs = belongs_to(tokens.access_token(), id_token, &client.id_token_verifier(), claims.access_token_hash())?;
    must("the ID token names the access token", belongs)?;

    let first = tokens.refresh_token().ok_or("no refresh token")?;
    let next = client.exchange_refresh_token(first)?.request(&send)?;
    let second = next.refresh_token().ok_or("no refresh token")?;
    must(
        "refreshed",
        first.secret() != second.secret() && next.access_token().secret() != tokens.access_token().secret(),
    )?;
    must("the code again is refused", is_refused(exchange()?))?;
    must("and what it gave is dead", is_refused(client.exchange_refresh_token(second)?.request(&send)))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [line, script] = arguments.as_slice() else {
        eprintln!("usage: attesto-interop-openidconnect LINE BROWSER_SCRIPT");
        return ExitCode::from(2);
    };
    match run(line, script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("openidconnect: {problem}");
            ExitCode::FAILURE
        }
    }
}
