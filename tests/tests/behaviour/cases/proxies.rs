//! What proxies say counts from trusted peers only. Over loopback the peer is always 127.0.0.1; what changes is which peers
//! the server trusts.

use crate::tokens::{bearer, proof};
use attesto_core::http::{ForwardedHeader, OriginPolicy, TlsSession, TrustedProxies, XForwarded};
use attesto_core::mtls::{CertificatePolicy, ClientCert};
use attesto_core::resource::ResourceServerBuilder;
use attesto_tests::client::Request;
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, Running};
use attesto_tests::{AUDIENCE, World};
use std::sync::Arc;

const CLIENT: &[u8] = include_bytes!("../../../keys/client.der");
const TRUSTED: &str = "loopback";
const UNTRUSTED: &str = "192.0.2.1";

fn behind(world: &World, proxy: &str, header: impl Into<ForwardedHeader>) -> ResourceServerBuilder {
    let proxies = TrustedProxies::parse([proxy]).expect("proxies");
    world.builder().origin(OriginPolicy::behind(proxies, header))
}

fn start(server: Server, builder: ResourceServerBuilder) -> Running {
    (server.start)(App::simple(builder))
}

/// A request through a proxy on a connection of its own, with a proof for this URL.
fn proven(world: &World, url: &str, jti: &str) -> Request {
    let token = world.bound_token();
    let mut request = Request::new("GET", "/mcp").dpop(&token, &proof(world, &token, "GET", url, jti));
    request.headers[0].1 = b"internal:8080".to_vec();
    request
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
    let request = through_proxy(&world, "2").header("forwarded", "proto=http;host=mcp.example.com");
    assert_eq!(running.send(&request).status, 401, "P14: plain http up to the proxy");
    let running = start(server, behind(&world, TRUSTED, XForwarded::PROTO));
    let request = through_proxy(&world, "3").header("x-forwarded-proto", "wss");
    assert_eq!(running.send(&request).status, 200, "the scheme is all that a proxy must say");
}

/// A relayed token and proof open nothing, whatever the request names as its host: RFC 9449 §4.3 check 9.
pub(crate) fn p11_proof_for_a_host_that_the_client_chose_is_refused(server: Server) {
    let world = World::new();
    let fields = [
        ("forwarded", "proto=https;host=evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("host", "evil.example"),
    ];
    let by_proxy =
        [ForwardedHeader::Forwarded, XForwarded::PROTO.and(XForwarded::HOST).into(), XForwarded::PROTO.into()];
    for (number, header) in by_proxy.into_iter().enumerate() {
        let running = start(server, behind(&world, TRUSTED, header));
        for (at, (name, value)) in fields.into_iter().enumerate() {
            let mut request = proven(&world, "https://evil.example/mcp", &format!("{number}-{at}"));
            if name == "host" {
                request.headers[0].1 = value.as_bytes().to_vec();
                request = request.header("forwarded", "proto=https");
            } else {
                request = request.header(name, value);
            }
            let refused = running.send(&request.header("x-forwarded-proto", "https"));
            assert_eq!((refused.status, running.reached.times()), (401, 0), "{name} to {header:?}");
        }
    }
    // Without any proxy the same.
    let running = (server.start)(App::simple(world.builder()).through_tls(TlsSession::new()));
    let mut request = proven(&world, "https://evil.example/mcp", "direct");
    request.headers[0].1 = b"evil.example".to_vec();
    assert_eq!((running.send(&request).status, running.reached.times()), (401, 0));
}

pub(crate) fn p11_port_that_the_operator_did_not_name_is_the_clients_text(server: Server) {
    let world = World::new();
    let running = start(server, behind(&world, TRUSTED, XForwarded::PROTO));
    let at_port = |jti| {
        let request = proven(&world, "https://mcp.example.com:1/mcp", jti);
        request.header("x-forwarded-proto", "https").header("x-forwarded-port", "1")
    };
    assert_eq!((running.send(&at_port("1")).status, running.reached.times()), (401, 0));
    let listed = OriginPolicy::new().hosts(["mcp.example.com:1"]).expect("a host");
    let proxies = TrustedProxies::parse([TRUSTED]).expect("proxies");
    let forwarded = XForwarded::PROTO.and(XForwarded::HOST).and(XForwarded::PORT);
    let running = start(server, world.builder().origin(listed.proxies(proxies).forwarded(forwarded)));
    let request = at_port("2").header("x-forwarded-host", "mcp.example.com");
    assert_eq!(running.send(&request).status, 200, "listed, and named by a proxy that sets both");
}

pub(crate) fn p13_forwarded_origin_is_ignored_from_anybody_else(server: Server) {
    let world = World::new();
    // Ignored, the header cannot turn plain http into https ..
    let running = start(server, behind(&world, UNTRUSTED, ForwardedHeader::Forwarded));
    let request = through_proxy(&world, "1").header("forwarded", "proto=https;host=mcp.example.com");
    let refused = running.send(&request);
    assert_eq!((refused.status, running.reached.times()), (401, 0));
    // .. and cannot move the host away from where the client's own TLS connection led, nor break the request.
    let tls = App::simple(behind(&world, UNTRUSTED, ForwardedHeader::Forwarded)).through_tls(TlsSession::new());
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
        let mut setup = App::simple(behind(&world, proxy, ForwardedHeader::Forwarded).mtls(certificates));
        setup.session = tls.then(TlsSession::new);
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
