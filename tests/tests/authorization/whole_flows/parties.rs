//! The two sides: a host of the usual make, and a client with the credentials of one method.

use crate::scene::{NOW, SECRET, entropy, provider};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, AuthMethod, Authentication, AuthenticationContext, AuthorizationEvent, AuthorizationServer, Client,
    ClientAuthentication, ClientKeys, ConsentDecision, ConsentQuestion, GrantType, IdTokenClaimsQuestion,
    IntrospectionCheck, Login, LoginQuestion, Principal, ScopeQuestion, ScopeSet, SecretCheck, TlsSubject,
};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofMaker, ProofPolicy};
use attesto_core::encoding::form;
use attesto_core::host::{
    AuthorizationHost, ClaimsProvider, ClientStore, ConsentPolicy, IntrospectionPolicy, MemoryConsentGrantStore,
    PrincipalStore, ScopePolicy,
};
use attesto_core::http::ResponseParts;
use attesto_core::jose::{Jwk, JwkSet};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::token::KeyRing;
use attesto_tests::{ed25519, sign};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock, Mutex};

pub(super) const ISSUER: &str = "https://as.example";
pub(super) const CALLBACK: &str = "https://client.example/cb";
const NAME: &str = "client.example";

/// The certificate of the client, for the methods that want one.
static CERTIFICATE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([NAME.to_owned()]).expect("a name");
    params.self_signed(&key).expect("a certificate").der().to_vec()
});

/// A server for this method, with everything on that it can do.
pub(super) fn server(method: AuthMethod) -> AuthorizationServer {
    let nonces = NonceIssuer::new(NonceUse::AuthorizationServer, NonceSecret::new([4; 32]));
    let ring = KeyRing::new(provider().as_ref(), ed25519(1).into()).expect("a ring");
    // One server does not take both kinds of certificates.
    let by_certificate = match method {
        AuthMethod::TlsClientAuth => AuthMethod::TlsClientAuth,
        _ => AuthMethod::SelfSignedTlsClientAuth,
    };
    let methods = [
        AuthMethod::None,
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::PrivateKeyJwt,
        by_certificate,
    ];
    let builder = AuthorizationServer::builder(ISSUER, provider(), Arc::new(ring)).audience("https://api.example");
    let builder = builder
        .auth_methods(methods)
        .mtls(CertificatePolicy::new())
        .openid_connect()
        .id_tokens_without_rs256()
        .scopes_supported(["openid"]);
    let builder = if method == AuthMethod::TlsClientAuth { builder.tls_chains_are_validated() } else { builder };
    builder.dpop(ProofPolicy::new().require_nonces(nonces)).ask_introspection().build().expect("a sound configuration")
}

/// Clients, users, and pages; the client under test, and a gateway that may introspect.
#[derive(Clone)]
pub(super) struct Office {
    client: Client,
    pub(super) signed_in: Arc<Mutex<bool>>,
    pub(super) page: Arc<Mutex<Option<ConsentQuestion>>>,
    pub(super) events: Arc<Mutex<Vec<AuthorizationEvent>>>,
    pub(super) grants: Arc<MemoryConsentGrantStore>,
}

impl Office {
    pub(super) fn new(method: AuthMethod) -> Self {
        Self {
            client: client(method),
            signed_in: Arc::default(),
            page: Arc::default(),
            events: Arc::default(),
            grants: Arc::new(MemoryConsentGrantStore::single_node(10).expect("a capacity")),
        }
    }

    pub(super) fn host(&self, server: &AuthorizationServer) -> AuthorizationHost {
        let events = Arc::clone(&self.events);
        AuthorizationHost::builder(self.clone(), self.clone())
            .single_node_memory(100)
            .expect("a capacity")
            .principals(self.clone())
            .consent_policy(self.clone())
            .consent_grants(Arc::clone(&self.grants))
            .claims(self.clone())
            .introspection_policy(self.clone())
            .events(move |event: &AuthorizationEvent| events.lock().expect("no panic").push(event.clone()))
            .build(server)
            .expect("a complete host")
    }
}

