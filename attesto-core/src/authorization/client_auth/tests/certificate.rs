use super::*;
use crate::authorization::error::at_endpoint::{ClientError, SenderError};
use crate::authorization::error::at_token::HostError;
use crate::authorization::{AuthMethod, AuthorizationServerBuilder, Client, ClientAuthentication};
use crate::crypto::RustCrypto;
use crate::http::{OriginPolicy, TrustedProxies};
use crate::mtls::test_certificates::{NAMED, NAMED_SUBJECT, P256, RFC8705, der};
use crate::mtls::{CertificatePolicy, ClientCert};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::{format, vec};

const BODY: &str = "grant_type=client_credentials&client_id=job";

fn chains(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    let methods = [AuthMethod::TlsClientAuth, AuthMethod::None];
    builder.mtls(CertificatePolicy::new()).auth_methods(methods).tls_chains_are_validated()
}

fn self_signed(builder: AuthorizationServerBuilder) -> AuthorizationServerBuilder {
    builder.mtls(CertificatePolicy::new()).auth_methods([AuthMethod::SelfSignedTlsClientAuth])
}

fn client_with_subject(subject: TlsSubject) -> Client {
    client("job", ClientAuthentication::TlsClientAuth(subject))
}

fn sent(certificate: &[u8]) -> Sent<'_> {
    Sent { certificate: Some(certificate), ..post(BODY) }
}

fn world(client: Client, configure: fn(AuthorizationServerBuilder) -> AuthorizationServerBuilder) -> World {
    World::configured(Arc::new(RustCrypto::new()), [client], configure)
}

#[test]
fn ca7_each_kind_of_subject_authenticates_and_another_value_does_not() {
    let named = der(NAMED);
    let dn = NAMED_SUBJECT.to_string();
    for (right, wrong) in [
        (TlsSubject::Dn(dn.clone()), TlsSubject::Dn(dn.replace("DE", "FR"))),
        (TlsSubject::SanDns("client.example.com".into()), TlsSubject::SanDns("a.example.net".into())),
        (TlsSubject::SanUri("urn:client:Job".into()), TlsSubject::SanUri("urn:client:job".into())),
        (TlsSubject::SanIp("2001:db8:0::7".into()), TlsSubject::SanIp("2001:db8::8".into())),
        (TlsSubject::SanEmail("Job@example.com".into()), TlsSubject::SanEmail("job@example.com".into())),
    ] {
        let mut good = world(client_with_subject(right.clone()), chains);
        assert_eq!(good.token(sent(&named)).status, 200, "{right:?}: {:?}", good.reason());
        assert_eq!(good.events.last().unwrap().client_id.as_deref(), Some("job"));
        good.refuses(post(BODY), Reason::Client(ClientError::WrongCertificate), "no certificate");
        good.refuses(sent(&der(RFC8705)), Reason::Client(ClientError::WrongCertificate), "another certificate");
        assert_eq!(good.token(sent(b"junk")).status, 400);
        assert_eq!(good.reason(), Some(Reason::Sender(SenderError::CertificateUnreadable)), "no certificate at all");
        world(client_with_subject(wrong.clone()), chains).refuses(
            sent(&named),
            Reason::Client(ClientError::WrongCertificate),
            &format!("{wrong:?}"),
        );
    }
}

#[test]
fn ca7_a_name_counts_in_its_own_place_only() {
    let named = der(NAMED);
    for subject in [
        TlsSubject::SanDns("urn:client:Job".into()),
        TlsSubject::SanDns("Job@example.com".into()),
        TlsSubject::SanUri("dns:Client.Example.com".into()),
        TlsSubject::SanEmail("urn:client:Job@example.com".into()),
        TlsSubject::SanIp("198.51.100.9".into()),
        TlsSubject::Dn("CN=client.example.com".into()),
    ] {
        world(client_with_subject(subject.clone()), chains).refuses(
            sent(&named),
            Reason::Client(ClientError::WrongCertificate),
            &format!("{subject:?}"),
        );
    }
}

#[test]
fn ca7_the_host_says_that_chains_are_validated() {
    let methods = |methods: &[AuthMethod]| {
        builder(Arc::new(RustCrypto::new())).mtls(CertificatePolicy::new()).auth_methods(methods.iter().copied())
    };
    let problem = |builder: AuthorizationServerBuilder| builder.build().map(|_| ()).unwrap_err().to_string();
    let unsaid = problem(methods(&[AuthMethod::TlsClientAuth]));
    assert!(unsaid.contains("tls_chains_are_validated()"), "{unsaid}");
    let both = [AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth];
    assert!(problem(methods(&both).tls_chains_are_validated()).contains("a server each"));
    assert!(methods(&both[..1]).tls_chains_are_validated().build().is_ok());
    assert!(methods(&both[1..]).build().is_ok());
    let sourceless = builder(Arc::new(RustCrypto::new())).auth_methods(both).tls_chains_are_validated();
    assert!(problem(sourceless).contains("mtls(..)"));
}

