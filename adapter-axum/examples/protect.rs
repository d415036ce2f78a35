//! A resource server: `GET /me` takes any token of the issuer, `POST /documents` one with the scope `documents.write`.
//! `docs/adapters.md` has the dependencies, and the requests to try it with.

use attesto_axum::core::host::{Event, Guard, MemoryReplayStore};
use attesto_axum::core::http::{OriginPolicy, TrustedProxies, XForwarded};
use attesto_axum::core::resource::{Requirement, ResourceServer};
use attesto_axum::core::{crypto::RustCrypto, remote::RemoteKeys, token::TrustedIssuer};
use attesto_axum::{Granted, ProtectLayer, RequireLayer, metadata_router};
use attesto_reqwest::ReqwestClient;
use axum::Router;
use axum::routing::{get, post};
use std::{error::Error, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

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
    let guard = Arc::new(guard);
    let write = RequireLayer::new(Requirement::scopes(["documents.write"])?);
    let app = Router::new()
        .route("/me", get(me))
        .route("/documents", post(store).layer(write))
        .layer(ProtectLayer::new(Arc::clone(&guard)))
        .merge(metadata_router([&*guard])?); // after the layer: the metadata is public
    // The proxy limits the time that clients take: `axum::serve` does not (without a proxy, see "Slow clients").
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    serve(TcpListener::bind("127.0.0.1:8080").await?, guard()?).await
}
