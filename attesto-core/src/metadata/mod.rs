//! Metadata documents of a protected resource (RFC 9728) and an authorization server (RFC 8414).
//!
//! The [`ResourceIdentifier`] is the single source of truth. The `resource` member, the well-known URL and the pointer
//! in challenges all derive from it, and a document is checked against what the verifier enforces, so they cannot
//! diverge (P1 to P10).
//!
//! ```
//! use attesto_core::metadata::{EnforcedCapabilities, MetadataSet, ProtectedResourceMetadata, ResourceIdentifier};
//!
//! let resource = ResourceIdentifier::parse("https://mcp.example.com/mcp")?;
//! assert_eq!(resource.well_known_url(), "https://mcp.example.com/.well-known/oauth-protected-resource/mcp");
//!
//! let document = ProtectedResourceMetadata::builder(resource)
//!     .authorization_server("https://auth.example.com")
//!     .scopes_supported(["documents.read"])
//!     .build(&EnforcedCapabilities::HEADER_ONLY)?;
//! let set = MetadataSet::new([document])?;
//!
//! let response = set.respond("GET", "/.well-known/oauth-protected-resource/mcp").expect("a metadata path");
//! assert_eq!(response.status, 200);
//! assert_eq!(
//!     response.body_text(),
//!     "{\"resource\":\"https://mcp.example.com/mcp\",\"authorization_servers\":[\"https://auth.example.com\"],\
//!      \"scopes_supported\":[\"documents.read\"],\"bearer_methods_supported\":[\"header\"]}"
//! );
//! assert!(set.respond("GET", "/mcp").is_none());
//! # Ok::<(), attesto_core::ConfigError>(())
//! ```

mod authorization_server;
pub(crate) mod document;
mod enforced;
mod identifier;
mod pointer;
mod protected_resource;
mod registered;
mod set;

#[cfg(feature = "std")]
pub(crate) use authorization_server::JWKS;
pub use authorization_server::{AuthorizationServerMetadata, AuthorizationServerMetadataBuilder};
pub use document::MemberValue;
pub use enforced::{BearerMethod, EnforcedCapabilities};
pub use identifier::ResourceIdentifier;
pub use pointer::{MetadataPointer, PointerRequest, PointerResolver, PointerUnavailable, PointerUrl};
pub use protected_resource::{ProtectedResourceMetadata, ProtectedResourceMetadataBuilder};
#[cfg(feature = "std")]
pub(crate) use registered::member_is_the_hosts;
pub use set::{MetadataSet, RootDocument};
