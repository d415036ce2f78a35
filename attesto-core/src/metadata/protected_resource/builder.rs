//! Collects the members of a resource's document.

use super::ProtectedResourceMetadata;
use crate::crypto::AlgorithmSet;
use crate::metadata::ResourceIdentifier;
use crate::metadata::enforced::BearerMethod;
use alloc::string::String;
use alloc::vec::Vec;

impl ProtectedResourceMetadata {
    /// Starts a document for this resource.
    #[must_use]
    pub fn builder(resource: ResourceIdentifier) -> ProtectedResourceMetadataBuilder {
        ProtectedResourceMetadataBuilder {
            resource,
            is_mcp: false,
            is_own_issuer: false,
            authorization_servers: Vec::new(),
            scopes: Vec::new(),
            bearer_methods: None,
            dpop_algs: None,
            dpop_required: None,
            mtls_bound: None,
            jwks_uri: None,
            signing_algs: Vec::new(),
            authorization_details_types: Vec::new(),
            name: None,
            localized_names: Vec::new(),
            documentation: None,
            policy_uri: None,
            tos_uri: None,
            signed_metadata: None,
            acr_values: Vec::new(),
        }
    }
}

/// Collects the members of a [`ProtectedResourceMetadata`]. Values are checked by [`build`](Self::build).
#[derive(Clone, Debug)]
pub struct ProtectedResourceMetadataBuilder {
    pub(super) resource: ResourceIdentifier,
    pub(super) is_mcp: bool,
    pub(super) is_own_issuer: bool,
    pub(super) authorization_servers: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) bearer_methods: Option<Vec<BearerMethod>>,
    pub(super) dpop_algs: Option<AlgorithmSet>,
    pub(super) dpop_required: Option<bool>,
    pub(super) mtls_bound: Option<bool>,
    pub(super) jwks_uri: Option<String>,
    pub(super) signing_algs: Vec<String>,
    pub(super) authorization_details_types: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) localized_names: Vec<(String, String)>,
    pub(super) documentation: Option<String>,
    pub(super) policy_uri: Option<String>,
    pub(super) tos_uri: Option<String>,
    pub(super) signed_metadata: Option<String>,
    pub(super) acr_values: Vec<String>,
}

impl ProtectedResourceMetadataBuilder {
    /// Marks the resource as an MCP server: it must name an authorization server, and its scopes default to
    /// [`mcp::all`](crate::mcp::all).
    #[must_use]
    pub fn mcp(mut self) -> Self {
        self.is_mcp = true;
        self
    }

    /// Marks the resource's server as its own issuer: if no authorization server is named, the resource's origin is
    /// listed.
    #[must_use]
    pub fn issuer_is_resource_origin(mut self) -> Self {
        self.is_own_issuer = true;
        self
    }

    /// Adds an issuer to `authorization_servers`, verbatim: clients compare it byte for byte (RFC 8414 §3.3).
    #[must_use]
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    /// Adds to `scopes_supported`; a scope declared by several routes is listed once.
    #[must_use]
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        for scope in scopes.into_iter().map(Into::into) {
            if !self.scopes.contains(&scope) {
                self.scopes.push(scope);
            }
        }
        self
    }

    /// Sets `bearer_methods_supported`, which otherwise follows the verifier.
    #[must_use]
    pub fn bearer_methods_supported(mut self, methods: impl IntoIterator<Item = BearerMethod>) -> Self {
        self.bearer_methods = Some(methods.into_iter().collect());
        self
    }

    /// Sets `dpop_signing_alg_values_supported`, which otherwise follows the verifier.
    #[must_use]
    pub fn dpop_signing_alg_values_supported(mut self, algs: AlgorithmSet) -> Self {
        self.dpop_algs = Some(algs);
        self
    }

    /// Sets `dpop_bound_access_tokens_required`, which otherwise follows the verifier.
    #[must_use]
    pub fn dpop_bound_access_tokens_required(mut self, required: bool) -> Self {
        self.dpop_required = Some(required);
        self
    }

    /// Sets `tls_client_certificate_bound_access_tokens`, which otherwise follows the verifier.
    #[must_use]
    pub fn tls_client_certificate_bound_access_tokens(mut self, bound: bool) -> Self {
        self.mtls_bound = Some(bound);
        self
    }

    /// Sets `jwks_uri`: the resource's own public keys.
    #[must_use]
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.jwks_uri = Some(url.into());
        self
    }

    /// Adds to `resource_signing_alg_values_supported`: the algorithms of signed resource responses. Never `none`.
    #[must_use]
    pub fn resource_signing_alg_values_supported<S: Into<String>>(mut self, algs: impl IntoIterator<Item = S>) -> Self {
        self.signing_algs.extend(algs.into_iter().map(Into::into));
        self
    }

    /// Adds to `authorization_details_types_supported` (RFC 9396).
    #[must_use]
    pub fn authorization_details_types_supported<S: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = S>,
    ) -> Self {
        self.authorization_details_types.extend(types.into_iter().map(Into::into));
        self
    }

    /// Sets `resource_name`: for people.
    #[must_use]
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds `resource_name#<language>` (RFC 9728 §2.1); the tag is one of BCP 47, such as `de` or `zh-Hant`.
    #[must_use]
    pub fn resource_name_in(mut self, language: impl Into<String>, name: impl Into<String>) -> Self {
        self.localized_names.push((language.into(), name.into()));
        self
    }

    /// Sets `resource_documentation`: a page for developers.
    #[must_use]
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.documentation = Some(url.into());
        self
    }

    /// Sets `resource_policy_uri`: how data may be used.
    #[must_use]
    pub fn resource_policy_uri(mut self, url: impl Into<String>) -> Self {
        self.policy_uri = Some(url.into());
        self
    }

    /// Sets `resource_tos_uri`: the terms of service.
    #[must_use]
    pub fn resource_tos_uri(mut self, url: impl Into<String>) -> Self {
        self.tos_uri = Some(url.into());
        self
    }

    /// Sets `signed_metadata` (RFC 9728 §2.2): a signed JWT, emitted as given.
    #[must_use]
    pub fn signed_metadata(mut self, jwt: impl Into<String>) -> Self {
        self.signed_metadata = Some(jwt.into());
        self
    }

    /// Adds to `acr_values_supported`, an extension: the union of the routes' step-up requirements, for hosts that
    /// publish them.
    #[must_use]
    pub fn acr_values_supported<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        for value in values.into_iter().map(Into::into) {
            if !self.acr_values.contains(&value) {
                self.acr_values.push(value);
            }
        }
        self
    }
}
