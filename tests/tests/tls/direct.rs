//! TLS ends in the server: the certificate of the handshake binds.

use crate::client::Client;
use crate::config;
use crate::pki::{HOST, PKI};
use crate::scene::{Outcome, Scene, granted_as, invalid_token, refused};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::resource::{ResourceServerBuilder, SenderPolicy};
use attesto_tests::World;
use attesto_tests::servers::Server;

fn mtls(world: &World) -> ResourceServerBuilder {
    world.builder().mtls(CertificatePolicy::new())
}

async fn with_clients_token(server: Server, client: &Client) -> Outcome {
    let scene = Scene::over_tls(server, mtls);
    scene.ask(client, &[("authorization", &scene.clients_token())]).await
}

async fn b7_right_certificate_is_admitted(server: Server) {
    let outcome = with_clients_token(server, &Client::tls(Some(&PKI.client))).await;
    assert_eq!(outcome, granted_as("mtls"));
}

async fn b7_right_certificate_is_admitted_over_tls_1_2(server: Server) {
    let outcome = with_clients_token(server, &Client::with_version(Some(&PKI.client), &rustls::version::TLS12)).await;
    assert_eq!(outcome, granted_as("mtls"));
}

async fn b8_no_certificate_is_refused(server: Server) {
    let outcome = with_clients_token(server, &Client::tls(None)).await;
    assert_eq!(outcome, invalid_token("mtls_certificate_required"));
}

async fn b9_another_certificate_is_refused(server: Server) {
    let outcome = with_clients_token(server, &Client::tls(Some(&PKI.other))).await;
    assert_eq!(outcome, invalid_token("mtls_certificate_mismatch"));
}

/// The certificate needs no CA: the token's issuer saw it (RFC 8705 §2.2).
async fn m3_self_signed_certificate_binds_as_well_as_any(server: Server) {
    let scene = Scene::new(server, mtls, Some(config::any_client_auth()));
    let token = format!("Bearer {}", scene.world.certificate_token(PKI.self_signed.der()));
    let hermit = Client::tls(Some(&PKI.self_signed));
    assert_eq!(scene.ask(&hermit, &[("authorization", &token)]).await, granted_as("mtls"));
    assert_eq!(
        scene.ask(&hermit, &[("authorization", &scene.clients_token())]).await,
        invalid_token("mtls_certificate_mismatch")
    );
}

/// Two clients at once, with one connection each, kept open: each request is judged by its own connection's certificate.
async fn m4_each_connection_has_its_own_certificate(server: Server) {
    let scene = Scene::over_tls(server, mtls);
    let mut connections =
        [scene.connect(&Client::tls(Some(&PKI.client))).await, scene.connect(&Client::tls(Some(&PKI.other))).await];
    let tokens = [PKI.client.der(), PKI.other.der()]
        .map(|certificate| format!("Bearer {}", scene.world.certificate_token(certificate)));
    for _ in 0..2 {
        for (of_token, token) in tokens.iter().enumerate() {
            for (of_connection, connection) in connections.iter_mut().enumerate() {
                let outcome = scene.ask_on(connection, &[("authorization", token)]).await;
                let expected = if of_token == of_connection {
                    granted_as("mtls")
                } else {
                    invalid_token("mtls_certificate_mismatch")
                };
                assert_eq!(outcome, expected, "token {of_token} over connection {of_connection}");
            }
        }
    }
}

async fn b11_certificate_beside_an_unbound_token_is_ignored(server: Server) {
    let scene = Scene::over_tls(server, mtls);
    let token = format!("Bearer {}", scene.world.token(|_, _| {}));
    for client in [Client::tls(None), Client::tls(Some(&PKI.client))] {
        assert_eq!(scene.ask(&client, &[("authorization", &token)]).await, granted_as("bearer"));
    }
}

async fn b12_unbound_token_is_refused_where_mtls_is_required(server: Server) {
    let scene = Scene::over_tls(server, |world| mtls(world).sender_policy(SenderPolicy::RequireMtls));
    let unbound = format!("Bearer {}", scene.world.token(|_, _| {}));
    let client = Client::tls(Some(&PKI.client));
    assert_eq!(
        scene.ask(&client, &[("authorization", &unbound)]).await,
        invalid_token("sender_constraint_required"),
        "a certificate on the connection does not bind a token"
    );
    assert_eq!(scene.ask(&client, &[("authorization", &scene.clients_token())]).await, granted_as("mtls"));
}

/// A resource that was never told about certificates does not take a bound token for a bearer token: the binding is a fact of the
/// token.
async fn m2_binding_holds_where_nobody_asked_for_it(server: Server) {
    let scene = Scene::over_tls(server, World::builder);
    for (client, expected) in [
        (Client::tls(None), invalid_token("mtls_certificate_required")),
        (Client::tls(Some(&PKI.other)), invalid_token("mtls_certificate_mismatch")),
        (Client::tls(Some(&PKI.client)), granted_as("mtls")),
    ] {
        assert_eq!(scene.ask(&client, &[("authorization", &scene.clients_token())]).await, expected);
    }
}

/// The origin is that of the TLS session and of `Host`; nothing else configures it, and no proxy is trusted to say otherwise. A
/// certificate that happens to be there does not matter (B11).
async fn p11_proof_names_the_https_origin_of_the_session(server: Server) {
    let scene = Scene::over_tls(server, mtls);
    let token = scene.world.bound_token();
    for (index, client) in [Client::tls(None), Client::tls(Some(&PKI.other))].iter().enumerate() {
        for (scheme, expected) in
            [("https", granted_as("dpop")), ("http", refused("DPoP", "invalid_dpop_proof", "invalid_htu"))]
        {
            let proof = scene.world.proof(&token, |_, claims| {
                claims.insert("htu".into(), format!("{scheme}://{HOST}/mcp").into());
                claims.insert("jti".into(), format!("{scheme} {index}").into());
            });
            let authorization = format!("DPoP {token}");
            let headers = [
                ("authorization", authorization.as_str()),
                ("dpop", &proof),
                ("forwarded", "proto=http"),
                ("x-forwarded-proto", "http"),
            ];
            assert_eq!(scene.ask(client, &headers).await, expected, "{scheme}");
        }
    }
}

on_every_adapter!(
    b7_right_certificate_is_admitted
    b7_right_certificate_is_admitted_over_tls_1_2
    b8_no_certificate_is_refused
    b9_another_certificate_is_refused
    m3_self_signed_certificate_binds_as_well_as_any
    m4_each_connection_has_its_own_certificate
    b11_certificate_beside_an_unbound_token_is_ignored
    b12_unbound_token_is_refused_where_mtls_is_required
    m2_binding_holds_where_nobody_asked_for_it
    p11_proof_names_the_https_origin_of_the_session
);
