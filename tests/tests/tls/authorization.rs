//! Clients of an authorization server that authenticate by the certificate of their handshake (RFC 8705 §2; CA-7, CA-8).
//! That the connection is TLS's is known in the same way: nothing pins the origin here.

use crate::client::{Answer, Client};
use crate::config;
use crate::pki::{HOST, Identity, PKI};
use attesto_core::authorization::{
    Answered, AuthMethod, AuthorizationServer, AuthorizationServerBuilder, Client as Registered, ClientAuthentication,
    GrantType, ScopeQuestion, ScopeSet, SecretCheck, SenderConstraint, TlsSubject,
};
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::encoding::base64url;
use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost, ClientStore, EntropySource, ScopePolicy};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::token::KeyRing;
use attesto_tests::servers::{App, Mounted, Running, Server};
use attesto_tests::{World, ed25519, provider};
use rustls::ServerConfig;
use serde_json::Value;
use std::sync::Arc;

/// The one client, `job`, whose tokens are bound to its certificate.
struct Job(ClientAuthentication);

impl ClientStore for Job {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Registered>> {
        let job = Registered::new("job", self.0.clone())
            .grants([GrantType::ClientCredentials])
            .scopes(["read"])
            .require(SenderConstraint::Mtls);
        Ok((client_id == "job").then_some(job))
    }

    async fn verify_client_secret(&self, _: &SecretCheck) -> Answered<bool> {
        Ok(false) // nobody has one
    }
}

struct AsAsked;

impl ScopePolicy for AsAsked {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

fn builder(method: AuthMethod) -> AuthorizationServerBuilder {
    let ring = Arc::new(KeyRing::new(provider().as_ref(), ed25519(1).into()).expect("a ring"));
    AuthorizationServer::builder(format!("https://{HOST}"), provider(), ring)
        .audience(format!("https://{HOST}/mcp"))
        .grants([GrantType::ClientCredentials])
        .auth_methods([method])
        .mtls(CertificatePolicy::new())
}

fn serve(server: Server, builder: AuthorizationServerBuilder, job: ClientAuthentication, tls: ServerConfig) -> Running {
    let issuer = builder.build().expect("a sound configuration");
    let host = AuthorizationHost::builder(Job(job), AsAsked)
        .single_node_memory(100)
        .expect("a capacity")
        .build(&issuer)
        .expect("a whole host");
    let entropy = EntropySource::new(|out| {
        out.fill(7);
        Ok(())
    });
    let endpoints = AuthorizationEndpoints::new(issuer, host, World::new().clock(), entropy);
    (server.start)(App::with_resources([]).mounting(Mounted::ByClass(Arc::new(endpoints))).ending_tls(Some(tls)))
}

async fn token_request(served: &Running, client: &Client) -> Answer {
    let mut connection = client.connect(served.address).await;
    connection.form("/oauth/token", "grant_type=client_credentials&client_id=job").await
}

/// A token, bound to the certificate of this client.
fn assert_granted(answer: &Answer, to: &Identity) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let token = body["access_token"].as_str().expect("a token");
    let mut payload = Vec::new();
    base64url::decode_append(token.split('.').nth(1).expect("a payload").as_bytes(), &mut payload).expect("base64url");
    let payload: Value = serde_json::from_slice(&payload).expect("JSON");
    let bound = base64url::encode(&RustCrypto::new().sha256(&[to.der()]));
    assert_eq!(payload["cnf"], serde_json::json!({ "x5t#S256": bound }));
}

/// 401 as by every other method, without a challenge: there is none for certificates. CA-11.
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["error"], "invalid_client");
    assert!(!answer.body.contains("token\":"), "{answer:?}");
}

/// No CA signs the certificate: it must equal the registered one.
async fn ca8_a_registered_certificate_authenticates_its_client(server: Server) {
    let job = ClientAuthentication::SelfSignedTls(vec![PKI.self_signed.der().to_vec()]);
    let served = serve(server, builder(AuthMethod::SelfSignedTlsClientAuth), job, config::any_client_auth());
    for client in [Client::tls, Client::h2] {
        assert_granted(&token_request(&served, &client(Some(&PKI.self_signed))).await, &PKI.self_signed);
        assert_refused(&token_request(&served, &client(Some(&PKI.other))).await);
        assert_refused(&token_request(&served, &client(None)).await);
    }
}

/// The acceptor validates the chain; of those it lets in, the one with the registered name is the client.
async fn ca7_a_name_that_the_authority_vouches_for_authenticates_its_client(server: Server) {
    let job = ClientAuthentication::TlsClientAuth(TlsSubject::SanDns("client".into()));
    let builder = builder(AuthMethod::TlsClientAuth).tls_chains_are_validated();
    let served = serve(server, builder, job, config::optional_client_auth());
    for client in [Client::tls, Client::h2] {
        assert_granted(&token_request(&served, &client(Some(&PKI.client))).await, &PKI.client);
        assert_refused(&token_request(&served, &client(Some(&PKI.other))).await);
        assert_refused(&token_request(&served, &client(None)).await);
    }
}

/// Two clients at once, with one connection each, kept open: each request is judged by its own connection's certificate.
async fn ca8_each_connection_has_its_own_certificate(server: Server) {
    let job = ClientAuthentication::SelfSignedTls(vec![PKI.self_signed.der().to_vec()]);
    let served = serve(server, builder(AuthMethod::SelfSignedTlsClientAuth), job, config::any_client_auth());
    let mut own = Client::tls(Some(&PKI.self_signed)).connect(served.address).await;
    let mut other = Client::tls(Some(&PKI.other)).connect(served.address).await;
    for _ in 0..3 {
        let form = "grant_type=client_credentials&client_id=job";
        assert_granted(&own.form("/oauth/token", form).await, &PKI.self_signed);
        assert_refused(&other.form("/oauth/token", form).await);
    }
}

on_every_adapter!(
    ca8_a_registered_certificate_authenticates_its_client
    ca7_a_name_that_the_authority_vouches_for_authenticates_its_client
    ca8_each_connection_has_its_own_certificate
);
