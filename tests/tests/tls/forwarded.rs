//! Certificate fields, as the proxies that set them write them.

use crate::pki::Identity;
use attesto_core::http::{HeaderLines, Lines};
use attesto_core::mtls::{CertificateExtractor, ClientCert, EscapedPem, UnreadableCertificate, XForwardedClientCert};
use std::sync::Arc;

/// A field of one kind, and how it is read.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) extractor: fn() -> Arc<dyn CertificateExtractor>,
    pub(crate) write: fn(&Identity) -> String,
}

/// RFC 9440.
pub(crate) const CLIENT_CERT: Field = Field {
    name: "client-cert",
    extractor: || Arc::new(ClientCert),
    write: |identity| format!(":{}:", identity.base64()),
};

/// Envoy.
pub(crate) const XFCC: Field = Field {
    name: "x-forwarded-client-cert",
    extractor: || Arc::new(XForwardedClientCert),
    write: |identity| {
        let pem = percent_encode(identity.pem(), "");
        format!("By=spiffe://mesh/api;Hash=00;Cert=\"{pem}\";Subject=\"CN=client, O=\\\"x;y\\\"\"")
    },
};

/// nginx: `proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert`.
pub(crate) const NGINX: Field = Field {
    name: "x-ssl-client-cert",
    extractor: || Arc::new(EscapedPem::new("X-SSL-Client-Cert").expect("a field name")),
    write: |identity| percent_encode(identity.pem(), ""),
};

/// AWS load balancers leave three more characters as they are.
pub(crate) const AWS: Field = Field {
    name: "x-amzn-mtls-clientcert-leaf",
    extractor: || Arc::new(EscapedPem::new("X-Amzn-Mtls-Clientcert-Leaf").expect("a field name")),
    write: |identity| percent_encode(identity.pem(), "+=/"),
};

/// An application's own: hexadecimal DER.
pub(crate) const OWN: Field = Field {
    name: "x-client-der",
    extractor: || Arc::new(Hexadecimal),
    write: |identity| identity.der().iter().map(|byte| format!("{byte:02x}")).collect(),
};

/// All of them.
pub(crate) const FIELDS: [Field; 5] = [CLIENT_CERT, XFCC, NGINX, AWS, OWN];

/// What no proxy that works would send: for each field, lines to send and what is wrong with them.
pub(crate) fn malformed(field: &Field, client: &Identity, other: &Identity) -> Vec<(&'static str, Vec<String>)> {
    let [mine, others] = [client, other].map(field.write);
    let mut cases = vec![
        ("the same line twice", vec![mine.clone(), mine.clone()]),
        ("another certificate in a second line", vec![mine.clone(), others.clone()]),
        ("another certificate in a first line", vec![others, mine.clone()]),
        ("a second line that is empty", vec![mine.clone(), String::new()]),
        ("nothing in it", vec![String::new()]),
        ("the end is missing", vec![mine[..mine.len() / 2].to_owned()]),
        ("no certificate in it", vec![mine.replace("MII", "AAA").replace("3082", "0000")]),
        ("something after it", vec![format!("{mine} !")]),
    ];
    cases.extend(match field.name {
        "client-cert" => vec![("a list", vec![format!("{mine}, {mine}")]), ("a bare value", vec![client.base64()])],
        "x-forwarded-client-cert" => vec![
            ("the certificate twice", vec![format!("{mine};{mine}")]),
            ("an open quotation before it", vec![format!("Subject=\"x,{mine}")]),
            ("the nearest proxy saw none", vec![format!("{mine},By=spiffe://mesh/api;Hash=00")]),
        ],
        _ => vec![("two in one value", vec![mine.repeat(2)])],
    });
    cases
}

fn percent_encode(text: &str, kept: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c);
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) }).collect()
}

#[derive(Debug)]
struct Hexadecimal;

impl CertificateExtractor for Hexadecimal {
    fn extract(&self, headers: &dyn HeaderLines) -> Result<Option<Vec<u8>>, UnreadableCertificate> {
        let line = match headers.lines("x-client-der") {
            Lines::None | Lines::One(b"") => return Ok(None),
            Lines::One(line) => line,
            Lines::Many => return Err(UnreadableCertificate),
        };
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        line.chunks(2).map(byte).collect::<Option<_>>().map(Some).ok_or(UnreadableCertificate)
    }
}
