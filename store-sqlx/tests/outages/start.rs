//! A server that cannot be reached at start: the error names the database, and never the password.

use crate::server::Server;
use crate::{LIMIT, insert, open};
use attesto_sqlx::{OpenError, PostgresOptions, SchemaDifference, SchemaError, check_schema};
use std::time::Duration;

async fn refused(url: &str) -> String {
    let options = PostgresOptions::url(url).expect("a URL").time_limit(LIMIT);
    assert!(!format!("{options:?}").contains("hunter2"));
    let error = options.open().await.expect_err("is refused");
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hunter2") && !text.contains("alice"), "{text}");
    }
    error.to_string()
}

#[tokio::test]
async fn the_error_names_the_database_and_never_the_password() {
    let Some(server) = Server::start() else { return };
    server.demand_password("right");
    let socket = server.socket().display();

    let wrong = refused(&server.url_of("postgres:hunter2", "postgres")).await;
    assert!(wrong.contains(&format!("postgres on {socket}, port 5432")) && wrong.contains("28P01"), "{wrong}");
    let unknown = refused(&server.url_of("alice:hunter2", "postgres")).await;
    assert!(unknown.contains("refused the login"), "{unknown}");
    let missing = refused(&server.url_of("postgres:right", "elsewhere")).await;
    assert!(missing.contains("elsewhere on") && missing.contains("no such database"), "{missing}");
    server.kill();
    let down = refused(&server.url_of("postgres:hunter2", "postgres")).await;
    assert!(down.contains("cannot be opened") && down.contains("the connection failed"), "{down}");
}

#[tokio::test]
async fn a_server_that_comes_up_meanwhile_is_waited_for() {
    let Some(server) = Server::start() else { return };
    server.kill();
    let url = server.url();
    let opening = tokio::spawn(async move {
        PostgresOptions::url(&url).expect("a URL").time_limit(Duration::from_secs(30)).open().await
    });
    let server = tokio::task::spawn_blocking(move || {
        server.start_again();
        server
    });
    let server = server.await.expect("starts");
    opening.await.expect("no panic").expect("opens");
    drop(server);
}

#[tokio::test]
async fn st4_a_replica_is_refused() {
    let Some(server) = Server::start() else { return };
    let (database, _) = open(&server, 1).await;
    check_schema(&database).await.expect("it is the primary");
    server.become_a_replica();
    let options = PostgresOptions::url(&server.url()).expect("a URL").time_limit(LIMIT);
    let database = options.open().await.expect("it answers");
    let error = check_schema(&database).await.expect_err("it answers from the past");
    assert!(matches!(&error, SchemaError::Differs(found) if *found == [SchemaDifference::Replica]), "{error}");
    assert!(insert(&database, 1).await.is_err(), "and it stores nothing");
}

#[tokio::test]
async fn a_password_that_was_not_encoded_is_not_taken_for_a_name_that_is_shown() {
    if Server::start().is_none() {
        return;
    }
    // The slash ends the host, so that the database is called "hunter2@127.0.0.1/auth".
    let shown = refused("postgres://localhost:1/hunter2@127.0.0.1/auth").await;
    assert!(shown.contains("? on localhost"), "{shown}");
}

#[test]
fn a_url_that_cannot_be_read_is_not_repeated() {
    for url in ["postgres://u:hunter2@host:port/auth", "hunter2", "postgres://u:hunter2/x@host/auth"] {
        let error = PostgresOptions::url(url).expect_err("is no URL");
        assert!(!error.to_string().contains("hunter2") && !format!("{error:?}").contains("hunter2"));
    }
}
