//! The budget: what a stranger's input can cost at most, measured at the limit and beyond it. Each row of the table in
//! `docs/security.md` is one test here, and the table is what the tests measured.
//!
//! To write it again: `ATTESTO_WRITE_SECURITY=1 cargo test -p attesto-tests --test budget`.

mod authorization;
mod clients;
mod credentials;
mod frames;
mod host_and_forwarded;
mod issuers;
mod measured_input;
mod meter;
mod proofs;
mod scene;
mod stores;

use measured_input::Row;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

macro_rules! rows {
    ($($module:ident: $($row:ident)*;)*) => {
        /// Every row, in the table's order, measured once.
        static ROWS: &[(&str, fn() -> &'static Row)] = &[$($((stringify!($row), || {
            static MEASURED: OnceLock<Row> = OnceLock::new();
            MEASURED.get_or_init($module::$row)
        })),*),*];

        $($(#[test]
        fn $row() {
            let (_, measured) = ROWS.iter().find(|(name, _)| *name == stringify!($row)).expect("just listed");
            is_published(measured());
        })*)*
    };
}

rows! {
    credentials:
        no_credentials
        authorization_field
        forged_token
        token_header
        token_of_one_of_several_issuers
        form_body;
    frames:
        frames_of_a_form
        unread_body;
    credentials:
        extracted_token
        path_and_query;
    proofs:
        proof_without_a_good_token
        proof_of_a_stranger
        proof_with_the_largest_key
        proof_with_an_unknown_nonce
        jti_of_a_proof;
    clients:
        secret_of_no_client
        code_that_cannot_be_redeemed;
    host_and_forwarded:
        host
        forwarded_field
        x_forwarded_fields
        client_cert_field
        xfcc_field
        escaped_pem_field
        certificate_of_the_tls_session;
    issuers:
        unknown_kids
        requests_waiting_for_keys
        key_set_response
        metadata_response
        introspection_response;
    stores:
        replay_store
        token_that_is_remembered
        memory_of_verified_tokens
        introspection_answers
        introspections_under_way
        queue_of_events
        owners_of_mcp_sessions;
    authorization:
        families_of_refresh_tokens
        revoked_access_tokens
        authorization_codes
        pushed_requests
        consent_grants;
}

const HEAD: &str = "| Input, at its worst | The most that is read or kept | Beyond it | Signatures verified | Keys parsed | SHA-256 | \
                    HMAC | Allocations | Memory |";
const RULE: &str = "|---|---|---|---|---|---|---|---|---|";

fn is_being_written() -> bool {
    std::env::var_os("ATTESTO_WRITE_SECURITY").is_some()
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md")
}

/// The page before the table, the table's lines, and the page after it.
fn split(text: &str) -> (&str, Vec<&str>, &str) {
    let start = text.find("| Input, at its worst |").expect("the table");
    let length = text[start..].find("\n\n").expect("a line after the table");
    (&text[..start], text[start..start + length].lines().collect(), &text[start + length..])
}

fn is_published(row: &Row) {
    if is_being_written() {
        return;
    }
    let text = fs::read_to_string(page()).expect("the page");
    let (_, table, _) = split(&text);
    let line = table.iter().find(|line| line.starts_with(&format!("| {} |", row.input)));
    let line = line.unwrap_or_else(|| panic!("not in the table: {}", row.line()));
    if let Some(difference) = row.differs_from(line) {
        panic!("docs/security.md is stale; see the head of this test for how to write it again\n{difference}");
    }
}

/// No row is there twice, and none that no test measures.
#[test]
fn the_table_has_these_rows_and_no_others() {
    let rows: Vec<&Row> = ROWS.iter().map(|(_, measured)| measured()).collect();
    let text = fs::read_to_string(page()).expect("the page");
    let (before, table, after) = split(&text);
    if is_being_written() {
        let lines: Vec<String> = rows.iter().map(|row| row.line()).collect();
        fs::write(page(), format!("{before}{HEAD}\n{RULE}\n{}{after}", lines.join("\n"))).expect("written");
        return;
    }
    assert_eq!(table[..2], [HEAD, RULE]);
    let name = |line: &str| line.split(" | ").next().map(|cell| cell.trim_start_matches("| ").to_owned());
    let published: Vec<_> = table[2..].iter().filter_map(|line| name(line)).collect();
    assert_eq!(published, rows.iter().map(|row| row.input).collect::<Vec<_>>());
}
