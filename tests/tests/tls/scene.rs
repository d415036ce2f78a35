//! A protected resource that is being served, and what became of a request to it.

use crate::client::{Answer, Client, Connection};
use crate::config;
use crate::pki::PKI;
use attesto_core::host::{Event, EventSink, Guard, MemoryReplayStore};
use attesto_core::resource::ResourceServerBuilder;
use attesto_tests::World;
use attesto_tests::servers::{App, Resource, Running, Server};
use rustls::ServerConfig;
use std::sync::{Arc, Mutex};

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) served: Running,
    heard: Heard,
}

/// The response to the client, and its reason.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// What the handler answered.
    Granted(String),
    /// Status, and scheme and `error` of each challenge; the reason is in the log only.
    Refused { status: u16, challenges: Vec<(String, String)>, reason: &'static str },
}

pub(crate) fn granted_as(sender: &str) -> Outcome {
    Outcome::Granted(format!("usr_1 {sender}"))
}

/// `401` with one challenge.
pub(crate) fn refused(scheme: &str, error: &str, reason: &'static str) -> Outcome {
    Outcome::Refused { status: 401, challenges: vec![(scheme.into(), error.into())], reason }
}

/// How a token is refused that did not come the way it is bound to.
pub(crate) fn invalid_token(reason: &'static str) -> Outcome {
    refused("Bearer", "invalid_token", reason)
}

impl Scene {
    /// Over TLS, client certificates optional.
    pub(crate) fn over_tls(server: Server, configure: impl FnOnce(&World) -> ResourceServerBuilder) -> Self {
        Self::new(server, configure, Some(config::optional_client_auth()))
    }

    /// Without TLS.
    pub(crate) fn plain(server: Server, configure: impl FnOnce(&World) -> ResourceServerBuilder) -> Self {
        Self::new(server, configure, None)
    }

    pub(crate) fn new(
        server: Server,
        configure: impl FnOnce(&World) -> ResourceServerBuilder,
        tls: Option<ServerConfig>,
    ) -> Self {
        let (world, heard) = (World::new(), Heard::default());
        let resource = configure(&world).build().expect("a sound configuration");
        let store = MemoryReplayStore::single_node(100).expect("a capacity");
        let guard = Guard::builder(resource).replay_store(store).events(heard.clone()).build().expect("a sound guard");
        let app = App::with_resources([Resource::guarded(Arc::new(guard))]).ending_tls(tls);
        Self { world, served: (server.start)(app), heard }
    }

    pub(crate) async fn connect(&self, client: &Client) -> Connection {
        client.connect(self.served.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, client: &Client, headers: &[(&str, &str)]) -> Outcome {
        self.ask_on(&mut self.connect(client).await, headers).await
    }

    pub(crate) async fn ask_on(&self, connection: &mut Connection, headers: &[(&str, &str)]) -> Outcome {
        let answer = connection.post(headers).await;
        self.outcome(&answer)
    }

    /// Reads an answer, and what the log says about it.
    pub(crate) fn outcome(&self, answer: &Answer) -> Outcome {
        let reason = self.heard.take();
        if answer.status == 200 {
            assert_eq!(reason, None, "admitted all the same");
            let subject_and_sender: Vec<&str> = answer.body.split(" ").take(2).collect();
            return Outcome::Granted(subject_and_sender.join(" "));
        }
        let challenges = answer.headers.get_all("www-authenticate").iter();
        Outcome::Refused {
            status: answer.status.as_u16(),
            challenges: challenges.map(|line| scheme_and_error(line.to_str().expect("text"))).collect(),
            reason: reason.expect("a refusal is logged"),
        }
    }

    /// `Authorization` with a token that is bound to the client's certificate.
    pub(crate) fn clients_token(&self) -> String {
        format!("Bearer {}", self.world.certificate_token(PKI.client.der()))
    }
}

/// `Bearer error="invalid_token", ...` gives `("Bearer", "invalid_token")`; without an error, the second is empty.
fn scheme_and_error(challenge: &str) -> (String, String) {
    let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
    let error = parameters.split_once("error=\"").and_then(|(_, rest)| rest.split('"').next());
    (scheme.to_owned(), error.unwrap_or_default().to_owned())
}

/// Remembers why the last request was denied.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Option<&'static str>>>);

impl EventSink for Heard {
    fn emit(&self, event: &Event<'_>) {
        if let Event::AuthDenied(denied) = event {
            *self.0.lock().expect("no panic") = Some(denied.reason);
        }
    }
}

impl Heard {
    fn take(&self) -> Option<&'static str> {
        self.0.lock().expect("no panic").take()
    }
}
