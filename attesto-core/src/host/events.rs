//! Events for monitoring (E1 to E6). Names and fields are public API.

use super::event_text::{Escaped, EventText};
use core::fmt;
use core::net::IpAddr;

/// One event. Codes are `&'static str` and suit the labels of metrics; [`EventText`] does not, since a client may have
/// chosen it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// `auth_succeeded`. E1.
    AuthSucceeded(AuthSucceeded<'a>),
    /// `auth_denied`. E2.
    AuthDenied(AuthDenied<'a>),
    /// `sender_constraint_mismatch`. E3.
    SenderConstraintMismatch(SenderConstraintMismatch<'a>),
    /// `dpop_replay_detected`. E4.
    DpopReplayDetected(DpopReplayDetected<'a>),
    /// `scope_denied`. E5.
    ScopeDenied(ScopeDenied<'a>),
    /// `step_up_required`. E5.
    StepUpRequired(StepUpRequired<'a>),
    /// `store_unavailable`. E6.
    StoreUnavailable(StoreUnavailable),
    /// `keys_refreshed`. E6.
    KeysRefreshed(KeysRefreshed<'a>),
    /// `keys_refresh_failed`. E6.
    KeysRefreshFailed(KeysRefreshFailed<'a>),
    /// `stale_keys_used`. E6.
    StaleKeysUsed(StaleKeysUsed<'a>),
    /// `unknown_kid_throttled`. E6.
    UnknownKidThrottled(UnknownKidThrottled<'a>),
}

/// A request was granted. E1.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AuthSucceeded<'a> {
    /// The token's `iss`.
    pub issuer: Option<EventText<'a>>,
    /// The token's `sub`.
    pub subject: EventText<'a>,
    /// The token's `client_id`.
    pub client_id: Option<EventText<'a>>,
    /// The granted scopes, joined by spaces.
    pub scopes: &'a str,
    /// How the token is bound to its sender: `bearer`, `dpop` or `mtls`.
    pub binding: &'static str,
    /// The resource identifier (RFC 9728 §1.2).
    pub resource: &'a str,
}

/// A request was denied. E2.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AuthDenied<'a> {
    /// The error code that the client received, for example `invalid_token`; empty if there was none.
    pub outcome: &'static str,
    /// The rule that was broken, as a code.
    pub reason: &'static str,
    /// The request's method.
    pub method: EventText<'a>,
    /// The route, or the path if the route is unknown.
    pub route: EventText<'a>,
    /// The client's address, as reported by trusted proxies.
    pub client_address: Option<IpAddr>,
    /// `iss` of a token whose signature verified but which was refused.
    pub issuer: Option<EventText<'a>>,
    /// `client_id` of such a token.
    pub client_id: Option<EventText<'a>>,
    /// `sub` of such a token.
    pub subject: Option<EventText<'a>>,
    /// If the reason is `invalid_htu`: the URI in the proof, without query.
    pub proof_uri: Option<EventText<'a>>,
    /// If the reason is `invalid_htu`: the URI of the request as the server determined it, without query.
    pub request_uri: Option<EventText<'a>>,
}

/// A bound token came with another key or certificate: a hint of theft, not a proof. Not emitted for a merely missing
/// proof. E3.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SenderConstraintMismatch<'a> {
    /// `dpop` or `mtls`.
    pub constraint: &'static str,
    /// The rule that was broken, as a code.
    pub reason: &'static str,
    /// The token's `client_id`.
    pub client_id: Option<EventText<'a>>,
}

/// A proof was presented twice: a hint, since a client that retries does the same. E4.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DpopReplayDetected<'a> {
    /// The proof's `jti`, which the client chose.
    pub jti: EventText<'a>,
    /// The token's `client_id`.
    pub client_id: Option<EventText<'a>>,
}

/// A valid token lacks scope. E5.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ScopeDenied<'a> {
    /// Every scope that the operation requires, joined by spaces.
    pub required: &'a str,
    /// The token's `client_id`.
    pub client_id: Option<EventText<'a>>,
    /// The token's `sub`.
    pub subject: Option<EventText<'a>>,
}

/// The operation requires a stronger or more recent login (RFC 9470 §3). E5.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StepUpRequired<'a> {
    /// The accepted `acr` values, joined by spaces; empty if any is accepted.
    pub required: &'a str,
    /// The greatest accepted age of the login, in seconds.
    pub max_age: Option<u64>,
    /// The token's `client_id`.
    pub client_id: Option<EventText<'a>>,
    /// The token's `sub`.
    pub subject: Option<EventText<'a>>,
}

/// A store or hook of the host did not answer; the request ended with 503. E6.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StoreUnavailable {
    /// The name of the store, for example `replay`.
    pub store: &'static str,
    /// The operation, for example `claim`.
    pub operation: &'static str,
}

/// An issuer's keys were fetched. E6.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct KeysRefreshed<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The number of successful fetches, from 1.
    pub generation: u64,
}

/// An issuer's keys could not be fetched. The cached ones are used as long as permitted. E6.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct KeysRefreshFailed<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The class of failure: a [`FetchError`](crate::remote::FetchError)'s code.
    pub failure: &'static str,
}

