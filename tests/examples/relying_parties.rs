//! An OpenID provider for real relying parties: `tests/interop/clients` drives some forty of them against it. Its one user is logged in
//! already and allows everything, so that what is tried is the protocol; clients come from a file of registration data.
//!
//! `cargo run -p attesto-tests --example relying_parties -- CLIENTS.json [ISSUER]` serves on a loopback port and prints its issuer.
//! With an issuer (https, with a path if you like), a proxy before it ends TLS.

use attesto_axum::{Granted, GrantedScopes, ProtectLayer, authorization_router};
use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, AuthorizationEvent, AuthorizationServer, Client,
    ClientAuthentication, ConsentDecision, ConsentQuestion, GraceSecret, GrantType, IdTokenClaimsQuestion,
    IntrospectionCheck, LoginQuestion, Principal, RefreshPolicy, SecretCheck, Unavailable,
};
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, EntropyError};
use attesto_core::host::{
    AuthorizationHost, ClaimsProvider, ClientStore, ConsentPolicy, DenyListCheck, Guard, IntrospectionPolicy,
    MemoryConsentGrantStore, MemoryDenyList, MemoryReplayStore, PrincipalStore, ScopesAsAsked,
};
use attesto_core::http::{CanonicalOrigin, OriginPolicy, ResponseParts};
use attesto_core::resource::ResourceServer;
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_demo::{now, rsa_pem, rsa_ring};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Of every client that has one. The printed line says it.
const SECRET: &str = "Interop0secret1of2A3Za4z5and6digits";
const ROWS: usize = 10_000;
const SCOPES: [&str; 6] = ["openid", "profile", "email", "offline_access", "read", "write"];

fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}

/// What is registered, as a file has it.
struct Clients(HashMap<String, Registration>);

/// A client, and the secret that it has.
type Registration = (Client, Option<String>);

impl Clients {
    /// Each entry: `client_id`, `redirect_uris`, and how it authenticates and what it is, in the words of RFC 7591; `any` is a secret in
    /// the header or in the body. `pkce`: `nonce` or `none` for libraries that have none.
    fn read(json: &str) -> Result<Self, Box<dyn Error>> {
        let entries: Vec<Value> = serde_json::from_str(json)?;
        entries.iter().map(registered).collect::<Result<_, _>>().map(Self)
    }
}

fn registered(entry: &Value) -> Result<(String, Registration), Box<dyn Error>> {
    let text = |name: &str| entry[name].as_str().map(str::to_owned);
    let id = text("client_id").ok_or("a client without client_id")?;
    let authentication = match entry["token_endpoint_auth_method"].as_str() {
        Some("none") => ClientAuthentication::None,
        Some("client_secret_post") => ClientAuthentication::SecretPost,
        Some("any") => ClientAuthentication::Secret,
        None | Some("client_secret_basic") => ClientAuthentication::SecretBasic,
        Some(other) => return Err(format!("{id}: no such method: {other}").into()),
    };
    let confidential = !matches!(authentication, ClientAuthentication::None);
    let uris = entry["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut client = Client::new(&id, authentication).redirect_uris(uris).scopes(SCOPES).default_scopes(["read"]);
    client = client
        .grants(GrantType::ALL.iter().copied().filter(|grant| confidential || *grant != GrantType::ClientCredentials));
    if entry["application_type"] == "native" {
        client = client.native().localhost_redirects();
    }
    if let Some(algorithm) = text("id_token_signed_response_alg") {
        let algorithm = Algorithm::ALL.iter().find(|known| known.name() == algorithm).ok_or("an unknown algorithm")?;
        client = client.id_token_signed_response_alg(*algorithm);
    }
    match entry["pkce"].as_str() {
        None => {}
        Some("nonce") => client = client.nonce_instead_of_pkce(),
        Some("none") => client = client.danger_without_pkce(),
        Some(other) => return Err(format!("{id}: pkce is no {other}").into()),
    }
    let origins: Vec<&str> = entry["origins"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Ok((id, (client.origins(origins), confidential.then(|| SECRET.into()))))
}

impl ClientStore for Clients {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        Ok(self.0.get(client_id).map(|(client, _)| client.clone()))
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        let known = check.client_id.as_ref().and_then(|id| self.0.get(id));
        Ok(known.is_some_and(|(_, secret)| secret.as_deref() == Some(&**check.secret)))
    }
}

/// The one user, whose browser need not be shown anything.
#[derive(Clone)]
struct Alice {
    server: AuthorizationServer,
    grants: Arc<MemoryConsentGrantStore>,
}

fn claims(scopes: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut claims = Map::new();
    if scopes("profile") {
        claims.insert("name".into(), "Alice".into());
        claims.insert("preferred_username".into(), "alice".into());
    }
    if scopes("email") {
        claims.insert("email".into(), "alice@example.com".into());
        claims.insert("email_verified".into(), true.into());
    }
    claims
}

impl PrincipalStore for Alice {
    async fn load_principal(&self, subject: &str) -> Answered<Option<Principal>> {
        Ok((subject == "usr_alice").then(Principal::new))
    }
}

impl ClaimsProvider for Alice {
    async fn id_token_claims(&self, question: &IdTokenClaimsQuestion) -> Answered<Map<String, Value>> {
        Ok(claims(|scope| question.scopes.contains(scope)))
    }
}

impl IntrospectionPolicy for Alice {
    async fn may_introspect(&self, _: &IntrospectionCheck) -> Answered<bool> {
        Ok(true)
    }
}

impl ConsentPolicy for Alice {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        Ok(Authentication::user("usr_alice", AuthenticationContext::at(question.visit.now).amr(["pwd"])))
    }

    /// Redirects to a loopback address are always asked about: the click that is not made here is granted and led back at once.
    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        if question.grant_presented {
            return Ok(ConsentDecision::ByGrant);
        }
        let (now, scopes) = (now(), question.visit.request.scopes.clone());
        let grant = self.server.grant_consent(question.binding(), "usr_alice", scopes, now, &mut entropy);
        let grant = grant.map_err(|_| Unavailable)?;
        self.grants.insert(&grant, now).map_err(|_| Unavailable)?;
        let on = ResponseParts::see_other(grant.resume(question.resume_url())).ok_or(Unavailable)?;
        Ok(ConsentDecision::interact(on))
    }
}

