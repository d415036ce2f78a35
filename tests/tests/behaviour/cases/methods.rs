//! HEAD, OPTIONS and what browsers ask beforehand.

use crate::tokens::{bearer, proof};
use attesto_tests::client::Request;
use attesto_tests::servers::Server;
use attesto_tests::servers::{App, pinned};
use attesto_tests::{AUDIENCE, World};

fn preflight(method: &str, path: &str) -> Request {
    Request::new(method, path)
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, dpop")
}

pub(crate) fn w12_head_gets_the_answer_of_get_without_the_body(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let told = |request: &Request| {
        let answer = running.send(request);
        let names = ["www-authenticate", "cache-control", "pragma", "content-type"];
        let headers = names.map(|name| answer.all(name).iter().map(ToString::to_string).collect::<Vec<_>>());
        (answer.status, headers, answer.body)
    };
    for request in [
        Request::new("GET", "/mcp"),
        Request::new("GET", "/mcp").bearer("x"),
        Request::new("GET", "/mcp/scoped").bearer(&bearer(&world)),
        Request::new("GET", "/mcp").bearer(&bearer(&world)),
    ] {
        let (status, headers, _) = told(&request);
        let head = Request { method: "HEAD".into(), ..request };
        assert_eq!(told(&head), (status, headers, Vec::new()));
    }
}

/// The proof names the method that was used, also where a framework answers HEAD through its GET route.
pub(crate) fn d9_proof_for_get_does_not_serve_for_head(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    let token = world.bound_token();
    for (method, status) in [("GET", 401), ("HEAD", 200)] {
        let request = Request::new("HEAD", "/mcp").dpop(&token, &proof(&world, &token, method, AUDIENCE, method));
        assert_eq!(running.send(&request).status, status, "{method}");
    }
}

pub(crate) fn c11_preflight_is_refused_by_default(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)));
    for path in ["/mcp", "/mcp/scoped", "/mcp/nothing"] {
        let refused = running.send(&preflight("OPTIONS", path));
        assert_eq!((refused.status, running.reached.times()), (401, 0), "{path}");
        assert_eq!(refused.all("access-control-expose-headers"), ["DPoP-Nonce, WWW-Authenticate"], "D15");
    }
    let answer = running.send(&Request::new("OPTIONS", "/mcp").bearer(&bearer(&world)));
    assert_eq!(answer.status, 200, "OPTIONS is a method like any other");
}

pub(crate) fn c11_preflight_passes_where_it_is_configured_and_nothing_else_does(server: Server) {
    let world = World::new();
    let running = (server.start)(App::simple(pinned(&world)).passing_preflights());
    assert_eq!(running.send(&preflight("OPTIONS", "/mcp")).said(), (200, "preflight"));
    assert_eq!(running.send(&preflight("OPTIONS", "/mcp/scoped")).said(), (200, "preflight"));
    assert_eq!(running.send(&preflight("OPTIONS", "/mcp/nothing")).status, 404);
    for request in [Request::new("OPTIONS", "/mcp"), preflight("DELETE", "/mcp"), preflight("GET", "/mcp/scoped")] {
        assert_eq!(running.send(&request).status, 401, "{request:?}");
    }
    assert_eq!(running.reached.times(), 2);
}
