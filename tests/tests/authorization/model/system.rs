//! The server under test, with the memory stores and `drive`, behind the same steps as the reference.

use super::broken::Broken;
use super::reference::{ACCESS, Answer, CODE, FAMILY, GRACE, PUSHED, REFRESH};
use super::requests::{Client, Key, Request, Scope, Who};
use crate::scene::{
    NOW, REDIRECT, REFERENCE, SECRET, VERIFIER, builder, entropy, located, proof_at, provider, reference, text,
};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, AuthorizationServer, Client as Registered, ClientAuthentication,
    ConsentDecision, ConsentQuestion, GraceSecret, GrantType, IntrospectionCheck, Login, LoginQuestion, Principal,
    RefreshPolicy, ScopeQuestion, ScopeSet, SecretCheck,
};
use attesto_core::encoding::form;
use attesto_core::host::{
    AuthorizationHost, AuthorizationHostBuilder, ClientStore, ConsentPolicy, IntrospectionPolicy, PrincipalStore,
    ScopePolicy, drive,
};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::pkce::CodeVerifier;
use attesto_sqlx::{SqliteOptions, migrate};
use attesto_testkit::block_on;
use attesto_tests::stopped;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Who knows the clients and the user.
#[derive(Clone, Default)]
struct Office {
    suspended: Arc<AtomicBool>,
}

impl ClientStore for Office {
    async fn load_client(&self, id: &str) -> Answered<Option<Registered>> {
        let of = |authentication| {
            Registered::new(id, authentication)
                .redirect_uris([REDIRECT])
                .scopes(["read", "write"])
                .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        };
        Ok(match id {
            "app" => Some(of(ClientAuthentication::None)),
            "web" | "gate" => Some(of(ClientAuthentication::SecretPost)),
            _ => None,
        })
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        Ok(check.client_id.is_some() && *check.secret == SECRET)
    }
}

impl PrincipalStore for Office {
    async fn load_principal(&self, _: &str) -> Answered<Option<Principal>> {
        Ok((!self.suspended.load(Ordering::Relaxed)).then(Principal::new))
    }
}

impl ScopePolicy for Office {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

impl ConsentPolicy for Office {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        let login = Login::new("usr_1", AuthenticationContext::at(question.visit.now));
        Ok(Authentication::User(Box::new(login)))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        Ok(ConsentDecision::Granted(question.visit.request.scopes.clone()))
    }
}

impl IntrospectionPolicy for Office {
    async fn may_introspect(&self, check: &IntrospectionCheck) -> Answered<bool> {
        Ok(check.caller == "gate")
    }
}

fn server() -> AuthorizationServer {
    static SERVER: OnceLock<AuthorizationServer> = OnceLock::new();
    let build = || {
        let refresh = RefreshPolicy::new()
            .lifetime(Duration::from_secs(REFRESH))
            .and_then(|policy| policy.family_lifetime(Duration::from_secs(FAMILY)));
        let refresh = refresh
            .and_then(|policy| policy.grace(Duration::from_secs(GRACE), GraceSecret::new([9; 32])))
            .expect("sound");
        let builder =
            builder(true).refresh(refresh).ask_introspection().access_token_lifetime(Duration::from_secs(ACCESS));
        builder
            .code_lifetime(Duration::from_secs(CODE))
            .pushed_request_lifetime(Duration::from_secs(PUSHED))
            .build()
            .expect("a sound configuration")
    };
    SERVER.get_or_init(build).clone()
}

pub(crate) struct System {
    server: AuthorizationServer,
    host: AuthorizationHost,
    office: Office,
    now: u64,
    pushed: Vec<(Client, String)>,
    codes: Vec<(Client, String)>,
    access: Vec<(Client, String)>,
    refresh: Vec<(Client, String)>,
}

/// The stores that the server has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stores {
    Memory,
    Broken(Broken),
    /// SQLite in memory.
    Database,
}

