//! attesto's side: the token endpoint under axum, on one thread, with stores in memory.

use super::{CLIENT_ID, CLIENT_SECRET, RESOURCE};
use crate::parties::{SCOPE, entropy};
use attesto_axum::authorization_router;
use attesto_core::authorization::{
    Answered, AuthMethod, AuthorizationServer, Client, ClientAuthentication, GrantType, ScopeQuestion, ScopeSet,
    SecretCheck,
};
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, KeyKind, RustCrypto};
use attesto_core::host::{AuthorizationHost, ClientStore, ScopePolicy};
use attesto_core::jose::KeyMaterial;
use attesto_core::token::KeyRing;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

/// The one client. Its secret is compared as digests; oidc-provider compares it as it is, and neither hashes it slowly.
struct Registered(Arc<dyn CryptoProvider>);

impl ClientStore for Registered {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        let job = || {
            Client::new(CLIENT_ID, ClientAuthentication::SecretBasic)
                .grants([GrantType::ClientCredentials])
                .scopes([SCOPE])
                .resources([RESOURCE])
        };
        Ok((client_id == CLIENT_ID).then(job))
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        let digest = |secret: &str| self.0.sha256(&[secret.as_bytes()]);
        Ok(check.client_id.is_some() && digest(&check.secret) == digest(CLIENT_SECRET))
    }
}

struct AsAsked;

impl ScopePolicy for AsAsked {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

/// Serves until it is killed. The first line says where.
pub(crate) fn serve(provider: &str) -> Result<(), Box<dyn Error>> {
    let provider: Arc<dyn CryptoProvider> = match provider {
        "AwsLc" => Arc::new(AwsLc::new()),
        "RustCrypto" => Arc::new(RustCrypto::new()),
        other => return Err(format!("no provider {other:?}").into()),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
    let signer = provider.signer(key.private().ok_or("the key is public")?, Algorithm::ES256)?;
    let keys = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
    let server = AuthorizationServer::builder(&*issuer, Arc::clone(&provider), Arc::clone(&keys))
        .audience(RESOURCE)
        .grants([GrantType::ClientCredentials])
        .auth_methods([AuthMethod::ClientSecretBasic])
        .danger_insecure_loopback()
        .build()?;
    let host =
        AuthorizationHost::builder(Registered(provider), AsAsked).single_node_memory(1_000_000)?.build(&server)?;
    let line = json!({
        "issuer": issuer,
        "token_endpoint": server.routes().token.url,
        "jwks": serde_json::from_str::<Value>(&keys.jwks().to_json())?,
    });
    let app = authorization_router(server, host).into_make_service_with_connect_info::<SocketAddr>();
    println!("{line}");
    std::io::stdout().flush()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await })?;
    Ok(())
}
