//! What proxies say counts from trusted peers only. Over loopback the peer is always 127.0.0.1; what changes is whom the server
//! trusts.

use crate::Server;
use crate::client::Request;
use crate::setup::{Running, Setup};
use crate::tokens::{bearer, proof};
use attesto_core::http::{ForwardedHeader, OriginPolicy, TlsSession, TrustedProxies};
use attesto_core::mtls::{CertificatePolicy, ClientCert};
use attesto_core::resource::ResourceServerBuilder;
use attesto_tests::{AUDIENCE, World};
use std::sync::Arc;

const CLIENT: &[u8] = include_bytes!("../../../keys/client.der");
const TRUSTED: &str = "loopback";
const UNTRUSTED: &str = "192.0.2.1";

fn behind(world: &World, proxy: &str, header: ForwardedHeader) -> ResourceServerBuilder {
    let proxies = TrustedProxies::parse([proxy]).expect("proxies");
    world.builder().origin(OriginPolicy::new().proxies(proxies).forwarded(header))
}

fn start(server: Server, builder: ResourceServerBuilder) -> Running {
    (server.start)(Setup::simple(builder))
}

/// What a proxy sends on of a request to the resource: its own name for the host, and a proof for the public one.
fn through_proxy(world: &World, jti: &str) -> Request {
    let token = world.bound_token();
    let mut request = Request::new("GET", "/mcp").dpop(&token, &proof(world, &token, "GET", AUDIENCE, jti));
    request.headers[0].1 = b"internal:8080".to_vec();
    request
}

pub(crate) fn p13_forwarded_origin_counts_from_a_trusted_proxy(server: Server) {
    let world = World::new();
    let running = start(server, behind(&world, TRUSTED, ForwardedHeader::Forwarded));
    let request = through_proxy(&world, "1").header("forwarded", "proto=https;host=mcp.example.com");
    assert_eq!(running.send(&request).status, 200);
    let request = through_proxy(&world, "2").header("forwarded", "proto=https;host=evil.example.com");
    assert_eq!(running.send(&request).status, 401, "the proof is for another host");
    let request = through_proxy(&world, "3").header("forwarded", "proto=http;host=mcp.example.com");
    assert_eq!(running.send(&request).status, 401, "P14: plain http up to the proxy");
    let running = start(server, behind(&world, TRUSTED, ForwardedHeader::XForwarded));
    let request = through_proxy(&world, "4")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "mcp.example.com")
        .header("x-forwarded-port", "443");
    assert_eq!(running.send(&request).status, 200);
}

pub(crate) fn p13_forwarded_origin_is_ignored_from_anybody_else(server: Server) {
    let world = World::new();
    // Ignored, the header cannot turn plain http into https ..
    let running = start(server, behind(&world, UNTRUSTED, ForwardedHeader::Forwarded));
    let request = through_proxy(&world, "1").header("forwarded", "proto=https;host=mcp.example.com");
    let refused = running.send(&request);
    assert_eq!((refused.status, running.reached.times()), (401, 0));
    // .. and cannot move the host away from where the client's own TLS connection led, nor break the request.
    let tls = Setup::simple(behind(&world, UNTRUSTED, ForwardedHeader::Forwarded)).through_tls(TlsSession::new());
    let running = (server.start)(tls);
    for forwarded in ["proto=http;host=evil.example.com", "not;even;;forwarded"] {
        let request = Request::new("GET", "/mcp").bearer(&bearer(&world)).header("forwarded", forwarded);
        assert_eq!(running.send(&request).status, 200, "{forwarded}");
    }
}

pub(crate) fn m4_forwarded_certificate_counts_only_from_a_trusted_proxy(server: Server) {
    let world = World::new();
    let request = Request::new("GET", "/mcp")
        .bearer(&world.certificate_token(CLIENT))
        .header("client-cert", format!(":{}:", base64(CLIENT)))
        .header("forwarded", "proto=https;host=mcp.example.com");
    for (proxy, tls, status) in [(TRUSTED, false, 200), (UNTRUSTED, false, 401), (UNTRUSTED, true, 401)] {
        let certificates = CertificatePolicy::new().forwarded(Arc::new(ClientCert));
        let mut setup = Setup::simple(behind(&world, proxy, ForwardedHeader::Forwarded).mtls(certificates));
        setup.tls = tls.then(TlsSession::new);
        let running = (server.start)(setup);
        assert_eq!(running.send(&request).status, status, "{proxy}, TLS ends here: {tls}");
    }
}

/// RFC 4648 §4, as RFC 8941 has it in byte sequences.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = u32::from_be_bytes([0, chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)]);
        for index in 0..4 {
            let digit = (group >> (18 - 6 * index)) & 63;
            text.push(if index <= chunk.len() { ALPHABET[digit as usize] as char } else { '=' });
        }
    }
    text
}
