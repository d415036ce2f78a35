//! What was configured, checked and ready to use.

use super::assertion_policy::AssertionPolicy;
use super::documents::Documents;
use super::error_envelope::ErrorEnvelope;
use super::lifetimes::{Lifetimes, RefreshPolicy};
use super::redirect_policy::RedirectPolicy;
use super::signers::Signers;
use super::tied_scopes::TiedScopes;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::routes::Routes;
use crate::authorization::scopes::ScopeSet;
use crate::crypto::CryptoProvider;
use crate::dpop::ProofPolicy;
use crate::http::{CanonicalOrigin, OriginPolicy};
use crate::jose::JwkSet;
use crate::mtls::CertificatePolicy;
use crate::token::{AccessTokenIssuer, AccessTokenVerifier};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The settings of the server.
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) provider: Arc<dyn CryptoProvider>,
    pub(crate) tokens: AccessTokenIssuer,
    pub(crate) signers: Signers,
    pub(crate) jwks: JwkSet,
    pub(crate) verifier: AccessTokenVerifier,
    /// Accepts a token until the last resource refuses it.
    pub(crate) late_verifier: AccessTokenVerifier,
    pub(crate) resource_leeway: u64,
    pub(crate) ask_introspection: bool,
    pub(crate) openid: bool,
    pub(crate) require_pushed_requests: bool,
    pub(crate) require_nonce: bool,
    pub(crate) refuse_embedded: bool,
    pub(crate) browser_clients: bool,
    pub(crate) browser_credentials: bool,
    pub(crate) redirects: RedirectPolicy,
    pub(crate) loopback_is_a_site: bool,
    pub(crate) narrow_scopes: bool,
    pub(crate) tied_scopes: TiedScopes,
    pub(crate) pkce_always: bool,
    pub(crate) envelope: Option<Arc<dyn ErrorEnvelope>>,
    pub(crate) routes: Routes,
    pub(crate) audience: String,
    pub(crate) grants: Vec<GrantType>,
    pub(crate) auth_methods: Vec<AuthMethod>,
    pub(crate) assertions: AssertionPolicy,
    pub(crate) scopes: ScopeSet,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) refresh: RefreshPolicy,
    pub(crate) dpop: Option<ProofPolicy>,
    pub(crate) certificates: Option<CertificatePolicy>,
    pub(crate) origin: OriginPolicy,
    /// The issuer's origin.
    pub(crate) own: CanonicalOrigin,
    pub(crate) deny_list: bool,
    pub(crate) realm: String,
    pub(crate) client_kind: Option<String>,
    pub(crate) retry_after: u64,
    pub(crate) documents: Documents,
}

impl Settings {
    /// Whether the authorization endpoint and what belongs to it are mounted.
    pub(crate) fn has_authorization_endpoint(&self) -> bool {
        self.grants.contains(&GrantType::AuthorizationCode)
    }
}
