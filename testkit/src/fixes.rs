//! Texts that explain how to correct a failed check.

use super::exchange::TestResponse;
use super::fixture::Fixture;
use super::route::{Presents, Route};
use attesto_core::host::WiringError;

pub(super) const UNPROTECTED: &str = "nothing protects this route. Put attesto before it: in axum `.layer(ProtectLayer::new(guard))` after \
     the routes, in actix `.wrap(Protect::new(guard))` on the scope or resource, in hyper `Protect::new(guard).wrap(service)`.";

pub(super) const TOO_LATE: &str = "the handler runs before the request is refused, and what it does is done. Put attesto before the handler, \
     and let no other layer call it, or count as it, on the way.";

pub(super) const ORDER: &str = "a requirement (`RequireLayer`, `Require`) or an extractor runs before anything has authenticated the \
     request. Layers and wraps that are added later run first: add `ProtectLayer` (axum) or `.wrap(Protect::new(guard))` (actix) \
     last; in hyper put `Protect` around `Require`: `Protect::new(guard).wrap(Require::new(requirement).wrap(service))`.";

pub(super) const NOT_OURS: &str = "something else answers 401 before attesto does (another middleware, a handler that looks at \
     `Authorization` itself). Take it away, or put it behind attesto's layer.";

pub(super) const DOWNGRADE: &str = "a bound token is taken without its proof, so a stolen one opens the route. Something other than the \
     guard authenticates here: code that verifies the token alone, or a foreign verifier that drops `cnf`. Let the guard decide, \
     and take the caller from `Granted` (axum, actix) or `granted` (hyper), never from the `Authorization` field.";

pub(super) const UNBOUND: &str = "the route takes a token that anybody can use who gets hold of it. Set \
     `ResourceServerBuilder::sender_policy` to `SenderPolicy::RequireDpop`, or another that requires a binding; or take \
     `Route::sender_constrained` away, if it is to take plain bearer tokens.";

pub(super) const CNF_LOST: &str = "the token is bound, but what verifies it does not say so. Let the foreign verifier carry `cnf` over: \
     `ForeignClaims::dpop_jkt`, `ForeignClaims::x5t_s256`.";

pub(super) const REPLAY: &str = "used proofs are not remembered, or not by all. Give the guard a store that records each claim once \
     (`MemoryReplayStore`, or one that `assert_replay_store_conforms` passes), and build guard and store once, outside the closure \
     that makes an application per worker.";

pub(super) const REPLAY_KEY: &str = "the replay store is keyed by `jti` alone, so one client can burn another's proofs. Record \
     `ReplayClaim::key` as it is: it covers key and `jti`.";

pub(super) const BURNT: &str = "a proof is recorded before the request that carries it has passed, so anybody can use up a client's \
     proofs or fill the store. Let the guard ask the store: it does so last. Protect the route once; a second guard before it sees \
     the proof first.";

pub(super) const TWICE: &str = "the proof counts as used although it was not sent before. Is the route behind two guards? Protect it \
     once: in axum one `ProtectLayer` in all nested routers, in actix one `Protect` among scope and resource.";

pub(super) const STORE: &str = "the host did not answer one of the guard's questions: the replay store, a revocation check, a \
     principal lookup, a foreign verifier, or where the issuer's keys are. Is the store full, or one of them out of reach of the \
     test? `fixture.trusted_issuer()` needs no keys to be fetched.";

pub(super) const AUDIENCE: &str = "tokens for other resources open this one. Do not widen `TokenRules::audience_is`, and let no code of \
     your own verify tokens; the resource's identifier is the audience by default.";

pub(super) const TOKEN: &str = "a token that the guard would refuse is taken. Something other than the guard authenticates here; let the \
     guard decide.";

pub(super) const SCOPE: &str = "the route does not ask for its scopes. Put `RequireLayer::new(Requirement::scopes([..])?)` (axum) or \
     `Require` (actix, hyper) on the route, or `.require(..)` on the protection.";

pub(super) const SCOPE_HINT: &str = "the refusal does not name every scope that the route requires, so a client cannot ask for them. \
     Either the `Requirement` lists others than `Route::scopes`, or code of your own answers 403.";

pub(super) const STEP_UP: &str = "the route does not ask how and when the user authenticated. Add `.acr_values([..])` and `.max_age(..)` \
     to its `Requirement`.";

pub(super) const QUERY: &str = "a token in the query is taken or passed over in silence. Leave `QueryTokenPolicy` at `Refuse`, and let \
     no code of your own read `access_token`: URLs end in logs.";

pub(super) const REPEATED: &str = "only one of two header lines is looked at. Something merges or drops repeated lines before attesto sees \
     them (a middleware, a gateway, a handler that takes the first): let it pass them on as they are.";

