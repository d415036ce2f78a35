//! HTTP/2 by ALPN: many requests over one session, each judged by the session's certificate.

use crate::client::Client;
use crate::pki::{HOST, PKI};
use crate::scene::{Scene, granted_as, invalid_token, refused};
use attesto_core::mtls::CertificatePolicy;
use attesto_tests::servers::Server;
use http::Version;

fn scene(server: Server) -> Scene {
    Scene::over_tls(server, |world| world.builder().mtls(CertificatePolicy::new()))
}

async fn b7_b9_certificate_binds_every_request_of_an_h2_connection(server: Server) {
    let scene = scene(server);
    let [clients, others] = [PKI.client.der(), PKI.other.der()]
        .map(|certificate| format!("Bearer {}", scene.world.certificate_token(certificate)));
    let mut connection = scene.connect(&Client::h2(Some(&PKI.client))).await;
    for (token, expected) in [
        (&clients, granted_as("mtls")),
        (&others, invalid_token("mtls_certificate_mismatch")),
        (&clients, granted_as("mtls")),
    ] {
        let answer = connection.post(&[("authorization", token)]).await;
        assert_eq!(answer.version, Version::HTTP_2);
        assert_eq!(scene.outcome(&answer), expected);
    }
}

async fn b8_no_certificate_is_refused_over_h2(server: Server) {
    let scene = scene(server);
    assert_eq!(
        scene.ask(&Client::h2(None), &[("authorization", &scene.clients_token())]).await,
        invalid_token("mtls_certificate_required")
    );
}

/// `:authority` names the host; there is no `Host`.
async fn p11_proof_names_the_https_origin_over_h2(server: Server) {
    let scene = scene(server);
    let token = scene.world.bound_token();
    let authorization = format!("DPoP {token}");
    let mut connection = scene.connect(&Client::h2(None)).await;
    for (scheme, expected) in
        [("https", granted_as("dpop")), ("http", refused("DPoP", "invalid_dpop_proof", "invalid_htu"))]
    {
        let proof = scene.world.proof(&token, |_, claims| {
            claims.insert("htu".into(), format!("{scheme}://{HOST}/mcp").into());
            claims.insert("jti".into(), scheme.into());
        });
        let headers = [("authorization", authorization.as_str()), ("dpop", &proof)];
        assert_eq!(scene.ask_on(&mut connection, &headers).await, expected, "{scheme}");
    }
}

on_every_adapter!(
    b7_b9_certificate_binds_every_request_of_an_h2_connection
    b8_no_certificate_is_refused_over_h2
    p11_proof_names_the_https_origin_over_h2
);
