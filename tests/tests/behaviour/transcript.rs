//! A long list of requests whose answers must be the same, byte for byte, whatever serves them.

use crate::tokens::proof;
use attesto_core::Timestamp;
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::http::{CanonicalOrigin, OriginPolicy};
use attesto_core::resource::{CredentialPolicy, ResourceServer, SenderPolicy};
use attesto_tests::client::{Answer, Request};
use attesto_tests::servers::{App, Remembering, Resource, Running, pinned};
use attesto_tests::{NOW, World};
use std::sync::Arc;

/// Header fields that say nothing of what attesto does, and why.
const NOT_COMPARED: [(&str, &str); 5] = [
    ("date", "the wall clock, which each HTTP library reads itself"),
    ("server", "the HTTP library's own name; only tiny_http gives one"),
    ("connection", "hop-by-hop (RFC 9110 §7.6.1): whether the library keeps the connection"),
    ("transfer-encoding", "hop-by-hop: how the library frames a body; the body itself is compared"),
    ("content-length", "the same: given where the library frames by length, and optional for HEAD"),
];

const STRICT: &str = "https://mcp.example.com/strict";

fn nonces() -> NonceIssuer {
    NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]))
}

/// One resource that takes whatever there is, and one that takes DPoP with its own nonces only.
pub(crate) fn setup(world: &World) -> App {
    let open = pinned(world).refuse_other_audiences().credentials(CredentialPolicy::new().accept_form_body());
    let origin = CanonicalOrigin::parse("https://mcp.example.com").expect("an origin");
    let strict = ResourceServer::builder(STRICT, Arc::clone(&world.provider))
        .issuer(world.trusted())
        .mcp()
        .origin(OriginPolicy::new().canonical(origin))
        .dpop(ProofPolicy::new().require_nonces(nonces()))
        .sender_policy(SenderPolicy::RequireDpop);
    App::with_resources([
        Resource::new(open, Remembering::new(10_000), &[]),
        Resource::new(strict, Remembering::new(10_000), &[]).at("/strict"),
    ])
}

/// A client that tries everything.
struct Client<'w> {
    world: &'w World,
    requests: Vec<Request>,
}

impl Client<'_> {
    fn push(&mut self, request: Request) {
        // Every other one comes from a browser's script, and the response lists the headers it may read.
        let from_script = self.requests.len() % 2 == 1;
        self.requests.push(if from_script { request.header("origin", "https://app.example.com") } else { request });
    }

    /// A token for the resource that the path belongs to, bound to the client's key or not.
    fn token(&self, path: &str, scope: &'static str, bound: bool) -> String {
        let jkt = self.world.thumbprint(self.world.client.as_ref()).to_base64url();
        self.world.token(|_, claims| {
            claims.insert("scope".into(), scope.into());
            if path.starts_with("/strict") {
                claims.insert("aud".into(), STRICT.into());
            }
            if bound {
                claims.insert("cnf".into(), serde_json::json!({ "jkt": jkt }));
            }
        })
    }

    /// Every kind of credentials for one method and path, good and bad.
    fn try_everything(&mut self, method: &str, path: &str) {
        let new = || {
            let request = Request::new(method, path);
            if matches!(method, "POST" | "DELETE") { request.body("hello") } else { request }
        };
        let (plain, bound) = (self.token(path, "mcp:tools:call", false), self.token(path, "admin a", true));
        let url = format!("https://mcp.example.com{path}");
        let made = |jti: &str| proof(self.world, &bound, method, &url, &format!("{method} {path} {jti}"));
        let (good, of_post) = (made("good"), proof(self.world, &bound, "PATCH", &url, "patch"));
        let expired = self.world.token(|_, claims| {
            claims.insert("exp".into(), NOW.into());
        });
        let mut in_query = new().bearer(&plain);
        in_query.target.push_str("?a=b&access_token=x");
        for request in [
            new(),
            new().bearer(&plain),
            new().bearer(&self.token(path, "admin", false)),
            new().bearer(&bound),
            new().bearer(&expired),
            new().bearer("opaque"),
            new().bearer("two words"),
            new().header("authorization", "Basic dTpw"),
            new().bearer(&plain).bearer(&plain),
            in_query,
            new().dpop(&bound, &good),
            new().dpop(&bound, &good), // a replay, where the first one passed
            new().dpop(&bound, &of_post),
            new().dpop(&plain, &good),
            new().header("authorization", format!("DPoP {bound}")),
            new().bearer(&plain).header("dpop", good.as_str()),
        ] {
            self.push(request);
        }
    }

    /// Nonces: none, a foreign one, a fresh one, one that is due to be replaced, and one that is too old.
    fn try_nonces(&mut self) {
        let token = self.token("/strict", "mcp:tools:call", true);
        let issued = |ago| nonces().issue(self.world.provider.as_ref(), Timestamp::from_secs(NOW - ago));
        for nonce in [String::new(), "x".into(), issued(0), issued(200), issued(1_000)] {
            for path in ["/strict", "/strict/echo", "/strict/scoped"] {
                let made = self.world.proof(&token, |_, claims| {
                    claims.insert("htu".into(), format!("https://mcp.example.com{path}").into());
                    claims.insert("jti".into(), format!("{path} {nonce}").into());
                    if !nonce.is_empty() {
                        claims.insert("nonce".into(), nonce.as_str().into());
                    }
                });
                for _ in 0..2 {
                    self.push(Request::new("POST", path).dpop(&token, &made).body("hello"));
                }
            }
        }
    }

    fn try_forms(&mut self) {
        let token = self.token("/mcp", "mcp:tools:call", false);
        for form in [format!("access_token={token}"), format!("access_token={token}&access_token=x"), "a=b".into()] {
            for path in ["/mcp", "/mcp/echo", "/mcp/nothing", "/strict/echo"] {
                for method in ["POST", "PUT"] {
                    let media_type = "application/x-www-form-urlencoded; charset=utf-8";
                    self.push(Request::new(method, path).header("content-type", media_type).body(form.as_str()));
                }
            }
        }
    }
}

