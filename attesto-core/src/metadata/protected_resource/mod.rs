//! Metadata of a protected resource: RFC 9728 §2; catalogue P6 to P8.

mod build;
#[cfg(test)]
mod tests;

use super::ResourceIdentifier;
use super::enforced::BearerMethod;
use crate::crypto::AlgorithmSet;
use alloc::string::String;
use alloc::vec::Vec;

/// The metadata document of one resource, complete and checked.
///
/// ```
/// use attesto_core::metadata::{EnforcedCapabilities, ProtectedResourceMetadata, ResourceIdentifier};
///
/// let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp")?;
/// let builder = ProtectedResourceMetadata::builder(resource).mcp().authorization_server("https://auth.example.com");
/// assert!(builder.clone().build(&EnforcedCapabilities::HEADER_ONLY).is_ok());
///
/// // What the verifier does not enforce cannot be advertised.
/// let contradiction = builder.dpop_bound_access_tokens_required(true).build(&EnforcedCapabilities::HEADER_ONLY);
/// assert_eq!(contradiction.unwrap_err().member(), "dpop_bound_access_tokens_required");
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProtectedResourceMetadata {
    resource: ResourceIdentifier,
    json: String,
}

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

    /// The resource that the document describes.
    #[must_use]
    pub fn resource(&self) -> &ResourceIdentifier {
        &self.resource
    }

    /// Returns the document. Members have the order of the catalogue's table P7; absent and empty ones are left out
    /// (P6).
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.clone()
    }
}

/// Collects the members of a [`ProtectedResourceMetadata`]. Values are checked by [`build`](Self::build).
#[derive(Clone, Debug)]
pub struct ProtectedResourceMetadataBuilder {
    resource: ResourceIdentifier,
    is_mcp: bool,
    is_own_issuer: bool,
    authorization_servers: Vec<String>,
    scopes: Vec<String>,
    bearer_methods: Option<Vec<BearerMethod>>,
    dpop_algs: Option<AlgorithmSet>,
    dpop_required: Option<bool>,
    mtls_bound: Option<bool>,
    jwks_uri: Option<String>,
    signing_algs: Vec<String>,
    authorization_details_types: Vec<String>,
    name: Option<String>,
    localized_names: Vec<(String, String)>,
    documentation: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    signed_metadata: Option<String>,
    acr_values: Vec<String>,
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