pub(super) const SPOOF: &str = "what a stranger writes into forwarding headers is believed. Name your proxies, and only those, in \
     `OriginPolicy::proxies`, or pin the origin with `OriginPolicy::canonical`.";

pub(super) const UNSET_HOST: &str = "`X-Forwarded-Host` counts, but the proxy does not set it: it is the client's text. Name only the fields \
     that the proxy sets on every request (`XForwarded::PROTO` is enough, since the host is the identifier's), or let the proxy set it.";

pub(super) const UNSET_PORT: &str = "`X-Forwarded-Port` counts, but the proxy does not set it: it is the client's text. Name only the fields \
     that the proxy sets on every request (`XForwarded::PROTO` is enough, since the port is the identifier's), or let the proxy set it.";

pub(super) const UNSET_PROTO: &str = "`X-Forwarded-Proto` counts, but the proxy does not set it: it is the client's text. Let the proxy set it \
     on every request (`XForwarded` has the lines), or pin the origin with `OriginPolicy::canonical` and take the field's name away.";

pub(super) const UNSET_FORWARDED: &str = "`Forwarded` counts, but the proxy does not write it: it is the client's text. Give `OriginPolicy::forwarded` \
     what the proxy writes (`XForwarded::PROTO`, say), or let the proxy write it on every request.";

pub(super) const HOST: &str = "a proof for a host that the client chose is taken: whoever a client calls can use its token and proof here. List \
     in `OriginPolicy::hosts` only hosts of this server; without the list the identifier's own counts. A proof that code of your own \
     verifies must be held against a host from the configuration, never against `Host`.";

pub(super) const CERTIFICATE: &str = "a certificate-bound token is taken without its certificate. Something other than the guard \
     authenticates here, or a header is believed that anybody can write: `CertificatePolicy::forwarded` is for trusted proxies only.";

pub(super) const CERTIFICATE_UNSEEN: &str = "the certificate of the TLS session does not reach the guard. Put a `TlsSession` with the \
     peer's certificate into the request's extensions (axum), the connection's (actix `on_connect`), or `OnConnection::tls` (hyper).";

pub(super) const PROOF: &str = "a defective proof is taken: something other than the guard authenticates here, or proofs are not looked \
     at. Let the guard decide.";

pub(super) const METADATA: &str = "the document that challenges point to is not served. Merge `metadata_router([&*guard])?` into the \
     outermost router (axum), `.configure(publish(documents))` on the `App` (actix), or wrap with `Publish::new(documents)` (hyper).";

pub(super) const METADATA_GUARDED: &str = "the metadata document is behind the protection, or is not served and the protection covers \
     what there is no route for. Clients need it, without a token, to find out where to get one. Merge `metadata_router` after `.layer(ProtectLayer::new(..))` (axum), configure `publish` on the `App` itself and not \
     in the protected scope (actix), put `Publish` around `Protect` (hyper).";

pub(super) const POINTER: &str = "challenges do not say where the metadata is. Leave `metadata_pointer` at its default, which derives the \
     URL from the resource's identifier, and let no middleware strip or replace `WWW-Authenticate`.";

/// Explains why a correct request was refused, as far as the response shows it.
pub(super) fn for_refusal(response: &TestResponse, fixture: &Fixture, route: &Route) -> String {
    let error = response.error();
    match (response.status, error.as_deref()) {
        (401, None) if nothing_authenticated(response) => ORDER.into(),
        (401, None) => NOT_OURS.into(),
        (401, Some("invalid_dpop_proof")) => of_refused_proof(response, fixture, route),
        (401, Some("invalid_token")) => of_refused_token(response, fixture, route),
        (401, Some("use_dpop_nonce")) => {
            "the nonce that the server gave is not accepted. Do all guards and instances share one \
             `NonceSecret`?"
                .into()
        }
        (401, Some("insufficient_user_authentication")) => {
            "the route wants a stronger or fresher login than the test knows of: say so with \
             `Route::acr_values` and `Route::max_age`."
                .into()
        }
        (400, _) => format!(
            "the request could not be read. Does the server know how it is called? It was called as `{}`; pin that origin with \
             `OriginPolicy::canonical`, or derive it from the request.",
            fixture.origin()
        ),
        (403, Some("insufficient_scope")) => format!(
            "the route requires scopes that the test does not know of: name all of them with `Route::scopes`; it names [{}].",
            route.scopes.join(", ")
        ),
        (404 | 405, _) => format!(
            "the application has no such route. `Route` says {} {}: is that where it is mounted?",
            route.method, route.path
        ),
        (503, _) => STORE.into(),
        (status, _) => format!(
            "the guard let the request through, or another middleware answered. If {status} is what the handler answers, say so with \
             `Route::answers({status})`, or give it what it wants with `Route::header` and `Route::body`."
        ),
    }
}