fn client(method: AuthMethod) -> Client {
    let authentication = match method {
        AuthMethod::None => ClientAuthentication::None,
        AuthMethod::ClientSecretBasic => ClientAuthentication::SecretBasic,
        AuthMethod::ClientSecretPost => ClientAuthentication::SecretPost,
        AuthMethod::PrivateKeyJwt => {
            let keys = JwkSet::publish(provider().as_ref(), [Jwk::new(ed25519(5).public_key().clone())]);
            ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(keys))
        }
        AuthMethod::TlsClientAuth => ClientAuthentication::TlsClientAuth(TlsSubject::SanDns(NAME.into())),
        AuthMethod::SelfSignedTlsClientAuth => ClientAuthentication::SelfSignedTls(vec![CERTIFICATE.clone()]),
        other => panic!("a method without a test: {}", other.name()),
    };
    Client::new("client", authentication)
        .redirect_uris([CALLBACK])
        .scopes(["openid", "read", "write"])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
}

impl ClientStore for Office {
    async fn load_client(&self, id: &str) -> Answered<Option<Client>> {
        Ok(match id {
            "client" => Some(self.client.clone()),
            "gate" => Some(Client::new("gate", ClientAuthentication::SecretPost)),
            _ => None,
        })
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        Ok(check.client_id.is_some() && *check.secret == SECRET)
    }
}

impl PrincipalStore for Office {
    async fn load_principal(&self, subject: &str) -> Answered<Option<Principal>> {
        Ok((subject == "usr_1").then(Principal::new))
    }
}

impl ScopePolicy for Office {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

impl ClaimsProvider for Office {
    async fn id_token_claims(&self, _: &IdTokenClaimsQuestion) -> Answered<Map<String, Value>> {
        Ok([("name".to_owned(), "A User".into())].into_iter().collect())
    }
}

impl IntrospectionPolicy for Office {
    async fn may_introspect(&self, check: &IntrospectionCheck) -> Answered<bool> {
        Ok(check.caller == "gate")
    }
}

impl ConsentPolicy for Office {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        if !*self.signed_in.lock().expect("no panic") {
            return Ok(Authentication::Interact(page(question.resume_url())));
        }
        let login = AuthenticationContext::at(Timestamp::from_secs(NOW - 1));
        Ok(Authentication::User(Box::new(Login::new("usr_1", login))))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        if question.grant_presented {
            return Ok(ConsentDecision::ByGrant);
        }
        *self.page.lock().expect("no panic") = Some(question.clone());
        Ok(ConsentDecision::Interact(page(question.resume_url())))
    }
}

/// A page that says where it leads, and nothing else.
fn page(leads_to: &str) -> Box<ResponseParts> {
    let mut page = ResponseParts::new(200);
    page.body = leads_to.into();
    Box::new(page)
}

/// What a request of the client carries besides its parameters.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) certificate: Option<&'static [u8]>,
}

/// The client's own credentials by its method, made anew for each request.
pub(super) fn credentials(method: AuthMethod, now: u64) -> Carried {
    let named = || "&client_id=client".to_owned();
    match method {
        AuthMethod::None => Carried { body: named(), ..Carried::default() },
        AuthMethod::ClientSecretPost => {
            Carried { body: format!("{}&client_secret={SECRET}", named()), ..Carried::default() }
        }
        AuthMethod::ClientSecretBasic => {
            // `client:hunter2-hunter2`
            let field = "Basic Y2xpZW50Omh1bnRlcjItaHVudGVyMg==".to_owned();
            Carried { headers: vec![("authorization", field)], ..Carried::default() }
        }
        AuthMethod::PrivateKeyJwt => Carried { body: assertion(now), ..Carried::default() },
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            Carried { body: named(), certificate: Some(CERTIFICATE.as_slice()), ..Carried::default() }
        }
        other => panic!("a method without a test: {}", other.name()),
    }
}

fn assertion(now: u64) -> String {
    let mut jti = [0; 8];
    entropy()(&mut jti).expect("entropy");
    let jti = u64::from_be_bytes(jti).to_string();
    let claims =
        json!({"iss": "client", "sub": "client", "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti}).to_string();
    let signed = sign(ed25519(5).as_ref(), r#"{"alg":"EdDSA"}"#, &claims);
    let kind = form::encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    format!("&client_assertion_type={kind}&client_assertion={signed}")
}

/// A proof by the client's DPoP key.
pub(super) fn proof(url: &str, nonce: Option<&str>, now: u64) -> String {
    let maker = ProofMaker::new("POST", url);
    let maker = match nonce {
        Some(nonce) => maker.nonce(nonce),
        None => maker,
    };
    maker.make(ed25519(6).as_ref(), provider().as_ref(), Timestamp::from_secs(now), &mut entropy()).expect("a proof")
}
