//! Issuers as they are: for each recipe a token as its product documents it, what is read of it, and which of the product's other
//! tokens it must not be taken for.

use attesto_core::token::{AccessTokenVerifier, Claims, IssuerProfile, TokenError, TokenRules};
use attesto_tests::{AUDIENCE, ISSUER, NOW, World, sign, with_members};
use serde_json::{Value, json};

/// The product's name, its recipe, and the audience its tokens have.
struct Product {
    name: &'static str,
    profile: IssuerProfile,
    header: Value,
    claims: Value,
    read: Read,
    /// The product's other tokens, and why each is refused.
    others: Vec<(&'static str, Value, Value, TokenError)>,
}

struct Read {
    client: &'static str,
    jti: Option<&'static str>,
    scopes: &'static [&'static str],
}

fn with(base: &Value, changes: Value) -> Value {
    with_members(base, &changes)
}

fn dates() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "iat": NOW - 10, "exp": NOW + 290, "sub": "user-1"})
}

fn keycloak() -> Product {
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
    let claims = with(
        &dates(),
        json!({
            "aud": [AUDIENCE, "account"], "typ": "Bearer", "azp": "spa", "jti": "onrtac:1", "sid": "s", "acr": "1",
            "realm_access": {"roles": ["offline_access"]}, "scope": "openid tasks.read", "preferred_username": "u",
        }),
    );
    let others = vec![
        (
            "ID token",
            header.clone(),
            with(&claims, json!({"typ": "ID", "scope": null, "at_hash": "h"})),
            TokenError::WrongPurpose,
        ),
        ("refresh token", header.clone(), with(&claims, json!({"typ": "Refresh"})), TokenError::WrongPurpose),
        ("offline token", header.clone(), with(&claims, json!({"typ": "Offline"})), TokenError::WrongPurpose),
        ("logout token", header.clone(), with(&claims, json!({"typ": "Logout"})), TokenError::UnknownPurpose),
        ("without a purpose", header.clone(), with(&claims, json!({"typ": null})), TokenError::UnknownPurpose),
        ("without typ", with(&header, json!({"typ": null})), claims.clone(), TokenError::TypMissing),
        (
            "bound to nothing",
            header.clone(),
            with(&claims, json!({"typ": "DPoP"})),
            TokenError::UnsupportedConfirmation,
        ),
    ];
    let read = Read { client: "spa", jti: Some("onrtac:1"), scopes: &["openid", "tasks.read"] };
    Product { name: "Keycloak", profile: IssuerProfile::keycloak(), header, claims, read, others }
}

