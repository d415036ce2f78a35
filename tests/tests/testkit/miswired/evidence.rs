//! What proves who is calling: certificates that do not arrive, or arrive from anybody, and handlers that look elsewhere.

use super::changed_messages::found_around;
use super::{POINTER, found_in, words};
use crate::under::{Parts, Wiring, every_adapter, run};
use attesto_core::http::TlsSession;
use attesto_core::resource::Sender;
use attesto_testkit::{App, CertificateFixture, Fixture, Reached, Route, TestRequest};

#[test]
fn t10_certificates_that_do_not_reach_the_guard() {
    let text =
        found_around(|request| Ok(request.tls(TlsSession::new())), |response| response, Route::takes_certificates);
    assert_eq!(
        text,
        words(
            "certificate_binding_enforced",
            "a certificate-bound token with its certificate in the TLS session",
            &format!(
                "401, WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"The access token \
                     is not valid for this resource [mtls_certificate_required]\", {POINTER}"
            ),
            "2xx: the handler's answer",
            "the certificate of the TLS session does not reach the guard. Put a `TlsSession` with the peer's \
             certificate into the request's extensions (axum), the connection's (actix `on_connect`), or \
             `OnConnection::tls` (hyper)."
        )
    );
}

#[test]
fn t10_certificates_that_a_stranger_names_in_a_header() {
    let text = found_around(
        |request| match request.headers.iter().any(|(name, _)| name == "x-ssl-client-cert") {
            true => Ok(request.tls(CertificateFixture::CLIENT.tls_session())),
            false => Ok(request),
        },
        |response| response,
        |route| route,
    );
    assert_eq!(
        text,
        words(
            "certificate_binding_enforced",
            "a certificate-bound token, its certificate in `x-ssl-client-cert` from a stranger",
            "200; the handler was reached",
            "401, error=\"invalid_token\"",
            "a certificate-bound token is taken without its certificate. Something other than the guard \
             authenticates here, or a header is believed that anybody can write: `CertificatePolicy::forwarded` is \
             for trusted proxies only."
        )
    );
}

/// The handler of another route is counted.
#[test]
fn t5_a_handler_that_is_not_the_one_that_counts() {
    let text = found_around(Ok, |response| response, |route| route.reached(&Reached::new()));
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            "200",
            "2xx: the handler's answer",
            "something answers in place of the handler that `Route::reached` counts: is that the right handler?"
        )
    );
}

/// As one does that reads the scheme of `Authorization` for itself.
#[test]
fn t5_a_handler_that_takes_the_sender_for_another() {
    let fixture = Fixture::new();
    let parts = Parts::new(&fixture);
    let mistaken = Reached::new();
    let text = run(async {
        let (_, served) = every_adapter(&parts, Wiring::Right).await.remove(0);
        let app = async |request: TestRequest| {
            let before = parts.reached.count();
            let answer = served.respond(request).await;
            if parts.reached.count() > before {
                mistaken.by(&Sender::Bearer);
            }
            answer
        };
        found_in(&app, &fixture, &parts.route().reached(&mistaken)).await
    });
    assert_eq!(
        text,
        words(
            "proof_accepted",
            "a DPoP-bound token with a fresh proof, right in every respect",
            "200; the handler was reached",
            "the sender is the holder of the client's DPoP key",
            "the handler takes the caller for a `bearer` sender; take the sender from `Granted`, not from \
             elsewhere."
        )
    );
}
