//! A proxy ends TLS and says in a header field what the handshake showed: believed from the proxy, ignored from everybody else.

use crate::client::Client;
use crate::forwarded::{CLIENT_CERT, FIELDS, Field, XFCC, malformed};
use crate::pki::{HOST, PKI};
use crate::scene::{Scene, granted_as, invalid_token, refused};
use crate::{config, gateway};
use attesto_core::http::{CanonicalOrigin, ForwardedHeader, OriginPolicy, TrustedProxies};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::resource::ResourceServerBuilder;
use attesto_tests::World;
use attesto_tests::servers::Server;

/// Where the tests' requests come from, and where they do not.
const PROXY: &str = "loopback";
const ELSEWHERE: &str = "192.0.2.1";

fn proxied(world: &World, field: &Field, proxy: &str, origin: OriginPolicy) -> ResourceServerBuilder {
    let certificates = CertificatePolicy::new().forwarded((field.extractor)());
    world.builder().origin(origin.proxies(TrustedProxies::parse([proxy]).expect("a proxy"))).mtls(certificates)
}

/// The origin is pinned, so that nothing but the certificate can be wrong.
fn pinned() -> OriginPolicy {
    OriginPolicy::new().canonical(CanonicalOrigin::parse(&format!("https://{HOST}")).expect("an origin"))
}

fn behind(server: Server, field: &Field, proxy: &str) -> Scene {
    Scene::plain(server, |world| proxied(world, field, proxy, pinned()))
}

fn over_tls(server: Server, field: &Field, proxy: &str) -> Scene {
    Scene::over_tls(server, |world| proxied(world, field, proxy, pinned()))
}

async fn m5_every_kind_of_field_is_believed_from_a_trusted_proxy(server: Server) {
    for field in FIELDS {
        let scene = behind(server, &field, PROXY);
        let token = scene.clients_token();
        for (certificate, expected) in [
            (Some(&PKI.client), granted_as("mtls")),
            (Some(&PKI.other), invalid_token("mtls_certificate_mismatch")),
            (None, invalid_token("mtls_certificate_required")),
        ] {
            let value = certificate.map(field.write);
            let mut headers = vec![("authorization", token.as_str())];
            headers.extend(value.as_deref().map(|value| (field.name, value)));
            assert_eq!(scene.ask(&Client::plain(), &headers).await, expected, "{}", field.name);
        }
    }
}

async fn m4_field_of_an_untrusted_peer_is_ignored(server: Server) {
    for field in FIELDS {
        let (scene, value) = (behind(server, &field, ELSEWHERE), (field.write)(&PKI.client));
        let headers = [
            ("authorization", &*scene.clients_token()),
            (field.name, &value),
            // Who says to come from the proxy does not.
            ("forwarded", &format!("for={ELSEWHERE}")),
            ("x-forwarded-for", ELSEWHERE),
        ];
        let outcome = scene.ask(&Client::plain(), &headers).await;
        assert_eq!(outcome, invalid_token("mtls_certificate_required"), "{}", field.name);
    }
}

/// Another client of the same server cannot pass for the token's by writing the field itself.
async fn m4_field_over_direct_tls_is_ignored(server: Server) {
    for field in FIELDS {
        let (scene, value) = (over_tls(server, &field, ELSEWHERE), (field.write)(&PKI.client));
        let headers = [("authorization", &*scene.clients_token()), (field.name, &value)];
        for (client, expected) in [
            (Client::tls(Some(&PKI.other)), invalid_token("mtls_certificate_mismatch")),
            (Client::tls(None), invalid_token("mtls_certificate_required")),
        ] {
            assert_eq!(scene.ask(&client, &headers).await, expected, "{}", field.name);
        }
    }
}

/// Even from a trusted proxy's address: what the socket showed is not up for discussion.
async fn m4_certificate_of_the_socket_comes_before_the_field(server: Server) {
    for field in FIELDS {
        let scene = over_tls(server, &field, PROXY);
        let token = scene.clients_token();
        for (shown, written, expected) in [
            (Some(&PKI.other), &PKI.client, invalid_token("mtls_certificate_mismatch")),
            (Some(&PKI.client), &PKI.other, granted_as("mtls")),
            // A proxy that speaks TLS to the server and shows no certificate of its own.
            (None, &PKI.client, granted_as("mtls")),
            (None, &PKI.other, invalid_token("mtls_certificate_mismatch")),
        ] {
            let headers = [("authorization", token.as_str()), (field.name, &(field.write)(written))];
            let outcome = scene.ask(&Client::tls(shown), &headers).await;
            assert_eq!(outcome, expected, "{}, certificate on the socket: {}", field.name, shown.is_some());
        }
    }
}

