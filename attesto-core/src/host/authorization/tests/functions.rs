//! Single functions instead of a trait's methods.

use super::*;
use crate::authorization::ClientKeys;
use crate::jose::{Jwk, JwkSet, VerificationKeys};
use core::sync::atomic::{AtomicU32, Ordering};

const ASK: &str = "grant_type=client_credentials&client_id=job&client_secret=s3cret";

fn secrets() -> AuthorizationServer {
    let with = |builder: AuthorizationServerBuilder| {
        builder.without_dpop().without_deny_list().auth_methods([AuthMethod::ClientSecretPost]).ask_introspection()
    };
    server(&[GrantType::ClientCredentials], with)
}

fn job() -> Client {
    Client::new("job", ClientAuthentication::SecretPost)
        .grants([GrantType::ClientCredentials])
        .scopes(["read", "write"])
}

/// A host of functions, as far as `ASK` needs one.
fn functions() -> AuthorizationHostBuilder {
    AuthorizationHost::from_functions()
        .load_client_with(|id| async move { Ok((id == "job").then(job)) })
        .verify_client_secret_with(|check| async move { Ok(check.client_id.is_some() && *check.secret == "s3cret") })
        .authorize_scope_with(|question| async move { Ok(question.scopes) })
        .may_introspect_with(|_| async { Ok(true) })
}

fn ask(host: &AuthorizationHost) -> (u16, String) {
    let (status, body) = post(&secrets(), host, "/oauth/token", ASK, 1);
    (status, text(&body, if status == 200 { "scope" } else { "error" }))
}

#[test]
fn hc4_functions_alone_are_a_host() {
    assert_eq!(ask(&functions().build(&secrets()).unwrap()), (200, "read write".into()));
}

#[test]
fn hc4_a_function_wins_over_the_trait_whichever_was_set_first_and_the_last_one_counts() {
    // `Office` knows no `job`, and every secret is wrong.
    let office =
        || AuthorizationHost::builder(Office::default(), Office::default()).introspection_policy(Office::default());
    assert_eq!(ask(&office().build(&secrets()).unwrap()), (401, "invalid_client".into()));
    let known = || office().load_client_with(|_| async { Ok(Some(job())) });
    assert_eq!(
        ask(&known().build(&secrets()).unwrap()),
        (401, "invalid_client".into()),
        "the secret is the trait's to check"
    );
    let right = || known().verify_client_secret_with(|_| async { Ok(true) });
    assert_eq!(ask(&right().build(&secrets()).unwrap()), (200, "read write".into()));
    let narrow = right().authorize_scope_with(|_| async { Ok(ScopeSet::new(["read"])) });
    assert_eq!(ask(&narrow.build(&secrets()).unwrap()), (200, "read".into()));
    let twice = right().verify_client_secret_with(|_| async { Ok(false) });
    assert_eq!(ask(&twice.build(&secrets()).unwrap()), (401, "invalid_client".into()));
    // It does not matter that a part is set later.
    let users = |builder: AuthorizationServerBuilder| {
        builder.without_dpop().without_deny_list().auth_methods([AuthMethod::None])
    };
    let server = server(CODE_AND_REFRESH, users);
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let world = World::new();
    let host = AuthorizationHost::builder(Office::default(), Office::default())
        .load_principal_with(move |subject| {
            count.fetch_add(1, Ordering::Relaxed);
            async move { Ok((subject != "usr_1").then(Principal::new)) }
        })
        .principals(Office::default())
        .consent_policy(Office::default())
        .pushed_request_store(MemoryPushedRequestStore::single_node(1).unwrap())
        .code_store(Arc::clone(&world.codes))
        .refresh_store(Arc::clone(&world.refresh))
        .build(&server)
        .unwrap();
    let (status, body) = post(&server, &host, "/oauth/token", &world.code(), 3);
    assert_eq!((status, text(&body, "error").as_str()), (400, "invalid_grant"), "suspended, says the function");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn hc4_every_question_has_a_part_or_a_function() {
    let missing = |builder: AuthorizationHostBuilder, server: &AuthorizationServer| -> &'static str {
        builder.build(server).map_err(|error: ConfigError| error.member()).unwrap_err()
    };
    let of = AuthorizationHost::from_functions;
    assert_eq!(missing(of(), &secrets()), "load_client_with");
    let loads = || of().load_client_with(|_| async { Ok(None) });
    assert_eq!(missing(loads(), &secrets()), "verify_client_secret_with");
    let verifies = || loads().verify_client_secret_with(|_| async { Ok(false) });
    assert_eq!(missing(verifies(), &secrets()), "authorize_scope_with");
    let grants = || verifies().authorize_scope_with(|question| async move { Ok(question.scopes) });
    assert_eq!(missing(grants(), &secrets()), "introspection_policy");
    assert!(grants().may_introspect_with(|_| async { Ok(false) }).build(&secrets()).is_ok());

    let users = server(CODE_AND_REFRESH, |builder| {
        builder.openid_connect().id_tokens_without_rs256().scopes_supported(["openid"])
    });
    let stores = || grants().single_node_memory(1).unwrap();
    assert_eq!(missing(stores(), &users), "principals");
    let known = || stores().load_principal_with(|_| async { Ok(None) });
    assert_eq!(missing(known(), &users), "consent_policy");
    let asked = || known().authenticate_with(|_| async { Ok(Authentication::NoUser) });
    assert_eq!(missing(asked(), &users), "consent_policy", "half of a policy is none");
    let allowed = || asked().consent_with(|_| async { Ok(ConsentDecision::Denied) });
    assert_eq!(missing(allowed(), &users), "claims");
    assert!(allowed().id_token_claims_with(|_| async { Ok(Map::new()) }).build(&users).is_ok());
}

