//! A server over a database, and a client of it.

use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, Authorization, AuthorizationCode, AuthorizationServer, Client,
    ClientAuthentication, ConsentDecision, ConsentQuestion, FamilyId, GrantType, Login, LoginQuestion, NewCode,
    Principal, RefreshPolicy, ScopeQuestion, ScopeSet, SecretCheck, SecretDigest,
};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use attesto_core::encoding::base64url;
use attesto_core::host::{
    AuthorizationHost, ClientStore, CodeStore as _, ConsentPolicy, PrincipalStore, ScopePolicy, drive,
};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::pkce::CodeVerifier;
use attesto_core::token::KeyRing;
use attesto_sqlx::Database;
use attesto_testkit::{DpopKey, ManualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CALLBACK: &str = "https://client.example/cb";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Who knows the clients and the user: `app` rotates its refresh tokens, `web` has a secret and keeps them, and `once` has
/// none.
struct Office;

impl ClientStore for Office {
    async fn load_client(&self, id: &str) -> Answered<Option<Client>> {
        let authentication = if id == "web" { ClientAuthentication::SecretPost } else { ClientAuthentication::None };
        let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken];
        let grants = grants.into_iter().take(if id == "once" { 1 } else { 2 });
        Ok(Some(Client::new(id, authentication).redirect_uris([CALLBACK]).scopes(["read"]).grants(grants)))
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        Ok(check.client_id.is_some())
    }
}

impl PrincipalStore for Office {
    async fn load_principal(&self, _: &str) -> Answered<Option<Principal>> {
        Ok(Some(Principal::new()))
    }
}

impl ScopePolicy for Office {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

/// Logs everyone in, and grants everything.
impl ConsentPolicy for Office {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        Ok(Authentication::User(Box::new(Login::new("user", AuthenticationContext::at(question.visit.now)))))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        Ok(ConsentDecision::Granted(question.visit.request.scopes.clone()))
    }
}

pub(crate) struct Party {
    database: Database,
    server: AuthorizationServer,
    host: AuthorizationHost,
    client: &'static str,
}

impl Party {
    pub(crate) fn new(database: &Database, client: &'static str) -> Self {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let key = KeyMaterial::generate(KeyKind::Ed25519, &mut entropy);
        let key = key.expect("a key");
        let signer = provider.signer(key.private().expect("private"), Algorithm::EdDSA);
        let ring = KeyRing::new(provider.as_ref(), signer.expect("a signer").into()).expect("a ring");
        let server = AuthorizationServer::builder("https://as.example", provider, Arc::new(ring))
            .audience("https://api.example")
            .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
            .refresh(RefreshPolicy::new().without_rotation_of_protected_tokens())
            .build()
            .expect("a sound configuration");
        let host = database
            .supply(AuthorizationHost::builder(Office, Office))
            .principals(Office)
            .consent_policy(Office)
            .build(&server)
            .expect("a complete host");
        Self { database: database.clone(), server, host, client }
    }

    /// Stores a code, as the authorization endpoint does.
    pub(crate) async fn code(&self, number: u8) -> String {
        let code = base64url::encode(&[number; 32]);
        let mut authorization = Authorization::new(FamilyId::from_bytes([number; 16]), self.client, "user");
        authorization.scopes = ScopeSet::new(["read"]);
        let challenge = CodeVerifier::parse(VERIFIER).expect("a verifier").challenge(&RustCrypto::new());
        let record = AuthorizationCode::new(authorization, CALLBACK, challenge, NOW.plus(60));
        let digest = SecretDigest::from_bytes(RustCrypto::new().sha256(&[code.as_bytes()]));
        self.database.codes().insert(&NewCode { digest, code: record, now: NOW }).await.expect("it is new");
        code
    }

    /// Redeems a code, and returns the refresh token.
    pub(crate) async fn redeem(&self, code: &str) -> Option<String> {
        let form =
            format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
        let response = self.post("/oauth/token", &form).await;
        assert_eq!(response.status, 200, "{}", response.body_text());
        refresh_token(&response)
    }

    /// Refreshes, and returns the refresh token of the response. `None` if there is none.
    pub(crate) async fn refresh(&self, token: &str) -> Option<String> {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        refresh_token(&self.post("/oauth/token", &form).await)
    }

    /// As [`refresh`](Self::refresh), with a DPoP proof.
    pub(crate) async fn refresh_with_proof(&self, token: &str) -> Option<String> {
        let proof = DpopKey::new(1).proof("POST", "https://as.example/oauth/token").at(NOW).build();
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        refresh_token(&self.send("/oauth/token", &form, Some(&proof)).await)
    }

    pub(crate) async fn revoke(&self, token: &str) {
        assert_eq!(self.post("/oauth/revoke", &format!("token={token}")).await.status, 200);
    }

    async fn post(&self, path: &str, form: &str) -> ResponseParts {
        self.send(path, form, None).await
    }

    async fn send(&self, path: &str, form: &str, proof: Option<&str>) -> ResponseParts {
        let secret = if self.client == "web" { "&client_secret=secret" } else { "" };
        let form = format!("{form}&client_id={}{secret}", self.client);
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", b"as.example"), ("content-type", b"application/x-www-form-urlencoded")];
        headers.extend(proof.map(|proof| ("dpop", proof.as_bytes())));
        let headers = headers.as_slice();
        let request = RequestParts::new("POST", path, &headers).form_body(form.as_bytes());
        let step = self.server.serve(&request.connection(Connection::new().tls()), NOW, entropy).expect("an endpoint");
        drive(step, &self.host, &ManualClock::at(NOW).clock()).await
    }
}

fn refresh_token(response: &ResponseParts) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    Some(body.get("refresh_token")?.as_str()?.to_owned())
}

/// Never the same bytes twice.
fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let drawn = RustCrypto::new().sha256(&[&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes()]);
    out.iter_mut().zip(drawn.iter().cycle()).for_each(|(byte, drawn)| *byte = *drawn);
    Ok(())
}