/// The same list every time. Over HTTP/2 it can be sent as well.
pub(crate) fn requests(world: &World) -> Vec<Request> {
    let mut client = Client { world, requests: Vec::new() };
    let resources = ["/mcp", "/mcp/scoped", "/mcp/user", "/mcp/echo", "/mcp/nothing", "/strict", "/strict/scoped"];
    for path in resources {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            client.try_everything(method, path);
        }
    }
    client.try_nonces();
    client.try_forms();
    let well_known = "/.well-known/oauth-protected-resource";
    for path in ["", "/mcp", "/strict", "/none", "/mcp?a=b"].map(|path| format!("{well_known}{path}")) {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            client.push(Request::new(method, &path));
            client.push(Request::new(method, &path).bearer("opaque"));
        }
    }
    for path in ["/", "/elsewhere", "/mcpx", "/Mcp", "/strict%2F", "/.well-known/"] {
        client.push(Request::new("GET", path));
    }
    for header in ["POST", "DELETE"] {
        client.push(Request::new("OPTIONS", "/mcp").header("access-control-request-method", header));
    }
    client.requests
}

/// What is compared of an answer.
pub(crate) fn comparable(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| NOT_COMPARED.iter().all(|(excluded, _)| name != excluded));
    // Fields of one name keep their order, which means something; the order of names means nothing (RFC 9110 §5.3).
    answer.headers.sort_by(|one, other| one.0.cmp(&other.0));
    answer
}

/// All answers of one server, in order.
pub(crate) fn record(running: &Running, requests: &[Request]) -> Vec<Answer> {
    requests.iter().map(|request| comparable(running.send(request))).collect()
}

/// Where two servers differ.
pub(crate) fn differences(requests: &[Request], one: &[Answer], other: &[Answer]) -> String {
    let pairs = requests.iter().zip(one.iter().zip(other)).filter(|(_, (one, other))| one != other);
    let lines = pairs.map(|(request, (one, other))| {
        format!("{} {}: {} and {}\n", request.method, request.target, shown(one), shown(other))
    });
    lines.collect()
}

fn shown(answer: &Answer) -> String {
    format!("{} {:?} {:?}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body))
}

#[test]
fn every_server_gives_the_same_transcript() {
    let world = World::new();
    let requests = requests(&world);
    let recorded = crate::SERVERS.map(|server| record(&(server.start)(setup(&world)), &requests));
    for (server, answers) in crate::SERVERS.iter().zip(&recorded).skip(1) {
        let found = differences(&requests, &recorded[0], answers);
        assert!(found.is_empty(), "{} and {}:\n{found}", crate::SERVERS[0].name, server.name);
        assert_eq!(answers.len(), requests.len());
    }
    // The list is worth comparing: it has every kind of answer, and every nonce handed out is the same.
    for status in [200, 400, 401, 403, 404, 405, 500] {
        assert!(recorded[0].iter().any(|answer| answer.status == status), "{status}");
    }
    let mut handed_out: Vec<&str> = recorded[0].iter().flat_map(|answer| answer.all("dpop-nonce")).collect();
    assert!(handed_out.len() > 10);
    handed_out.dedup();
    assert_eq!(handed_out, [nonces().issue(world.provider.as_ref(), world.now())], "stateless, under a stopped clock");
    let renewed = recorded[0].iter().any(|answer| answer.status == 200 && !answer.all("dpop-nonce").is_empty());
    assert!(renewed, "also to those who were let in");
}
