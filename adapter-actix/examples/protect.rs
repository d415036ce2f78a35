//! A resource server: `GET /me` takes any token of the issuer, `POST /documents` one with the scope `documents.write`.
//! `docs/adapters.md` has the dependencies, and the requests to try it with.

use actix_web::{App, HttpServer, web};
use attesto_actix::core::host::{Event, Guard, MemoryReplayStore, PublicDocuments};
use attesto_actix::core::http::{OriginPolicy, TrustedProxies, XForwarded};
use attesto_actix::core::resource::{Requirement, ResourceServer};
use attesto_actix::core::{crypto::RustCrypto, remote::RemoteKeys, token::TrustedIssuer};
use attesto_actix::{Granted, Protect, Require, publish};
use attesto_reqwest::ReqwestClient;
use std::{error::Error, net::TcpListener, sync::Arc};

pub(crate) fn guard() -> Result<Guard, Box<dyn Error>> {
    let provider = Arc::new(RustCrypto::new()); // in production rather `AwsLc` (feature `aws-lc-rs`): much faster
    let keys = RemoteKeys::builder("https://auth.example.com", provider.clone()).build()?; // exactly the tokens' `iss`
    let server = ResourceServer::builder("https://api.example.com", provider) // how clients call you; the tokens' `aud`
        .issuer(TrustedIssuer::remote(keys))
        .origin(OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO)) // TLS ends at a proxy
        .build()?;
    let guard = Guard::builder(server)
        .http_client(ReqwestClient::new()?) // finds the issuer's metadata and keys, and keeps them current
        .replay_store(MemoryReplayStore::single_node(1_000_000)?) // used DPoP proofs; restarts: see `after_restart`
        .events(|event: &Event<'_>| eprintln!("{event:?}")); // why a request was refused: clients learn little of it
    Ok(guard.build()?)
}

async fn me(grant: Granted) -> String {
    format!("{} by {:?}\n", grant.subject(), grant.sender())
}

async fn store(grant: Granted) -> String {
    format!("stored for {}\n", grant.subject())
}

pub(crate) async fn serve(listener: TcpListener, guard: Guard) -> Result<(), Box<dyn Error>> {
    let (guard, write) = (Arc::new(guard), Requirement::scopes(["documents.write"])?);
    let documents = Arc::new(PublicDocuments::from_guards([&*guard])?);
    let app = move || {
        let documents_route =
            web::resource("/documents").wrap(Require::new(write.clone())).route(web::post().to(store));
        // A scope of "" adds nothing to its routes' paths, and takes every path: what is public stands before it.
        let protected =
            web::scope("").wrap(Protect::new(guard.clone())).route("/me", web::get().to(me)).service(documents_route);
        App::new().configure(publish(documents.clone())).service(protected)
    };
    Ok(HttpServer::new(app).listen(listener)?.run().await?)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    serve(TcpListener::bind("127.0.0.1:8080")?, guard()?).await
}
