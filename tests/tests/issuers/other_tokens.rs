//! Issuers whose tokens are no OAuth access tokens, or not as RFC 9068 has them: for each recipe a token as its product documents it, what
//! is read of it, the product's other tokens, which it must not be taken for, and the same token without each thing that is pinned.

use attesto_core::ConfigError;
use attesto_core::token::{AccessTokenVerifier, Claims, IssuerProfile, TokenError, TokenRules};
use attesto_tests::{ISSUER, NOW, World, sign, with_members};
use serde_json::{Value, json};
use std::time::Duration;

struct Product {
    name: &'static str,
    profile: IssuerProfile,
    /// `typ` of its tokens.
    typ: Option<&'static str>,
    /// What the operator says the tokens' audience is.
    audience: &'static str,
    claims: Value,
    subject: &'static str,
    client: &'static str,
    scopes: &'static [&'static str],
    /// What is pinned: JSON pointers. Without one of them the token is refused.
    pins: &'static [&'static str],
    others: Vec<(&'static str, Value, TokenError)>,
}

fn with(base: &Value, changes: Value) -> Value {
    with_members(base, &changes)
}

fn dated(claims: Value) -> Value {
    with(&json!({"iss": ISSUER, "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 290}), claims)
}

fn sound(profile: Result<IssuerProfile, ConfigError>) -> IssuerProfile {
    profile.expect("sound names")
}

fn verify(product: &Product, typ: Option<&str>, claims: &Value) -> Result<Claims, TokenError> {
    let world = World::new();
    let rules = TokenRules::new().audience_is([product.audience]);
    let issuer = world.trusted().profile(product.profile.clone());
    let verifier = AccessTokenVerifier::new(&world.provider, vec![issuer], rules).expect("a sound configuration");
    let header = with(&json!({"alg": "ES256", "kid": "k1", "typ": typ}), json!({ "typ": typ }));
    let token = sign(world.issuer.as_ref(), &header.to_string(), &claims.to_string());
    verifier.verify(&token, world.now()).map_err(|refused| refused.error)
}

fn entra_v1() -> Product {
    let claims = dated(json!({
        "aud": "api://tasks", "appid": "6e74172b", "appidacr": "2", "idtyp": "app", "oid": "690222be", "sub": "690222be", "rh": "r",
        "roles": ["Tasks.Read.All"], "tid": "72f988bf", "uti": "Fq5Fv", "ver": "1.0", "aio": "x",
    }));
    let others = vec![
        (
            "version 2",
            with(&claims, json!({"ver": "2.0", "appid": null, "azp": "6e74172b"})),
            TokenError::ClientIdInvalid,
        ),
        ("ID token", with(&claims, json!({"appid": null, "aud": "api://tasks"})), TokenError::ClientIdInvalid),
        ("ID token with nonce", with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        ("another tenant", with(&claims, json!({"tid": "9188040d"})), TokenError::PinnedClaim),
    ];
    Product {
        name: "Entra ID v1, managed identity",
        profile: IssuerProfile::entra_id_v1("72f988bf"),
        typ: Some("JWT"),
        audience: "api://tasks",
        claims,
        subject: "690222be",
        client: "6e74172b",
        scopes: &["Tasks.Read.All"],
        pins: &["/ver", "/tid"],
        others,
    }
}

fn cognito() -> Product {
    let claims = with(
        &dated(json!({
            "sub": "aaaaaaaa", "client_id": "57cbishk4j24pabc1234567890", "origin_jti": "o", "token_use": "access", "jti": "j",
            "scope": "openid tasks/read", "auth_time": NOW - 20, "event_id": "e", "username": "jo", "cognito:groups": ["g"], "version": 2,
        })),
        json!({"nbf": null}),
    );
    let others = vec![
        (
            "ID token",
            with(&claims, json!({"token_use": "id", "aud": "57cbishk4j24pabc1234567890", "client_id": null})),
            TokenError::ClientIdInvalid,
        ),
        (
            "ID token with the client's name",
            with(&claims, json!({"token_use": "id", "aud": "57cbishk4j24pabc1234567890"})),
            TokenError::PinnedClaim,
        ),
        ("ID token with at_hash", with(&claims, json!({"at_hash": "h"})), TokenError::OtherTokenKind),
        ("another client's", with(&claims, json!({"client_id": "other"})), TokenError::InvalidAudience),
        (
            "for another resource",
            with(&claims, json!({"aud": "https://other.example.com"})),
            TokenError::InvalidAudience,
        ),
        ("without client", with(&claims, json!({"client_id": null})), TokenError::AudienceMissing),
    ];
    Product {
        name: "Amazon Cognito",
        profile: IssuerProfile::cognito(),
        typ: None,
        audience: "57cbishk4j24pabc1234567890",
        claims,
        subject: "aaaaaaaa",
        client: "57cbishk4j24pabc1234567890",
        scopes: &["openid", "tasks/read"],
        pins: &["/token_use"],
        others,
    }
}

fn spring() -> Product {
    let claims = dated(json!({
        "sub": "user-1", "aud": ["https://api.example.com"], "client_id": "spa", "scope": ["openid", "tasks.read"], "jti": "j",
    }));
    let others = vec![
        ("not customised", with(&claims, json!({"aud": ["spa"], "client_id": null})), TokenError::InvalidAudience),
        ("without client", with(&claims, json!({"client_id": null})), TokenError::ClientIdInvalid),
        ("ID token, customised as well", with(&claims, json!({"azp": "spa", "sid": "s"})), TokenError::OtherTokenKind),
        ("ID token with nonce", with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
    ];
    Product {
        name: "Spring Authorization Server",
        profile: IssuerProfile::spring_authorization_server(),
        typ: None,
        audience: "https://api.example.com",
        claims,
        subject: "user-1",
        client: "spa",
        scopes: &["openid", "tasks.read"],
        pins: &[],
        others,
    }
}

fn duende() -> Product {
    let claims = dated(json!({
        "aud": ["https://api.example.com"], "client_id": "worker", "jti": "j", "scope": ["tasks.read", "tasks.write"],
    }));
    let others = vec![
        ("user without subject", with(&claims, json!({"auth_time": NOW - 20})), TokenError::SubInvalid),
        ("without client", with(&claims, json!({"client_id": null})), TokenError::SubInvalid),
        ("two scopes in one", with(&claims, json!({"scope": ["a b"]})), TokenError::InvalidScope),
    ];
    Product {
        name: "Duende IdentityServer",
        profile: IssuerProfile::duende(),
        typ: Some("at+jwt"),
        audience: "https://api.example.com",
        claims,
        subject: "worker",
        client: "worker",
        scopes: &["tasks.read", "tasks.write"],
        pins: &[],
        others,
    }
}

/// Every workload chooses its audience: what differs is whose it is.
fn workload(
    name: &'static str,
    profile: Result<IssuerProfile, ConfigError>,
    typ: Option<&'static str>,
    claims: Value,
    subject: &'static str,
    (pins, strangers): (&'static [&'static str], Value),
) -> Product {
    let claims = with(&dated(json!({"aud": "https://api.example.com"})), claims);
    let others = vec![
        ("a stranger's", with(&claims, strangers), TokenError::PinnedClaim),
        ("an ID token", with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        (
            "for another audience",
            with(&claims, json!({"aud": "https://other.example.com"})),
            TokenError::InvalidAudience,
        ),
        ("without subject", with(&claims, json!({"sub": null})), TokenError::SubInvalid),
    ];
    Product {
        name,
        profile: sound(profile),
        typ,
        audience: "https://api.example.com",
        claims,
        subject,
        client: subject,
        scopes: &[],
        pins,
        others,
    }
}

fn workloads() -> [Product; 6] {
    const ACCOUNT: &str = "system:serviceaccount:billing:worker";
    const ROLE: &str = "arn:aws:iam::123456789012:role/Data";
    const SVID: &str = "spiffe://example.org/billing";
    let pod = |namespace: &str| json!({"kubernetes.io": {"namespace": namespace, "pod": {"name": "p", "uid": "u"}}});
    let amazon = |account: &str| json!({"https://sts.amazonaws.com/": {"aws_account": account, "source_region": "us-east-1", "principal_tags": {"team": "data"}}});
    [
        workload(
            "Kubernetes",
            IssuerProfile::kubernetes("billing"),
            None,
            with(&pod("billing"), json!({"sub": ACCOUNT, "aud": ["https://api.example.com"], "jti": "j"})),
            ACCOUNT,
            (&["/kubernetes.io/namespace"], pod("default")),
        ),
        workload(
            "GitHub Actions",
            IssuerProfile::github_actions("octo-org"),
            Some("JWT"),
            json!({
                "sub": "repo:octo-org/api:ref:refs/heads/main", "repository": "octo-org/api", "repository_owner": "octo-org", "jti": "j",
                "ref": "refs/heads/main", "actor": "octocat", "run_id": "1",
            }),
            "repo:octo-org/api:ref:refs/heads/main",
            (&["/repository_owner"], json!({"repository_owner": "mallory"})),
        ),
        workload(
            "GitLab CI",
            IssuerProfile::gitlab_ci("octo"),
            Some("JWT"),
            json!({
                "sub": "project_path:octo/api:ref_type:branch:ref:main", "namespace_path": "octo", "project_path": "octo/api", "jti": "j",
                "user_login": "octocat", "user_email": "o@example.com", "ref_protected": "true",
            }),
            "project_path:octo/api:ref_type:branch:ref:main",
            (&["/namespace_path"], json!({"namespace_path": "octo/sub"})),
        ),
        workload(
            "AWS",
            IssuerProfile::aws("123456789012"),
            Some("JWT"),
            with(&amazon("123456789012"), json!({"sub": ROLE, "jti": "j"})),
            ROLE,
            (&["/https:~1~1sts.amazonaws.com~1/aws_account"], amazon("999999999999")),
        ),
        workload(
            "Google service account",
            IssuerProfile::google_service_account(["1034567", "1034568"]),
            Some("JWT"),
            json!({"sub": "1034568", "azp": "1034568", "email": "w@p.iam.gserviceaccount.com", "email_verified": true}),
            "1034568",
            (&[], json!({"sub": "1034569"})),
        ),
        workload(
            "SPIFFE",
            IssuerProfile::spiffe([SVID]),
            None,
            json!({"sub": SVID, "aud": ["https://api.example.com"], "iat": null, "nbf": null}),
            SVID,
            (&[], json!({"sub": "spiffe://example.org/billing/other"})),
        ),
    ]
}

/// Tokens of a user's session.
fn session(
    name: &'static str,
    profile: IssuerProfile,
    audience: &'static str,
    claims: Value,
    (subject, client): (&'static str, &'static str),
    pins: &'static [&'static str],
) -> Product {
    let claims = dated(claims);
    let others = vec![
        ("an ID token", with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        ("for another audience", with(&claims, json!({"aud": "other"})), TokenError::InvalidAudience),
        ("another issuer's", with(&claims, json!({"iss": "https://other.example.com"})), TokenError::InvalidIssuer),
    ];
    Product { name, profile, typ: Some("JWT"), audience, claims, subject, client, scopes: &[], pins, others }
}

fn sessions() -> [Product; 6] {
    let cloudflare = |name, claims, parties| {
        session(name, IssuerProfile::cloudflare_access(), "32eafc", claims, parties, &["/type"])
    };
    let mut supabase = session(
        "Supabase",
        IssuerProfile::supabase(),
        "authenticated",
        json!({
            "aud": "authenticated", "sub": "b9f1", "email": "j@example.com", "role": "authenticated", "aal": "aal1", "session_id": "s",
            "amr": [{"method": "password", "timestamp": NOW}], "is_anonymous": false,
        }),
        ("b9f1", "b9f1"),
        &["/role"],
    );
    supabase.others.push((
        "service key",
        with(&supabase.claims, json!({"role": "service_role"})),
        TokenError::PinnedClaim,
    ));
    let mut clerk = session(
        "Clerk",
        IssuerProfile::clerk(),
        "https://app.example.com",
        json!({"azp": "https://app.example.com", "sub": "user_1", "sid": "sess_1", "fva": [7, -1], "v": 2, "jti": "j"}),
        ("user_1", "https://app.example.com"),
        &["/sid"],
    );
    clerk.others.extend([
        (
            "another application's",
            with(&clerk.claims, json!({"azp": "https://evil.example.com"})),
            TokenError::InvalidAudience,
        ),
        ("without origin", with(&clerk.claims, json!({"azp": null})), TokenError::AudienceMissing),
    ]);
    let mut firebase = session(
        "Firebase",
        sound(IssuerProfile::firebase("my-project")),
        "my-project",
        json!({
            "aud": "my-project", "auth_time": NOW - 20, "user_id": "u1", "sub": "u1", "email": "j@example.com",
            "firebase": {"identities": {}, "sign_in_provider": "password"},
        }),
        ("u1", "u1"),
        &["/user_id"],
    );
    firebase.others.push((
        "as a list",
        with(&firebase.claims, json!({"aud": ["my-project", "b"]})),
        TokenError::PinnedClaim,
    ));
    let workos = session(
        "WorkOS AuthKit",
        IssuerProfile::workos(),
        ISSUER,
        json!({
            "sub": "user_01", "sid": "session_01", "org_id": "org_01", "role": "member", "permissions": ["posts:write"], "jti": "j",
            "nbf": null,
        }),
        ("user_01", "user_01"),
        &["/sid"],
    );
    let mut user = cloudflare(
        "Cloudflare Access, user",
        json!({
            "aud": ["32eafc"], "email": "j@example.com", "type": "app", "identity_nonce": "6ei6", "sub": "7335d417", "country": "US",
        }),
        ("7335d417", "7335d417"),
    );
    user.others.extend([
        ("session of the team", with(&user.claims, json!({"type": "org"})), TokenError::PinnedClaim),
        (
            "user without subject",
            with(&user.claims, json!({"sub": "", "common_name": "c.access"})),
            TokenError::SubInvalid,
        ),
    ]);
    let service = cloudflare(
        "Cloudflare Access, service token",
        json!({"aud": ["32eafc"], "type": "app", "common_name": "e367826f.access", "sub": ""}),
        ("e367826f.access", "e367826f.access"),
    );
    [supabase, clerk, firebase, workos, user, service]
}

fn products() -> Vec<Product> {
    [entra_v1(), cognito(), spring(), duende()].into_iter().chain(workloads()).chain(sessions()).collect()
}

#[test]
fn each_products_documented_token_is_read_where_it_says_things() {
    for product in products() {
        let name = product.name;
        let claims = verify(&product, product.typ, &product.claims).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(claims.subject(), product.subject, "{name}");
        assert_eq!(claims.client_id(), Some(product.client), "{name}");
        assert_eq!(claims.scopes().collect::<Vec<_>>(), product.scopes, "{name}");
    }
}

#[test]
fn each_products_other_tokens_and_those_for_others_are_refused() {
    for product in products() {
        for (kind, claims, error) in &product.others {
            let refused = verify(&product, product.typ, claims).map(|_| ());
            assert_eq!(refused, Err(*error), "{}: {kind}", product.name);
        }
    }
}

#[test]
fn each_pin_is_demanded() {
    for product in products() {
        for pin in product.pins {
            let mut claims = product.claims.clone();
            let (parent, member) = pin.rsplit_once('/').expect("a pointer");
            let object = claims.pointer_mut(parent).and_then(Value::as_object_mut).expect("the pinned claim's parent");
            let value = object.remove(member).expect("the pinned claim");
            let refused = verify(&product, product.typ, &claims).map(|_| ());
            assert_eq!(refused, Err(TokenError::PinnedClaim), "{}: without {pin}", product.name);
            // Another shape of the same is not the same.
            let object = claims.pointer_mut(parent).and_then(Value::as_object_mut).expect("the same");
            object.insert(member.to_owned(), json!([value]));
            let refused = verify(&product, product.typ, &claims).map(|_| ());
            assert_eq!(refused, Err(TokenError::PinnedClaim), "{}: {pin} in a list", product.name);
        }
    }
}

#[test]
fn j13_typ_is_absent_only_where_the_product_leaves_it_out() {
    for product in products() {
        let without = verify(&product, None, &product.claims).map(|_| ());
        let expected = match product.name {
            "WorkOS AuthKit" => Ok(()),
            _ if product.typ.is_none() => Ok(()),
            _ => Err(TokenError::TypMissing),
        };
        assert_eq!(without, expected, "{}", product.name);
        for typ in ["logout+jwt", "dpop+jwt", "client-authentication+jwt", "secevent+jwt"] {
            let refused = verify(&product, Some(typ), &product.claims).map(|_| ());
            assert_eq!(refused, Err(TokenError::UnexpectedTyp), "{}: {typ}", product.name);
        }
    }
}

/// The options of a profile, each alone.
fn own(profile: IssuerProfile, claims: Value) -> Product {
    Product {
        name: "an issuer of one's own",
        profile,
        typ: Some("at+jwt"),
        audience: "https://api.example.com",
        claims: dated(claims),
        subject: "",
        client: "",
        scopes: &[],
        pins: &[],
        others: Vec::new(),
    }
}

#[test]
fn a7_client_is_the_subject_only_where_nothing_names_a_user() {
    let base = json!({"aud": "https://api.example.com", "client_id": "worker", "jti": "j"});
    let own = own(IssuerProfile::rfc9068().subject_may_be_client(), base.clone());
    let subject =
        |changes: Value| verify(&own, own.typ, &with(&own.claims, changes)).map(|claims| claims.subject().to_owned());
    assert_eq!(subject(json!({})).as_deref(), Ok("worker"));
    assert_eq!(subject(json!({"sub": ""})).as_deref(), Ok("worker"));
    assert_eq!(subject(json!({"sub": "user-1", "username": "alice"})).as_deref(), Ok("user-1"));
    let mut null = own.claims.clone();
    null["sub"] = Value::Null;
    null["username"] = Value::Null;
    assert_eq!(verify(&own, own.typ, &null).expect("null is unsaid").subject(), "worker");
    for name in ["username", "preferred_username", "email", "upn", "name", "user_id", "oid", "auth_time", "amr", "sid"]
    {
        assert_eq!(subject(json!({ name: "x" })), Err(TokenError::SubInvalid), "{name}");
        assert_eq!(subject(json!({ name: "x", "sub": "" })), Err(TokenError::SubInvalid), "{name}");
    }
    for wrong in [json!(1), json!(true), json!({}), json!(["worker"])] {
        assert_eq!(subject(json!({ "sub": wrong })), Err(TokenError::SubInvalid));
    }
    assert_eq!(subject(json!({"client_id": null})), Err(TokenError::SubInvalid));
    let strict = super_strict(&own);
    assert_eq!(verify(&strict, own.typ, &own.claims).map(|_| ()), Err(TokenError::SubInvalid), "by default");
}

fn super_strict(own: &Product) -> Product {
    Product { profile: IssuerProfile::rfc9068(), others: Vec::new(), claims: own.claims.clone(), ..*own }
}

#[test]
fn a6_iat_may_be_absent_where_the_profile_says_so_and_never_ahead() {
    let base = json!({"aud": "https://api.example.com", "client_id": "c", "jti": "j", "sub": "s", "iat": null});
    let own = own(IssuerProfile::rfc9068().iat_is_optional(), base);
    let verdict = |product: &Product, changes: Value| {
        verify(product, product.typ, &with(&product.claims, changes)).map(|claims| claims.issued_at().is_some())
    };
    assert_eq!(verdict(&own, json!({})), Ok(false));
    assert_eq!(verdict(&own, json!({"iat": NOW + 60})), Ok(true));
    assert_eq!(verdict(&own, json!({"iat": NOW + 61})), Err(TokenError::IssuedInFuture));
    assert_eq!(verdict(&own, json!({"iat": "now"})), Err(TokenError::IatInvalid));
    assert_eq!(verdict(&super_strict(&own), json!({})), Err(TokenError::IatInvalid));
    let world = World::new();
    for rules in [
        TokenRules::new().max_age(Duration::from_secs(3600)),
        TokenRules::new().max_lifetime(Duration::from_secs(3600)),
    ] {
        let issuer = world.trusted().profile(own.profile.clone());
        let verifier = AccessTokenVerifier::new(&world.provider, vec![issuer], rules.audience_is([own.audience]));
        let header = json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}).to_string();
        let token = sign(world.issuer.as_ref(), &header, &own.claims.to_string());
        assert!(
            verifier.expect("a sound configuration").verify(&token, world.now()).is_err(),
            "it does not say its age"
        );
    }
}

#[test]
fn a2_audience_elsewhere_counts_where_there_is_no_aud_and_is_required() {
    let base = json!({"client_id": "https://api.example.com", "jti": "j", "sub": "s", "nbf": null});
    let profile = || sound(IssuerProfile::rfc9068().audience_in(["for", "client_id"]));
    let own = own(profile(), base);
    let verdict = |changes: Value| verify(&own, own.typ, &with(&own.claims, changes)).map(|_| ());
    assert_eq!(verdict(json!({})), Ok(()));
    assert_eq!(verdict(json!({"client_id": "c", "for": "https://api.example.com"})), Ok(()));
    assert_eq!(verdict(json!({"client_id": "c", "for": ["https://api.example.com"]})), Ok(()));
    assert_eq!(
        verdict(json!({"for": "https://other.example.com"})),
        Err(TokenError::InvalidAudience),
        "the first counts"
    );
    assert_eq!(verdict(json!({"for": []})), Err(TokenError::AudienceShape));
    assert_eq!(
        verdict(json!({"aud": "https://other.example.com"})),
        Err(TokenError::InvalidAudience),
        "aud counts alone"
    );
    assert_eq!(verdict(json!({"aud": []})), Err(TokenError::AudienceShape));
    assert_eq!(verdict(json!({"client_id": null})), Err(TokenError::AudienceMissing));
    assert_eq!(verify(&super_strict(&own), own.typ, &own.claims).map(|_| ()), Err(TokenError::AudienceMissing));
    assert!(IssuerProfile::rfc9068().audience_in([""]).is_err());
}

#[test]
fn a2_claims_name_the_audience_that_was_found_elsewhere() {
    let base = json!({"client_id": "https://api.example.com", "jti": "j", "sub": "s", "nbf": null});
    let own = own(sound(IssuerProfile::rfc9068().audience_in(["for", "client_id"])), base);
    let audiences = |changes: Value| {
        let claims = verify(&own, own.typ, &with(&own.claims, changes)).expect("a sound token");
        (claims.audiences(), claims.get("aud").is_some())
    };
    let api = "https://api.example.com".to_owned();
    assert_eq!(audiences(json!({})), (vec![api.clone()], false));
    assert_eq!(audiences(json!({"client_id": "c", "for": [api, "x"]})), (vec![api.clone(), "x".into()], false));
    assert_eq!(audiences(json!({"aud": [api], "for": "x"})), (vec![api], true), "aud counts alone");
}

#[test]
fn j13_absent_typ_that_is_let_in_brings_the_guard_along() {
    let base = json!({"aud": "https://api.example.com", "client_id": "c", "jti": "j", "sub": "s"});
    let own = own(IssuerProfile::rfc9068().header_typ_may_be_absent(), base);
    let verdict = |typ, changes: Value| verify(&own, typ, &with(&own.claims, changes)).map(|_| ());
    assert_eq!(verdict(None, json!({})), Ok(()));
    assert_eq!(verdict(Some("at+jwt"), json!({})), Ok(()));
    assert_eq!(verdict(Some("JWT"), json!({})), Err(TokenError::UnexpectedTyp));
    for name in ["nonce", "at_hash", "c_hash", "events"] {
        assert_eq!(verdict(None, json!({ name: "x" })), Err(TokenError::OtherTokenKind), "{name}");
    }
}

#[test]
fn pins_that_pin_nothing_are_configuration_errors() {
    let rfc = IssuerProfile::rfc9068;
    assert!(rfc().pin_one_of("sub", Vec::<String>::new()).is_err());
    assert!(rfc().pin_one_of("sub", [" "]).is_err());
    assert!(rfc().pin_at(Vec::<String>::new(), ["x"]).is_err());
    assert!(rfc().pin_at(["a", ""], ["x"]).is_err());
    assert!(IssuerProfile::kubernetes("").is_err());
    assert!(IssuerProfile::github_actions(" ").is_err());
    assert!(IssuerProfile::gitlab_ci("").is_err());
    assert!(IssuerProfile::aws("").is_err());
    assert!(IssuerProfile::google_service_account([""]).is_err());
    assert!(IssuerProfile::spiffe(Vec::<String>::new()).is_err());
    assert!(IssuerProfile::firebase("").is_err());
}
