//! Under actix-web.

use super::{Boxed, Parts, Wiring, boxed};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::test::init_service;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Responder};
use attesto_actix::{GrantedSender, Protect, Require, publish};
use attesto_testkit::actix as testkit;

async fn call(sender: GrantedSender, parts: Data<Parts>) -> impl Responder {
    parts.handle(&sender.0)
}

async fn call_without_looking(parts: Data<Parts>) -> impl Responder {
    parts.reached.hit();
    "called"
}

fn routes(parts: &Parts, wiring: Wiring, routes: &mut ServiceConfig) {
    let protect = Protect::new(parts.guard.clone()).clock(parts.clock.clone());
    let require = Require::new(parts.requirement.clone());
    let resource = || web::resource("/mcp").route(web::post().to(call));
    match wiring {
        Wiring::Right | Wiring::NoMetadata => routes.service(resource().wrap(require).wrap(protect)),
        // What is wrapped last runs first.
        Wiring::ScopesFirst => routes.service(resource().wrap(protect).wrap(require)),
        Wiring::BearerByHand => {
            let parts = parts.clone();
            let known = move |request: &GuardContext<'_>| {
                parts.is_bearer_by_hand(request.head().headers().get("authorization").map(|value| value.as_bytes()))
            };
            let by_hand = web::resource("/mcp").guard(fn_guard(known)).route(web::post().to(call_without_looking));
            routes.service(by_hand).service(resource().wrap(require).wrap(protect))
        }
        Wiring::Unprotected => {
            routes.service(web::scope("/api").wrap(protect)).route("/mcp", web::post().to(call_without_looking))
        }
    };
}

pub(super) async fn app(parts: Parts, wiring: Wiring) -> Boxed {
    let app = App::new()
        .app_data(Data::new(parts.clone()))
        .configure(|config| {
            if wiring != Wiring::NoMetadata {
                publish(parts.documents())(config);
            }
        })
        .configure(|config| routes(&parts, wiring, config));
    boxed(testkit::app(init_service(app).await))
}
