//! One token request from its parts to its response, in a plain loop: no async runtime, and this loop answers each question.
//!
//! ```sh
//! cargo run -p attesto-core --example token_request
//! ```

use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthorizationServer, Client, ClientAuthentication, ClientQuestion, GrantType, Question, Step,
};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::token::KeyRing;
use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "a program is where the time comes from")]
fn main() -> Result<(), Box<dyn Error>> {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
    let signer = provider.signer(key.private().ok_or("no private key")?, Algorithm::ES256)?;
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
    let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
        .audience("https://api.example.com")
        .grants([GrantType::ClientCredentials])
        .build()?;

    let headers: &[(&str, &[u8])] =
        &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
    let request = RequestParts::new("POST", "/oauth/token", &headers)
        .connection(Connection::new().tls())
        .form_body(b"grant_type=client_credentials&client_id=job&client_secret=s3cret&scope=things.read");
    let mut step = server.token(&request, Timestamp::from(SystemTime::now()), entropy);
    let response = loop {
        step = match step {
            Step::Done(response) => break response,
            Step::Ask(Question::Clients(ClientQuestion::Load(query))) => {
                let client = (query.question() == "job").then(job);
                query.answer(Ok(client))
            }
            Step::Ask(Question::Clients(ClientQuestion::VerifySecret(query))) => {
                let right = *query.question().secret == "s3cret"; // yours: `ClientSecrets::verify`
                query.answer(Ok(right))
            }
            Step::Ask(Question::AuthorizeScope(query)) => {
                let granted = query.question().scopes.clone();
                query.answer(Ok(granted))
            }
            Step::Ask(Question::Record(query)) => query.answer(()),
            Step::Ask(other) => return Err(format!("not asked for this grant: {other:?}").into()),
        };
    };
    println!("{} {}", response.status, response.body_text());
    Ok(())
}

/// The one client there is.
fn job() -> Client {
    Client::new("job", ClientAuthentication::SecretPost).grants([GrantType::ClientCredentials]).scopes(["things.read"])
}

/// The operating system's randomness.
fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}
