//! Documents that are public by design: RFC 9728 metadata and JWK Sets.

use attesto_core::ConfigError;
use attesto_core::host::{Guard, PublicDocuments};
use attesto_core::jose::JwkSet;
use attesto_core::metadata::MetadataSet;
use attesto_hyper::{answer_early, response};
use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use http::StatusCode;
use std::sync::Arc;

/// Routes the metadata documents of these resources, each at its own well-known path, and the first one's also at the bare path, for
/// clients that look nowhere else (RFC 9728 §3.1). Merge it into the application's outermost router: the paths are absolute, and the
/// documents need no authentication. With several resources, log `ResourceServer::metadata_set(..)?.warnings()` at start.
///
/// ```
/// # fn demo(guard: std::sync::Arc<attesto_core::host::Guard>) -> Result<axum::Router, attesto_core::ConfigError> {
/// let app = axum::Router::new().merge(attesto_axum::metadata_router([&*guard])?);
/// # Ok(app)
/// # }
/// ```
///
/// # Errors
/// Where two guards protect the same resource, or several resources do not say whether tokens may also name others
/// ([`PublicDocuments::from_guards`]).
pub fn metadata_router<'g, S>(guards: impl IntoIterator<Item = &'g Guard>) -> Result<Router<S>, ConfigError>
where
    S: Clone + Send + Sync + 'static,
{
    Ok(documents_router(PublicDocuments::from_guards(guards)?))
}

/// Routes the metadata documents of a set, for which you chose the document at the bare path.
pub fn metadata_set_router<S>(set: MetadataSet) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    documents_router(PublicDocuments::from_metadata(set))
}

/// Routes metadata documents together with JWK Sets.
pub fn documents_router<S>(documents: PublicDocuments) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let documents = Arc::new(documents);
    let mut router = Router::new().without_v07_checks();
    for path in documents.paths().map(str::to_owned).collect::<Vec<_>>() {
        let documents = Arc::clone(&documents);
        let answer = move |request: Request| {
            let documents = Arc::clone(&documents);
            async move {
                let (parts, body) = request.into_parts();
                let document = documents.respond(parts.method.as_str(), parts.uri.path(), parts.uri.query());
                let document = document.map(response).ok_or(StatusCode::NOT_FOUND)?;
                Ok::<_, StatusCode>(answer_early(&parts, body, document).await)
            }
        };
        router = router.route(&path, any(answer));
    }
    router
}

/// Routes a JWK Set at this path, public keys only (RFC 7517 §5).
pub fn jwks_router<S>(path: &str, keys: JwkSet) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let keys = Arc::new(keys);
    let answer = move |request: Request| {
        let (parts, body) = request.into_parts();
        let answer = response(keys.respond(parts.method.as_str()));
        async move { answer_early(&parts, body, answer).await }
    };
    Router::new().without_v07_checks().route(path, any(answer))
}
