//! Under axum.

use super::{Boxed, Parts, Wiring, boxed};
use attesto_axum::{GrantedSender, ProtectLayer, RequireLayer, documents_router};
use attesto_testkit::axum as testkit;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::post;

pub(super) fn app(parts: Parts, wiring: Wiring) -> Boxed {
    let (protect, require) = (
        ProtectLayer::new(parts.guard.clone()).clock(parts.clock.clone()),
        RequireLayer::new(parts.requirement.clone()),
    );
    let handler = {
        let parts = parts.clone();
        post(move |sender: GrantedSender| async move { parts.handle(&sender.0) })
    };
    let routes = match wiring {
        Wiring::Right | Wiring::NoMetadata => Router::new().route("/mcp", handler.layer(require)).layer(protect),
        // The layer that is added last runs first.
        Wiring::ScopesFirst => Router::new().route("/mcp", handler).layer(protect).layer(require),
        Wiring::BearerByHand => {
            let by_hand = parts.clone();
            Router::new().route("/mcp", handler.layer(require)).layer(protect).layer(from_fn(
                move |request: Request, next: Next| {
                    let authorization = request.headers().get("authorization").map(|value| value.as_bytes());
                    let known = by_hand.is_bearer_by_hand(authorization).then(|| by_hand.reached.hit());
                    async move {
                        match known {
                            Some(()) => "called".into_response(),
                            None => next.run(request).await,
                        }
                    }
                },
            ))
        }
        Wiring::Unprotected => {
            let parts = parts.clone();
            // Routes that are added after a layer are not behind it.
            let open = post(move || async move { parts.reached.hit() });
            Router::new().layer(protect).route("/mcp", open)
        }
    };
    let router = match wiring {
        Wiring::NoMetadata => routes,
        Wiring::Right | Wiring::ScopesFirst | Wiring::BearerByHand | Wiring::Unprotected => {
            routes.merge(documents_router(parts.documents()))
        }
    };
    boxed(testkit::app(router))
}
