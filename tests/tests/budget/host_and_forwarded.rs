//! What stands around the credentials: host, forwarded fields, certificates.

use crate::measured_input::{Row, bytes};
use crate::scene::{granted, plain, refused};
use attesto_core::encoding::base64url;
use attesto_core::http::{ForwardedHeader, OriginError, OriginPolicy, TrustedProxies, XForwarded};
use attesto_core::limits;
use attesto_core::mtls::{CertificateExtractor, CertificatePolicy, ClientCert, EscapedPem, XForwardedClientCert};
use attesto_core::resource::{BindingError, CredentialError, ResourceServerBuilder};
use attesto_tests::{Call, World};
use std::sync::Arc;

const CERTIFICATE: &[u8] = include_bytes!("../../keys/client.der");

pub(crate) fn host() -> Row {
    let call = |length: usize| {
        move |_: &World| {
            let mut call = Call::new().without("host").header("host", "h".repeat(length));
            call.authority = Some("h".repeat(length));
            call
        }
    };
    assert_eq!(
        refused(plain, call(limits::HOST + 1), OriginError::InvalidHost),
        refused(plain, call(1 << 20), OriginError::InvalidHost)
    );
    Row {
        input: "`Host` and `:authority`",
        limit: bytes(limits::HOST),
        beyond: "400".into(),
        work: refused(plain, call(limits::HOST), CredentialError::Missing),
    }
}

fn from_a_proxy(mut call: Call) -> Call {
    call.peer = Some([10, 0, 0, 1].into());
    call
}

fn behind(header: impl Into<ForwardedHeader>) -> OriginPolicy {
    OriginPolicy::behind(TrustedProxies::parse(["10.0.0.0/8"]).expect("a network"), header)
}

/// Measures both spellings: fields of a stranger are not read, fields of a trusted proxy are bounded.
fn forwarded(
    input: &'static str,
    configure: crate::scene::Configure,
    name: &'static str,
    element: &'static str,
) -> Row {
    let call = |elements: usize, padding: usize| {
        move |_: &World| {
            let list = vec![element; elements].join(",");
            from_a_proxy(Call::new().header(name, list + &" ".repeat(padding)))
        }
    };
    let many = refused(configure, call(limits::FORWARDED_ELEMENTS + 1, 0), OriginError::ForwardedTooLong);
    let long = refused(configure, call(1, limits::HEADER_VALUE), OriginError::ForwardedTooLong);
    assert!(many.is_without_cryptography() && long.is_without_cryptography());
    let stranger = |world: &World| {
        let mut call = call(1000, 1 << 20)(world);
        call.peer = Some([192, 0, 2, 1].into());
        call
    };
    assert_eq!(
        refused(configure, stranger, CredentialError::Missing),
        refused(plain, |_| Call::new(), CredentialError::Missing)
    );
    let padding = limits::HEADER_VALUE - (element.len() + 1) * limits::FORWARDED_ELEMENTS + 1;
    Row {
        input,
        limit: format!("{}, {} elements", bytes(limits::HEADER_VALUE), limits::FORWARDED_ELEMENTS),
        beyond: "400".into(),
        work: refused(configure, call(limits::FORWARDED_ELEMENTS, padding), CredentialError::Missing),
    }
}

