//! Metadata of a protected resource: RFC 9728 §2; P6 to P8.

mod build;
mod builder;
mod document;
#[cfg(test)]
mod tests;

pub use builder::ProtectedResourceMetadataBuilder;
pub use document::ProtectedResourceMetadata;