/// The host's own userinfo endpoint, behind a guard that takes the server's tokens; the documents name it.
fn app(issuer: &str, clients: Clients) -> Result<Router, Box<dyn Error>> {
    let provider: Arc<dyn CryptoProvider> = Arc::new(AwsLc::new());
    let es256 = Arc::new(KeyRing::generate(provider.as_ref(), Algorithm::ES256, &mut entropy)?);
    let local = issuer.starts_with("http:");
    let origin = issuer.split('/').take(3).collect::<Vec<_>>().join("/");
    let path = issuer.strip_prefix(&origin).unwrap_or_default().trim_end_matches('/').to_owned();
    let userinfo = format!("{origin}{path}/userinfo");
    let deny_list = Arc::new(MemoryDenyList::single_node(ROWS)?);
    let mut builder = AuthorizationServer::builder(issuer, Arc::clone(&provider), Arc::clone(&es256))
        .audience(&userinfo)
        .path_prefix(format!("{path}/oauth"))
        .grants(GrantType::ALL.iter().copied())
        .scopes_supported(SCOPES)
        .refresh(RefreshPolicy::new().grace(Duration::from_secs(30), GraceSecret::new([7; 32]))?)
        .openid_connect()
        .id_token_keys(rsa_ring(provider.as_ref(), &rsa_pem()?)?)
        .metadata_member("userinfo_endpoint", userinfo.as_str())
        .metadata_member("claims_supported", ["sub", "name", "preferred_username", "email", "email_verified"])
        .allow_browser_clients()
        .ask_introspection();
    let policy = OriginPolicy::new().canonical(CanonicalOrigin::parse(&origin)?);
    builder = if local { builder.danger_insecure_loopback() } else { builder.origin(policy.clone()) };
    let server = builder.build()?;
    let grants = Arc::new(MemoryConsentGrantStore::single_node(ROWS)?);
    let alice = Alice { server: server.clone(), grants: Arc::clone(&grants) };
    let host = AuthorizationHost::builder(clients, ScopesAsAsked)
        .single_node_memory(ROWS)?
        .deny_list(Arc::clone(&deny_list))
        .principals(alice.clone())
        .claims(alice.clone())
        .introspection_policy(alice.clone())
        .consent_policy(alice)
        .consent_grants(grants)
        .events(|event: &AuthorizationEvent| eprintln!("{event:?}"))
        .build(&server)?;

    let keys = es256.verification_keys(provider.as_ref())?;
    let trusted =
        if local { TrustedIssuer::danger_insecure_loopback(issuer, keys)? } else { TrustedIssuer::new(issuer, keys)? };
    let resource = ResourceServer::builder(&userinfo, provider).issuer(trusted);
    let resource = if local { resource.danger_insecure_loopback() } else { resource.origin(policy) };
    let guard = Guard::builder(resource.build()?)
        .replay_store(MemoryReplayStore::single_node(ROWS)?)
        .revocation_check(DenyListCheck::new(deny_list))
        .build()?;
    let who = any(|grant: Granted, GrantedScopes(scopes): GrantedScopes| async move {
        let mut claims = claims(|scope| scopes.iter().any(|granted| granted == scope));
        claims.insert("sub".into(), grant.subject().into());
        Json(Value::Object(claims))
    });
    let userinfo = who.layer(ProtectLayer::new(Arc::new(guard)));
    Ok(Router::new().route(&format!("{path}/userinfo"), userinfo).merge(authorization_router(server, host)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let clients = arguments.next().ok_or("the first argument is the file of clients")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let local = format!("http://{}", listener.local_addr()?);
    let issuer = arguments.next().unwrap_or_else(|| local.clone());
    let app = app(&issuer, Clients::read(&std::fs::read_to_string(clients)?)?)?;
    println!("{}", json!({ "issuer": issuer, "local": local, "secret": SECRET }));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
