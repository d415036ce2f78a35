//! Tests of the driver and the bundle, with whole flows over the memory stores.

mod build;
mod functions;

use super::*;
use crate::authorization::HostError;
use crate::authorization::{
    Answered, AuthMethod, Authentication, AuthenticationContext, Authorization, AuthorizationCode, AuthorizationEvent,
    AuthorizationServer, AuthorizationServerBuilder, Client, ClientAuthentication, CodeRedemption, ConsentBinding,
    ConsentDecision, ConsentQuestion, ConsentRedemption, EventKind, FamilyId, FamilyRevocation, GrantType,
    IdTokenClaimsQuestion, IntrospectionCheck, IssuedAccessToken, Login, LoginQuestion, NewCode, NewConsentGrant,
    NewRefresh, Principal, Reason, RefreshKey, RefreshState, RefreshToken, RepeatedRefresh, RevocableFamily, Rotated,
    Rotation, ScopeQuestion, ScopeSet, SecretCheck, SecretDigest, SecretQuery, SettledRevocation, TakenCode,
    Unavailable,
};
use crate::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use crate::dpop::{ReplayAnswer, ReplayClaim};
use crate::encoding::base64url;
use crate::host::{Instances, ReplayStore, StoreReach};
use crate::http::{Connection, RequestParts, ResponseParts};
use crate::jose::KeyMaterial;
use crate::pkce::CodeChallenge;
use crate::time::Clock;
use crate::token::KeyRing;
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use serde_json::{Map, Value};
use std::sync::Mutex;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn server(
    grants: &[GrantType],
    with: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
) -> AuthorizationServer {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy(1)).unwrap();
    let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).unwrap());
    let builder = AuthorizationServer::builder("https://auth.example.com", provider, ring);
    with(builder.audience("https://api.example.com").grants(grants.iter().copied())).build().unwrap()
}

fn entropy(seed: u8) -> impl FnMut(&mut [u8]) -> Result<(), EntropyError> {
    move |out| {
        out.fill(seed);
        Ok(())
    }
}

const CODE_AND_REFRESH: &[GrantType] = &[GrantType::AuthorizationCode, GrantType::RefreshToken];

/// Clients, users and policy in one, which panics if configured to.
#[derive(Clone, Default)]
struct Office {
    panics: bool,
    events: Arc<Mutex<Vec<AuthorizationEvent>>>,
}

impl ClientStore for Office {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        assert!(!self.panics, "told to");
        let client =
            Client::new("cli", ClientAuthentication::None).grants(CODE_AND_REFRESH.iter().copied()).scopes(["read"]);
        Ok((client_id == "cli").then_some(client))
    }

    async fn verify_client_secret(&self, _: &SecretCheck) -> Answered<bool> {
        Ok(false)
    }
}

impl PrincipalStore for Office {
    async fn load_principal(&self, subject: &str) -> Answered<Option<Principal>> {
        Ok((subject == "usr_1").then(Principal::new))
    }
}

impl ClaimsProvider for Office {
    async fn id_token_claims(&self, question: &IdTokenClaimsQuestion) -> Answered<Map<String, Value>> {
        Ok([("name".into(), format!("the user {}", question.subject).into())].into_iter().collect())
    }
}

impl IntrospectionPolicy for Office {
    async fn may_introspect(&self, _: &IntrospectionCheck) -> Answered<bool> {
        Ok(false)
    }
}

impl ConsentPolicy for Office {
    async fn authenticate(&self, _: &LoginQuestion) -> Answered<Authentication> {
        Ok(Authentication::User(Box::new(Login::new("usr_1", AuthenticationContext::at(NOW)))))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        match question.grant_presented {
            true => Ok(ConsentDecision::ByGrant),
            false => Ok(ConsentDecision::Granted(question.visit.request.scopes.clone())),
        }
    }
}

