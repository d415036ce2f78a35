//! Client certificates in header fields: what comes out is what the trusted proxy put in, decoded as everybody decodes it.

use crate::fixture::WORLD;
use crate::model::base64;
use crate::request::Request;
use attesto_core::limits;
use attesto_core::mtls::{CertificateExtractor, ClientCert, EscapedPem, XForwardedClientCert, certificate_thumbprint};

const XFCC: &str = "x-forwarded-client-cert";

/// A request. Its body is a certificate, or not.
pub fn certificates(data: &[u8]) {
    let request = Request::parse(data);
    if let Some(der) = client_cert(&request) {
        thumbprint_is_of_one_certificate(&der);
    }
    if let Some(der) = escaped_pem(&request) {
        thumbprint_is_of_one_certificate(&der);
    }
    if let Some(der) = forwarded_client_cert(&request) {
        thumbprint_is_of_one_certificate(&der);
    }
    thumbprint_is_of_one_certificate(data);
    thumbprint_is_of_one_certificate(request.body.as_deref().unwrap_or_default());
}

fn extract(extractor: &dyn CertificateExtractor, request: &Request) -> Option<Vec<u8>> {
    request.with_parts(|parts| extractor.extract(parts.headers)).ok().flatten()
}

/// The only line of that name, which must be there if a certificate was found.
fn only_line<'r>(request: &'r Request, name: &str) -> &'r [u8] {
    let lines = request.values(name);
    let [line] = lines.as_slice() else { panic!("a certificate of {} lines", lines.len()) };
    line
}

/// RFC 9440 §2.2: an item between colons.
fn client_cert(request: &Request) -> Option<Vec<u8>> {
    let der = extract(&ClientCert, request)?;
    let line = std::str::from_utf8(only_line(request, "client-cert")).expect("ASCII");
    let (encoded, _) = line.trim_start().strip_prefix(':').and_then(|rest| rest.split_once(':')).expect("two colons");
    assert_eq!(encoded.trim_end_matches('='), base64(&der).trim_end_matches('='));
    assert!(extract(&ClientCert, &request.preceded_by("client-cert", ":AQID:")).is_none(), "two lines");
    Some(der)
}

fn escaped_pem(request: &Request) -> Option<Vec<u8>> {
    let extractor = EscapedPem::new("X-Client-Cert").expect("a name");
    let der = extract(&extractor, request)?;
    is_pem_of(std::str::from_utf8(only_line(request, "x-client-cert")).expect("ASCII"), &der);
    assert!(extract(&extractor, &request.preceded_by("x-client-cert", "")).is_none(), "two lines");
    Some(der)
}

fn is_pem_of(escaped: &str, der: &[u8]) {
    let mut pem = Vec::new();
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('%') {
        pem.extend(before.as_bytes());
        pem.push(u8::from_str_radix(&after[..2], 16).expect("a triplet"));
        rest = &after[2..];
    }
    pem.extend(rest.as_bytes());
    let text: String = pem.iter().map(|byte| char::from(*byte)).filter(|c| !c.is_ascii_whitespace()).collect();
    assert_eq!(text, format!("-----BEGINCERTIFICATE-----{}-----ENDCERTIFICATE-----", base64(der)));
}

/// The last element's, whatever stands before it; and none of another element's.
fn forwarded_client_cert(request: &Request) -> Option<Vec<u8>> {
    let extractor = XForwardedClientCert;
    let der = extract(&extractor, request)?;
    let line = only_line(request, XFCC);
    if line.len() + 128 > limits::HEADER_VALUE {
        return Some(der); // no room for more
    }
    let with = |before: &str, after: &str| {
        let line = [before.as_bytes(), line, after.as_bytes()].concat();
        extract(&extractor, &request.without(|name| name == XFCC).preceded_by(XFCC, line))
    };
    for client in ["By=a;Cert=\"x\",", "Cert=zzz;Hash=ab,", "Subject=\"a,b;c=\\\"d\\\"\",", "Cert=\"\","] {
        assert_eq!(with(client, "").as_ref(), Some(&der), "{client}");
    }
    assert_eq!(with("", ",Hash=ab"), None, "the nearest proxy forwarded none");
    let second = ";Cert=\"-----BEGIN%20CERTIFICATE-----AQID-----END%20CERTIFICATE-----\"";
    assert_eq!(with("", second), None, "two of one element");
    assert_eq!(with("\"", ""), None, "an open quotation");
    Some(der)
}

/// The hash of exactly one certificate: a byte more or less is none.
fn thumbprint_is_of_one_certificate(der: &[u8]) {
    let provider = WORLD.provider.as_ref();
    let Some(thumbprint) = certificate_thumbprint(provider, der) else { return };
    assert_eq!(thumbprint.as_bytes(), &provider.sha256(&[der]));
    assert_eq!(certificate_thumbprint(provider, &[der, &[0]].concat()), None);
    assert_eq!(certificate_thumbprint(provider, &der[1..]), None);
    assert_eq!(certificate_thumbprint(provider, &der[..der.len() - 1]), None);
}
