//! CA-10 to CA-15, and faults that other servers had.

use super::*;
use crate::authorization::error::at_endpoint::{ClientError, RequestError};
use crate::mtls::test_certificates;

const UNAUTHENTICATED: &str = r#"{"error":"invalid_client","error_description":"client authentication failed"}"#;
const GRANT: &str = "grant_type=client_credentials";

fn by_basic(id: &str) -> Client {
    client(id, ClientAuthentication::SecretBasic)
}

fn with_basic<'s>(authorization: &'s str, body: &'s str) -> Sent<'s> {
    Sent { authorization: Some(authorization), ..post(body) }
}

/// Returns the response as sent, including the order of fields.
fn bytes(response: &ResponseParts) -> (u16, Vec<(String, String)>, String) {
    let headers =
        response.headers.iter().map(|header| (format!("{:?}", header.name()), format!("{:?}", header.value())));
    (response.status, headers.collect(), response.body_text())
}

#[test]
fn ca10_any_other_method_than_the_registered_one_is_refused() {
    let key = KeyMaterial::from_pem(include_str!("../../../../tests/keys/p256.pkcs8.pem")).unwrap();
    let key = crate::jose::Jwk::new(key.public().clone()).to_json();
    let jwks = crate::jose::JwkSet::from_json(format!(r#"{{"keys":[{key}]}}"#).as_bytes()).unwrap();
    let registered = [
        ClientAuthentication::None,
        ClientAuthentication::Secret,
        ClientAuthentication::SecretBasic,
        ClientAuthentication::SecretPost,
        ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(jwks)),
        ClientAuthentication::SelfSignedTls(alloc::vec![alloc::vec![1]]),
    ];
    let (header, kind) = (basic("c", "s3cret"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let payload = crate::encoding::base64url::encode(br#"{"iss":"c"}"#);
    let assertion = format!("client_assertion_type={kind}&client_assertion=e30.{payload}.AA");
    let presented = [
        (AuthMethod::None, None, "client_id=c"),
        (AuthMethod::ClientSecretBasic, Some(header.as_str()), ""),
        (AuthMethod::ClientSecretPost, None, "client_id=c&client_secret=s3cret"),
        (AuthMethod::PrivateKeyJwt, None, assertion.as_str()),
    ];
    for authentication in registered {
        let own = authentication.methods();
        for (method, authorization, credentials) in presented {
            let by_certificate = own == [AuthMethod::SelfSignedTlsClientAuth] && method == AuthMethod::None;
            if own.contains(&method) || by_certificate {
                continue;
            }
            let mut world =
                World::configured(Arc::new(RustCrypto::new()), [client("c", authentication.clone())], |builder| {
                    let all = AuthMethod::ALL.iter().copied().filter(|method| *method != AuthMethod::TlsClientAuth);
                    builder.mtls(crate::mtls::CertificatePolicy::new()).auth_methods(all)
                });
            let body = format!("token=x&{credentials}");
            let response = world.revoke(Sent { authorization, ..post(&body) });
            assert_eq!(world.reason(), Some(Reason::Client(ClientError::WrongMethod)), "{own:?} by {method:?}");
            let event = world.events.last().unwrap();
            assert_eq!((event.auth_method, event.registered_auth_methods), (Some(method), own), "both are named");
            assert_eq!(
                (response.status, response.header("www-authenticate").count()),
                (401, usize::from(authorization.is_some()))
            );
            assert_eq!(response.body_text(), UNAUTHENTICATED);
            let secret = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost].contains(&method);
            assert_eq!(world.checked, alloc::vec![None; usize::from(secret)], "{own:?} by {method:?}");
        }
    }
}

#[test]
fn ca10_one_secret_counts_either_way_and_one_at_a_time() {
    let either = || client("c", ClientAuthentication::Secret);
    let (right, wrong) = (basic("c", "s3cret"), basic("c", "wrong"));
    let in_body = |secret: &str| format!("{GRANT}&client_id=c&client_secret={secret}");
    let mut world = World::new([either()]);
    assert_eq!(world.token(with_basic(&right, GRANT)).status, 200);
    assert_eq!(world.events.last().unwrap().auth_method, Some(AuthMethod::ClientSecretBasic));
    assert_eq!(world.token(post(&in_body("s3cret"))).status, 200);
    assert_eq!(world.events.last().unwrap().auth_method, Some(AuthMethod::ClientSecretPost));
    let (bare, named, empty) = (in_body("wrong"), format!("{GRANT}&client_id=c"), basic("c", ""));
    for (sent, reason) in [
        (with_basic(&wrong, GRANT), Reason::Client(ClientError::WrongSecret)),
        (post(&bare), Reason::Client(ClientError::WrongSecret)),
        (post(&named), Reason::Client(ClientError::WrongMethod)),
        (with_basic(&empty, GRANT), Reason::Client(ClientError::WrongMethod)),
    ] {
        let response = world.token(sent);
        assert_eq!((response.status, response.body_text().as_str()), (401, UNAUTHENTICATED), "{reason:?}");
        assert_eq!(world.reason(), Some(reason));
    }
    let both = world.token(with_basic(&right, &in_body("s3cret")));
    assert_eq!((both.status, world.reason()), (400, Some(Reason::Client(ClientError::SeveralMethods))));
    // Of the two methods, only the one that the server accepts.
    let mut narrow = World::configured(Arc::new(RustCrypto::new()), [either()], |builder| {
        builder.auth_methods([AuthMethod::ClientSecretPost])
    });
    assert_eq!(narrow.token(with_basic(&right, GRANT)).status, 401);
    assert_eq!(narrow.token(post(&in_body("s3cret"))).status, 200);
}

#[test]
fn ca9_an_empty_password_is_none_for_public_clients_only() {
    let native = client("native", ClientAuthentication::SecretBasic).native();
    let der = test_certificates::der(test_certificates::P256);
    let certificate = client("tls", ClientAuthentication::SelfSignedTls(alloc::vec![der.clone()]));
    let clients = [client("public", ClientAuthentication::None), native, by_basic("c"), certificate];
    let mut world = World::configured(Arc::new(RustCrypto::new()), clients, |builder| {
        let all = AuthMethod::ALL.iter().copied().filter(|method| *method != AuthMethod::TlsClientAuth);
        builder.mtls(crate::mtls::CertificatePolicy::new()).auth_methods(all)
    });
    world.secret = Some(Ok(true)); // of a host that finds an empty secret right
    assert_eq!(world.revoke(with_basic(&basic("public", ""), "token=x")).status, 200);
    assert_eq!(world.introspect(with_basic(&basic("public", ""), "token=x")).status, 401);
    assert_eq!(world.reason(), Some(Reason::Client(ClientError::Public)));
    for (id, reason) in [
        ("c", Reason::Client(ClientError::WrongMethod)),
        ("native", Reason::Client(ClientError::WrongMethod)),
        ("tls", Reason::Client(ClientError::WrongMethod)),
        ("nobody", Reason::Client(ClientError::Unknown)),
    ] {
        let header = basic(id, "");
        let response = world.revoke(Sent { certificate: Some(&der), ..with_basic(&header, "token=x") });
        assert_eq!((response.status, world.reason()), (401, Some(reason)), "{id}");
        assert_eq!(response.header("www-authenticate").count(), 1, "{id}");
    }
    assert!(world.checked.is_empty(), "no host is asked about an empty secret");
}

#[test]
fn ca10_a_method_that_the_server_does_not_take_is_refused() {
    let mut world = World::configured(Arc::new(RustCrypto::new()), [by_basic("c")], |builder| {
        builder.auth_methods([AuthMethod::ClientSecretPost])
    });
    let response = world.token(with_basic(&basic("c", "s3cret"), GRANT));
    assert_eq!((response.status, world.reason()), (401, Some(Reason::Client(ClientError::WrongMethod))));
    assert_eq!(world.checked, [None]);
}

#[test]
fn ca11_every_failure_gets_the_same_answer_after_the_same_work() {
    let expired = by_basic("expired").secret_expires_at(NOW);
    let clients = [by_basic("right"), client("post", ClientAuthentication::SecretPost), expired];
    let mut world = World::new(clients);
    let mut answers = Vec::new();
    for (id, secret, reason, checked) in [
        ("nobody", "s3cret", Reason::Client(ClientError::Unknown), None), // a disabled client is answered as none, too
        ("right", "wrong", Reason::Client(ClientError::WrongSecret), Some("right")),
        ("post", "s3cret", Reason::Client(ClientError::WrongMethod), None),
        ("expired", "s3cret", Reason::Client(ClientError::SecretExpired), Some("expired")),
        ("expired", "wrong", Reason::Client(ClientError::WrongSecret), Some("expired")),
    ] {
        (world.loaded, world.checked) = (Vec::new(), Vec::new());
        let response = world.token(with_basic(&basic(id, secret), GRANT));
        assert_eq!(world.reason(), Some(reason), "{id}");
        assert_eq!(world.loaded, [id]);
        assert_eq!(world.checked, [checked.map(String::from)], "{id}: one check, whoever it is");
        answers.push(bytes(&response));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!((answers[0].0, &*answers[0].2), (401, UNAUTHENTICATED));
    assert_eq!(world.token(with_basic(&basic("right", "s3cret"), GRANT)).status, 200);
}

#[test]
fn ca11_in_the_body_too() {
    let mut world = World::new([by_basic("basic"), client("post", ClientAuthentication::SecretPost)]);
    let mut answers = Vec::new();
    for (id, secret, checked) in
        [("nobody", "s3cret", None), ("post", "wrong", Some("post")), ("basic", "s3cret", None), ("\u{e9}", "x", None)]
    {
        world.checked = Vec::new();
        let body = format!("{GRANT}&client_id={id}&client_secret={secret}");
        answers.push(bytes(&world.token(post(&body))));
        assert_eq!(world.checked, [checked.map(String::from)], "{id}");
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!((answers[0].0, &*answers[0].2), (401, UNAUTHENTICATED));
}

#[test]
fn ca11_a_dummy_check_never_lets_anybody_in() {
    for answer in [Ok(true), Ok(false), Err(Unavailable)] {
        let mut world = World::new([client("post", ClientAuthentication::SecretPost)]);
        world.secret = Some(answer);
        for id in ["nobody", "post"] {
            let response = world.token(with_basic(&basic(id, "s3cret"), GRANT));
            assert_eq!(response.status, if answer.is_ok() { 401 } else { 503 }, "{id} {answer:?}");
        }
    }
}

#[test]
fn ca11_401_comes_with_a_challenge_to_an_authorization_field_and_without_one_to_none() {
    let mut world = World::new([by_basic("c")]);
    let challenged = "Basic realm=\"https://auth.example.com\", charset=\"UTF-8\"";
    for authorization in [&*basic("c", "wrong"), &basic("x", "y"), "Basic !", "Bearer abc", "DPoP abc", "Negotiate", ""]
    {
        let response = world.token(with_basic(authorization, GRANT));
        assert_eq!(response.status, 401, "{authorization}");
        assert!(response.header("www-authenticate").eq([challenged]), "{authorization}");
        assert_eq!(response.body_text(), UNAUTHENTICATED);
        assert!(response.header("cache-control").eq(["no-store"]));
    }
    for body in ["client_id=c&client_secret=wrong", "client_id=x&client_secret=y", "client_id=c", "scope=a"] {
        let response = world.token(post(&format!("{GRANT}&{body}")));
        assert_eq!((response.status, response.header("www-authenticate").count()), (401, 0), "{body}");
        assert_eq!(response.body_text(), UNAUTHENTICATED);
    }
    // A fault that is not about authentication is never a 401, with or without the field.
    let response = world.token(with_basic(&basic("c", "s3cret"), "grant_type=password"));
    assert_eq!((response.status, response.header("www-authenticate").count()), (400, 0));
}

#[test]
fn ca12_a_secret_counts_until_it_expires() {
    let at = |seconds| by_basic("c").secret_expires_at(seconds);
    let header = basic("c", "s3cret");
    let mut world = World::new([at(NOW.plus(1))]);
    assert_eq!(world.token(with_basic(&header, GRANT)).status, 200);
    for expired in [NOW, NOW.minus(1), Timestamp::from_secs(0)] {
        let mut world = World::new([at(expired)]);
        assert_eq!(world.token(with_basic(&header, GRANT)).status, 401);
        assert_eq!(world.reason(), Some(Reason::Client(ClientError::SecretExpired)));
    }
}

#[test]
fn ca13_failures_can_be_counted_by_claimed_client_and_peer() {
    let mut world = World::new([by_basic("c")]);
    fn sent(header: &str) -> Sent<'_> {
        Sent { peer: Some("203.0.113.9"), ..with_basic(header, GRANT) }
    }
    for (id, secret) in [("c", "wrong"), ("nobody", "s3cret")] {
        let header = basic(id, secret);
        world.token(sent(&header));
        let event = world.events.last().unwrap();
        assert_eq!(event.kind, EventKind::TokenDenied);
        assert_eq!((event.claimed_client_id.as_deref(), event.client_id.as_deref()), (Some(id), None));
        assert_eq!(event.client_address, Some("203.0.113.9".parse().unwrap()));
        assert!(!format!("{event:?}").contains(secret), "{event:?}");
    }
    let header = basic("c", "s3cret");
    world.token(sent(&header));
    assert_eq!(world.events.last().unwrap().client_id.as_deref(), Some("c"));
}

#[test]
fn ca11_text_that_cannot_be_an_identifier_is_neither_looked_up_nor_logged() {
    let long = "x".repeat(crate::limits::CLIENT_ID + 1);
    let mut world = World::new([]);
    for id in ["%0A", "a%00", "%C3%A9", "a%7F", &long] {
        world.refuses(post(&format!("{GRANT}&client_id={id}")), Reason::Client(ClientError::Unknown), id);
        assert_eq!(world.events.last().unwrap().claimed_client_id, None);
    }
    assert!(world.loaded.is_empty());
    world.refuses(
        post(&format!("{GRANT}&client_id={}", &long[1..])),
        Reason::Client(ClientError::Unknown),
        "the longest",
    );
    assert_eq!(world.loaded.len(), 1);
}

#[test]
fn ca15_revocation_takes_the_same_methods_and_public_clients() {
    let mut world = World::new([
        by_basic("basic"),
        client("post", ClientAuthentication::SecretPost),
        client("public", ClientAuthentication::None),
    ]);
    let header = basic("basic", "s3cret");
    let token = crate::encoding::base64url::encode(&[7; 32]);
    for (authorization, more) in
        [(Some(header.as_str()), ""), (None, "&client_id=post&client_secret=s3cret"), (None, "&client_id=public")]
    {
        let body = format!("token={token}{more}");
        assert_eq!(world.revoke(Sent { authorization, ..post(&body) }).status, 200, "{more}");
    }
    for more in ["&client_id=basic", "&client_id=post", "&client_id=nobody", ""] {
        assert_eq!(world.revoke(post(&format!("token={token}{more}"))).status, 401, "{more}");
    }
}

#[test]
fn ca15_introspection_takes_the_same_methods_and_no_public_client() {
    let native = client("native", ClientAuthentication::SecretPost).native();
    let post_secret = client("post", ClientAuthentication::SecretPost);
    let mut world = World::new([by_basic("basic"), post_secret, native, client("public", ClientAuthentication::None)]);
    let header = basic("basic", "s3cret");
    assert_eq!(world.introspect(with_basic(&header, "token=x")).status, 200);
    assert_eq!(world.introspect(post("token=x&client_id=post&client_secret=s3cret")).status, 200);
    for (more, reason) in [
        ("&client_id=public", Reason::Client(ClientError::Public)),
        ("&client_id=native&client_secret=s3cret", Reason::Client(ClientError::Public)),
        ("&client_id=post", Reason::Client(ClientError::WrongMethod)),
        ("&client_id=nobody", Reason::Client(ClientError::Unknown)),
        ("", Reason::Client(ClientError::Missing)),
    ] {
        let response = world.introspect(post(&format!("token=x{more}")));
        assert_eq!((response.status, world.reason()), (401, Some(reason)), "{more}");
        assert_eq!(response.header("www-authenticate").count(), 1, "always challenged here");
        assert_eq!(response.body_text(), UNAUTHENTICATED);
    }
}

#[test]
fn ca9_none_is_for_clients_registered_so_and_native_clients_are_always_public() {
    let native = client("native", ClientAuthentication::SecretPost).native();
    let mut world = World::new([native, client("public", ClientAuthentication::None), by_basic("c")]);
    world.refuses(post(&format!("{GRANT}&client_id=public")), Reason::Client(ClientError::Public), "none");
    world.refuses(
        post(&format!("{GRANT}&client_id=native&client_secret=s3cret")),
        Reason::Client(ClientError::Public),
        "native",
    );
    world.refuses(
        post(&format!("{GRANT}&client_id=native")),
        Reason::Client(ClientError::WrongMethod),
        "its secret counts nevertheless",
    );
    world.refuses(
        post(&format!("{GRANT}&client_id=c")),
        Reason::Client(ClientError::WrongMethod),
        "a secret's name is not enough",
    );
    world.token(post("grant_type=authorization_code&client_id=public&code=x"));
    assert_ne!(world.reason().map(Reason::error), Some(OAuthError::InvalidClient), "its own grants are open to it");
}

#[test]
fn s18_9_credentials_are_read_in_any_case_and_never_cause_a_panic() {
    let mut world = World::new([by_basic("c")]);
    for scheme in ["basic", "BASIC", "bAsIc"] {
        let header = basic("c", "s3cret").replace("Basic", scheme);
        assert_eq!(world.token(with_basic(&header, GRANT)).status, 200, "{scheme}");
    }
    for (id, secret) in [("c%", "s"), ("%zz", "s"), ("c", "%"), ("c", "%f"), ("%ff%fe", "s"), ("c", "%c3%28")] {
        assert_eq!(world.token(with_basic(&basic(id, secret), GRANT)).status, 401, "{id}:{secret}");
        assert_eq!(world.reason(), Some(Reason::Client(ClientError::MalformedCredentials)));
    }
}

#[test]
fn s18_9_the_token_endpoint_reads_forms_only() {
    let mut world = World::new([client("c", ClientAuthentication::SecretPost)]);
    let body = r#"{"grant_type":"client_credentials","client_id":"c","client_secret":"s3cret"}"#;
    let json: [(&str, &[u8]); 1] = [("content-type", b"application/json")];
    let response = world.token(Sent { more: &json, ..post(body) });
    assert_eq!((response.status, world.reason()), (400, Some(Reason::Request(RequestError::NotForm))));
    assert!(world.loaded.is_empty());
}

#[test]
fn s18_9_a_host_that_answers_with_another_client_knows_none_of_this_name() {
    let mut world = World::new([]);
    let server = world.server.clone();
    let headers: &[(&str, &[u8])] =
        &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
    let body = b"grant_type=client_credentials&client_id=mallory&client_secret=s3cret";
    let request =
        RequestParts::new("POST", "/oauth/token", &headers).connection(Connection::new().tls()).form_body(body);
    let Step::Ask(Question::Clients(ClientQuestion::Load(query))) = server.token(&request, NOW, entropy) else {
        panic!("the client is loaded")
    };
    let response = world.drive(query.answer(Ok(Some(client("alice", ClientAuthentication::SecretPost)))));
    assert_eq!((response.status, world.reason()), (401, Some(Reason::Client(ClientError::Unknown))));
    assert_eq!(world.checked, [None], "after the same work as for any unknown one");
    assert_eq!(world.events.last().unwrap().client_id, None);
}

#[test]
fn s18_10_a_grant_is_refused_by_its_own_code() {
    let narrow = client("c", ClientAuthentication::SecretBasic).grants([GrantType::AuthorizationCode]);
    let mut world = World::new([narrow.clone(), client("public", ClientAuthentication::None)]);
    let header = basic("c", "s3cret");
    let code = |response: &ResponseParts| response.body_text().split('"').nth(3).map(String::from).unwrap_or_default();
    let response = world.token(with_basic(&header, GRANT));
    assert_eq!((response.status, &*code(&response)), (400, "unauthorized_client"), "registered without it");
    let response = world.token(with_basic(&header, "grant_type=password"));
    assert_eq!((response.status, &*code(&response)), (400, "unsupported_grant_type"), "no such grant");
    let response = world.token(post(&format!("{GRANT}&client_id=public")));
    assert_eq!((response.status, &*code(&response)), (401, "invalid_client"), "nobody has proved anything");
    // A grant that is not advertised is not supported, even for a client that is registered for it.
    let mut world = World::configured(Arc::new(RustCrypto::new()), [by_basic("c")], |builder| {
        builder.grants([GrantType::AuthorizationCode])
    });
    let response = world.token(with_basic(&header, GRANT));
    assert_eq!((response.status, &*code(&response)), (400, "unsupported_grant_type"));
}