impl ScopePolicy for Office {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

/// A refresh store that stores, and panics before it answers.
struct Falling(Arc<MemoryRefreshStore>);

impl RefreshStore for Falling {
    fn load(&self, key: &RefreshKey) -> impl Future<Output = Answered<Option<RefreshState>>> + Send {
        self.0.load(key)
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        let inserted = self.0.insert(new).await;
        panic!("after {inserted:?}");
    }

    fn rotate(&self, rotation: &Rotation) -> impl Future<Output = Answered<Rotated>> + Send {
        self.0.rotate(rotation)
    }

    fn record_repeat(&self, repeated: &RepeatedRefresh) -> impl Future<Output = Answered<bool>> + Send {
        self.0.record_repeat(repeated)
    }

    fn revoke_family(&self, of: &FamilyRevocation) -> impl Future<Output = Answered<Vec<IssuedAccessToken>>> + Send {
        self.0.revoke_family(of)
    }

    fn load_family(&self, jwt_id: &str) -> impl Future<Output = Answered<Option<RevocableFamily>>> + Send {
        self.0.load_family(jwt_id)
    }

    fn settle_revocation(&self, settled: &SettledRevocation) -> impl Future<Output = Answered<()>> + Send {
        self.0.settle_revocation(settled)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

/// Declares itself shared.
struct Shared;

impl CodeStore for Shared {
    async fn insert(&self, _: &NewCode) -> Answered<()> {
        Err(Unavailable)
    }

    async fn load(&self, _: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        Err(Unavailable)
    }

    async fn take(&self, _: &SecretQuery) -> Answered<TakenCode> {
        Err(Unavailable)
    }

    async fn record(&self, _: &CodeRedemption) -> Answered<()> {
        Err(Unavailable)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl ReplayStore for Shared {
    async fn claim(&self, _: &ReplayClaim, _: Timestamp) -> ReplayAnswer {
        ReplayAnswer::Unavailable
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

struct World {
    server: AuthorizationServer,
    host: AuthorizationHost,
    codes: Arc<MemoryCodeStore>,
    refresh: Arc<MemoryRefreshStore>,
    list: Arc<MemoryDenyList>,
    events: Arc<Mutex<Vec<AuthorizationEvent>>>,
}

impl World {
    fn new() -> Self {
        Self::with(|refresh, builder| builder.refresh_store(refresh))
    }

    fn with(
        refresh_store: impl FnOnce(Arc<MemoryRefreshStore>, AuthorizationHostBuilder) -> AuthorizationHostBuilder,
    ) -> Self {
        let server = server(CODE_AND_REFRESH, |builder| builder.without_dpop().auth_methods([AuthMethod::None]));
        let codes = Arc::new(MemoryCodeStore::single_node(100).unwrap());
        let refresh = Arc::new(MemoryRefreshStore::single_node(100).unwrap());
        let list = Arc::new(MemoryDenyList::single_node(100).unwrap());
        let office = Office::default();
        let events = Arc::clone(&office.events);
        let record = move |event: &AuthorizationEvent| office.events.lock().unwrap().push(event.clone());
        let builder = AuthorizationHost::builder(Office::default(), Office::default())
            .principals(Office::default())
            .consent_policy(Office::default())
            .pushed_request_store(MemoryPushedRequestStore::single_node(100).unwrap())
            .code_store(Arc::clone(&codes))
            .deny_list(Arc::clone(&list))
            .events(record);
        let host = refresh_store(Arc::clone(&refresh), builder).build(&server).unwrap();
        Self { server, host, codes, refresh, list, events }
    }

    fn post(&self, path: &str, body: &str, seed: u8) -> (u16, Value) {
        post(&self.server, &self.host, path, body, seed)
    }

    /// Stores a code as the authorization endpoint does, and returns the request that redeems it.
    fn code(&self) -> String {
        let (provider, code) = (RustCrypto::new(), base64url::encode(&[9; 32]));
        let challenge = CodeChallenge::from_bytes(provider.sha256(&[VERIFIER.as_bytes()]));
        let mut authorization = Authorization::new(FamilyId::from_bytes([5; 16]), "cli", "usr_1");
        authorization.scopes = ScopeSet::new(["read"]);
        let row = AuthorizationCode::new(authorization, "http://127.0.0.1/cb", challenge, NOW.plus(60));
        let digest = SecretDigest::from_bytes(provider.sha256(&[code.as_bytes()]));
        run(self.codes.insert(&NewCode { digest, code: row, now: NOW })).unwrap();
        format!(
            "grant_type=authorization_code&client_id=cli&code={code}&code_verifier={VERIFIER}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb"
        )
    }

    fn kinds(&self) -> Vec<EventKind> {
        self.events.lock().unwrap().iter().map(|event| event.kind).collect()
    }
}

fn post(server: &AuthorizationServer, host: &AuthorizationHost, path: &str, body: &str, seed: u8) -> (u16, Value) {
    let headers: &[(&str, &[u8])] =
        &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
    let request =
        RequestParts::new("POST", path, &headers).connection(Connection::new().tls()).form_body(body.as_bytes());
    let step = match path {
        "/oauth/token" => server.token(&request, NOW, entropy(seed)),
        _ => server.revoke(&request, NOW, entropy(seed)),
    };
    let response: ResponseParts = run(drive(step, host, &Clock::new(|| NOW)));
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_default().to_string()
}

fn refresh(token: &str) -> String {
    format!("grant_type=refresh_token&client_id=cli&refresh_token={token}")
}

#[test]
fn a_code_is_redeemed_once_and_its_reuse_revokes_the_tokens_it_gave() {
    let world = World::new();
    let redeem = world.code();
    let (status, issued) = world.post("/oauth/token", &redeem, 3);
    assert_eq!((status, text(&issued, "token_type").as_str()), (200, "Bearer"), "{issued}");
    let (status, again) = world.post("/oauth/token", &redeem, 4);
    assert_eq!((status, text(&again, "error").as_str()), (400, "invalid_grant"));
    let (status, late) = world.post("/oauth/token", &refresh(&text(&issued, "refresh_token")), 5);
    assert_eq!((status, text(&late, "error").as_str()), (400, "invalid_grant"));
    let jwt_id = world.events.lock().unwrap().iter().find_map(|event| event.jwt_id.clone()).unwrap();
    assert_eq!(run(world.list.is_revoked(&IssuedAccessToken::new(jwt_id, NOW.plus(900)))), Ok(true));
    use EventKind::{CodeReplayed, RefreshIssued, TokenDenied, TokenIssued};
    assert_eq!(world.kinds(), [RefreshIssued, TokenIssued, CodeReplayed, TokenDenied, TokenDenied]);
}

#[test]
fn a_refresh_token_is_rotated_and_its_reuse_ends_the_family() {
    let world = World::new();
    let (_, issued) = world.post("/oauth/token", &world.code(), 3);
    let first = text(&issued, "refresh_token");
    let (status, rotated) = world.post("/oauth/token", &refresh(&first), 4);
    assert_eq!(status, 200, "{rotated}");
    let second = text(&rotated, "refresh_token");
    assert_ne!(first, second);
    assert_eq!(world.post("/oauth/token", &refresh(&first), 5).0, 400);
    assert_eq!(world.post("/oauth/token", &refresh(&second), 6).0, 400, "the thief, or the robbed");
    assert_eq!(world.list.len(), 2, "both access tokens");
}

#[test]
fn a_refresh_token_is_revoked() {
    let world = World::new();
    let (_, issued) = world.post("/oauth/token", &world.code(), 3);
    let token = text(&issued, "refresh_token");
    assert_eq!(world.post("/oauth/revoke", &format!("client_id=cli&token={token}"), 4).0, 200);
    assert_eq!(world.post("/oauth/token", &refresh(&token), 5).0, 400);
    assert_eq!((world.list.len(), world.refresh.len()), (1, 1));
}

#[test]
fn hc5_a_part_that_panics_gives_no_answer_and_the_flow_undoes_what_it_began() {
    let world = World::with(|refresh, builder| builder.refresh_store(Falling(refresh)));
    let (status, body) = world.post("/oauth/token", &world.code(), 3);
    assert_eq!((status, text(&body, "error").as_str()), (503, "temporarily_unavailable"));
    assert_eq!(world.refresh.len(), 1, "it was stored before the panic");
    let provider = RustCrypto::new();
    let drawn = RefreshKey {
        family: SecretDigest::from_bytes(provider.sha256(&[b"attesto refresh family:", &[3; 16]])),
        token: SecretDigest::from_bytes(provider.sha256(&[base64url::encode(&[3; 32]).as_bytes()])),
    };
    assert_eq!(run(world.refresh.load(&drawn)), Ok(None), "revoked, and forgotten");
    let authorization = Authorization::new(FamilyId::from_bytes([5; 16]), "cli", "usr_1");
    let late = IssuedAccessToken::new("late", NOW.plus(900));
    let token = RefreshToken::first(authorization, NOW.plus(60), NOW.plus(60), late);
    assert_eq!(run(world.refresh.insert(&NewRefresh { key: drawn, token, now: NOW })), Ok(false));
    assert_eq!(world.list.len(), 1, "the access token that nobody was given");

    let server = server(&[GrantType::ClientCredentials], |builder| {
        builder.without_dpop().without_deny_list().auth_methods([AuthMethod::ClientSecretPost])
    });
    let office = Office { panics: true, ..Office::default() };
    let sink = |_: &AuthorizationEvent| panic!("a sink cannot change the outcome");
    let host = AuthorizationHost::builder(office, Office::default()).events(sink).build(&server).unwrap();
    let (status, _) =
        post(&server, &host, "/oauth/token", "client_id=cli&client_secret=s&grant_type=client_credentials", 1);
    assert_eq!(status, 503);
}

#[test]
fn hc5_a_part_that_is_missing_gives_no_answer() {
    let world = World::new();
    let other = AuthorizationHost::builder(Office::default(), Office::default()).replay_store(Shared);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let other = other.events(move |event: &AuthorizationEvent| sink.lock().unwrap().push(event.clone()));
    let without = |builder: AuthorizationServerBuilder| builder.without_dpop().without_deny_list();
    let server = server(&[GrantType::ClientCredentials], without);
    let other = other.build(&server).unwrap();
    let (status, body) = post(&world.server, &other, "/oauth/token", &world.code(), 3);
    assert_eq!((status, text(&body, "error").as_str()), (503, "temporarily_unavailable"));
    // The client learns no more; the operator's event names the question (EV-1).
    let told = told.lock().unwrap();
    let told: Vec<_> = told.iter().map(|event| (event.kind, event.question, event.reason)).collect();
    let unanswered = (EventKind::HostUnavailable, Some("LoadCode"), None);
    assert_eq!(told, [unanswered, (EventKind::TokenDenied, None, Some(Reason::Host(HostError::Unavailable)))]);
}

#[test]
fn hc1_a_store_without_keys_of_clients_has_no_answer() {
    assert!(matches!(run(Office::default().client_keys("cli")), Err(Unavailable)));
}

#[test]
fn a_driven_flow_can_move_between_threads() {
    fn can_move<T: Send>(_: &T) {}
    let world = World::new();
    let body = world.code();
    let headers: &[(&str, &[u8])] = &[("host", b"auth.example.com")];
    let request = RequestParts::new("POST", "/oauth/token", &headers).form_body(body.as_bytes());
    let clock = Clock::new(|| NOW);
    let driven = drive(world.server.token(&request, NOW, entropy(1)), &world.host, &clock);
    can_move(&driven);
    assert_eq!(run(driven).status, 400);
}
