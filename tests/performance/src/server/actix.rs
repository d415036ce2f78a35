//! Under actix-web, with one worker.

use super::{ANSWER, REFUSED, Resource};
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use actix_web::{App, HttpRequest, HttpServer, web};
use attesto_actix::Protect;
use std::error::Error;
use std::net::TcpListener;

async fn answer() -> &'static str {
    ANSWER
}

async fn by_hand(request: HttpRequest, resource: web::Data<Resource>) -> &'static str {
    let headers: &HeaderMap = request.headers();
    let field = |name: HeaderName| headers.get(name).map(|value| value.as_bytes());
    let fields = [
        ("host", field(HOST)),
        ("authorization", field(AUTHORIZATION)),
        ("dpop", field(HeaderName::from_static("dpop"))),
    ];
    if resource.admits("/by-hand", fields).await { ANSWER } else { REFUSED }
}

async fn stats(resource: web::Data<Resource>) -> String {
    resource.stats()
}

pub(super) fn serve(listener: TcpListener, resource: Resource) -> Result<(), Box<dyn Error>> {
    let shared = web::Data::new(resource.clone());
    let app = move || {
        let protect = Protect::new(resource.guard.clone()).require(resource.requirement.clone());
        App::new()
            .app_data(shared.clone())
            .route("/bare", web::get().to(answer))
            .route("/by-hand", web::get().to(by_hand))
            .service(web::resource("/guarded").route(web::get().to(answer)).wrap(protect))
            .route("/stats", web::get().to(stats))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener)?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}
