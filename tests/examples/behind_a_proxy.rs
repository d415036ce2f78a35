//! What `tests/proxies` puts behind real reverse proxies: the resource `https://mcp.example.com/mcp` on bare hyper, HTTP/1.1 and h2c.
//!
//! `behind_a_proxy ORIGIN FIELD` pins the origin, or believes the proxy's `X-Forwarded-Proto` where ORIGIN is `proto`, and reads client
//! certificates from a field (`client-cert`, `escaped-pem`, `xfcc`). It prints its port, then answers its standard input line by line, and ends with it:
//!
//! - `token dpop` and `token mtls FILE.der`: an access token, bound;
//! - `proof METHOD URI TOKEN`: a new DPoP proof.

use attesto_core::host::{Guard, MemoryReplayStore, PublicDocuments};
use attesto_core::http::{CanonicalOrigin, OriginPolicy, TrustedProxies, XForwarded};
use attesto_core::mtls::{CertificateExtractor, CertificatePolicy, ClientCert, EscapedPem, XForwardedClientCert};
use attesto_core::time::Clock;
use attesto_core::{ConfigError, Timestamp};
use attesto_hyper::{OnConnection, Protect, Publish, RequestBody, granted, response};
use attesto_tests::{NOW, World};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// How the sender is known, and the path as the proxy passed it on.
async fn said(request: Request<RequestBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match granted(request.extensions()) {
        Ok(caller) => Response::new(Full::from(format!("{} {}\n", caller.sender().kind(), request.uri().path()))),
        Err(wiring) => response(wiring.response()),
    })
}

fn guard(world: &World, origin: &str, field: &str) -> Result<Arc<Guard>, Box<dyn Error>> {
    let extractor: Arc<dyn CertificateExtractor> = match field {
        "client-cert" => Arc::new(ClientCert),
        "escaped-pem" => Arc::new(EscapedPem::new("X-SSL-Client-Cert")?),
        "xfcc" => Arc::new(XForwardedClientCert),
        _ => return Err("FIELD is client-cert, escaped-pem or xfcc".into()),
    };
    let proxies = TrustedProxies::parse(["loopback"])?;
    let origin = match origin {
        "proto" => OriginPolicy::behind(proxies, XForwarded::PROTO),
        pinned => OriginPolicy::new().canonical(CanonicalOrigin::parse(pinned)?).proxies(proxies),
    };
    let server = world.builder().origin(origin).mtls(CertificatePolicy::new().forwarded(extractor)).build()?;
    Ok(Arc::new(Guard::builder(server).replay_store(MemoryReplayStore::single_node(100_000)?).build()?))
}

async fn serve(listener: TcpListener, guard: Arc<Guard>) -> Result<(), ConfigError> {
    let documents = PublicDocuments::from_guards([&*guard])?;
    let clock = Clock::new(|| Timestamp::from_secs(NOW));
    let app = Publish::new(documents).wrap(Protect::new(guard).clock(clock).wrap(service_fn(said)));
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(Duration::from_millis(100)).await; // EMFILE, say: it fails again at once, until a connection closes
            continue;
        };
        let service = OnConnection::new(peer).wrap(app.clone());
        tokio::spawn(async move {
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().timer(TokioTimer::new()); // without it, the head of a request may take for ever
            server.serve_connection(TokioIo::new(stream), service).await
        });
    }
}

/// The answer to one line.
fn asked(world: &World, line: &str, number: usize) -> Result<String, Box<dyn Error>> {
    Ok(match line.split(' ').collect::<Vec<_>>()[..] {
        ["token", "dpop"] => world.bound_token(),
        ["token", "mtls", file] => world.certificate_token(&std::fs::read(file)?),
        ["proof", method, uri, token] => world.proof(token, |_, claims| {
            claims.insert("htm".into(), method.into());
            claims.insert("htu".into(), uri.into());
            claims.insert("jti".into(), format!("proof-{number}").into());
        }),
        _ => return Err(format!("not understood: {line}").into()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [origin, field] = &words[..] else { return Err("behind_a_proxy ORIGIN FIELD".into()) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    tokio::spawn(serve(listener, guard(&world, origin, field)?));
    let conversation = tokio::task::spawn_blocking(move || {
        for (number, line) in std::io::stdin().lines().enumerate() {
            let said = line.map_err(Into::into).and_then(|line| asked(&world, &line, number));
            println!("{}", said.unwrap_or_else(|error| format!("error: {error}")));
        }
    });
    Ok(conversation.await?)
}
