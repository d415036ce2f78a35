//! An authorization server for a web application of your own: the code flow with PKCE, refresh tokens, no consent page.
//! `docs/adapters.md` has the dependencies, `docs/authorization-server.md` the key and the requests to try it with.

use actix_web::{App, HttpServer};
use attesto_actix::core::authorization::{
    AuthenticationContext, AuthorizationEvent, AuthorizationServer, Client, ClientAuthentication, ClientSecret,
    ConsentDecision, GrantType, Login, LoginQuestion, Principal,
};
use attesto_actix::core::http::{OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_actix::core::{crypto::Algorithm, crypto::RustCrypto, host::AuthorizationHost, token::KeyRing};
use attesto_actix::{authorization_routes, system_clock, system_entropy};
use std::{error::Error, fs, future::ready, net::TcpListener, sync::Arc};

pub(crate) async fn serve(listener: TcpListener, ring: KeyRing, session: String) -> Result<(), Box<dyn Error>> {
    // Replace these five lines with your sessions: here alice is logged in where a browser sends what `main` prints.
    let login = Login::new("alice", AuthenticationContext::at(system_clock().now()));
    let authenticate = move |question: LoginQuestion| {
        let login = (question.visit.user_agent.cookie("__Host-session") == Some(&*session)).then(|| login.clone());
        ready(Ok(question.login_or_page(login, |_back| ResponseParts::html(200, "Your login page, which leads back"))))
    };
    let client = Client::new("web-app", ClientAuthentication::None) // yours: a database; a backend gets a secret
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        .redirect_uris(["https://app.example.com/callback"]) // and `.origins(..)`, if its scripts fetch the tokens
        .scopes(["documents.write"]);
    let server = AuthorizationServer::builder("https://auth.example.com", Arc::new(RustCrypto::new()), Arc::new(ring))
        .audience("https://api.example.com") // the tokens' `aud`; the line above has their `iss`
        .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
        .build()?;
    let host = AuthorizationHost::from_functions()
        .single_node_memory(100_000)? // codes, tokens, revocations, used proofs; a restart loses them: `restarted`
        .events(|event: &AuthorizationEvent| eprintln!("{event:?}")) // why a request was refused: clients learn little
        .load_client_with(move |id| ready(Ok((id == client.id()).then(|| client.clone()))))
        .verify_client_secret_with(async |_check| Ok(false)) // no client has one
        .load_principal_with(async |_subject| Ok(Some(Principal::new()))) // yours: `None` for a user who is suspended
        .authenticate_with(authenticate)
        // No page, as the client is yours. Where `asked.must_ask` is set (`prompt=consent`), only a page will do.
        .consent_with(async |asked| Ok(ConsentDecision::Granted(asked.visit.request.scopes.clone())))
        .authorize_scope_with(async |asked| Ok(asked.scopes))
        .build(&server)?;
    let app = move || App::new().configure(authorization_routes(server.clone(), host.clone())); // once for each worker
    Ok(HttpServer::new(app).listen(listener)?.run().await?)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pem = fs::read_to_string("signing-key.pem").map_err(|error| format!("signing-key.pem: {error}"))?;
    let ring = KeyRing::from_pem(&RustCrypto::new(), &pem, Algorithm::ES256)?;
    let session = ClientSecret::draw(&mut system_entropy())?.as_str().to_owned(); // 256 random bits, as text
    println!("__Host-session={session}");
    serve(TcpListener::bind("127.0.0.1:8081")?, ring, session).await
}