/// A token was verified with keys past their freshness, which are now being fetched again. E6.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StaleKeysUsed<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The number of the fetch that returned the keys.
    pub generation: u64,
}

/// A token named a key that the issuer did not have a moment ago; it was refused without another fetch. E6.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct UnknownKidThrottled<'a> {
    /// The issuer.
    pub issuer: &'a str,
}

/// Receives the fields of an event: the name, and a value that escapes itself when written.
type Visit<'v> = &'v mut dyn FnMut(&'static str, &dyn fmt::Display);

impl Event<'_> {
    /// The name, in snake_case; stable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AuthSucceeded(_) => "auth_succeeded",
            Self::AuthDenied(_) => "auth_denied",
            Self::SenderConstraintMismatch(_) => "sender_constraint_mismatch",
            Self::DpopReplayDetected(_) => "dpop_replay_detected",
            Self::ScopeDenied(_) => "scope_denied",
            Self::StepUpRequired(_) => "step_up_required",
            Self::StoreUnavailable(_) => "store_unavailable",
            Self::KeysRefreshed(_) => "keys_refreshed",
            Self::KeysRefreshFailed(_) => "keys_refresh_failed",
            Self::StaleKeysUsed(_) => "stale_keys_used",
            Self::UnknownKidThrottled(_) => "unknown_kid_throttled",
        }
    }

    /// Visits the fields that have a value, in the order of their declaration. Values escape themselves when written.
    pub fn visit(&self, visit: &mut dyn FnMut(&'static str, &dyn fmt::Display)) {
        match self {
            Self::AuthSucceeded(event) => {
                optional("issuer", event.issuer, visit);
                visit("subject", &event.subject);
                optional("client_id", event.client_id, visit);
                visit("scopes", &whole(event.scopes));
                visit("binding", &event.binding);
                visit("resource", &whole(event.resource));
            }
            Self::AuthDenied(event) => {
                visit("outcome", &event.outcome);
                visit("reason", &event.reason);
                visit("method", &event.method);
                visit("route", &event.route);
                optional("client_address", event.client_address, visit);
                optional("issuer", event.issuer, visit);
                optional("client_id", event.client_id, visit);
                optional("subject", event.subject, visit);
                optional("proof_uri", event.proof_uri, visit);
                optional("request_uri", event.request_uri, visit);
            }
            Self::SenderConstraintMismatch(event) => {
                visit("constraint", &event.constraint);
                visit("reason", &event.reason);
                optional("client_id", event.client_id, visit);
            }
            Self::DpopReplayDetected(event) => {
                visit("jti", &event.jti);
                optional("client_id", event.client_id, visit);
            }
            Self::ScopeDenied(event) => {
                visit("required", &whole(event.required));
                optional("client_id", event.client_id, visit);
                optional("subject", event.subject, visit);
            }
            Self::StepUpRequired(event) => {
                visit("required", &whole(event.required));
                optional("max_age", event.max_age, visit);
                optional("client_id", event.client_id, visit);
                optional("subject", event.subject, visit);
            }
            Self::StoreUnavailable(event) => {
                visit("store", &event.store);
                visit("operation", &event.operation);
            }
            Self::KeysRefreshed(KeysRefreshed { issuer, generation })
            | Self::StaleKeysUsed(StaleKeysUsed { issuer, generation }) => {
                visit("issuer", &whole(issuer));
                visit("generation", generation);
            }
            Self::KeysRefreshFailed(event) => {
                visit("issuer", &whole(event.issuer));
                visit("failure", &event.failure);
            }
            Self::UnknownKidThrottled(event) => visit("issuer", &whole(event.issuer)),
        }
    }
}

fn optional(name: &'static str, value: Option<impl fmt::Display>, visit: Visit<'_>) {
    if let Some(value) = value {
        visit(name, &value);
    }
}