impl Stores {
    fn of(self, host: AuthorizationHostBuilder) -> AuthorizationHostBuilder {
        match self {
            Self::Memory => host,
            Self::Broken(broken) => broken.stores(host),
            Self::Database => {
                let database = block_on(async {
                    let database = SqliteOptions::memory().open().await.expect("opens");
                    migrate(&database).await.expect("migrates");
                    database
                });
                database.supply(host)
            }
        }
    }
}

impl System {
    pub(crate) fn new(stores: Stores) -> Self {
        let (server, office) = (server(), Office::default());
        let host = AuthorizationHost::builder(office.clone(), office.clone())
            .single_node_memory(1_000)
            .expect("a capacity")
            .principals(office.clone())
            .consent_policy(office.clone())
            .introspection_policy(office.clone());
        let host = stores.of(host).build(&server).expect("a complete host");
        let (pushed, codes, access, refresh) = (vec![], vec![], vec![], vec![]);
        Self { server, host, office, now: NOW, pushed, codes, access, refresh }
    }

    /// Does a step that the model has resolved.
    pub(crate) fn step(&mut self, request: Request) -> Answer {
        match request {
            Request::Push { client, who, key, scope } => {
                let caller = if who == Who::Other { client.other() } else { client };
                let body = format!("{}{}", parameters(scope), credentials(client, who));
                let response = self.post("/oauth/par", &body, key);
                self.pushed.extend(reference(&response).map(|reference| (caller, reference)));
                answer(&response)
            }
            Request::Front { client, scope } => {
                self.browse(client, &format!("{}&client_id={}", parameters(scope), name(client)))
            }
            Request::Visit { pushed, who } => {
                let (client, reference) = self.pushed[pushed].clone();
                let named = match who {
                    Who::Right | Who::WrongSecret => name(client),
                    Who::Other => name(client.other()),
                    Who::Nobody => "nobody",
                };
                let uri = form::encode(&format!("{REFERENCE}{reference}"));
                self.browse(client, &format!("client_id={named}&request_uri={uri}"))
            }
            Request::Redeem { code, who, verifier, key } => {
                let (client, code) = self.codes[code].clone();
                let verifier = if verifier { VERIFIER.to_owned() } else { VERIFIER.replace('d', "e") };
                let body = format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}");
                self.token(client, who, &format!("{body}&code_verifier={verifier}"), key)
            }
            Request::Refresh { token, who, key, scope, .. } => {
                let (client, refresh) = self.refresh[token].clone();
                let body = format!("grant_type=refresh_token&refresh_token={refresh}{}", asked(scope));
                self.token(client, who, &body, key)
            }
            Request::RevokeRefresh { token, who, .. } => self.revoke(self.refresh[token].clone(), who),
            Request::RevokeAccess { token, who } => self.revoke(self.access[token].clone(), who),
            Request::Introspect { token, who } => {
                let caller = match who {
                    Who::Right => format!("client_id=gate&client_secret={SECRET}"),
                    Who::Other => "client_id=app".into(),
                    Who::WrongSecret => "client_id=gate&client_secret=wrong".into(),
                    Who::Nobody => "client_id=nobody".into(),
                };
                answer(&self.post("/oauth/introspect", &format!("token={}&{caller}", self.access[token].1), None))
            }
            Request::Wait(seconds) => {
                self.now += seconds;
                Answer::default()
            }
            Request::Suspend(suspended) => {
                self.office.suspended.store(suspended, Ordering::Relaxed);
                Answer::default()
            }
        }
    }

    /// Which tokens count: the access tokens, as a gateway sees them, and the refresh tokens, as their own client does, if it is one that
    /// can prove who it is (IN-3, IN-4).
    pub(crate) fn live(&self) -> (Vec<bool>, Vec<Option<bool>>) {
        let counts = |token: &str, caller: &str| {
            let body = format!("token={token}&client_id={caller}&client_secret={SECRET}");
            answer(&self.post("/oauth/introspect", &body, None)).active == Some(true)
        };
        let refresh = self.refresh.iter().map(|(client, token)| match client {
            Client::Web => Some(counts(token, "web")),
            Client::App => None,
        });
        (self.access.iter().map(|(_, token)| counts(token, "gate")).collect(), refresh.collect())
    }

    fn post(&self, path: &str, body: &str, key: Key) -> ResponseParts {
        let proof = key.map(|key| proof_at(path, key, self.now));
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", b"as.example"), ("content-type", b"application/x-www-form-urlencoded")];
        headers.extend(proof.iter().map(|proof| ("dpop", proof.as_bytes())));
        let headers = headers.as_slice();
        let request = RequestParts::new("POST", path, &headers).form_body(body.as_bytes());
        self.serve(&request.connection(Connection::new().tls()))
    }

    fn serve(&self, request: &RequestParts<'_>) -> ResponseParts {
        let clock = stopped(Timestamp::from_secs(self.now));
        let step = self.server.serve(request, clock.now(), entropy()).expect("an endpoint");
        block_on(drive(step, &self.host, &clock))
    }

    fn browse(&mut self, client: Client, query: &str) -> Answer {
        let headers: &[(&str, &[u8])] = &[("host", b"as.example")];
        let request = RequestParts::new("GET", "/oauth/authorize", &headers).query(Some(query));
        let response = self.serve(&request.connection(Connection::new().tls()));
        self.codes.extend(located(&response, "code").map(|code| (client, code)));
        answer(&response)
    }

    fn token(&mut self, client: Client, who: Who, body: &str, key: Key) -> Answer {
        let response = self.post("/oauth/token", &format!("{body}{}", credentials(client, who)), key);
        let mut answer = answer(&response);
        self.access.extend(text(&response, "access_token").map(|access| (client, access)));
        if let Some(refresh) = text(&response, "refresh_token") {
            let known = self.refresh.iter().position(|(_, known)| *known == refresh);
            answer.refresh = Some(known.unwrap_or(self.refresh.len()));
            if known.is_none() {
                self.refresh.push((client, refresh));
            }
        }
        answer
    }

    fn revoke(&self, (client, token): (Client, String), who: Who) -> Answer {
        answer(&self.post("/oauth/revoke", &format!("token={token}{}", credentials(client, who)), None))
    }
}

