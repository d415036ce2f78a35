//! Responses of an issuer, which is trusted for tokens but not for memory; and the queries that strangers can cause.

use crate::credentials::many_members;
use crate::measured_input::{Row, bytes};
use crate::meter::{Work, heap, measure};
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::encoding::base64url;
use attesto_core::http::IncomingResponse;
use attesto_core::introspection::{IntrospectionCredentials, IntrospectionEndpoint, IntrospectionError};
use attesto_core::jose::{Jwk, JwkSet};
use attesto_core::limits;
use attesto_core::remote::{Begun, FetchError, FetchStep, KeyFetch, Need, RemoteKeys};
use attesto_core::resource::{KeysAnswer, Question, Requirement, ResourceServer, Verdict};
use attesto_core::token::TrustedIssuer;
use attesto_tests::{AUDIENCE, Call, ISSUER, World, sign};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn remote(provider: Arc<dyn CryptoProvider>) -> Arc<RemoteKeys> {
    RemoteKeys::builder(ISSUER, provider).jwks_uri(format!("{ISSUER}/jwks")).build().expect("a sound issuer")
}

fn fetch(begun: Begun) -> KeyFetch {
    match begun {
        Begun::Fetch(fetch) => fetch,
        other => panic!("{other:?}"),
    }
}

fn ended(step: FetchStep) -> Result<u64, FetchError> {
    match step {
        FetchStep::Ended(result) => result,
        FetchStep::Send(fetch) => panic!("{:?}", fetch.request()),
    }
}

/// Ten tokens a second for a minute, each with a `kid` of its own.
pub(crate) fn unknown_kids() -> Row {
    let mut fetches = 0;
    let work = measure(|provider, meter| {
        let world = World::with_providers(&RustCrypto::new(), Arc::clone(&provider));
        let keys = remote(Arc::clone(&provider));
        let jwk = Jwk::new(world.issuer.public_key().clone()).with_kid("k1");
        let set = JwkSet::publish(provider.as_ref(), [jwk]).to_json();
        let served = || Ok(IncomingResponse::new(200, set.clone().into_bytes()));
        let server = ResourceServer::builder(AUDIENCE, provider).issuer(TrustedIssuer::remote(Arc::clone(&keys)));
        let server = server.build().expect("a sound configuration");
        let requirement = Requirement::authenticated();
        assert_eq!(ended(fetch(keys.begin(Need::Usable, world.now())).received(served())), Ok(1));
        let mut asked = 0;
        for number in 0..600 {
            let now = world.now().plus(number / 10);
            let header = format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{number}"}}"#);
            let call = Call::new().bearer(&sign(world.thief.as_ref(), &header, "{}"));
            call.with_parts(|parts| {
                let mut check = || {
                    let Verdict::Ask(Question::Keys(question)) = server.check(parts, &requirement, now) else {
                        panic!("a key that may be there by now")
                    };
                    let answer = match keys.begin(question.need(), now) {
                        Begun::Fetch(fetch) => {
                            asked += 1;
                            assert!(ended(fetch.received(served())).is_ok());
                            KeysAnswer::Refreshed
                        }
                        Begun::Throttled => KeysAnswer::Unchanged,
                        other => panic!("{other:?}"),
                    };
                    assert!(matches!(question.answer(answer, now), Verdict::Denied(_)));
                };
                if number == 1 { meter(&mut check) } else { check() }
            });
        }
        fetches = asked;
    });
    assert_eq!(fetches, 2, "one each 30 seconds, over all key ids");
    Row {
        input: "A token with an unknown `kid`, its issuer's keys being fetched",
        limit: "one fetch per 30 s, over all `kid`s and requests".into(),
        beyond: "401 with what is known".into(),
        work,
    }
}

/// Wakers of requests that wait for one fetch.
pub(crate) fn requests_waiting_for_keys() -> Row {
    let keys = remote(Arc::new(RustCrypto::new()));
    let now = World::new().now();
    let _under_way = fetch(keys.begin(Need::Usable, now));
    let mut waiting = Vec::with_capacity(limits::KEY_WAITERS);
    let (allocations, held) = heap(&mut || {
        for _ in 0..limits::KEY_WAITERS {
            let Begun::Await(wait) = keys.begin(Need::Usable, now) else { panic!("a fetch is under way") };
            let mut wait = Box::pin(wait);
            assert_eq!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
            waiting.push(wait);
        }
    });
    let Begun::Await(one_more) = keys.begin(Need::Usable, now) else { panic!("a fetch is under way") };
    assert_eq!(pin!(one_more).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(false));
    Row {
        input: "Requests that wait for keys or for one introspection, all together",
        limit: format!("{} requests", limits::KEY_WAITERS),
        beyond: "503 at once".into(),
        work: Work { allocations, bytes: held, ..Work::default() },
    }
}

