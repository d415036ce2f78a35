//! The adapters' examples to copy, `protect.rs` and `issue_tokens.rs`: each serves on a loopback port, and does over the socket what it
//! says. The files are included as they are.

#[path = "../../../adapter-actix/examples/issue_tokens.rs"]
mod actix_issue_tokens;
#[path = "../../../adapter-actix/examples/protect.rs"]
mod actix_protect;
#[path = "../../../adapter-axum/examples/issue_tokens.rs"]
#[expect(dead_code, reason = "`main` is the example's")]
mod axum_issue_tokens;
#[path = "../../../adapter-axum/examples/protect.rs"]
#[expect(dead_code, reason = "`main` is the example's")]
mod axum_protect;
mod browser;
#[path = "../../../adapter-hyper/examples/issue_tokens.rs"]
#[expect(dead_code, reason = "`main` is the example's")]
mod hyper_issue_tokens;
#[path = "../../../adapter-hyper/examples/protect.rs"]
#[expect(dead_code, reason = "`main` is the example's")]
mod hyper_protect;
mod papers;
mod servers;
mod slow_clients;

use attesto_axum::system_clock;
use attesto_testkit::DpopKey;
use attesto_tests::{CHALLENGE, VERIFIER};
use browser::{Answer, Browser, get, post};
use servers::{ACTIX, AXUM, Examples, HYPER};

const API: &str = "https://api.example.com";
const ISSUER: &str = "https://auth.example.com";
const CALLBACK: &str = "https%3A%2F%2Fapp.example.com%2Fcallback";

/// What `protect.rs` says: its own guard, whose issuer is not asked before a token comes.
fn requests_without_a_token_are_challenged_and_the_metadata_is_public(examples: &Examples) {
    let api = examples.protect((examples.guard)().expect("a guard"));
    for request in [get("/me"), post("/documents", "")] {
        let refused = api.send(request);
        assert_eq!(refused.status, 401);
        let challenge = refused.headers("www-authenticate");
        assert!(challenge.contains("DPoP algs=") && challenge.contains("Bearer "), "{challenge}");
        assert!(
            challenge.contains("resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"")
        );
    }
    let metadata = api.send(get("/.well-known/oauth-protected-resource"));
    assert_eq!(metadata.status, 200);
    assert_eq!(metadata.json("resource"), API);
    assert!(metadata.body.contains(ISSUER), "{}", metadata.body);
}

/// What `issue_tokens.rs` says, and that `protect.rs` takes its tokens.
fn a_user_who_is_logged_in_gets_tokens_that_open_the_api(examples: &Examples) {
    let (issuer, api) = examples.both();
    let metadata = issuer.send(get("/.well-known/oauth-authorization-server"));
    assert_eq!((metadata.status, metadata.json("issuer").as_str()), (200, ISSUER));
    assert!(issuer.send(authorize("no-session")).body.contains("Your login page"));

    let tokens = redeem(&issuer, &code(&issuer), None);
    assert_eq!(tokens.json("token_type"), "Bearer");
    let token = tokens.json("access_token");
    let me = api.send(get("/me").header("authorization", &format!("Bearer {token}")));
    assert_eq!((me.status, me.body.as_str()), (200, "alice by Bearer\n"));
    let stored = api.send(post("/documents", "").header("authorization", &format!("Bearer {token}")));
    assert_eq!((stored.status, stored.body.as_str()), (200, "stored for alice\n"));

    let refresh = tokens.json("refresh_token");
    let refreshed = format!("grant_type=refresh_token&client_id=web-app&refresh_token={refresh}");
    assert_eq!(issuer.send(post("/oauth/token", &refreshed)).status, 200);
}

fn a_token_bound_to_a_key_opens_the_api_with_that_key_only_and_a_proof_once(examples: &Examples) {
    let (issuer, api) = examples.both();
    let key = DpopKey::new(1);
    let proof = |method, url: &str| key.proof(method, url).at(system_clock().now());
    let at_the_token_endpoint = proof("POST", &format!("{ISSUER}/oauth/token")).build();
    let tokens = redeem(&issuer, &code(&issuer), Some(&at_the_token_endpoint));
    assert_eq!(tokens.json("token_type"), "DPoP");
    let token = tokens.json("access_token");

    let shown = proof("GET", &format!("{API}/me")).jti("me").token(&token).build();
    let bound = || get("/me").header("authorization", &format!("DPoP {token}")).header("dpop", &shown);
    let me = api.send(bound());
    assert_eq!(me.status, 200, "{}", me.body);
    assert!(me.body.starts_with("alice by Dpop"), "{}", me.body);
    assert_eq!(api.send(bound()).status, 401, "the proof was used before");
    assert_eq!(api.send(get("/me").header("authorization", &format!("Bearer {token}"))).status, 401, "without a proof");
}

fn a_token_without_the_scope_reads_but_does_not_write(examples: &Examples) {
    let (api, token) = examples.protect_and_token_without_scopes();
    let bearer = format!("Bearer {token}");
    assert_eq!(api.send(get("/me").header("authorization", &bearer)).status, 200);
    let refused = api.send(post("/documents", "").header("authorization", &bearer));
    assert_eq!(refused.status, 403);
    let challenge = refused.headers("www-authenticate");
    assert!(challenge.contains("insufficient_scope") && challenge.contains("documents.write"), "{challenge}");
}

fn authorize(session: &str) -> browser::Request {
    let query = format!(
        "response_type=code&client_id=web-app&redirect_uri={CALLBACK}&state=s1&code_challenge_method=S256&code_challenge={CHALLENGE}"
    );
    get(&format!("/oauth/authorize?{query}")).header("cookie", &format!("__Host-session={session}"))
}

/// The code in the redirect of a user who is logged in.
fn code(issuer: &Browser) -> String {
    let redirect = issuer.send(authorize(servers::SESSION));
    assert_eq!(redirect.status, 303, "{}", redirect.body);
    let location = redirect.headers("location");
    assert!(location.starts_with("https://app.example.com/callback?"), "{location}");
    let (_, query) = location.split_once('?').expect("a query");
    let parameter =
        |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned);
    assert_eq!(parameter("state").as_deref(), Some("s1"));
    assert_eq!(parameter("iss").as_deref(), Some("https%3A%2F%2Fauth.example.com"));
    parameter("code").expect("a code")
}

fn redeem(issuer: &Browser, code: &str, proof: Option<&str>) -> Answer {
    let form = format!(
        "grant_type=authorization_code&client_id=web-app&redirect_uri={CALLBACK}&code={code}&code_verifier={VERIFIER}"
    );
    let request = post("/oauth/token", &form);
    let answer = issuer.send(match proof {
        Some(proof) => request.header("dpop", proof),
        None => request,
    });
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

macro_rules! for_each_adapter {
    ($($case:ident)*) => {
        mod axum { $( #[test] fn $case() { super::$case(&super::AXUM); } )* }
        mod actix { $( #[test] fn $case() { super::$case(&super::ACTIX); } )* }
        mod hyper { $( #[test] fn $case() { super::$case(&super::HYPER); } )* }
    };
}

for_each_adapter! {
    a_token_bound_to_a_key_opens_the_api_with_that_key_only_and_a_proof_once
    a_token_without_the_scope_reads_but_does_not_write
    a_user_who_is_logged_in_gets_tokens_that_open_the_api
    requests_without_a_token_are_challenged_and_the_metadata_is_public
}