fn auth0() -> Product {
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
    let claims = with(
        &dates(),
        json!({
            "aud": [AUDIENCE, "https://tenant.eu.auth0.com/userinfo"], "azp": "spa", "gty": "password",
            "scope": "openid read:tasks", "permissions": ["read:tasks", "write:tasks"],
        }),
    );
    let others = vec![
        ("ID token", header.clone(), with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        ("ID token without nonce", header.clone(), with(&claims, json!({"azp": null})), TokenError::ClientIdInvalid),
        ("logout token", header.clone(), with(&claims, json!({"events": {}})), TokenError::OtherTokenKind),
    ];
    // What the user may do besides is not what the client was granted.
    let read = Read { client: "spa", jti: None, scopes: &["openid", "read:tasks"] };
    Product { name: "Auth0", profile: IssuerProfile::auth0(), header, claims, read, others }
}

fn okta() -> Product {
    let header = json!({"alg": "ES256", "kid": "k1"});
    let claims = with(
        &dates(),
        json!({"ver": 1, "jti": "AT.1", "cid": "spa", "uid": "00u1", "scp": ["openid", "tasks.read"], "auth_time": NOW - 60}),
    );
    let others = vec![
        (
            "ID token",
            header.clone(),
            with(&claims, json!({"cid": null, "scp": null, "amr": ["pwd"]})),
            TokenError::ClientIdInvalid,
        ),
        ("ID token with nonce", header.clone(), with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        (
            "an assertion",
            with(&header, json!({"typ": "client-authentication+jwt"})),
            claims.clone(),
            TokenError::UnexpectedTyp,
        ),
        ("two scopes in one", header.clone(), with(&claims, json!({"scp": ["a admin"]})), TokenError::InvalidScope),
        ("no strings", header.clone(), with(&claims, json!({"scp": [1]})), TokenError::InvalidScope),
        ("an object", header.clone(), with(&claims, json!({"scp": {}})), TokenError::InvalidScope),
        ("null", header.clone(), with(&claims, json!({"scp": ["a", null]})), TokenError::InvalidScope),
    ];
    let read = Read { client: "spa", jti: Some("AT.1"), scopes: &["openid", "tasks.read"] };
    Product { name: "Okta", profile: IssuerProfile::okta(), header, claims, read, others }
}

fn entra() -> Product {
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let claims = with(
        &dates(),
        json!({
            "nbf": NOW - 10, "aio": "x", "azp": "6e74172b", "azpacr": "0", "oid": "690222be", "rh": "r", "scp": "access_as_user",
            "tid": tenant, "uti": "Fq5Fv", "ver": "2.0", "roles": ["Tasks.Read.All"],
        }),
    );
    let others = vec![
        ("version 1", header.clone(), with(&claims, json!({"ver": "1.0"})), TokenError::PinnedClaim),
        ("another tenant", header.clone(), with(&claims, json!({"tid": "9188040d"})), TokenError::PinnedClaim),
        ("ID token", header.clone(), with(&claims, json!({"azp": null, "scp": null})), TokenError::ClientIdInvalid),
        ("ID token with nonce", header.clone(), with(&claims, json!({"nonce": "n"})), TokenError::OtherTokenKind),
        ("no identifier", header.clone(), with(&claims, json!({"uti": null})), TokenError::JtiInvalid),
    ];
    // Beside `scp`, `roles` are the user's.
    let read = Read { client: "6e74172b", jti: Some("Fq5Fv"), scopes: &["access_as_user"] };
    Product { name: "Entra ID", profile: IssuerProfile::entra_id_v2(tenant), header, claims, read, others }
}

fn family() -> Product {
    let header = json!({"alg": "ES256", "kid": "k1"});
    let claims = with(&dates(), json!({"typ": "access", "client_id": "cli", "jti": "1", "scope": "tasks.read"}));
    let others = vec![
        ("refresh token", header.clone(), with(&claims, json!({"typ": "refresh"})), TokenError::WrongPurpose),
        ("without a purpose", header.clone(), with(&claims, json!({"typ": null})), TokenError::UnknownPurpose),
        ("a DPoP proof", with(&header, json!({"typ": "dpop+jwt"})), claims.clone(), TokenError::UnexpectedTyp),
    ];
    let read = Read { client: "cli", jti: Some("1"), scopes: &["tasks.read"] };
    Product { name: "the reference family", profile: IssuerProfile::reference_family(), header, claims, read, others }
}

fn products() -> [Product; 5] {
    [keycloak(), auth0(), okta(), entra(), family()]
}

fn verify(profile: IssuerProfile, header: &Value, claims: &Value) -> Result<Claims, TokenError> {
    let world = World::new();
    let rules = TokenRules::new().audience_is([AUDIENCE]);
    let issuer = world.trusted().profile(profile);
    let verifier = AccessTokenVerifier::new(&world.provider, vec![issuer], rules).expect("a sound configuration");
    let token = sign(world.issuer.as_ref(), &header.to_string(), &claims.to_string());
    verifier.verify(&token, world.now()).map_err(|refused| refused.error)
}

#[test]
fn each_products_access_token_is_read_where_it_says_things() {
    for Product { name, profile, header, claims, read, .. } in products() {
        let found = verify(profile, &header, &claims).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.client_id(), Some(read.client), "{name}");
        assert_eq!(found.jwt_id(), read.jti, "{name}");
        assert_eq!(found.scopes().collect::<Vec<_>>(), read.scopes, "{name}");
        assert_eq!(found.subject(), "user-1", "{name}");
        assert_eq!(found.get("sub").and_then(|sub| sub.into_string()).as_deref(), Some("user-1"), "{name}: as written");
    }
}

#[test]
fn each_products_other_tokens_are_refused() {
    for Product { name, profile, others, .. } in products() {
        for (kind, header, claims, error) in others {
            let refused = verify(profile.clone(), &header, &claims).map(|_| ());
            assert_eq!(refused, Err(error), "{name}: {kind}");
        }
    }
}

#[test]
fn no_profile_is_needed_to_refuse_them_all_and_none_refuses_rfc_9068() {
    for Product { name, profile, header, claims, .. } in products() {
        assert!(verify(IssuerProfile::rfc9068(), &header, &claims).is_err(), "{name}: strict by default");
        let header = with(&header, json!({"typ": "at+jwt"}));
        assert!(verify(profile, &header, &claims).is_ok(), "{name}: at+jwt");
    }
}

#[test]
fn profile_changes_nothing_about_issuer_audience_dates_and_binding() {
    for Product { name, profile, header, claims, .. } in products() {
        for (changes, error) in [
            (json!({"iss": "https://other.example.com"}), TokenError::InvalidIssuer),
            (json!({"aud": "https://other.example.com"}), TokenError::InvalidAudience),
            (json!({"aud": null}), TokenError::AudienceMissing),
            (json!({"exp": NOW}), TokenError::Expired),
            (json!({"exp": null}), TokenError::ExpInvalid),
            (json!({"iat": NOW + 61}), TokenError::IssuedInFuture),
            (json!({"sub": ""}), TokenError::SubInvalid),
            (json!({"cnf": {}}), TokenError::UnsupportedConfirmation),
        ] {
            let refused = verify(profile.clone(), &header, &with(&claims, changes)).map(|_| ());
            assert_eq!(refused, Err(error), "{name}");
        }
    }
}

#[test]
fn scopes_of_all_claims_count_once() {
    let profile = || IssuerProfile::rfc9068().scopes_in(["scope", "scp"]).expect("names");
    let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "k1"});
    let base = with(&dates(), json!({"client_id": "c", "jti": "1"}));
    let scopes = |changes: Value| {
        verify(profile(), &header, &with(&base, changes)).map(|claims| claims.scopes().collect::<Vec<_>>().join(","))
    };
    assert_eq!(scopes(json!({})).as_deref(), Ok(""));
    assert_eq!(scopes(json!({"scope": "a b", "scp": ["b", "c"]})).as_deref(), Ok("a,b,c"));
    assert_eq!(scopes(json!({"scope": "", "scp": "a"})).as_deref(), Ok("a"));
    assert_eq!(scopes(json!({"scp": []})).as_deref(), Ok(""));
    assert_eq!(scopes(json!({"scp": ["a\u{20}b"]})), Err(TokenError::InvalidScope));
    assert_eq!(scopes(json!({"scope": "a ", "scp": ["b"]})), Err(TokenError::InvalidScope));
    assert_eq!(scopes(json!({"scope": "a", "scp": ["", "b"]})), Err(TokenError::InvalidScope));
    assert_eq!(scopes(json!({"scope": "a", "scp": null})).as_deref(), Ok("a"));
}

