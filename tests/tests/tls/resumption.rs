//! Resumed sessions: the certificate is not shown again, and still binds.

use crate::client::{Client, Connection};
use crate::config;
use crate::pki::PKI;
use crate::scene::{Scene, granted_as, invalid_token};
use attesto_core::mtls::CertificatePolicy;
use attesto_tests::servers::Server;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::{HandshakeKind, ServerConfig, SupportedProtocolVersion};

/// Where the server keeps the client's certificate between connections.
fn memory() -> ServerConfig {
    config::optional_client_auth()
}

/// With the client, encrypted.
fn tickets() -> ServerConfig {
    let mut config = config::optional_client_auth();
    config.ticketer = Ticketer::new().expect("a key for tickets");
    config
}

async fn b7_b8_b9_resumed_tls_1_3_session_from_memory(server: Server) {
    certificate_of_a_resumed_session_binds(server, memory(), &rustls::version::TLS13).await;
}

async fn b7_b8_b9_resumed_tls_1_3_session_from_a_ticket(server: Server) {
    certificate_of_a_resumed_session_binds(server, tickets(), &rustls::version::TLS13).await;
}

async fn b7_b8_b9_resumed_tls_1_2_session_from_memory(server: Server) {
    certificate_of_a_resumed_session_binds(server, memory(), &rustls::version::TLS12).await;
}

async fn b7_b8_b9_resumed_tls_1_2_session_from_a_ticket(server: Server) {
    certificate_of_a_resumed_session_binds(server, tickets(), &rustls::version::TLS12).await;
}

async fn certificate_of_a_resumed_session_binds(
    server: Server,
    tls: ServerConfig,
    version: &'static SupportedProtocolVersion,
) {
    let scene = Scene::new(server, |world| world.builder().mtls(CertificatePolicy::new()), Some(tls));
    let token = scene.clients_token();
    let owner = Client::with_version(Some(&PKI.client), version);
    let other = Client::with_version(Some(&PKI.other), version);
    let nobody = Client::with_version(None, version);
    for (client, expected) in [
        (owner, granted_as("mtls")),
        (other, invalid_token("mtls_certificate_mismatch")),
        (nobody, invalid_token("mtls_certificate_required")),
    ] {
        let mut first = scene.connect(&client).await;
        assert_eq!(handshake(&first), (version.version, false));
        // The answer comes after the ticket: having read one, the client has the other.
        assert_eq!(scene.ask_on(&mut first, &[("authorization", &token)]).await, expected);
        drop(first);
        let mut again = scene.connect(&client).await;
        assert_eq!(handshake(&again), (version.version, true));
        assert_eq!(scene.ask_on(&mut again, &[("authorization", &token)]).await, expected, "resumed");
    }
}

fn handshake(connection: &Connection) -> (rustls::ProtocolVersion, bool) {
    let session = connection.session.expect("TLS");
    (session.version, session.kind == HandshakeKind::Resumed)
}

on_every_adapter!(
    b7_b8_b9_resumed_tls_1_3_session_from_memory
    b7_b8_b9_resumed_tls_1_3_session_from_a_ticket
    b7_b8_b9_resumed_tls_1_2_session_from_memory
    b7_b8_b9_resumed_tls_1_2_session_from_a_ticket
);