/// A key set of this many of the largest keys, and as many bytes as are read.
fn key_set(keys: usize, length: usize) -> Vec<u8> {
    let each = length / keys - 8;
    let keys: Vec<String> = (0..keys)
        .map(|number| {
            let mut n = vec![0xff; limits::RSA_MODULUS_BITS_MAX / 8];
            n[1] = u8::try_from(number).expect("few");
            let first = format!(r#""kty":"RSA","e":"AQAB","kid":"{number}","n":"{}""#, base64url::encode(&n));
            many_members(&first, each)
        })
        .collect();
    let mut set = format!(r#"{{"keys":[{}]}}"#, keys.join(",")).into_bytes();
    assert!(set.len() <= length);
    set.resize(length, b' ');
    set
}

pub(crate) fn key_set_response() -> Row {
    let respond = |body: Vec<u8>, expected: Result<u64, FetchError>| {
        measure(|provider, meter| {
            let keys = remote(provider);
            let mut fetch = Some(fetch(keys.begin(Need::Usable, World::new().now())));
            let mut response = Some(Ok(IncomingResponse::new(200, body.clone())));
            let mut result = None;
            meter(&mut || {
                let (fetch, response) = (fetch.take().expect("once"), response.take().expect("once"));
                result = Some(ended(fetch.received(response)));
            });
            assert_eq!(result, Some(expected));
        })
    };
    let too_many = key_set(limits::JWK_SET_KEYS + 1, limits::JWK_SET);
    assert_eq!(respond(too_many, Err(FetchError::UnusableKeys)).keys, 0);
    let too_long = vec![b' '; limits::JWK_SET + 1];
    assert_eq!(respond(too_long, Err(FetchError::TooLarge)).keys, 0);
    Row {
        input: "An issuer's JWK Set: the largest keys, full of members (beside the body itself)",
        limit: format!("{}, {} keys", bytes(limits::JWK_SET), limits::JWK_SET_KEYS),
        beyond: "the fetch has failed; the next no sooner than 5 s later".into(),
        work: respond(key_set(limits::JWK_SET_KEYS, limits::JWK_SET), Ok(1)),
    }
}

pub(crate) fn metadata_response() -> Row {
    let respond = |length: usize| {
        let mut refused = None;
        let work = measure(|provider, meter| {
            let keys = RemoteKeys::builder(ISSUER, provider).build().expect("a sound issuer");
            let mut fetch = Some(fetch(keys.begin(Need::Usable, World::new().now())));
            let first = format!(r#""issuer":"{ISSUER}","jwks_uri":"{ISSUER}/jwks""#);
            let mut body = many_members(&first, length.min(limits::ISSUER_METADATA)).into_bytes();
            body.resize(length, b' ');
            let mut response = Some(Ok(IncomingResponse::new(200, body)));
            let mut step = None;
            meter(&mut || {
                let (fetch, response) = (fetch.take().expect("once"), response.take().expect("once"));
                step = Some(fetch.received(response));
            });
            refused = refusal(step.expect("run"));
        });
        (work, refused)
    };
    assert_eq!(respond(limits::ISSUER_METADATA + 1).1, Some(FetchError::TooLarge));
    let (work, refused) = respond(limits::ISSUER_METADATA);
    assert_eq!(refused, None);
    Row {
        input: "An issuer's metadata, full of members (beside the body itself)",
        limit: bytes(limits::ISSUER_METADATA),
        beyond: "the next URL of at most three is asked; then the fetch has failed, the next no sooner than 5 s later"
            .into(),
        work,
    }
}

/// Why a fetch whose other metadata URLs have nothing ends; `None` where it goes on to the keys.
fn refusal(mut step: FetchStep) -> Option<FetchError> {
    loop {
        match step {
            FetchStep::Send(fetch) if fetch.request().url == format!("{ISSUER}/jwks") => return None,
            FetchStep::Send(fetch) => step = fetch.received(Ok(IncomingResponse::new(404, Vec::new()))),
            FetchStep::Ended(result) => return result.err(),
        }
    }
}

pub(crate) fn introspection_response() -> Row {
    let credentials = IntrospectionCredentials::basic("api", "secret");
    let endpoint =
        IntrospectionEndpoint::new(&format!("{ISSUER}/introspect"), ISSUER, credentials).expect("an endpoint");
    let judge = |body: Vec<u8>| {
        let mut response = Some(Ok(IncomingResponse::new(200, body).content_type("application/json")));
        let mut judged = None;
        let (allocations, bytes) =
            heap(&mut || judged = Some(endpoint.judge(response.take().expect("once"), World::new().now())));
        (Work { allocations, bytes, ..Work::default() }, judged.expect("run"))
    };
    let longer = judge(vec![b' '; limits::INTROSPECTION_RESPONSE + 1]).1;
    assert_eq!(longer.err(), Some(IntrospectionError::TooLarge));
    let first = format!(r#""active":true,"token_type":"Bearer","sub":"s","aud":"{AUDIENCE}""#);
    let (work, judged) = judge(many_members(&first, limits::INTROSPECTION_RESPONSE).into_bytes());
    assert!(judged.is_ok(), "{judged:?}");
    Row {
        input: "An introspection response, full of members (beside the body itself)",
        limit: bytes(limits::INTROSPECTION_RESPONSE),
        beyond: "503".into(),
        work,
    }
}
