//! On bare hyper.

use super::{Boxed, Parts, Wiring, boxed};
use attesto_hyper::{Protect, Publish, Require, granted, response};
use attesto_testkit::hyper as testkit;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use std::convert::Infallible;

type Answer = Response<Full<Bytes>>;

fn called() -> Answer {
    Response::new(Full::from("called"))
}

/// Behind whatever there is: asks who is calling.
async fn call<B>(parts: Parts, request: Request<B>) -> Result<Answer, Infallible> {
    Ok(match granted(request.extensions()) {
        Ok(caller) => Response::new(Full::from(parts.handle(caller.sender()))),
        Err(wiring) => response(wiring.response()),
    })
}

pub(super) fn app(parts: Parts, wiring: Wiring) -> Boxed {
    let protect = Protect::new(parts.guard.clone()).clock(parts.clock.clone());
    let require = Require::new(parts.requirement.clone());
    let publish = Publish::new(parts.documents());
    let behind = parts.clone();
    macro_rules! handler {
        () => {
            service_fn(move |request| call(behind.clone(), request))
        };
    }
    match wiring {
        Wiring::Right => boxed(testkit::app(publish.wrap(protect.wrap(require.wrap(handler!()))))),
        Wiring::NoMetadata => boxed(testkit::app(protect.wrap(require.wrap(handler!())))),
        // What is wrapped last runs first.
        Wiring::ScopesFirst => boxed(testkit::app(publish.wrap(require.wrap(protect.wrap(handler!()))))),
        Wiring::BearerByHand => {
            let guarded = protect.wrap(require.wrap(handler!()));
            let service = service_fn(move |request: Request<_>| {
                let authorization = request.headers().get("authorization").map(|value| value.as_bytes());
                let known = parts.is_bearer_by_hand(authorization).then(|| parts.reached.hit());
                let guarded = guarded.clone();
                async move {
                    match known {
                        Some(()) => Ok(called().map(http_body_util::Either::Left)),
                        None => guarded.call(request).await,
                    }
                }
            });
            boxed(testkit::app(publish.wrap(service)))
        }
        Wiring::Unprotected => {
            let open = service_fn(move |_| {
                parts.reached.hit();
                async { Ok::<_, Infallible>(called()) }
            });
            boxed(testkit::app(publish.wrap(open)))
        }
    }
}
