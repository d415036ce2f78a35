//! One origin: the authorization server, its pages, and the resource that its tokens are for.

use super::accounts::Accounts;
use super::clients::{Clients, SCOPES};
use super::logins::Logins;
use super::pages::Pages;
use super::passwords::Passwords;
use super::policy::Policy;
use super::state::Secrets;
use crate::issuer::{provider, rsa_ring};
use attesto_core::authorization::{
    AuthMethod, AuthorizationServer, AuthorizationServerBuilder, GraceSecret, GrantType, Profile, RefreshPolicy,
};
use attesto_core::crypto::{Algorithm, CryptoProvider};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::host::{AuthorizationHost, DenyListCheck, Guard, PublicDocuments};
use attesto_core::mcp;
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_sqlx::Database;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Seconds after its use in which a refresh token is answered with the same successor again.
const GRACE: u64 = 30;

/// What an adapter mounts.
#[derive(Clone, Debug)]
pub struct Site {
    /// The authorization server.
    pub server: AuthorizationServer,
    /// What it asks.
    pub host: AuthorizationHost,
    /// Where its login and consent forms lead.
    pub pages: Pages,
    /// The guard of `/mcp`.
    pub guard: Arc<Guard>,
    /// What `/mcp` asks for.
    pub call: Requirement,
    /// The metadata of `/mcp`, which names the issuer.
    pub documents: Arc<PublicDocuments>,
}

impl Site {
    pub(super) fn new(
        origin: &str,
        accounts: &Accounts,
        secrets: &Secrets,
        database: &Database,
    ) -> Result<Self, Box<dyn Error>> {
        let provider = provider();
        let resource = resource(origin);
        let keys = Arc::new(KeyRing::generate(provider.as_ref(), Algorithm::ES256, &mut secrets.entropy("signing"))?);
        let (users, clients) = (Passwords::new()?, Clients::new(accounts, Arc::clone(&provider))?);
        let logins = Arc::new(Logins::new(Arc::clone(&provider))?);

        let policy = Policy::new(&logins, &resource, accounts);

        let server = server(origin, &resource, &provider, &keys, secrets)?
            .id_token_keys(rsa_ring(provider.as_ref(), &secrets.rsa_pem)?)
            .build()?;
        let host = database
            .supply(AuthorizationHost::builder(clients, policy.clone()))
            .principals(policy.clone())
            .claims(policy.clone())
            .consent_policy(policy.clone())
            .introspection_policy(policy)
            .build(&server)?;
        let pages = Pages::new(server.clone(), logins, database.consent_grants(), users, accounts)?;

        let issuer = TrustedIssuer::danger_insecure_loopback(origin, keys.verification_keys(provider.as_ref())?)?;
        let protected = ResourceServer::builder(resource, provider)
            .mcp()
            .scopes_supported([mcp::TOOLS_READ, mcp::TOOLS_CALL])
            .issuer(issuer)
            .danger_insecure_loopback();
        let guard = Guard::builder(protected.build()?)
            .replay_store(database.replays())
            .revocation_check(DenyListCheck::new(database.deny_list())) // a revoked token is dead at once
            .build()?;
        let documents = Arc::new(PublicDocuments::from_guards([&guard])?);
        Ok(Self {
            server,
            host,
            pages,
            guard: Arc::new(guard),
            call: Requirement::scopes([mcp::TOOLS_CALL])?,
            documents,
        })
    }
}

/// What the tokens are for.
pub(super) fn resource(origin: &str) -> String {
    format!("{origin}/mcp")
}

fn server(
    origin: &str,
    resource: &str,
    provider: &Arc<dyn CryptoProvider>,
    keys: &Arc<KeyRing>,
    secrets: &Secrets,
) -> Result<AuthorizationServerBuilder, Box<dyn Error>> {
    let nonces = NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new(secrets.bytes("nonces")?));
    let builder = AuthorizationServer::builder(origin, Arc::clone(provider), Arc::clone(keys))
        .profile(Profile::Mcp)
        .audience(resource)
        .auth_methods([AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::PrivateKeyJwt])
        .grants(GrantType::ALL.iter().copied())
        .scopes_supported(SCOPES)
        .openid_connect()
        .dpop(ProofPolicy::new().require_nonces(nonces))
        .refresh(RefreshPolicy::new().grace(Duration::from_secs(GRACE), GraceSecret::new(secrets.bytes("grace")?))?)
        .ask_introspection()
        .danger_insecure_loopback();
    Ok(builder)
}
