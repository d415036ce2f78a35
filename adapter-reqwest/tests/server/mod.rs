//! A server of bytes: it sends what the test sets, and records what it received.
#![allow(dead_code, reason = "each test crate uses its part")]

use attesto_reqwest::reqwest::{Certificate, Client, ClientBuilder};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub(crate) type Script = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// What to do with a connection once the request's head is read.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, then close.
    Bytes(Vec<u8>),
    /// These bytes, then nothing, for as long as the client waits.
    Stall(Vec<u8>),
    /// These bytes, then chunks until the client goes away.
    Endless(Vec<u8>),
    /// What this makes of the request.
    Script(Script),
}

/// A self-signed certificate: only clients that add it trust it.
pub(crate) struct Identity {
    acceptor: TlsAcceptor,
    certificate: Certificate,
}

impl Identity {
    pub(crate) fn for_name(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let certificate = Certificate::from_der(made.cert.der()).expect("its own DER");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
            .expect("a sound identity");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate }
    }

    /// Trusts this one and no other, whatever the machine trusts.
    pub(crate) fn trusting(&self) -> ClientBuilder {
        Client::builder().tls_certs_only([self.certificate.clone()])
    }
}

/// One response, whole.
pub(crate) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(reply: Reply) -> Self {
        Self::listen(reply, None).await
    }

    pub(crate) async fn start_tls(identity: &Identity, reply: Reply) -> Self {
        Self::listen(reply, Some(identity.acceptor.clone())).await
    }

    async fn listen(reply: Reply, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (requests, connections) = (Arc::default(), Arc::new(Mutex::new(0)));
        let (heard, counted) = (Arc::clone(&requests), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *counted.lock().expect("no panic") += 1;
                tokio::spawn(begin(stream, tls.clone(), reply.clone(), Arc::clone(&heard)));
            }
        });
        Self { address, requests, connections, task }
    }

    /// Says this, with a length.
    pub(crate) async fn saying(status: &str, headers: &str, body: &[u8]) -> Self {
        Self::start(Reply::Bytes(response(status, headers, body))).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// By name: what a server with a certificate is called.
    pub(crate) fn https(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// The requests that it received, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().expect("no panic")
    }
}

/// Head, and as much body as it announces.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or("0", |length| length);
        if body.len() >= announced.parse::<usize>().ok()? {
            return Some(text.into_owned());
        }
    }
}

async fn begin(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    reply: Reply,
    heard: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    match tls {
        Some(acceptor) => answer(acceptor.accept(stream).await.ok()?, reply, heard).await,
        None => answer(stream, reply, heard).await,
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: Reply,
    heard: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let request = read(&mut stream).await?;
    let bytes = match &reply {
        Reply::Bytes(bytes) | Reply::Stall(bytes) | Reply::Endless(bytes) => bytes.clone(),
        Reply::Script(script) => script(&request),
    };
    heard.lock().expect("no panic").push(request);
    stream.write_all(&bytes).await.ok()?;
    match reply {
        Reply::Bytes(_) | Reply::Script(_) => stream.shutdown().await.ok(),
        // Ends when the client hangs up.
        Reply::Stall(_) => stream.read(&mut [0]).await.ok().map(drop),
        Reply::Endless(_) => loop {
            stream.write_all(b"400\r\n").await.ok()?;
            stream.write_all(&[b'a'; 0x400]).await.ok()?;
            stream.write_all(b"\r\n").await.ok()?;
        },
    }
}
