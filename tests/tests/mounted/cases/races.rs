//! Many clients at once over real sockets: nothing is spent twice, and the tokens of a replayed credential are revoked.

use crate::issuer::{Issuer, ORIGIN, SECRET, builder};
use crate::script::{code_in, logged_in, member, posted, redemption, refreshment, visit};
use attesto_core::authorization::{GraceSecret, RefreshPolicy};
use attesto_tests::client::Connection;
use attesto_tests::servers::Running;
use attesto_tests::servers::Server;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

const CLIENTS: usize = 200;
const CODES: usize = 1_000;
/// In a debug build 200,000 requests take minutes. So the clients go in groups, and each group has codes of its own: 40 clients try
/// each code at once. [`whole`] has all of them try all.
const GROUPS: usize = 5;

/// Access tokens that are given for one spent refresh token: with the first one, half of those that a family may have at a time.
const NOTED: usize = 49;

/// An answer of the token endpoint, and when: by a counter that all clients share.
struct Told {
    began: u64,
    ended: u64,
    status: u16,
    body: Vec<u8>,
}

impl Told {
    fn text(&self, name: &str) -> String {
        let body: Value = serde_json::from_slice(&self.body).expect("JSON");
        body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
    }
}

/// A connection that stays open.
struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        Self { stream, read: Vec::new() }
    }

    /// Posts a form to the token endpoint.
    async fn token(&mut self, form: &str) -> (u16, Vec<u8>) {
        let request = posted("/oauth/token", form);
        let bytes = [request.head(form.len()), request.body].concat();
        self.stream.write_all(&bytes).await.expect("the server reads");
        self.read.clear();
        loop {
            assert_ne!(self.stream.read_buf(&mut self.read).await.expect("an answer"), 0, "the connection is kept");
            let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
            let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let length: usize = field("content-length:").expect("a length").parse().expect("a number");
            if self.read.len() == end + 4 + length {
                let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
                return (status, self.read[end + 4..].to_vec());
            }
        }
    }
}

/// Starts all clients at once, each sending its forms in order. Returns each client's responses.
fn all_at_once(server: &Running, forms_of: impl Fn(usize) -> Vec<Arc<str>>) -> Vec<Vec<Told>> {
    let (address, at) = (server.address, Arc::new(AtomicU64::new(0)));
    Runtime::new().expect("a runtime").block_on(async {
        let ready = Arc::new(Barrier::new(CLIENTS));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (ready, at, forms) = (Arc::clone(&ready), Arc::clone(&at), forms_of(client));
                tokio::spawn(async move {
                    let (mut wire, mut told) = (Wire::open(address).await, Vec::with_capacity(forms.len()));
                    ready.wait().await;
                    for form in forms {
                        let began = at.fetch_add(1, Ordering::SeqCst);
                        let (status, body) = wire.token(&form).await;
                        told.push(Told { began, ended: at.fetch_add(1, Ordering::SeqCst), status, body });
                    }
                    told
                })
            })
            .collect();
        let mut told = Vec::new();
        for client in clients {
            told.push(client.await.expect("no client fails"));
        }
        told
    })
}

/// Refused, and in no other way.
fn assert_invalid_grant(told: &Told, context: &str) {
    assert_eq!((told.status, &*told.text("error")), (400, "invalid_grant"), "{context}");
    assert!(!String::from_utf8_lossy(&told.body).contains("token\":"), "{context}");
}

/// A form of the client `web`, which may also ask what became of its tokens.
fn of_web(form: &str) -> String {
    format!("{}&client_secret={SECRET}", form.replace("client_id=app", "client_id=web"))
}

fn new_code(connection: &mut Connection) -> String {
    let mut visit = visit();
    visit.target = visit.target.replace("client_id=app", "client_id=web");
    code_in(&connection.send(&logged_in(visit)))
}

fn is_active(connection: &mut Connection, access_token: &str) -> bool {
    let answer = connection.send(&posted("/oauth/introspect", &of_web(&format!("client_id=app&token={access_token}"))));
    assert_eq!(answer.status, 200, "{answer:?}");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    body["active"].as_bool().expect("a truth")
}

/// The access token is on the deny list, and the refresh token is invalid.
fn assert_dead(connection: &mut Connection, tokens: &Told, context: &str) {
    assert!(!is_active(connection, &tokens.text("access_token")), "{context}");
    let refreshed = connection.send(&posted("/oauth/token", &of_web(&refreshment(&tokens.text("refresh_token")))));
    assert_eq!((refreshed.status, member(&refreshed, "error")), (400, "invalid_grant".into()), "{context}");
}

