//! How many statements a request costs, counted behind a real server: `BEGIN` and `COMMIT` apart. What is one statement in
//! PostgreSQL can be several for SQLite, which are sent as one and stay in the process.
#![cfg(all(feature = "postgres", feature = "sqlite"))]

#[path = "../conformance/engines.rs"]
mod engines;
mod party;

use engines::on_each_engine;
use party::Party;

/// A code is loaded and taken, and its access token is recorded; its refresh token is inserted.
#[tokio::test]
async fn a_code_costs_three_statements_and_one_for_its_refresh_token() {
    on_each_engine(async |database| {
        let party = Party::new(&database, "app");
        let code = party.code(1).await;
        let before = database.statements();
        party.redeem(&code).await.expect("tokens");
        assert_eq!(database.statements() - before, 4);
        let alone = Party::new(&database, "once");
        let code = alone.code(2).await;
        let before = database.statements();
        assert_eq!(alone.redeem(&code).await, None, "a client without refresh tokens");
        assert_eq!(database.statements() - before, 3);
    })
    .await;
}

#[tokio::test]
async fn a_rotation_costs_two_statements() {
    on_each_engine(async |database| {
        let party = Party::new(&database, "app");
        let mut refresh = party.redeem(&party.code(1).await).await.expect("tokens");
        for _ in 0..3 {
            let before = database.statements();
            let successor = party.refresh(&refresh).await.expect("a successor");
            assert_ne!(successor, refresh);
            assert_eq!(database.statements() - before, 2);
            refresh = successor;
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_without_rotation_costs_two_statements() {
    on_each_engine(async |database| {
        let party = Party::new(&database, "web");
        let refresh = party.redeem(&party.code(1).await).await.expect("tokens");
        for _ in 0..3 {
            let before = database.statements();
            assert_eq!(party.refresh(&refresh).await.as_ref(), Some(&refresh));
            assert_eq!(database.statements() - before, 2);
        }
    })
    .await;
}

#[tokio::test]
async fn a_proof_costs_one_statement_more() {
    on_each_engine(async |database| {
        let party = Party::new(&database, "app");
        let refresh = party.redeem(&party.code(1).await).await.expect("tokens");
        let before = database.statements();
        party.refresh_with_proof(&refresh).await.expect("a successor");
        assert_eq!(database.statements() - before, 3);
    })
    .await;
}

/// Loaded, revoked with its access tokens in one transaction of five, denied, and settled in one of three.
#[tokio::test]
async fn a_revocation_costs_ten_statements_however_many_access_tokens_it_has() {
    on_each_engine(async |database| {
        let party = Party::new(&database, "web");
        let refresh = party.redeem(&party.code(1).await).await.expect("tokens");
        for _ in 0..20 {
            party.refresh(&refresh).await.expect("the same");
        }
        let before = database.statements();
        party.revoke(&refresh).await;
        assert_eq!(database.statements() - before, 10);
        assert_eq!(party.refresh(&refresh).await, None);
    })
    .await;
}
