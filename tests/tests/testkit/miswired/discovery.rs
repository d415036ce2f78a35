//! Metadata that does not lead where it should.

use super::changed_messages::found_around;
use super::{ALGS, found_under_each, words};
use crate::under::{Parts, Wiring, run};
use attesto_core::metadata::MetadataPointer;
use attesto_testkit::{Fixture, TestResponse};

/// What is found where the document is another one.
fn found_in_document(change: impl Fn(String) -> String) -> String {
    let after = |response: TestResponse| match response.status {
        200 if response.text().contains("authorization_servers") => {
            let changed = change(response.text());
            response.with_body(changed)
        }
        _ => response,
    };
    found_around(Ok, after, |route| route)
}

#[test]
fn t9_a_document_of_another_resource() {
    let text = found_in_document(|document| document.replace("example.com/mcp", "example.com/other"));
    assert_eq!(
        text,
        words(
            "challenge_points_to_metadata",
            "GET https://mcp.example.com/.well-known/oauth-protected-resource/mcp, without credentials",
            "200",
            "a document whose `resource` leads back to its own URL",
            "the document names `https://mcp.example.com/other`, which clients look up elsewhere, and so they must \
             not believe it (RFC 9728 §3.3). Serve each resource's own document, made from its guard."
        )
    );
}

#[test]
fn t9_a_document_of_another_issuer() {
    let text = found_in_document(|document| document.replace("auth.example.com", "login.example.com"));
    assert_eq!(
        text,
        words(
            "challenge_points_to_metadata",
            "GET https://mcp.example.com/.well-known/oauth-protected-resource/mcp, without credentials",
            "200",
            "authorization_servers with `https://auth.example.com`",
            "the document does not name the issuer whose tokens are taken. Make it from the guard: \
             `PublicDocuments::from_guards`, `metadata_router`."
        )
    );
}

#[test]
fn t9_a_document_that_is_a_page() {
    let text = found_in_document(|_| "<html>".to_owned());
    assert_eq!(
        text,
        words(
            "challenge_points_to_metadata",
            "GET https://mcp.example.com/.well-known/oauth-protected-resource/mcp, without credentials",
            "200",
            "a JSON document (RFC 9728 §3.2)",
            "the document that challenges point to is not served. Merge `metadata_router([&*guard])?` into the \
             outermost router (axum), `.configure(publish(documents))` on the `App` (actix), or wrap with \
             `Publish::new(documents)` (hyper)."
        )
    );
}

/// What is found under axum, where challenges point there.
fn found_with_pointer(pointer: MetadataPointer) -> String {
    let fixture = Fixture::new();
    let guard = fixture.guard_of(fixture.resource_server().metadata_pointer(pointer));
    let parts = Parts::from_fixture(&fixture, guard);
    run(found_under_each(&fixture, &parts, Wiring::Right, parts.route())).remove(0).1
}

#[test]
fn t8_no_pointer() {
    assert_eq!(
        found_with_pointer(MetadataPointer::None),
        words(
            "no_credentials_challenged",
            "no credentials",
            &format!("401, WWW-Authenticate: DPoP {ALGS}, WWW-Authenticate: Bearer"),
            "resource_metadata in each challenge",
            "challenges do not say where the metadata is. Leave `metadata_pointer` at its default, which derives \
             the URL from the resource's identifier, and let no middleware strip or replace `WWW-Authenticate`."
        )
    );
}

#[test]
fn t9_a_pointer_to_another_host() {
    let elsewhere = MetadataPointer::fixed("https://docs.example.com/mcp.json").expect("a URL");
    assert_eq!(
        found_with_pointer(elsewhere),
        words(
            "challenge_points_to_metadata",
            "GET https://docs.example.com/mcp.json, without credentials",
            "404",
            "the metadata document",
            "challenges point to another host. If the document is served there on purpose, say \
             `Route::without_metadata`."
        )
    );
}
