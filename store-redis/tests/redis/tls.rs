//! TLS to a server with certificates of a private authority, as `docs/redis.md` sets it up.

use crate::server::{NOW, TestServer, claim, folder, quick};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::host::ReplayStore;
use attesto_redis::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use attesto_redis::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use attesto_redis::{FailureKind, RedisReplayStore};
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::fs;
use std::net::TcpListener;
use std::sync::Arc;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new([]).expect("no names");
        parameters.distinguished_name.push(DnType::CommonName, "authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("a certificate"))
    }

    fn issue(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new([name.to_owned()]).expect("a name");
        parameters.distinguished_name.push(DnType::CommonName, name);
        (parameters.signed_by(&key, &self.0).expect("a certificate"), key)
    }

    /// Trusts this authority alone, and shows a certificate of it if asked to.
    fn client(&self, with_certificate: bool) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
        Arc::new(if with_certificate {
            let (certificate, key) = self.issue("client.example");
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
            builder.with_client_auth_cert(vec![certificate.der().clone()], key).expect("a certificate")
        } else {
            builder.with_no_client_auth()
        })
    }

    /// A server on TLS alone, with its port. `None` where there is none, or it has no TLS.
    fn server(&self) -> Option<(TestServer, u16)> {
        let (certificate, key) = self.issue("localhost");
        // Another process may take the port before the server does; then there is another.
        for _ in 0..20 {
            let port =
                TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
            let folder = folder();
            let file = |name: &str, text: String| {
                let path = folder.join(name);
                fs::write(&path, text).expect("written");
                path.display().to_string()
            };
            let [ca, certificate, key] = [
                file("ca.pem", self.0.pem()),
                file("certificate.pem", certificate.pem()),
                file("key.pem", key.serialize_pem()),
            ];
            let arguments = ["--bind", "127.0.0.1", "--port", "0", "--tls-port", &port.to_string()].map(str::to_owned);
            let tls =
                ["--tls-ca-cert-file", &ca, "--tls-cert-file", &certificate, "--tls-key-file", &key, "--save", ""];
            let arguments = arguments.into_iter().chain(tls.map(str::to_owned)).collect();
            match TestServer::start_in(folder, arguments)? {
                Ok(server) => return Some((server, port)),
                Err(log) if log.contains("ddress already in use") => {}
                Err(log) => {
                    println!("left out: this server has no TLS: {log}");
                    assert!(std::env::var_os("ATTESTO_REQUIRE_REDIS").is_none(), "{log}");
                    return None;
                }
            }
        }
        panic!("no port is free");
    }
}

#[tokio::test]
async fn a_server_with_tls_is_used_if_its_certificate_is_the_right_one() {
    let authority = Authority::new();
    let Some((_server, port)) = authority.server() else { return };
    let url = format!("rediss://localhost:{port}");
    let store = RedisReplayStore::connect(quick(&url).tls_config(authority.client(true))).await.expect("connects");
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Fresh);
    assert_eq!(store.claim(&claim("a"), NOW).await, ReplayAnswer::Replay);

    for (what, url, config) in [
        ("an authority that is not trusted", url.clone(), Authority::new().client(true)),
        ("a certificate for another name", format!("rediss://127.0.0.1:{port}"), authority.client(true)),
    ] {
        let failure = RedisReplayStore::connect(quick(&url).tls_config(config)).await.expect_err(what);
        assert_eq!(failure.kind, FailureKind::Tls, "{what}: {failure}");
        assert!(failure.to_string().contains("invalid peer certificate"), "{failure}");
    }
    let failure = RedisReplayStore::connect(quick(&url)).await.expect_err("the platform does not know the authority");
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    // The server asks for a certificate unless it is configured otherwise.
    let options = quick(&url).tls_config(authority.client(false));
    let failure = RedisReplayStore::connect(options).await.expect_err("the client has no certificate");
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    RedisReplayStore::connect(quick(&format!("redis://localhost:{port}"))).await.expect_err("no TLS");
}