/// Escapes without truncation: for lists that are only useful whole, and that no single client can choose.
fn whole(text: &str) -> Escaped<'_> {
    Escaped { text, limit: usize::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{EventSink, NoEvents, OwnedEvent, emit};
    use alloc::string::{String, ToString};

    fn line(event: Event<'_>) -> String {
        OwnedEvent::from(&event).to_string()
    }

    #[test]
    fn e1_success_says_who_and_how() {
        let event = AuthSucceeded {
            issuer: Some("https://auth.example.com".into()),
            subject: "usr_1".into(),
            client_id: Some("client-1".into()),
            scopes: "read write",
            binding: "dpop",
            resource: "https://mcp.example.com/mcp",
        };
        let fields = r#"issuer="https://auth.example.com" subject="usr_1" client_id="client-1" scopes="read write""#;
        let rest = r#"binding="dpop" resource="https://mcp.example.com/mcp""#;
        assert_eq!(line(Event::AuthSucceeded(event)), alloc::format!("auth_succeeded {fields} {rest}"));
    }

    #[test]
    fn e2_denial_has_outcome_reason_and_place() {
        let event = AuthDenied {
            outcome: "invalid_token",
            reason: "expired",
            method: "GET".into(),
            route: "/a\" x=\"b\n".into(),
            client_address: Some(IpAddr::from([192, 0, 2, 1])),
            subject: Some("usr_1".into()),
            ..AuthDenied::default()
        };
        assert_eq!(
            line(Event::AuthDenied(event)),
            concat!(
                r#"auth_denied outcome="invalid_token" reason="expired" method="GET" route="/a\u{22} x=\u{22}b\u{a}""#,
                r#" client_address="192.0.2.1" subject="usr_1""#
            )
        );
    }

    #[test]
    fn e3_to_e6_have_their_fields() {
        let mismatch = SenderConstraintMismatch {
            constraint: "mtls",
            reason: "mtls_certificate_mismatch",
            client_id: Some("c".into()),
        };
        assert_eq!(
            line(Event::SenderConstraintMismatch(mismatch)),
            r#"sender_constraint_mismatch constraint="mtls" reason="mtls_certificate_mismatch" client_id="c""#
        );
        let long = "\u{0}".repeat(300);
        let replay = DpopReplayDetected { jti: long.as_str().into(), client_id: None };
        assert!(line(Event::DpopReplayDetected(replay)).len() < 300);
        let denied = ScopeDenied { required: "a b", client_id: Some("c".into()), subject: Some("s".into()) };
        assert_eq!(line(Event::ScopeDenied(denied)), r#"scope_denied required="a b" client_id="c" subject="s""#);
        let step_up = StepUpRequired { required: "mfa", max_age: Some(300), ..StepUpRequired::default() };
        assert_eq!(line(Event::StepUpRequired(step_up)), r#"step_up_required required="mfa" max_age="300""#);
        let store = StoreUnavailable { store: "replay", operation: "claim" };
        assert_eq!(line(Event::StoreUnavailable(store)), r#"store_unavailable store="replay" operation="claim""#);
        let issuer = "https://auth.example.com";
        for (event, expected) in [
            (
                Event::KeysRefreshed(KeysRefreshed { issuer, generation: 3 }),
                r#"keys_refreshed issuer="I" generation="3""#,
            ),
            (
                Event::StaleKeysUsed(StaleKeysUsed { issuer, generation: 3 }),
                r#"stale_keys_used issuer="I" generation="3""#,
            ),
            (
                Event::KeysRefreshFailed(KeysRefreshFailed { issuer, failure: "timeout" }),
                r#"keys_refresh_failed issuer="I" failure="timeout""#,
            ),
            (Event::UnknownKidThrottled(UnknownKidThrottled { issuer }), r#"unknown_kid_throttled issuer="I""#),
        ] {
            assert_eq!(line(event), expected.replace('I', issuer));
        }
    }

    #[test]
    fn lists_are_escaped_but_whole() {
        let scopes = "scope ".repeat(100);
        let event = AuthSucceeded { scopes: &scopes, resource: "\"", ..AuthSucceeded::default() };
        let owned = OwnedEvent::from(&Event::AuthSucceeded(event));
        assert_eq!(owned.get("scopes"), Some(scopes.as_str()));
        assert_eq!(owned.get("resource"), Some(r"\u{22}"));
        assert_eq!(owned.get("issuer"), None);
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_sink_that_panics_fails_nothing() {
        struct Panics;
        impl EventSink for Panics {
            fn emit(&self, event: &Event<'_>) {
                std::panic::resume_unwind(alloc::boxed::Box::new(event.name()));
            }
        }
        let event = Event::StoreUnavailable(StoreUnavailable::default());
        emit(&Panics, &event);
        emit(&NoEvents, &event);
    }
}