async fn m5_malformed_or_repeated_field_is_no_certificate(server: Server) {
    for field in FIELDS {
        let scene = behind(server, &field, PROXY);
        let token = scene.clients_token();
        for (wrong, lines) in malformed(&field, &PKI.client, &PKI.other) {
            let mut headers = vec![("authorization", token.as_str())];
            headers.extend(lines.iter().map(|line| (field.name, line.as_str())));
            let outcome = scene.ask(&Client::plain(), &headers).await;
            let says_none = matches!(wrong, "nothing in it" | "the nearest proxy saw none");
            let reason = if says_none { "mtls_certificate_required" } else { "mtls_certificate_unreadable" };
            assert_eq!(outcome, invalid_token(reason), "{}: {wrong}", field.name);
        }
    }
}

/// From the client's handshake to the check, with a proxy between them that keeps the deployment contract.
async fn m6_handshake_with_the_proxy_decides_and_not_what_the_client_writes(server: Server) {
    for field in FIELDS {
        let scene = behind(server, &field, PROXY);
        let proxy = gateway::before(scene.served.address, field, config::optional_client_auth()).await;
        let token = scene.clients_token();
        for (shown, written, expected) in [
            (Some(&PKI.client), None, granted_as("mtls")),
            (Some(&PKI.client), Some(&PKI.other), granted_as("mtls")),
            (Some(&PKI.other), Some(&PKI.client), invalid_token("mtls_certificate_mismatch")),
            (None, Some(&PKI.client), invalid_token("mtls_certificate_required")),
        ] {
            let value = written.map(field.write);
            let mut headers = vec![("authorization", token.as_str())];
            headers.extend(value.as_deref().map(|value| (field.name, value)));
            let mut connection = Client::tls(shown).connect(proxy).await;
            assert_eq!(scene.ask_on(&mut connection, &headers).await, expected, "{}", field.name);
        }
    }
}

/// What a client writes into Envoy's field stands left of what the proxy adds.
async fn m5_last_element_of_xfcc_is_the_nearest_proxys(server: Server) {
    let scene = behind(server, &XFCC, PROXY);
    let token = scene.clients_token();
    let [clients, others] = [&PKI.client, &PKI.other].map(XFCC.write);
    for (line, expected) in [
        (format!("{others},{clients}"), granted_as("mtls")),
        (format!("{clients},{others}"), invalid_token("mtls_certificate_mismatch")),
    ] {
        let headers = [("authorization", token.as_str()), (XFCC.name, &line)];
        assert_eq!(scene.ask(&Client::plain(), &headers).await, expected);
    }
}

/// A field that this server was not told to read is a header like any other.
async fn m5_only_the_configured_field_is_read(server: Server) {
    for configured in FIELDS {
        let scene = behind(server, &configured, PROXY);
        let token = scene.clients_token();
        for sent in FIELDS.iter().filter(|sent| sent.name != configured.name) {
            let headers = [("authorization", token.as_str()), (sent.name, &(sent.write)(&PKI.client))];
            let outcome = scene.ask(&Client::plain(), &headers).await;
            assert_eq!(outcome, invalid_token("mtls_certificate_required"), "{} for {}", sent.name, configured.name);
        }
    }
}

/// Without a pinned origin the same proxies vouch for https. Where none does, the token is not even read (P14), and the
/// challenge is for the scheme that the resource prefers.
async fn p13_forwarded_origin_counts_from_a_trusted_proxy_only(server: Server) {
    for (proxy, expected) in
        [(PROXY, granted_as("mtls")), (ELSEWHERE, refused("DPoP", "invalid_token", "insecure_transport"))]
    {
        let origin = OriginPolicy::new().forwarded(ForwardedHeader::Forwarded);
        let scene = Scene::plain(server, |world| proxied(world, &CLIENT_CERT, proxy, origin));
        let forwarded = format!("proto=https;host={HOST}");
        let headers = [
            ("authorization", &*scene.clients_token()),
            (CLIENT_CERT.name, &(CLIENT_CERT.write)(&PKI.client)),
            ("forwarded", &forwarded),
        ];
        assert_eq!(scene.ask(&Client::plain(), &headers).await, expected, "{proxy}");
    }
}

on_every_adapter!(
    m5_every_kind_of_field_is_believed_from_a_trusted_proxy
    m4_field_of_an_untrusted_peer_is_ignored
    m4_field_over_direct_tls_is_ignored
    m4_certificate_of_the_socket_comes_before_the_field
    m5_malformed_or_repeated_field_is_no_certificate
    m5_last_element_of_xfcc_is_the_nearest_proxys
    m6_handshake_with_the_proxy_decides_and_not_what_the_client_writes
    m5_only_the_configured_field_is_read
    p13_forwarded_origin_counts_from_a_trusted_proxy_only
);
