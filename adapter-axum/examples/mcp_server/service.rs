//! The service: an MCP server made with the official SDK, and attesto in front of it.

use crate::issuer::{Issuer, entropy};
use attesto_axum::core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_axum::core::host::{Guard, MemoryReplayStore};
use attesto_axum::core::mcp;
use attesto_axum::core::resource::{Requirement, ResourceServer, SenderPolicy};
use attesto_axum::{Granted, ProtectLayer, jwks_router, metadata_router};
use axum::Router;
use rmcp::handler::server::tool::Extension;
use rmcp::model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use std::error::Error;
use std::sync::Arc;
use tower_layer::Layer;

/// One tool. It reads who is calling from the request's own grant, not from the session's first request.
#[derive(Clone)]
struct Greeter;

#[tool_router]
impl Greeter {
    #[tool(description = "Says who is calling and how that is proven")]
    async fn whoami(&self, Extension(parts): Extension<http::request::Parts>) -> Result<CallToolResult, ErrorData> {
        let grant = Granted::from_extensions(&parts.extensions)
            .ok_or_else(|| ErrorData::internal_error("the route is not protected", None))?;
        let text = format!("{} by {}", grant.subject(), grant.sender().kind());
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
    }
}

#[tool_handler]
impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// `/mcp` takes bearer and DPoP-bound tokens; `/strict/mcp` takes DPoP only, with server-provided nonces.
pub(crate) fn app(origin: &str, issuer: &Issuer) -> Result<Router, Box<dyn Error>> {
    let open = ResourceServer::builder(format!("{origin}/mcp"), Arc::clone(&issuer.provider))
        .mcp()
        .issuer(issuer.trusted()?)
        .danger_insecure_loopback();
    let mut secret = [0; 32];
    entropy(&mut secret)?;
    let nonces = NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new(secret));
    let strict = ResourceServer::builder(format!("{origin}/strict/mcp"), Arc::clone(&issuer.provider))
        .mcp()
        .issuer(issuer.trusted()?)
        .dpop(ProofPolicy::new().require_nonces(nonces))
        .sender_policy(SenderPolicy::RequireDpop)
        .danger_insecure_loopback();

    let replay = Arc::new(MemoryReplayStore::single_instance(100_000)?);
    let open = Arc::new(Guard::builder(open.build()?).replay_store(Arc::clone(&replay)).build()?);
    let strict = Arc::new(Guard::builder(strict.build()?).replay_store(replay).build()?);

    let call = Requirement::scopes([mcp::TOOLS_CALL])?;
    Ok(Router::new()
        .nest_service("/strict/mcp", ProtectLayer::new(Arc::clone(&strict)).require(call.clone()).layer(mcp_service()))
        .nest_service("/mcp", ProtectLayer::new(Arc::clone(&open)).require(call).layer(mcp_service()))
        .merge(metadata_router([&*open, &*strict])?)
        .merge(jwks_router("/.well-known/jwks.json", issuer.keys().jwks())))
}

fn mcp_service() -> StreamableHttpService<Greeter, LocalSessionManager> {
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    StreamableHttpService::new(|| Ok(Greeter), Arc::default(), config)
}
