//! The document of a protected resource.

use crate::metadata::ResourceIdentifier;
use alloc::string::String;

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
    pub(super) resource: ResourceIdentifier,
    pub(super) json: String,
}

impl ProtectedResourceMetadata {
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
