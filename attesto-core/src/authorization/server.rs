//! One authorization server: what was configured, and the way to each endpoint.

use super::builder::AuthorizationServerBuilder;
use super::client::{AuthMethod, GrantType};
use super::client_auth::AssertionPolicy;
use super::flow::{self, Flow};
use super::lifetimes::{Lifetimes, RefreshPolicy};
use super::routes::Routes;
use super::scopes::ScopeSet;
use super::{introspection_endpoint, revocation, token_endpoint};
use crate::Timestamp;
use crate::crypto::{CryptoProvider, Entropy};
use crate::dpop::ProofPolicy;
use crate::exchange::Step;
use crate::http::{OriginPolicy, RequestParts};
use crate::mtls::CertificatePolicy;
use crate::token::{AccessTokenIssuer, AccessTokenVerifier, KeyRing};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// An OAuth 2.1 authorization server without IO. Built once by [`AuthorizationServer::builder`], then only read; a clone is another
/// handle on the same.
///
/// Each endpoint is a method that takes the request, the time and a source of entropy, and gives a [`Step`]: the first question to
/// the host, or the response.
#[derive(Clone)]
pub struct AuthorizationServer {
    settings: Arc<Settings>,
}

/// What was configured.
pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) provider: Arc<dyn CryptoProvider>,
    pub(super) keys: Arc<KeyRing>,
    pub(super) tokens: AccessTokenIssuer,
    pub(super) verifier: AccessTokenVerifier,
    pub(super) ask_introspection: bool,
    pub(super) openid: bool,
    pub(super) routes: Routes,
    pub(super) audience: String,
    pub(super) grants: Vec<GrantType>,
    pub(super) auth_methods: Vec<AuthMethod>,
    pub(super) assertions: AssertionPolicy,
    pub(super) scopes: ScopeSet,
    pub(super) lifetimes: Lifetimes,
    pub(super) refresh: RefreshPolicy,
    pub(super) dpop: Option<ProofPolicy>,
    pub(super) certificates: Option<CertificatePolicy>,
    pub(super) origin: OriginPolicy,
    pub(super) deny_list: bool,
    pub(super) realm: String,
    pub(super) client_kind: Option<String>,
    pub(super) retry_after: u64,
}

impl AuthorizationServer {
    /// Starts the configuration of the server with this issuer identifier (https, without query and fragment), which signs with this
    /// ring.
    pub fn builder(
        issuer: impl Into<String>,
        provider: Arc<dyn CryptoProvider>,
        keys: Arc<KeyRing>,
    ) -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::new(issuer.into(), provider, keys)
    }

    pub(super) fn of(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    /// The issuer identifier, as configured.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Where the endpoints are.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        &self.settings.routes
    }

    /// The token endpoint: `POST {prefix}/token` (RFC 6749 §3.2). The body is lent as [`RequestParts::form_body`].
    pub fn token(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        let endpoint = &self.settings.routes.token;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        flow::run(flow, |mut flow| async move { token_endpoint::respond(&mut flow).await })
    }

    /// The revocation endpoint: `POST {prefix}/revoke` (RFC 7009). The body is lent as [`RequestParts::form_body`].
    pub fn revoke(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        let endpoint = &self.settings.routes.revocation;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        flow::run(flow, |mut flow| async move { revocation::respond(&mut flow).await })
    }

    /// The introspection endpoint: `POST {prefix}/introspect` (RFC 7662). The body is lent as [`RequestParts::form_body`].
    pub fn introspect(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        let endpoint = &self.settings.routes.introspection;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        flow::run(flow, |mut flow| async move { introspection_endpoint::respond(&mut flow).await })
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}