/// Whether this is attesto's response if a requirement or an extractor finds no evidence of authentication.
pub(super) fn nothing_authenticated(response: &TestResponse) -> bool {
    let ours = TestResponse::from(WiringError::NotProtected.response());
    response.status == ours.status
        && response.header("www-authenticate").eq(ours.header("www-authenticate"))
        && ours.headers.iter().all(|(name, value)| response.header(name).any(|line| line == value))
}

/// Returns the reason that `danger_show_reasons` appends to the description.
fn shown_reason(response: &TestResponse) -> Option<String> {
    let challenges = response.challenges().ok()?;
    let description =
        challenges.iter().find_map(|challenge| challenge.get("error_description").map(ToString::to_string))?;
    let (_, reason) = description.rsplit_once('[')?;
    reason.strip_suffix(']').map(ToString::to_string)
}

fn origin(fixture: &Fixture, route: &Route) -> String {
    format!(
        "the proof was made for {} {}, but the server takes itself to be called by another URL. Pin the origin that clients see: \
         `OriginPolicy::new().canonical(CanonicalOrigin::parse(\"{}\")?)`, with the prefix that a proxy takes away, if it does. Behind a \
         router that nests, attesto must see the path as the client sent it.",
        route.method,
        fixture.url(&route.path),
        fixture.origin()
    )
}

fn clock(fixture: &Fixture) -> String {
    format!(
        "the server goes by another clock than the test, where it is {}. Pass `fixture.clock()` to the protection (`.clock(..)`), or make \
         the fixture go by the server's (`Fixture::builder().clock(..)`).",
        fixture.now()
    )
}

fn of_refused_proof(response: &TestResponse, fixture: &Fixture, route: &Route) -> String {
    match shown_reason(response).as_deref() {
        Some("invalid_htu" | "invalid_htm") => origin(fixture, route),
        Some("proof_expired" | "invalid_iat") => clock(fixture),
        Some("replay") => TWICE.into(),
        Some("missing_proof") => {
            "the `DPoP` field does not reach the guard. Does a middleware drop header fields that it does not know?"
                .into()
        }
        Some(reason) => {
            format!("the guard says `{reason}` about a proof that is right. Does a middleware change the request?")
        }
        None => format!(
            "one of these: (1) {} (2) {} (3) {} `danger_show_reasons()` in the test's configuration tells which.",
            origin(fixture, route),
            clock(fixture),
            TWICE
        ),
    }
}

fn of_refused_token(response: &TestResponse, fixture: &Fixture, route: &Route) -> String {
    let issuer = || {
        format!(
            "the server does not trust the test's issuer, `{}`. Build it with `fixture.trusted_issuer()` in place of the real one.",
            fixture.issuer()
        )
    };
    let audience = || {
        format!(
            "the server is another resource than the test's tokens are for, `{}`. Give `Fixture::builder().resource(..)` the identifier that \
             the server is built with, byte for byte.",
            fixture.resource()
        )
    };
    let policy = || {
        format!(
            "the resource does not take this kind of token: see `SenderPolicy`, and say with `Route::presents` what it takes; the test \
             presents {:?}.",
            route.presents
        )
    };
    let transport = "the request does not count as https. Pin an https origin with `OriginPolicy::canonical`, or put a `TlsSession` into the \
                     request's extensions where TLS ends in this process.";
    match shown_reason(response).as_deref() {
        Some("invalid_issuer" | "unknown_key" | "invalid_signature" | "ambiguous_key") => issuer(),
        Some("invalid_audience") => audience(),
        Some("expired" | "not_yet_valid" | "token_too_old" | "token_lifetime_exceeded") => clock(fixture),
        Some("insecure_transport") => transport.into(),
        Some("dpop_proof_unexpected") if route.presents == Presents::Dpop => CNF_LOST.into(),
        Some("sender_constraint_required" | "dpop_proof_required" | "dpop_proof_unexpected") => policy(),
        Some("mtls_certificate_required" | "mtls_certificate_unreadable" | "mtls_certificate_mismatch") => {
            CERTIFICATE_UNSEEN.into()
        }
        Some(reason) => format!(
            "the guard says `{reason}` about a token that is right. Does a token policy of the server forbid it?"
        ),
        None => format!(
            "one of these: (1) {} (2) {} (3) {} (4) {} (5) {transport} `danger_show_reasons()` in the test's configuration tells which.",
            issuer(),
            audience(),
            clock(fixture),
            policy()
        ),
    }
}
