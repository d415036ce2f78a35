//! attesto's side: the token endpoint under axum, on one thread, with its state in PostgreSQL.

use crate::parties::{SCOPE, entropy};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, RESOURCE};
use attesto_axum::authorization_router;
use attesto_core::authorization::{
    Answered, AuthMethod, Authentication, AuthenticationContext, Authorization, AuthorizationCode, AuthorizationServer,
    Client, ClientAuthentication, ConsentDecision, ConsentQuestion, FamilyId, GrantType, Login, LoginQuestion, NewCode,
    Principal, ScopeQuestion, ScopeSet, SecretCheck, SecretDigest,
};
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, KeyKind};
use attesto_core::encoding::{base64url, form};
use attesto_core::host::{
    AuthorizationHost, ClientStore, CodeStore as _, ConsentPolicy, Instances, PrincipalStore, ScopePolicy, drive,
};
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::pkce::CodeVerifier;
use attesto_core::time::Clock;
use attesto_core::token::KeyRing;
use attesto_sqlx::{Database, PostgresOptions, migrate};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

const CALLBACK: &str = "https://client.example/callback";
/// RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Connections to PostgreSQL, as many as oidc-provider has.
const CONNECTIONS: u32 = 16;

/// Knows the one client, and every user.
struct Office(Arc<dyn CryptoProvider>);

impl ClientStore for Office {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        let client = || {
            Client::new(CLIENT_ID, ClientAuthentication::SecretBasic)
                .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
                .redirect_uris([CALLBACK])
                .scopes([SCOPE])
                .resources([RESOURCE])
        };
        Ok((client_id == CLIENT_ID).then(client))
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        let digest = |secret: &str| self.0.sha256(&[secret.as_bytes()]);
        Ok(check.client_id.is_some() && digest(&check.secret) == digest(CLIENT_SECRET))
    }
}

/// Grants what is asked for, to a user who is always there.
struct Everyone;

impl PrincipalStore for Everyone {
    async fn load_principal(&self, _: &str) -> Answered<Option<Principal>> {
        Ok(Some(Principal::new()))
    }
}

impl ScopePolicy for Everyone {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

impl ConsentPolicy for Everyone {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        Ok(Authentication::User(Box::new(Login::new("user", AuthenticationContext::at(question.visit.now)))))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        Ok(ConsentDecision::Granted(question.visit.request.scopes.clone()))
    }
}

/// The server, and what it needs.
struct Party {
    provider: Arc<dyn CryptoProvider>,
    database: Database,
    server: AuthorizationServer,
    host: AuthorizationHost,
    clock: Clock,
}

impl Party {
    fn new(database: Database, issuer: &str, keys: Arc<KeyRing>) -> Result<Self, Box<dyn Error>> {
        let provider: Arc<dyn CryptoProvider> = Arc::new(AwsLc::new());
        let server = AuthorizationServer::builder(issuer, Arc::clone(&provider), keys)
            .audience(RESOURCE)
            .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
            .auth_methods([AuthMethod::ClientSecretBasic])
            .danger_insecure_loopback()
            .build()?;
        let host = database
            .supply(AuthorizationHost::builder(Office(Arc::clone(&provider)), Everyone))
            .instances(Instances::Multiple)
            .principals(Everyone)
            .consent_policy(Everyone)
            .build(&server)?;
        Ok(Self { provider, database, server, host, clock: Clock::new(crate::clock::now) })
    }

    /// Stores a code, as the authorization endpoint does, and redeems it: the refresh token of a new family.
    async fn begin_family(&self, number: usize) -> Result<String, Box<dyn Error>> {
        let mut secret = [0; 32];
        entropy(&mut secret)?;
        let code = base64url::encode(&secret);
        let mut family = [0; 16];
        entropy(&mut family)?;
        let mut authorization = Authorization::new(FamilyId::from_bytes(family), CLIENT_ID, format!("user {number}"));
        authorization.scopes = ScopeSet::new([SCOPE]);
        authorization.resources = vec![RESOURCE.to_owned()];
        let now = self.clock.now();
        let challenge = CodeVerifier::parse(VERIFIER).ok_or("not a verifier")?;
        let challenge = challenge.challenge(self.provider.as_ref());
        let record = AuthorizationCode::new(authorization, CALLBACK, challenge, now.plus(60));
        let digest = SecretDigest::from_bytes(self.provider.sha256(&[code.as_bytes()]));
        let stored = self.database.codes().insert(&NewCode { digest, code: record, now }).await;
        stored.map_err(|_| "no code can be stored")?;
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={}&code_verifier={VERIFIER}",
            form::encode(CALLBACK)
        );
        self.refresh_token(&body).await
    }

    async fn refresh_token(&self, body: &str) -> Result<String, Box<dyn Error>> {
        let url = &self.server.routes().token.url;
        let (authority, path) = url.trim_start_matches("http://").split_once('/').ok_or("no path")?;
        let (authority, path) = (authority.to_owned(), format!("/{path}"));
        let basic = super::basic();
        let headers: &[(&str, &[u8])] = &[
            ("host", authority.as_bytes()),
            ("authorization", basic.as_bytes()),
            ("content-type", b"application/x-www-form-urlencoded"),
        ];
        let request = RequestParts::new("POST", &path, &headers)
            .form_body(body.as_bytes())
            .connection(Connection::new().peer(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let step = self.server.serve(&request, self.clock.now(), entropy).ok_or("no endpoint")?;
        let response = drive(step, &self.host, &self.clock).await;
        let answer: Value = serde_json::from_str(&response.body_text())?;
        let token = answer["refresh_token"].as_str().ok_or_else(|| format!("no refresh token in {answer}"))?;
        Ok(token.to_owned())
    }
}

/// Serves until it is killed. The first line says where, with so many refresh tokens.
pub(crate) fn serve(url: &str, families: usize) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let provider = AwsLc::new();
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
    let signer = provider.signer(key.private().ok_or("the key is public")?, Algorithm::ES256)?;
    let keys = Arc::new(KeyRing::new(&provider, signer.into())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = PostgresOptions::url(url)?.prefix("rotations_").connections(CONNECTIONS);
        let database = options.open().await?;
        migrate(&database).await?;
        let party = Party::new(database, &issuer, Arc::clone(&keys))?;
        let mut refresh_tokens = Vec::new();
        for number in 0..families {
            refresh_tokens.push(party.begin_family(number).await?);
        }
        let line = json!({
            "issuer": issuer,
            "token_endpoint": party.server.routes().token.url,
            "jwks": serde_json::from_str::<Value>(&keys.jwks().to_json())?,
            "refresh_tokens": refresh_tokens,
        });
        println!("{line}");
        std::io::stdout().flush()?;
        let app = authorization_router(party.server, party.host).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await?;
        Ok(())
    })
}