const fn name(client: Client) -> &'static str {
    match client {
        Client::App => "app",
        Client::Web => "web",
    }
}

fn credentials(client: Client, who: Who) -> String {
    match (who, client) {
        (Who::Nobody, _) => "&client_id=nobody".into(),
        (Who::WrongSecret, client) => format!("&client_id={}&client_secret=wrong", name(client)),
        (Who::Right, Client::App) | (Who::Other, Client::Web) => "&client_id=app".into(),
        (Who::Right, Client::Web) | (Who::Other, Client::App) => format!("&client_id=web&client_secret={SECRET}"),
    }
}

const fn asked(scope: Scope) -> &'static str {
    match scope {
        Scope::Unsaid => "",
        Scope::Read => "&scope=read",
        Scope::Write => "&scope=write",
        Scope::TooWide => "&scope=read+admin",
    }
}

fn parameters(scope: Scope) -> String {
    let challenge = CodeVerifier::parse(VERIFIER).expect("a verifier").challenge(provider().as_ref());
    let redirect = form::encode(REDIRECT);
    format!(
        "response_type=code&redirect_uri={redirect}&code_challenge={challenge}&code_challenge_method=S256{}",
        asked(scope)
    )
}

/// What the model speaks of.
fn answer(response: &ResponseParts) -> Answer {
    let known = ["invalid_client", "invalid_grant", "invalid_request", "invalid_request_uri", "invalid_scope"];
    let told = text(response, "error").or_else(|| located(response, "error")).unwrap_or_default();
    let error = known.into_iter().find(|known| *known == told);
    let token_type = text(response, "token_type").unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let of_tokens = body.get("access_token").is_some();
    Answer {
        status: response.status,
        error: error.unwrap_or(if told.is_empty() { "" } else { "another" }),
        scope: text(response, "scope").filter(|_| of_tokens).unwrap_or_default(),
        token_type: ["Bearer", "DPoP"].into_iter().find(|known| of_tokens && *known == token_type).unwrap_or_default(),
        refresh: None,
        active: body.get("active").and_then(serde_json::Value::as_bool),
    }
}
