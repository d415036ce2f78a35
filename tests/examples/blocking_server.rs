//! A protected MCP server with blocking IO, no async runtime and no adapter, and a client that tries what a thief would try.
//!
//! `cargo run -p attesto-tests --example blocking_server` needs no set-up: it serves on a loopback port, plays a tour against
//! itself over the socket, prints each request and verdict, and stays up with curl lines to try. With `-- --once` it ends after
//! the tour.
//!
//! Read it to put attesto before a server of your own. What is not here stands in `tests/src/blocking`, and is as short:
//!
//! - `door.rs` is the heart of it: `ResourceServer::check` in a loop, and an answer to each question the core asks;
//! - `exchange.rs` translates this server's requests and responses into the core's and back;
//! - `note.rs` turns decisions into events, for servers that log them.
//!
//! tiny_http itself belongs behind a proxy that limits bodies: see `tests/src/blocking/mod.rs`.

use attesto_core::Timestamp;
use attesto_core::dpop::{ReplayAnswer, ReplayClaim};
use attesto_core::host::{Event, MemoryReplayStore, PublicDocuments};
use attesto_core::http::{Connection, Header, ResponseParts};
use attesto_core::resource::Grant;
use attesto_core::time::Clock;
use attesto_demo::{Demo, Resources};
use attesto_tests::blocking::{Door, Entry, Exchange, Host, serve, text};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

/// What only the host knows. This one remembers used proofs and has nothing else to say.
struct Memory(MemoryReplayStore);

impl Host for Memory {
    fn replay(&self, claim: &ReplayClaim, now: Timestamp) -> ReplayAnswer {
        self.0.record(claim, now)
    }

    fn event(&self, _: &Event<'_>) {
        // A line in your log. `Event::visit` gives the fields, none of which is a secret.
    }
}

/// What every thread sees.
struct App {
    documents: Arc<PublicDocuments>,
    doors: [(&'static str, Door); 2],
}

impl App {
    /// One request, from its first byte to its answer.
    fn respond(&self, exchange: &mut Exchange) -> ResponseParts {
        // 1. What is public by design comes first: clients that hold no token yet learn here where to get one (RFC 9728).
        if let Some(document) = self.documents.respond(exchange.method(), exchange.path(), exchange.query()) {
            return document;
        }
        let Some((_, door)) = self.doors.iter().find(|(path, _)| *path == exchange.path()) else {
            return text(404, "nothing here");
        };
        // 2. Where tokens may come in form bodies, the core wants to see the form. Here they may not, and nothing is read.
        let wants_form = exchange.with_headers(|headers| door.wants_form(exchange.method(), headers));
        let form = if wants_form { exchange.read_form() } else { None };
        // 3. What this server itself knows of the connection. Where it ends TLS, say `Connection::new().tls()`, and add
        //    `.certificate(der)` where the client showed one. Never take either from a header.
        let connection = Connection::new();
        // 4. The clock is read when the request comes and after each of the host's answers: what was fresh may be fresh no more.
        let clock = Clock::new(now);
        match exchange.parts(connection, form.as_deref(), |request| door.enter(request, &clock)) {
            // 5. Refused: status, challenges and body are the core's. Send them as they are.
            Err(refusal) => refusal,
            // 6. Granted: `grant` identifies the caller. The response may have to carry a fresh nonce.
            Ok(entry) => entry.amend(match &entry {
                Entry::Granted { grant, .. } => mcp(grant, exchange),
                Entry::Preflight => text(204, ""),
            }),
        }
    }
}

/// The handler: an MCP server with one tool, written by hand. Of tokens it knows what the grant says.
fn mcp(grant: &Grant, exchange: &mut Exchange) -> ResponseParts {
    if exchange.method() != "POST" {
        return text(405, "no stream of events here");
    }
    let body = exchange.read_body(64 * 1024).ok();
    let Some(call) = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok()) else {
        return text(400, "not JSON");
    };
    let Some(id) = call.get("id") else { return ResponseParts::new(202) }; // a notification
    let result = match call["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "attesto-demo", "version": "1" },
        }),
        Some("tools/list") => json!({
            "tools": [{ "name": "whoami", "description": "Says who is calling.", "inputSchema": { "type": "object" } }],
        }),
        Some("tools/call") => {
            let told = format!("{} by {}", grant.subject(), grant.sender().kind());
            json!({ "content": [{ "type": "text", "text": told }], "isError": false })
        }
        _ => return json_rpc(json!({ "id": id, "error": { "code": -32601, "message": "Method not found" } })),
    };
    json_rpc(json!({ "id": id, "result": result }))
}

fn json_rpc(mut answer: Value) -> ResponseParts {
    answer["jsonrpc"] = "2.0".into();
    let mut response = ResponseParts::new(200);
    response.headers.extend(Header::new("content-type", "application/json"));
    response.body = answer.to_string().into_bytes();
    response
}

#[expect(clippy::disallowed_methods, reason = "a server is where time comes from")]
fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (demo, listener) = match Demo::start()? {
        Ok(demo) => demo,
        Err(code) => return Ok(code),
    };
    // The demos share their configuration. Yours is `ResourceServer::builder(..)..build()`, as in the README.
    let Resources { open, strict, call, documents } = demo.resources()?;
    // One memory for both resources and all threads. Several processes need one that they share.
    let host: Arc<dyn Host> = Arc::new(Memory(MemoryReplayStore::single_node(100_000)?));
    let door = |server| Door::new(Arc::clone(server), Arc::clone(&host), call.clone());
    let app = App { documents, doors: [("/mcp", door(open.server())), ("/strict/mcp", door(strict.server()))] };

    listener.set_nonblocking(false)?;
    let _threads = serve(listener, 4, move |mut exchange| {
        let response = app.respond(&mut exchange);
        exchange.answer(response);
    })?;

    // The tour's client is asynchronous; nothing of the server is.
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    client.block_on(demo.play(pending::<Result<(), Infallible>>()))
}
