//! The server does not answer, is killed, or comes back.

use crate::server::Server;
use crate::{LIMIT, NOW, SLACK, answers_again, insert, load, open, take};
use attesto_core::authorization::{Answered, FamilyId, FamilyRevocation, IssuedAccessToken, TakenCode};
use attesto_core::host::RefreshStore as _;
use attesto_sqlx::Database;
use std::time::Instant;

async fn revoke(database: &Database) -> Answered<Vec<IssuedAccessToken>> {
    let family = FamilyId::from_bytes([1; 16]);
    let revocation =
        FamilyRevocation { family, subject: "user".into(), access: Vec::new(), now: NOW, keep_until: NOW.plus(60) };
    database.refresh_tokens().revoke_family(&revocation).await
}

#[tokio::test]
async fn a_server_that_stops_is_waited_for_once_and_then_refused_at_once_until_it_goes_on() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 4).await;
    insert(&database, 1).await.expect("the server answers");
    server.freeze();

    let began = Instant::now();
    assert!(load(&database, 1).await.is_err());
    assert!(began.elapsed() >= LIMIT && began.elapsed() < LIMIT + SLACK, "{:?}", began.elapsed());
    assert!(events.last_failed("timed_out"), "{:?}", events.take());

    let began = Instant::now();
    assert!(load(&database, 1).await.is_err());
    assert!(began.elapsed() < LIMIT / 2, "{:?}", began.elapsed());
    assert!(events.last_failed("circuit_open"), "{:?}", events.take());
    assert_eq!((events.count("circuit_opened"), events.count("circuit_closed")), (1, 0));

    server.thaw();
    answers_again(&database).await;
    assert_eq!((events.count("circuit_opened"), events.count("circuit_closed")), (1, 1));
    assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))));
}

#[tokio::test]
async fn a_transaction_that_timed_out_when_it_began_is_not_what_later_questions_run_in() {
    let Some(server) = Server::start() else { return };
    let (database, _) = open(&server, 1).await;
    insert(&database, 1).await.expect("the server answers");
    server.freeze();
    // BEGIN is on its way when the time is over.
    assert!(revoke(&database).await.is_err());
    server.thaw();
    answers_again(&database).await;
    insert(&database, 2).await.expect("the server answers");
    assert_eq!(server.psql("SELECT count(*) FROM attesto_codes"), "2", "what was answered is committed");
}

#[tokio::test]
async fn a_thousand_requests_while_the_server_is_gone_end_within_one_limit_in_all() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 4).await;
    server.freeze();
    let began = Instant::now();
    thousand(&database).await;
    let first = began.elapsed();
    assert!(first < LIMIT + SLACK, "{first:?}");

    let began = Instant::now();
    thousand(&database).await;
    let second = began.elapsed();
    // Within the pause at once; one may have tried again after it.
    assert!(second < LIMIT + SLACK, "{second:?}");
    let refused = events.take().iter().filter(|line| line.contains(r#"kind="circuit_open""#)).count();
    assert!(refused >= 999, "{refused}");
    eprintln!("1,000 requests: {first:?}; 1,000 more: {second:?}, {refused} of 2,000 refused without being sent");
}

async fn thousand(database: &Database) {
    let asking: Vec<_> = (0..1_000)
        .map(|number| {
            let database = database.clone();
            tokio::spawn(async move { load(&database, number).await.is_err() })
        })
        .collect();
    for asked in asking {
        assert!(asked.await.expect("no panic"), "a frozen server answers nothing");
    }
}

#[tokio::test]
async fn requests_that_wait_for_a_connection_are_refused_when_the_circuit_opens() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 1).await;
    server.freeze();
    let first = tokio::spawn({
        let database = database.clone();
        async move { load(&database, 1).await.is_err() }
    });
    tokio::time::sleep(LIMIT / 2).await;
    let began = Instant::now();
    assert!(load(&database, 2).await.is_err());
    assert!(began.elapsed() < LIMIT, "it did not wait for a limit of its own: {:?}", began.elapsed());
    assert!(events.last_failed("circuit_open"), "{:?}", events.take());
    assert!(first.await.expect("no panic"));
}

#[tokio::test]
async fn a_killed_server_loses_nothing_that_was_answered_and_is_used_again_when_it_is_back() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 4).await;
    for number in 1..=20 {
        insert(&database, number).await.expect("the server answers");
    }
    assert!(matches!(take(&database, 20).await, Ok(TakenCode::Fresh(_))));
    server.kill();
    assert!(load(&database, 1).await.is_err());
    assert!(events.last_failed("unreachable"), "{:?}", events.take());
    server.start_again();
    answers_again(&database).await;
    assert!(matches!(take_in_the_end(&database, 20).await, TakenCode::Spent(_)), "a spent code stays spent");
    for number in 1..20 {
        assert!(matches!(take_in_the_end(&database, number).await, TakenCode::Fresh(_)), "{number}");
    }
}

/// Each connection to the server that was killed may still cost an answer.
async fn take_in_the_end(database: &Database, number: u32) -> TakenCode {
    for _ in 0..100 {
        match take(database, number).await {
            Ok(taken) => return taken,
            Err(_) => tokio::time::sleep(LIMIT / 10).await,
        }
    }
    panic!("no answer");
}

#[tokio::test]
async fn a_connection_that_was_ended_costs_one_answer_and_opens_no_circuit() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 1).await;
    insert(&database, 1).await.expect("the server answers");
    end_connections(&server);
    let failed = usize::from(load(&database, 1).await.is_err());
    assert!(load(&database, 1).await.is_ok_and(|code| code.is_some()));
    assert_eq!(events.count("store_failed"), failed);
    assert_eq!(events.count("circuit_opened"), 0);
}

#[tokio::test]
async fn a_server_that_accepts_no_writes_is_told_apart_and_written_to_when_it_does() {
    let Some(server) = Server::start() else { return };
    let (database, events) = open(&server, 2).await;
    insert(&database, 1).await.expect("the server answers");
    server.psql("ALTER DATABASE postgres SET default_transaction_read_only = on");
    end_connections(&server);
    answers_again(&database).await;
    assert!(insert(&database, 2).await.is_err());
    assert!(events.last_failed("read_only"), "{:?}", events.take());
    assert!(take(&database, 1).await.is_err());
    assert_eq!(events.count("circuit_opened"), 0);

    // Without a word to the connections that are open.
    server.psql("ALTER DATABASE postgres SET default_transaction_read_only = off");
    let began = Instant::now();
    while insert(&database, 3).await.is_err() {
        assert!(began.elapsed() < LIMIT, "{:?}", events.take());
    }
    assert!(matches!(take(&database, 1).await, Ok(TakenCode::Fresh(_))), "nothing was spent meanwhile");
}

fn end_connections(server: &Server) {
    server.psql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
}