/// 200 clients at once redeem 1,000 codes, each client those of its group.
fn redeem(server: Server, groups: usize) {
    let running = Issuer::new().serve(server);
    let mut connection = Connection::open(running.address);
    let forms: Vec<Arc<str>> = (0..CODES).map(|_| of_web(&redemption(&new_code(&mut connection))).into()).collect();
    assert_eq!(forms.iter().collect::<BTreeSet<_>>().len(), CODES);

    let of_group = |group: usize| (0..CODES).filter(move |code| code % groups == group);
    let told = all_at_once(&running, |client| of_group(client % groups).map(|code| forms[code].clone()).collect());
    let mut by_code: Vec<Vec<&Told>> = (0..CODES).map(|_| Vec::new()).collect();
    for (client, told) in told.iter().enumerate() {
        for (code, told) in of_group(client % groups).zip(told) {
            by_code[code].push(told);
        }
    }

    // The first connection may have been idle for too long meanwhile.
    let mut connection = Connection::open(running.address);
    let (mut redeemed, mut refused, mut replayed) = (0, 0, 0);
    for (code, told) in by_code.iter().enumerate() {
        assert_eq!(told.len(), CLIENTS / groups);
        let (won, lost): (Vec<_>, Vec<_>) = told.iter().copied().partition(|told| told.status == 200);
        assert!(won.len() <= 1, "code {code} was redeemed {} times", won.len());
        for told in &lost {
            assert_invalid_grant(told, "a code that another has");
        }
        (redeemed, refused) = (redeemed + won.len(), refused + lost.len());
        // Who comes during the first exchange ends it; who comes after it was answered, all that it gave. AC-6.
        let Some(tokens) = won.first().copied() else { continue };
        if lost.iter().any(|told| told.began > tokens.ended) {
            replayed += 1;
            assert_dead(&mut connection, tokens, "a code that was replayed");
        }
        let again = connection.send(&posted("/oauth/token", &forms[code]));
        assert_eq!((again.status, member(&again, "error")), (400, "invalid_grant".into()));
        assert_dead(&mut connection, tokens, "a code that was replayed in the end");
    }
    assert_eq!(redeemed + refused, CODES * (CLIENTS / groups));
    eprintln!("{redeemed} redeemed, {refused} refused, {replayed} replayed after their answer in the storm");
}

fn ac2_ac6_many_clients_redeem_each_code_once(server: Server) {
    redeem(server, GROUPS);
}

/// A token that 200 clients show at once is spent once. Without a grace window the others are reuse: the family dies, and the one
/// successor with it.
fn rt3_rt5_many_clients_refresh_one_token_once(server: Server) {
    let running = Issuer::new().serve(server);
    for _ in 0..5 {
        let told = shown_at_once(&running);
        let mut connection = Connection::open(running.address);
        let (won, lost): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.status == 200);
        let [tokens] = won[..] else { panic!("{} successors", won.len()) };
        for told in lost {
            assert_invalid_grant(told, "a token that another has spent");
        }
        assert_dead(&mut connection, tokens, "a family in which a token came back");
    }
}

/// In the grace window all clients that receive a successor receive the same one, and it works. Their number is bounded by what can
/// be revoked; the others receive 429 or 503.
fn rt4_many_clients_are_given_one_successor_in_the_grace_window(server: Server) {
    let policy =
        RefreshPolicy::new().grace(Duration::from_secs(10), GraceSecret::new([9; 32])).expect("a short window");
    let running = Issuer::from_builder(builder(ORIGIN).refresh(policy)).serve(server);
    for _ in 0..5 {
        let told = shown_at_once(&running);
        let mut connection = Connection::open(running.address);
        let (given, later): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.status == 200);
        assert_eq!(given.len(), NOTED);
        for told in later {
            // Most are rejected before a token is minted.
            assert!(matches!(told.status, 429 | 503), "{}", told.status);
            assert_eq!(&*told.text("error"), "temporarily_unavailable");
        }
        let of_all = |name| given.iter().map(|told| told.text(name)).collect::<BTreeSet<_>>();
        let (successors, access) = (of_all("refresh_token"), of_all("access_token"));
        assert_eq!((successors.len(), access.len()), (1, NOTED));
        assert!(access.iter().all(|token| is_active(&mut connection, token)));
        let form = of_web(&refreshment(successors.first().expect("one")));
        let next = connection.send(&posted("/oauth/token", &form));
        assert_eq!(next.status, 200, "{next:?}");
        // It ends with its family, and so do all.
        let revoked = of_web(&format!("client_id=app&token={}", member(&next, "refresh_token")));
        assert_eq!(connection.send(&posted("/oauth/revoke", &revoked)).status, 200);
        assert!(!access.iter().any(|token| is_active(&mut connection, token)));
    }
}

/// Returns the responses to 200 clients that present one fresh refresh token.
fn shown_at_once(running: &Running) -> Vec<Told> {
    let connection = &mut Connection::open(running.address);
    let form = of_web(&redemption(&new_code(connection)));
    let tokens = connection.send(&posted("/oauth/token", &form));
    assert!(is_active(connection, &member(&tokens, "access_token")));
    let form: Arc<str> = of_web(&refreshment(&member(&tokens, "refresh_token"))).into();
    all_at_once(running, |_| vec![form.clone()]).into_iter().flatten().collect()
}

on_every_adapter!(
    ac2_ac6_many_clients_redeem_each_code_once
    rt3_rt5_many_clients_refresh_one_token_once
    rt4_many_clients_are_given_one_successor_in_the_grace_window
);

/// Each of 200 clients tries each of 1,000 codes:
/// `cargo test --release -p attesto-tests --test mounted whole -- --ignored --nocapture --test-threads 1`.
mod whole {
    macro_rules! in_full {
        ($($adapter:ident $server:ident)*) => {$(
            #[test]
            #[ignore = "200,000 requests: for a release build"]
            fn $adapter() {
                super::redeem(attesto_tests::servers::$server, 1);
            }
        )*};
    }

    in_full!(actix ACTIX axum AXUM hyper HYPER);
}