#[test]
fn ca8_a_self_signed_certificate_is_a_registered_one_byte_for_byte() {
    let (one, other) = (der(P256), der(RFC8705));
    let registered = |certificates| client("job", ClientAuthentication::SelfSignedTls(certificates));
    let mut server = world(registered(vec![one.clone(), other.clone()]), self_signed);
    assert_eq!(server.token(sent(&one)).status, 200);
    assert_eq!(server.token(sent(&other)).status, 200, "the second counts like the first");
    server.refuses(sent(&der(NAMED)), Reason::Client(ClientError::WrongCertificate), "another");
    server.refuses(post(BODY), Reason::Client(ClientError::WrongCertificate), "none");
    for at in [60, one.len() - 1] {
        let mut changed = one.clone();
        changed[at] ^= 1;
        let mut server = world(registered(vec![changed]), self_signed);
        server.refuses(sent(&one), Reason::Client(ClientError::WrongCertificate), "a bit");
    }
    for certificates in [vec![], vec![vec![]], vec![one[..one.len() - 1].to_vec()]] {
        world(registered(certificates), self_signed).refuses(
            sent(&one),
            Reason::Client(ClientError::WrongCertificate),
            "none like it",
        );
    }
    world(registered(vec![vec![]]), self_signed).refuses(
        post(BODY),
        Reason::Client(ClientError::WrongCertificate),
        "nothing is not empty",
    );
    let mut junk = world(registered(vec![b"junk".to_vec()]), self_signed);
    assert_eq!(junk.token(sent(b"junk")).status, 400);
    assert_eq!(junk.reason(), Some(Reason::Sender(SenderError::CertificateUnreadable)), "no certificate");
}

#[test]
fn ca7_a_subject_that_no_certificate_can_have_is_a_fault_of_the_registration() {
    let named = der(NAMED);
    for (subject, member) in [
        (TlsSubject::Dn("jurisdiction=DE,CN=a".into()), "tls_client_auth_subject_dn"),
        (TlsSubject::Dn(String::new()), "tls_client_auth_subject_dn"),
        (TlsSubject::SanDns(String::new()), "tls_client_auth_san_dns"),
        (TlsSubject::SanUri("client".into()), "tls_client_auth_san_uri"),
        (TlsSubject::SanIp("10.0.0".into()), "tls_client_auth_san_ip"),
        (TlsSubject::SanEmail("a@".into()), "tls_client_auth_san_email"),
    ] {
        let client = client_with_subject(subject);
        assert_eq!(client.check().unwrap_err().member(), member);
        let mut server = world(client, chains);
        let response = server.token(sent(&named));
        assert_eq!(
            (response.status, server.reason()),
            (500, Some(Reason::Host(HostError::RegistrationSubject))),
            "{member}"
        );
        assert!(response.body_text().contains(r#""error":"server_error","error_description":"internal error""#));
    }
    for subject in [
        TlsSubject::Dn("jurisdictionCountryName=DE,CN=a".into()),
        TlsSubject::SanDns("a".into()),
        TlsSubject::SanUri("urn:a".into()),
        TlsSubject::SanIp("::1".into()),
        TlsSubject::SanEmail("a@b".into()),
    ] {
        let client = client_with_subject(subject);
        assert!(client.check().is_ok());
        world(client, chains).refuses(
            sent(&named),
            Reason::Client(ClientError::WrongCertificate),
            "readable, and another's",
        );
    }
}

#[test]
fn ca1_a_certificate_is_a_method_only_where_it_is_registered() {
    let named = der(NAMED);
    let subject = TlsSubject::SanDns("client.example.com".into());
    // An additional secret is another method than the registered one.
    let body = format!("{BODY}&client_secret=s3cret");
    let mut server = world(client_with_subject(subject), chains);
    server.refuses(
        Sent { certificate: Some(&named), ..post(&body) },
        Reason::Client(ClientError::WrongMethod),
        "a secret",
    );
    assert_eq!(server.checked, [None], "in the same time");
    // A public client stays public, whatever certificate its connection has.
    let mut server = world(client("job", ClientAuthentication::None), chains);
    server.refuses(sent(&named), Reason::Client(ClientError::Public), "a public client with a certificate");
}

#[test]
fn s18_9_a_forwarded_certificate_is_believed_from_trusted_proxies_only() {
    let line = format!(":{NAMED}:");
    let forwarded: [(&str, &[u8]); 2] = [("client-cert", line.as_bytes()), ("x-forwarded-proto", b"https")];
    let configure = |builder: AuthorizationServerBuilder| {
        let proxies = TrustedProxies::parse(["10.0.0.1"]).unwrap();
        chains(builder)
            .mtls(CertificatePolicy::new().forwarded(Arc::new(ClientCert)))
            .origin(OriginPolicy::new().proxies(proxies))
    };
    let mut server = world(client_with_subject(TlsSubject::SanDns("client.example.com".into())), configure);
    let from = |peer| Sent { more: &forwarded, peer: Some(peer), ..post(BODY) };
    assert_eq!(server.token(from("10.0.0.1")).status, 200, "{:?}", server.reason());
    server.refuses(from("10.0.0.2"), Reason::Client(ClientError::WrongCertificate), "anybody can write the field");
    let own = der(RFC8705);
    let both = Sent { certificate: Some(&own), ..from("10.0.0.1") };
    server.refuses(both, Reason::Client(ClientError::WrongCertificate), "the socket's comes first");
}
