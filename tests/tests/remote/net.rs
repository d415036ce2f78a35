//! A network of one: an issuer whose answers the test decides, and a client that counts what is asked of it.

use attesto_core::crypto::{CryptoProvider, Signer};
use attesto_core::future::BoxFuture;
use attesto_core::host::HttpClient;
use attesto_core::http::{HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::jose::{Jwk, JwkSet};
use attesto_tests::ISSUER;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

pub(crate) type Answer = Result<IncomingResponse, HttpFailure>;

/// What stands at the issuer's URLs, and who has been there.
pub(crate) struct Net {
    metadata: Mutex<Answer>,
    /// At the OpenID form of the metadata's URL; nothing unless a test says so.
    openid: Mutex<Answer>,
    keys: Mutex<Answer>,
    /// At `/moved`; nothing unless a test says so.
    moved: Mutex<Answer>,
    asked: Mutex<Vec<String>>,
    /// Each answer takes one permit: a test that gives none holds the issuer back.
    gate: Semaphore,
}

/// The client that reaches it.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) net: Arc<Net>,
    /// Whether it has a runtime to run fetches on.
    pub(crate) background: bool,
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Ok(IncomingResponse::new(200, body.into()))
}

/// The key set of these signers, named `k1`, `k2` ...
pub(crate) fn jwks(provider: &dyn CryptoProvider, signers: &[(&str, &dyn Signer)]) -> String {
    let keys = signers.iter().map(|(kid, signer)| Jwk::new(signer.public_key().clone()).with_kid(*kid));
    JwkSet::publish(provider, keys).to_json()
}

impl Net {
    pub(crate) fn new(keys: impl Into<Vec<u8>>) -> Arc<Self> {
        let metadata = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/jwks"}}"#);
        Arc::new(Self {
            metadata: Mutex::new(ok(metadata)),
            openid: Mutex::new(Ok(IncomingResponse::new(404, Vec::new()))),
            keys: Mutex::new(ok(keys)),
            moved: Mutex::new(Ok(IncomingResponse::new(404, Vec::new()))),
            asked: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        })
    }

    pub(crate) fn serve_keys(&self, answer: Answer) {
        *self.keys.lock().expect("no panic") = answer;
    }

    pub(crate) fn serve_metadata(&self, answer: Answer) {
        *self.metadata.lock().expect("no panic") = answer;
    }

    pub(crate) fn serve_openid(&self, answer: Answer) {
        *self.openid.lock().expect("no panic") = answer;
    }

    pub(crate) fn serve_moved(&self, answer: Answer) {
        *self.moved.lock().expect("no panic") = answer;
    }

    /// Paths asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    /// From now on the issuer answers as often as [`release`](Self::release) says.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn release(&self, answers: usize) {
        self.gate.add_permits(answers);
    }
}

impl HttpClient for Client {
    async fn send(&self, request: OutgoingRequest) -> Answer {
        let path = request.url.strip_prefix(ISSUER).unwrap_or(&request.url).to_owned();
        self.net.asked.lock().expect("no panic").push(path.clone());
        self.net.gate.acquire().await.expect("never closed").forget();
        match path.as_str() {
            "/.well-known/oauth-authorization-server" => self.net.metadata.lock().expect("no panic").clone(),
            "/.well-known/openid-configuration" => self.net.openid.lock().expect("no panic").clone(),
            "/jwks" => self.net.keys.lock().expect("no panic").clone(),
            "/moved" => self.net.moved.lock().expect("no panic").clone(),
            _ => Ok(IncomingResponse::new(404, Vec::new())),
        }
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> {
        if self.background {
            tokio::spawn(task);
            return Ok(());
        }
        Err(task)
    }
}
