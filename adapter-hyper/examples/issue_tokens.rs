//! An authorization server for a web application of your own: the code flow with PKCE, refresh tokens, no consent page.
//!
//! `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signing-key.pem` first; requests: `docs/authorization-server.md`.

use attesto_hyper::core::authorization::{
    Answered, Authentication, AuthenticationContext, AuthorizationServer, Client, ClientAuthentication, ClientSecret,
    ConsentDecision, GrantType, Login, LoginQuestion, Principal,
};
use attesto_hyper::core::http::{OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_hyper::core::{crypto::Algorithm, crypto::RustCrypto, host::AuthorizationHost, token::KeyRing};
use attesto_hyper::{Authorize, OnConnection, system_clock, system_entropy};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use std::{collections::BTreeMap, error::Error, fs, sync::Arc, sync::Mutex};
use tokio::{net::TcpListener, spawn};

pub(crate) static SESSIONS: Mutex<BTreeMap<String, Login>> = Mutex::new(BTreeMap::new()); // yours: a database, by cookie

async fn authenticate(question: LoginQuestion) -> Answered<Authentication> {
    let login = question.visit.user_agent.cookie("session").and_then(|id| SESSIONS.lock().unwrap().get(id).cloned());
    Ok(question.login_or_page(login, |_back| ResponseParts::html(200, "Yours: a form to log in, which leads back.")))
}

async fn load_client(client_id: String) -> Answered<Option<Client>> {
    let app = Client::new("web-app", ClientAuthentication::None) // yours: a database
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        .redirect_uris(["https://app.example.com/callback"])
        .scopes(["documents.write"]);
    Ok((client_id == app.id()).then_some(app))
}

pub(crate) async fn serve(listener: TcpListener, ring: KeyRing) -> Result<(), Box<dyn Error>> {
    let server = AuthorizationServer::builder("https://auth.example.com", Arc::new(RustCrypto::new()), Arc::new(ring))
        .audience("https://api.example.com") // the tokens' `aud`; the line above has their `iss`
        .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
        .build()?;
    let host = AuthorizationHost::from_functions()
        .single_node_memory(100_000)? // codes, refresh tokens, revoked tokens, used proofs
        .load_client_with(load_client)
        .verify_client_secret_with(async |_check| Ok(false)) // no client has one
        .load_principal_with(async |_subject| Ok(Some(Principal::new()))) // yours: `None` for a user who is suspended
        .authenticate_with(authenticate)
        .consent_with(async |asked| Ok(ConsentDecision::Granted(asked.visit.request.scopes.clone())))
        .authorize_scope_with(async |asked| Ok(asked.scopes))
        .build(&server)?;
    let app = Authorize::new(server, host);
    loop {
        let Ok((stream, peer)) = listener.accept().await else { continue }; // no file left, say: wait here for a moment
        spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), OnConnection::new(peer).wrap(app.clone())));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ring = KeyRing::from_pem(&RustCrypto::new(), &fs::read_to_string("signing-key.pem")?, Algorithm::ES256)?;
    let session = ClientSecret::draw(&mut system_entropy())?.as_str().to_owned(); // 256 random bits, as text
    println!("session={session}"); // in place of your login page: the cookie of a user who is logged in
    SESSIONS.lock().unwrap().insert(session, Login::new("alice", AuthenticationContext::at(system_clock().now())));
    serve(TcpListener::bind("127.0.0.1:8081").await?, ring).await
}
