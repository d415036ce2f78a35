//! The server that is killed: an authorization server, and a resource at `/me` that its tokens are for.

use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, AuthorizationServer, Client, ClientAuthentication,
    ConsentDecision, GraceSecret, GrantType, Login, LoginQuestion, Principal, RefreshPolicy,
};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use attesto_core::dpop::ProofPolicy;
use attesto_core::host::{AuthorizationHost, DenyListCheck, Guard, Instances};
use attesto_core::http::{CanonicalOrigin, OriginPolicy, ResponseParts, TrustedProxies, XForwarded};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::ResourceServer;
use attesto_core::token::{KeyRing, TrustedIssuer};
use attesto_hyper::{Authorize, OnConnection, Protect, RequestBody, granted, response, system_clock};
use attesto_sqlx::{Database, PostgresOptions, SqliteOptions};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const RESOURCE: &str = "https://issuer.example/me";
pub(crate) const CALLBACK: &str = "https://client.example/callback";
/// Seconds in which a lost refresh response can be had again: longer than any restart takes here.
const GRACE: u64 = 60;

/// Opens `sqlite:PATH`, or a URL of PostgreSQL with the prefix of its tables behind a `#`.
pub(crate) async fn open(database: &str) -> Result<Database, Box<dyn Error>> {
    Ok(match database.strip_prefix("sqlite:") {
        Some(path) => SqliteOptions::file(path).open().await?,
        None => {
            let (url, prefix) = database.split_once('#').ok_or("a prefix")?;
            PostgresOptions::url(url)?.prefix(prefix).open().await?
        }
    })
}

/// The same key in each process.
fn ring(provider: &dyn CryptoProvider) -> Result<Arc<KeyRing>, Box<dyn Error>> {
    let mut same = |out: &mut [u8]| -> Result<(), EntropyError> {
        out.fill(7);
        Ok(())
    };
    let key = KeyMaterial::generate(KeyKind::P256, &mut same)?;
    let private = key.private().ok_or("a generated key has a private half")?;
    Ok(Arc::new(KeyRing::new(provider, provider.signer(private, Algorithm::ES256)?.into())?))
}

async fn authenticate(question: LoginQuestion) -> Answered<Authentication> {
    // The browser names its user.
    let user = question.visit.user_agent.cookie("user").map(ToOwned::to_owned);
    let login = user.map(|user| Login::new(user, AuthenticationContext::at(question.visit.now)));
    Ok(question.login_or_page(login, |_| ResponseParts::html(200, "no user")))
}

async fn load_client(client_id: String) -> Answered<Option<Client>> {
    let client = Client::new(client_id, ClientAuthentication::None)
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        .redirect_uris([CALLBACK])
        .scopes(["read"]);
    Ok(client.id().starts_with("client-").then_some(client))
}

fn guard(database: &Database, provider: Arc<dyn CryptoProvider>, keys: &KeyRing) -> Result<Guard, Box<dyn Error>> {
    let issuer = TrustedIssuer::new(ISSUER, keys.verification_keys(provider.as_ref())?)?;
    let server = ResourceServer::builder(RESOURCE, provider).issuer(issuer).origin(pinned()?).build()?;
    let guard = Guard::builder(server)
        .replay_store(database.replays())
        .revocation_check(DenyListCheck::new(database.deny_list()));
    Ok(guard.build()?)
}

fn pinned() -> Result<OriginPolicy, Box<dyn Error>> {
    let proxies = OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO);
    Ok(proxies.canonical(CanonicalOrigin::parse(ISSUER)?))
}

async fn me(request: Request<RequestBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, _) = request.into_parts();
    Ok(match granted(&parts.extensions) {
        Ok(grant) => Response::new(grant.subject().to_owned().into()),
        Err(_) => response(ResponseParts::new(404)),
    })
}

/// Serves until it is killed. Prints its port.
pub(crate) async fn serve(database: &str) -> Result<(), Box<dyn Error>> {
    let database = open(database).await?;
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let keys = ring(provider.as_ref())?;
    let refresh = RefreshPolicy::new()
        .grace(Duration::from_secs(GRACE), GraceSecret::new([9; 32]))?
        .access_tokens_at_a_time(1_000)?;
    let server = AuthorizationServer::builder(ISSUER, Arc::clone(&provider), Arc::clone(&keys))
        .audience(RESOURCE)
        .origin(pinned()?)
        .dpop(ProofPolicy::new())
        .refresh(refresh)
        .build()?;
    let host = database
        .supply(AuthorizationHost::from_functions())
        .instances(instances(&database))
        .load_client_with(load_client)
        .verify_client_secret_with(async |_check| Ok(false))
        .load_principal_with(async |_subject| Ok(Some(Principal::new())))
        .authenticate_with(authenticate)
        .consent_with(async |asked| Ok(ConsentDecision::Granted(asked.visit.request.scopes.clone())))
        .authorize_scope_with(async |asked| Ok(asked.scopes))
        .build(&server)?;
    let resource = Protect::new(guard(&database, provider, &keys)?).wrap(service_fn(me));
    let app = Authorize::new(server, host).wrap(resource);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("\nlistening on {} at {}", listener.local_addr()?.port(), system_clock().now());
    std::io::stdout().flush()?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let service = OnConnection::new(peer).wrap(app.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn instances(database: &Database) -> Instances {
    use attesto_core::host::{CodeStore as _, StoreReach};
    match database.codes().reach() {
        StoreReach::Shared => Instances::Multiple,
        StoreReach::Process => Instances::Single,
    }
}