#[test]
fn a10_rights_of_the_user_are_not_taken_for_scopes_of_the_client() {
    let scopes = |product: &Product, profile: IssuerProfile, changes: Value| {
        let claims = with(&product.claims, changes);
        verify(profile, &product.header, &claims).map(|claims| claims.scopes().collect::<Vec<_>>().join(","))
    };
    let auth0 = auth0();
    let plain = auth0.profile.clone();
    assert_eq!(
        scopes(&auth0, plain, json!({"scope": null})).as_deref(),
        Ok(""),
        "permissions alone are nobody's grant"
    );
    let opted = auth0.profile.clone().scopes_in(["scope", "permissions"]).expect("names");
    assert_eq!(scopes(&auth0, opted.clone(), json!({})).as_deref(), Ok("openid,read:tasks,write:tasks"));
    assert_eq!(scopes(&auth0, opted, json!({"permissions": "a  b"})), Err(TokenError::InvalidScope));
    let entra = entra();
    let profile = || entra.profile.clone();
    assert_eq!(scopes(&entra, profile(), json!({"scp": null})).as_deref(), Ok("Tasks.Read.All"), "a client by itself");
    assert_eq!(scopes(&entra, profile(), json!({"scp": ""})).as_deref(), Ok(""));
    assert_eq!(scopes(&entra, profile(), json!({"scp": null, "roles": ["a b"]})), Err(TokenError::InvalidScope));
    assert_eq!(scopes(&entra, profile(), json!({"scp": null, "roles": null})).as_deref(), Ok(""));
}