#[test]
fn hc4_users_are_asked_by_functions() {
    let users = |builder: AuthorizationServerBuilder| builder.without_dpop().auth_methods([AuthMethod::None]);
    let server = server(CODE_AND_REFRESH, users);
    let app = || {
        let app = Client::new("cli", ClientAuthentication::None).grants(CODE_AND_REFRESH.iter().copied());
        app.scopes(["read"]).redirect_uris(["https://app.example/cb"])
    };
    let host = functions()
        .load_client_with(move |_| async move { Ok(Some(app())) })
        .single_node_memory(10)
        .unwrap()
        .load_principal_with(|_| async { Ok(Some(Principal::new())) })
        .authenticate_with(|question| async move {
            Ok(Authentication::User(Box::new(Login::new("usr_7", AuthenticationContext::at(question.visit.now)))))
        })
        .consent_with(|question| async move {
            let theirs = question.subject == "usr_7";
            Ok(if theirs {
                ConsentDecision::Granted(question.visit.request.scopes.clone())
            } else {
                ConsentDecision::Denied
            })
        })
        .build(&server)
        .unwrap();
    let query = "response_type=code&client_id=cli&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_challenge_method=S256\
                 &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let headers: &[(&str, &[u8])] = &[("host", b"auth.example.com")];
    let request = RequestParts::new("GET", "/oauth/authorize", &headers).query(Some(query));
    let response = run(drive(
        server.authorize(&request.connection(Connection::new().tls()), NOW, entropy(4)),
        &host,
        &Clock::new(|| NOW),
    ));
    let location = response.header("location").collect::<String>();
    assert!(location.starts_with("https://app.example/cb?code="), "{location}");
}

#[test]
fn hc4_hc5_a_function_that_panics_or_errs_gives_no_answer() {
    let unavailable = (503, "temporarily_unavailable".into());
    let called = functions().load_client_with(|_| -> core::future::Ready<_> { panic!("before there is a future") });
    assert_eq!(ask(&called.build(&secrets()).unwrap()), unavailable);
    let polled = functions().verify_client_secret_with(|_| async { panic!("while it is polled") });
    assert_eq!(ask(&polled.build(&secrets()).unwrap()), unavailable);
    let errs = functions().authorize_scope_with(|_| async { Err(Unavailable) });
    assert_eq!(ask(&errs.build(&secrets()).unwrap()), unavailable);
    // A function is trusted no more than a trait: granting more than requested is a fault, and a client with another
    // identifier counts as unknown.
    let wide = functions().authorize_scope_with(|_| async { Ok(ScopeSet::new(["admin"])) });
    assert_eq!(ask(&wide.build(&secrets()).unwrap()), (500, "server_error".into()));
    let other = functions().load_client_with(|_| async { Ok(Some(Client::new("cli", ClientAuthentication::None))) });
    assert_eq!(ask(&other.build(&secrets()).unwrap()), (401, "invalid_client".into()));
}

#[test]
fn hc4_keys_of_clients_come_from_a_function() {
    let with = |builder: AuthorizationServerBuilder| builder.without_dpop().auth_methods([AuthMethod::PrivateKeyJwt]);
    let server = server(&[GrantType::ClientCredentials], with);
    let provider = RustCrypto::new();
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy(8)).unwrap();
    let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
    let signed_part = [
        base64url::encode(br#"{"alg":"ES256"}"#),
        base64url::encode(
            br#"{"iss":"job","sub":"job","aud":"https://auth.example.com","iat":1800000000,"exp":1800000060,"jti":"1"}"#,
        ),
    ]
    .join(".");
    let signature = base64url::encode(&signer.sign(signed_part.as_bytes(), &mut entropy(2)).unwrap());
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let body = format!(
        "grant_type=client_credentials&client_assertion_type={kind}&client_assertion={signed_part}.{signature}"
    );
    let set = JwkSet::publish(&provider, [Jwk::new(key.public().clone())]);
    let own = Arc::new(VerificationKeys::from_jwk_set(&provider, &set).unwrap());
    let ask = |keys: Answered<Arc<VerificationKeys>>| {
        let signs = || Client::new("job", ClientAuthentication::PrivateKeyJwt(ClientKeys::AskHost));
        let host = functions()
            .load_client_with(move |_| async move {
                Ok(Some(signs().grants([GrantType::ClientCredentials]).scopes(["read"])))
            })
            .client_keys_with(move |id| {
                assert_eq!(id, "job");
                let keys = keys.clone();
                async move { keys }
            })
            .single_node_memory(1)
            .unwrap();
        post(&server, &host.build(&server).unwrap(), "/oauth/token", &body, 1).0
    };
    assert_eq!((ask(Ok(own)), ask(Err(Unavailable))), (200, 503));
}