pub(crate) fn forwarded_field() -> Row {
    fn configure(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        builder.origin(behind(ForwardedHeader::Forwarded))
    }
    let input = "`Forwarded` from a trusted proxy; from anybody else it is not read";
    forwarded(input, configure, "forwarded", r#"for="[2001:db8::1]";host=a.example;proto=https"#)
}

pub(crate) fn x_forwarded_fields() -> Row {
    fn configure(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        builder.origin(behind(XForwarded::HOST))
    }
    let input = "Each `X-Forwarded-*` from a trusted proxy; from anybody else it is not read";
    forwarded(input, configure, "x-forwarded-host", "a.example.com:8443")
}

/// A certificate in a field: hashed only where the token is bound to one.
fn certificate_in_a_field(
    input: &'static str,
    configure: crate::scene::Configure,
    name: &'static str,
    value: fn(usize) -> String,
) -> Row {
    let call = |length: usize| {
        move |world: &World| {
            let token = world.certificate_token(&forwarded_certificate());
            from_a_proxy(Call::new().bearer(&token).header(name, value(length)))
        }
    };
    let unbound = |world: &World| {
        from_a_proxy(call(limits::HEADER_VALUE)(world).without("authorization").bearer(&world.token(|_, _| {})))
    };
    assert_eq!(granted(configure, unbound).digests, 1, "the token's: its certificate is not looked at");
    let none = refused(configure, call(limits::HEADER_VALUE + 1), BindingError::CertificateUnreadable);
    assert_eq!(none.digests, 1, "the token's");
    Row {
        input,
        limit: bytes(limits::HEADER_VALUE),
        beyond: "no certificate: 401".into(),
        work: granted(configure, call(limits::HEADER_VALUE)),
    }
}

fn forwarding(builder: ResourceServerBuilder, extractor: impl CertificateExtractor + 'static) -> ResourceServerBuilder {
    builder.origin(behind(ForwardedHeader::None)).mtls(CertificatePolicy::new().forwarded(Arc::new(extractor)))
}

/// About as large as a field can hold, with room for what each notation puts around it.
fn forwarded_certificate() -> Vec<u8> {
    certificate_of((limits::HEADER_VALUE - 512) / 4 * 3)
}

pub(crate) fn client_cert_field() -> Row {
    fn configure(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        forwarding(builder, ClientCert)
    }
    fn value(length: usize) -> String {
        let item = format!(":{}:", base64(&forwarded_certificate()));
        format!("{item:length$}")
    }
    let input = "`Client-Cert` from a trusted proxy, beside a token bound to it";
    certificate_in_a_field(input, configure, "client-cert", value)
}

fn pem() -> String {
    let text = base64(&forwarded_certificate()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("-----BEGIN%20CERTIFICATE-----%0A{text}%0A-----END%20CERTIFICATE-----%0A")
}

pub(crate) fn xfcc_field() -> Row {
    fn configure(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        forwarding(builder, XForwardedClientCert)
    }
    fn value(length: usize) -> String {
        let element = format!(";Cert=\"{}\"", pem());
        format!("By={}{element}", "u".repeat(length - 3 - element.len()))
    }
    let input = "`X-Forwarded-Client-Cert` from a trusted proxy, beside a token bound to it";
    certificate_in_a_field(input, configure, "x-forwarded-client-cert", value)
}

pub(crate) fn escaped_pem_field() -> Row {
    fn configure(builder: ResourceServerBuilder) -> ResourceServerBuilder {
        forwarding(builder, EscapedPem::new("x-ssl-cert").expect("a field name"))
    }
    fn value(length: usize) -> String {
        let pem = pem();
        format!("{pem:length$}")
    }
    let input = "A certificate as escaped PEM in a field of the proxy's choice, beside a token bound to it";
    certificate_in_a_field(input, configure, "x-ssl-cert", value)
}

pub(crate) fn certificate_of_the_tls_session() -> Row {
    let call = |length: usize| {
        move |world: &World| {
            let der = certificate_of(length);
            let mut call = Call::new().bearer(&world.certificate_token(&der));
            call.certificate = Some(der);
            call
        }
    };
    let longer = refused(plain, call(limits::CERTIFICATE_DER + 1), BindingError::CertificateUnreadable);
    assert_eq!(longer.digests, 1, "the token's");
    Row {
        input: "The TLS session's certificate, beside a token bound to it",
        limit: bytes(limits::CERTIFICATE_DER),
        beyond: "no certificate: 401".into(),
        work: granted(plain, call(limits::CERTIFICATE_DER)),
    }
}

/// The client's certificate with a signature of so many bytes that it gets this long: no code here reads signatures.
fn certificate_of(length: usize) -> Vec<u8> {
    // SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE, signature BIT STRING }, all lengths of more than 255 written with two octets.
    let element = |at: usize| match CERTIFICATE[at + 1] {
        0x82 => 4 + usize::from(u16::from_be_bytes([CERTIFICATE[at + 2], CERTIFICATE[at + 3]])),
        0x81 => 3 + usize::from(CERTIFICATE[at + 2]),
        short => 2 + usize::from(short),
    };
    let content = if CERTIFICATE[1] == 0x82 { 4 } else { 3 };
    let kept = element(content) + element(content + element(content));
    let long = |tag: u8, content: &[u8]| {
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        let octets = if content.len() > 0xffff { &length[1..] } else { &length[2..] };
        [&[tag, 0x80 | u8::try_from(octets.len()).expect("short")], octets, content].concat()
    };
    let make = |padding: usize| {
        let signature = long(0x03, &[&[0][..], &vec![0xaa; padding]].concat());
        long(0x30, &[&CERTIFICATE[content..content + kept], &signature].concat())
    };
    let overhead = make(length - 1024).len() - (length - 1024);
    let made = make(length - overhead);
    if made.len() == length { made } else { make(length - overhead - (made.len() - length)) }
}

/// Plain base64, with padding.
fn base64(bytes: &[u8]) -> String {
    let text = base64url::encode(bytes).replace('-', "+").replace('_', "/");
    let padding = (4 - text.len() % 4) % 4;
    text + &"=".repeat(padding)
}
