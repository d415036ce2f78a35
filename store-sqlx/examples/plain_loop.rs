//! An authorization server with its state in SQLite, and no async runtime: each request blocks until it is answered.
//!
//! ```sh
//! cargo run -p attesto-sqlx --example plain_loop
//! ```
//!
//! A browser brings a request, its client redeems the code, and a thief redeems it once more.

use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthenticationContext, AuthorizationServer, Client, ClientAuthentication, ConsentDecision, GrantType, Login,
    Principal,
};
use attesto_core::crypto::{Algorithm, EntropyError, RustCrypto};
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost, EntropySource};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::time::Clock;
use attesto_core::token::KeyRing;
use attesto_sqlx::{SqliteOptions, migrate};
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::SystemTime;

/// Wakes the thread that blocks.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future. SQLite's own threads do the work and wake this one.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Your loop calls this for each request that it has read.
fn respond(endpoints: &AuthorizationEndpoints, method: &str, target: &str, form: &str) -> ResponseParts {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let headers: &[(&str, &[u8])] =
        &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
    let request = RequestParts::new(method, path, &headers).query(query).connection(Connection::new().tls());
    let request = if form.is_empty() { request } else { request.form_body(form.as_bytes()) };
    block_on(endpoints.respond(&request)).unwrap_or_else(|| ResponseParts::new(404))
}

async fn endpoints() -> Result<AuthorizationEndpoints, Box<dyn Error>> {
    let database = SqliteOptions::memory().open().await?; // yours: SqliteOptions::file("auth.db")
    migrate(&database).await?;
    let provider = Arc::new(RustCrypto::new());
    let ring = Arc::new(KeyRing::generate(provider.as_ref(), Algorithm::ES256, &mut entropy)?); // yours: from a file
    let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
        .audience("https://api.example.com")
        .build()?;
    let host = database
        .supply(AuthorizationHost::from_functions())
        .load_client_with(async |id: String| Ok((id == "app").then(app)))
        .verify_client_secret_with(async |_check| Ok(false)) // no client has one
        .load_principal_with(async |_subject| Ok(Some(Principal::new())))
        .authenticate_with(async |asked| {
            let login = Login::new("alice", AuthenticationContext::at(asked.visit.now)); // yours: by the session's cookie
            Ok(asked.login_or_page(Some(login), |_back| ResponseParts::new(500)))
        })
        .consent_with(async |asked| Ok(ConsentDecision::Granted(asked.visit.request.scopes.clone())))
        .authorize_scope_with(async |asked| Ok(asked.scopes))
        .build(&server)?;
    Ok(AuthorizationEndpoints::new(server, host, Clock::new(now), EntropySource::new(entropy)))
}

fn app() -> Client {
    Client::new("app", ClientAuthentication::None)
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        .redirect_uris(["https://app.example.com/callback"])
        .scopes(["documents.read"])
}

fn main() -> Result<(), Box<dyn Error>> {
    let endpoints = block_on(endpoints())?;
    // The challenge and the verifier are those of RFC 7636, Appendix B.
    let asked = "/oauth/authorize?response_type=code&client_id=app&scope=documents.read&code_challenge_method=S256\
                 &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                 &redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback";
    let back = respond(&endpoints, "GET", asked, "");
    let location = back.headers.iter().find(|header| header.name() == "location").ok_or("no redirect")?;
    let location = location.value();
    let code = location.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).ok_or("no code")?;
    println!("{} {location}", back.status);
    let form = format!(
        "grant_type=authorization_code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&code={code}"
    );
    for _ in 0..2 {
        let response = respond(&endpoints, "POST", "/oauth/token", &form);
        println!("{} {}", response.status, response.body_text());
    }
    Ok(())
}

/// The operating system's time.
#[expect(clippy::disallowed_methods, reason = "a program is where the time comes from")]
fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

/// The operating system's randomness.
fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}