#[test]
fn blank_names_are_configuration_errors() {
    let rfc = IssuerProfile::rfc9068;
    assert!(rfc().header_typ([" "]).is_err());
    assert!(rfc().client_id_in(Vec::<String>::new()).is_err());
    assert!(rfc().scopes_in([""]).is_err());
    assert!(rfc().client_scopes_in([""]).is_err());
    assert!(rfc().jti_in([""], true).is_err());
    assert!(rfc().purpose_is(Vec::<String>::new()).is_err());
}

/// What only an issuer's other tokens have.
fn claims_of_other_kinds() -> [(&'static str, Value); 4] {
    [("nonce", json!("n")), ("at_hash", json!("h")), ("c_hash", json!("h")), ("events", json!({}))]
}

#[test]
fn a13_own_profile_that_loosens_typ_refuses_the_issuers_other_tokens() {
    let world = World::new();
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
    let access = with(&dates(), json!({"client_id": "c", "jti": "1"}));
    let profile = || IssuerProfile::rfc9068().header_typ(["JWT"]).expect("a name");
    let by_accept_typ = |claims: &Value| {
        let issuer = world.trusted().accept_typ(["JWT"]).expect("a name");
        let rules = TokenRules::new().audience_is([AUDIENCE]);
        let verifier = AccessTokenVerifier::new(&world.provider, vec![issuer], rules).expect("a sound configuration");
        let token = sign(world.issuer.as_ref(), &header.to_string(), &claims.to_string());
        verifier.verify(&token, world.now()).map(|_| ()).map_err(|refused| refused.error)
    };
    assert!(verify(profile(), &header, &access).is_ok());
    assert_eq!(by_accept_typ(&access), Ok(()));
    for (name, value) in claims_of_other_kinds() {
        let other = with(&access, json!({ name: value }));
        let refused = verify(profile(), &header, &other).map(|_| ());
        assert_eq!(refused, Err(TokenError::OtherTokenKind), "{name}");
        assert_eq!(by_accept_typ(&other), Err(TokenError::OtherTokenKind), "{name}: accept_typ");
        // A strict `typ` tells them apart by itself, and such a claim means nothing then.
        let strict = with(&header, json!({"typ": "at+jwt"}));
        assert!(verify(IssuerProfile::rfc9068(), &strict, &other).is_ok(), "{name}");
    }
}

#[test]
fn a13_only_the_named_claims_of_other_kinds_are_let_in() {
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k1"});
    let access = with(&dates(), json!({"client_id": "c", "jti": "1"}));
    let profile = || IssuerProfile::rfc9068().header_typ(["JWT"]).expect("a name");
    let lenient = || profile().access_tokens_may_hold(["nonce"]).expect("a claim of another kind");
    for (name, value) in claims_of_other_kinds() {
        let verdict = verify(lenient(), &header, &with(&access, json!({ name: value }))).map(|_| ());
        let expected = if name == "nonce" { Ok(()) } else { Err(TokenError::OtherTokenKind) };
        assert_eq!(verdict, expected, "{name}");
    }
    let forbidden = verify(lenient().forbid("nonce"), &header, &with(&access, json!({"nonce": "n"}))).map(|_| ());
    assert_eq!(forbidden, Err(TokenError::OtherTokenKind), "what is forbidden in so many words stays so");
    assert!(profile().access_tokens_may_hold(["at_hash", "sub"]).is_err());
    assert!(profile().access_tokens_may_hold(Vec::<String>::new()).is_err());
    // Keycloak's access tokens had a nonce until version 25; its private `typ` tells them from ID tokens.
    let keycloak = keycloak();
    assert!(verify(keycloak.profile, &keycloak.header, &with(&keycloak.claims, json!({"nonce": "n"}))).is_ok());
}
