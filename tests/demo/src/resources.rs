//! Two protected MCP servers: one that takes bearer and DPoP-bound tokens, and one that takes DPoP only, with its own nonces.

use super::issuer::entropy;
use attesto_core::crypto::CryptoProvider;
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::host::{Guard, MemoryReplayStore, Passage, PublicDocuments};
use attesto_core::jose::JwkSet;
use attesto_core::mcp;
use attesto_core::resource::{Requirement, ResourceServer, SenderPolicy};
use attesto_core::token::TrustedIssuer;
use rmcp::handler::server::tool::Extension;
use rmcp::model::{CallToolResult, ContentBlock, ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use std::error::Error;
use std::sync::Arc;

/// The guards of both.
#[derive(Clone, Debug)]
pub struct Resources {
    /// `/mcp`.
    pub open: Arc<Guard>,
    /// `/strict/mcp`.
    pub strict: Arc<Guard>,
    /// What both ask for.
    pub call: Requirement,
    /// Their metadata, and the issuer's keys.
    pub documents: Arc<PublicDocuments>,
}

impl Resources {
    /// At this origin, with tokens of this issuer, whose public keys are published as well.
    ///
    /// # Errors
    /// Where the configuration contradicts itself.
    pub fn new(
        origin: &str,
        provider: &Arc<dyn CryptoProvider>,
        issuer: &TrustedIssuer,
        jwks: JwkSet,
    ) -> Result<Self, Box<dyn Error>> {
        let builder = |path: &str| {
            ResourceServer::builder(format!("{origin}{path}"), Arc::clone(provider))
                .mcp()
                .issuer(issuer.clone())
                .danger_insecure_loopback()
        };
        let mut secret = [0; 32];
        entropy(&mut secret)?;
        let nonces = NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new(secret));
        let strict = builder("/strict/mcp")
            .dpop(ProofPolicy::new().require_nonces(nonces))
            .sender_policy(SenderPolicy::RequireDpop);

        let replay = Arc::new(MemoryReplayStore::single_node(100_000)?);
        let open = Arc::new(Guard::builder(builder("/mcp").build()?).replay_store(Arc::clone(&replay)).build()?);
        let strict = Arc::new(Guard::builder(strict.build()?).replay_store(replay).build()?);
        let documents = PublicDocuments::from_guards([&*open, &*strict])?.jwks("/.well-known/jwks.json", jwks);
        Ok(Self { open, strict, call: Requirement::scopes([mcp::TOOLS_CALL])?, documents: Arc::new(documents) })
    }
}

/// A tower service over the `http` crate's types, made with the official SDK.
pub type McpService = StreamableHttpService<Greeter, LocalSessionManager>;

impl Resources {
    /// What is behind the guards: no line in it knows of tokens.
    #[must_use]
    pub fn mcp_service() -> McpService {
        let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
        StreamableHttpService::new(|| Ok(Greeter), Arc::default(), config)
    }
}

/// One tool. It reads who is calling from the request's own passage, not from the session's first request.
#[derive(Clone, Debug)]
pub struct Greeter;

#[tool_router]
impl Greeter {
    #[tool(description = "Says who is calling and how that is proven")]
    async fn whoami(&self, Extension(parts): Extension<http::request::Parts>) -> Result<CallToolResult, ErrorData> {
        let caller = Passage::grant_in(parts.extensions.get())
            .map_err(|wiring| ErrorData::internal_error(wiring.to_string(), None))?;
        let text = format!("{} by {}", caller.subject(), caller.sender().kind());
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
    }
}

#[tool_handler]
impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}
