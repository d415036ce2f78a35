//! Clients at an authorization server: who proves nothing, and who shows what cannot be redeemed.

use crate::credentials::{longest, many_members};
use crate::measured_input::{Row, bytes};
use crate::meter::{Work, measure};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, AuthorizationServer, Client, ClientAuthentication, ClientQuestion, ClientSecrets,
    CodeQuestion, FamilyId, GrantType, Question, Step, TakenCode,
};
use attesto_core::crypto::{Algorithm, CryptoProvider, KeyKind, RustCrypto};
use attesto_core::http::{Connection, RequestParts, ResponseParts};
use attesto_core::jose::{Jwk, KeyMaterial, Thumbprint};
use attesto_core::limits;
use attesto_core::pkce::CodeVerifier;
use attesto_core::token::KeyRing;
use attesto_tests::{AUDIENCE, ISSUER, NOW, World, counter, sign};
use std::sync::Arc;

const REDIRECT: &str = "https://app.example/cb";

/// A server whose signing is not counted.
fn server(provider: &Arc<dyn CryptoProvider>) -> AuthorizationServer {
    let key = KeyMaterial::generate(KeyKind::P256, &mut counter(3)).expect("a key");
    let signer = RustCrypto::new().signer(key.private().expect("private"), Algorithm::ES256).expect("a signer");
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).expect("a ring"));
    AuthorizationServer::builder(ISSUER, Arc::clone(provider), ring)
        .audience(AUDIENCE)
        .grants(GrantType::ALL.iter().copied())
        .build()
        .expect("a sound configuration")
}

/// A host with one public client and its code, which is bound to a key that is not the proof's.
fn answer(ask: Question, code: &AuthorizationCode, provider: &Arc<dyn CryptoProvider>) -> Step {
    match ask {
        Question::Clients(ClientQuestion::Load(query)) => {
            let app = Client::new("app", ClientAuthentication::None).grants([GrantType::AuthorizationCode]);
            let app = (query.question() == "app").then_some(app);
            query.answer(Ok(app))
        }
        Question::Clients(ClientQuestion::VerifySecret(query)) => {
            let right = ClientSecrets::verify(None, query.question(), provider.as_ref());
            query.answer(Ok(right))
        }
        Question::Codes(CodeQuestion::Load(query)) => query.answer(Ok(Some(code.clone()))),
        Question::Codes(CodeQuestion::Take(query)) => query.answer(Ok(TakenCode::Fresh(Box::new(code.clone())))),
        Question::Record(query) => query.answer(()),
        other => panic!("nothing else is asked, and nothing recorded: {other:?}"),
    }
}

fn code(verifier: &str) -> AuthorizationCode {
    let verifier = CodeVerifier::parse(verifier).expect("a verifier");
    let authorization = Authorization::new(FamilyId::from_bytes([7; 16]), "app", "usr_1");
    let challenge = verifier.challenge(&RustCrypto::new());
    let mut code = AuthorizationCode::new(authorization, REDIRECT, challenge, Timestamp::from_secs(NOW + 60));
    code.dpop_jkt = Some(Thumbprint::from_bytes([1; 32]));
    code
}

/// Sends a request that must be refused with this status, and says what that cost.
fn refused(body: &str, proof: Option<&str>, verifier: &str, status: u16) -> Work {
    measure(|provider, meter| {
        let (server, code) = (server(&provider), code(verifier));
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
        headers.extend(proof.map(|proof| ("dpop", proof.as_bytes())));
        let headers = headers.as_slice();
        let request = RequestParts::new("POST", "/oauth/token", &headers)
            .connection(Connection::new().tls())
            .form_body(body.as_bytes());
        let mut response: Option<ResponseParts> = None;
        meter(&mut || {
            let mut step = server.token(&request, Timestamp::from_secs(NOW), counter(9));
            response = Some(loop {
                step = match step {
                    Step::Done(response) => break response,
                    Step::Ask(ask) => answer(ask, &code, &provider),
                };
            });
        });
        assert_eq!(response.map(|response| response.status), Some(status));
    })
}

/// A body of this length, padded by a parameter that is kept.
fn padded(body: &str, length: usize) -> String {
    let body = format!("{body}&state=");
    let padding = "s".repeat(length - body.len());
    body + &padding
}

pub(crate) fn secret_of_no_client() -> Row {
    let body = |secret: &str| format!("grant_type=client_credentials&client_id=nobody&client_secret={secret}");
    let (random, verifier) = ("A".repeat(43), "v".repeat(43));
    let other = refused(&body(&"A".repeat(limits::FORM_BODY - 100)), None, &verifier, 401);
    assert!(other.is_without_cryptography(), "what is no random secret is not hashed");
    refused(&padded(&body(&random), limits::FORM_BODY + 1), None, &verifier, 413);
    Row {
        input: "Authorization server: a secret in the name of a client that is not there, where secrets are random (`ClientSecrets`)",
        limit: bytes(limits::FORM_BODY),
        beyond: "413; what is no such secret is not hashed: 401".into(),
        work: refused(&padded(&body(&random), limits::FORM_BODY), None, &verifier, 401),
    }
}

pub(crate) fn code_that_cannot_be_redeemed() -> Row {
    let verifier = "v".repeat(128);
    let body = format!(
        "grant_type=authorization_code&client_id=app&code={}&redirect_uri={REDIRECT}&code_verifier={verifier}",
        "A".repeat(43)
    );
    let world = World::new();
    let jwk = Jwk::new(world.thief.public_key().clone()).to_json();
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk}}}"#);
    let jti = "j".repeat(limits::JTI);
    let claims = format!(r#""htm":"POST","htu":"{ISSUER}/oauth/token","iat":{NOW},"jti":"{jti}""#);
    let proof = longest(limits::DPOP_PROOF, |padding| {
        sign(world.thief.as_ref(), &header, &many_members(&claims, claims.len() + 2 + padding))
    });
    refused(&body, Some(&"a".repeat(limits::DPOP_PROOF + 1)), &verifier, 400);
    Row {
        input: "Authorization server: a code with everything but the key that it is bound to, and a proof of another",
        limit: format!("{} for the proof", bytes(limits::DPOP_PROOF)),
        beyond: "400; the code is spent, nothing is recorded".into(),
        work: refused(&padded(&body, limits::FORM_BODY), Some(&proof), &verifier, 400),
    }
}
