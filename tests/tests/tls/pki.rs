//! Certificates, made anew for each run of the tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::iter;
use std::sync::{Arc, LazyLock};

/// The server's name, also in the tokens' audience.
pub(crate) const HOST: &str = "mcp.example.com";

/// Who has which certificate.
pub(crate) static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

pub(crate) struct Pki {
    authority: CertificateDer<'static>,
    pub(crate) server: Identity,
    /// The client that the tokens are bound to.
    pub(crate) client: Identity,
    /// A client of the same authority.
    pub(crate) other: Identity,
    /// A client that no authority vouches for.
    pub(crate) self_signed: Identity,
}

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    /// Of the authority, if one signed: shown in the handshake as well, after the certificate.
    issuer: Option<CertificateDer<'static>>,
    key: PrivatePkcs8KeyDer<'static>,
    pem: String,
}

impl Pki {
    fn new() -> Self {
        let mut params = named("authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(params, new_key()).expect("a CA certificate");
        Self {
            authority: authority.der().clone(),
            server: Identity::new(HOST, ExtendedKeyUsagePurpose::ServerAuth, Some(&authority)),
            client: Identity::new("client", ExtendedKeyUsagePurpose::ClientAuth, Some(&authority)),
            other: Identity::new("other", ExtendedKeyUsagePurpose::ClientAuth, Some(&authority)),
            self_signed: Identity::new("hermit", ExtendedKeyUsagePurpose::ClientAuth, None),
        }
    }

    /// Whose certificate this is.
    pub(crate) fn holder_of(&self, der: &[u8]) -> &Identity {
        [&self.client, &self.other, &self.self_signed]
            .into_iter()
            .find(|identity| identity.der() == der)
            .expect("a client's certificate")
    }

    /// What both sides trust.
    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).expect("a sound CA certificate");
        Arc::new(roots)
    }
}

impl Identity {
    fn new(name: &str, usage: ExtendedKeyUsagePurpose, by: Option<&CertifiedIssuer<'_, KeyPair>>) -> Self {
        let mut params = named(name);
        params.extended_key_usages = vec![usage];
        let key = new_key();
        let certificate = match by {
            Some(authority) => params.signed_by(&key, authority),
            None => params.self_signed(&key),
        }
        .expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            issuer: by.map(|authority| authority.der().clone()),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            pem: certificate.pem(),
        }
    }

    /// What tokens are bound to.
    pub(crate) fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// As proxies see it: rcgen's encoding, none of ours.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The base64 in the PEM.
    pub(crate) fn base64(&self) -> String {
        self.pem.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    /// For a TLS configuration.
    pub(crate) fn credentials(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = iter::once(&self.certificate).chain(&self.issuer).cloned().collect();
        (chain, self.key.clone_key().into())
    }
}

/// In date as long as X.509 can say: the machine's clock cannot make the tests fail.
fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a DNS name");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a P-256 key")
}
