//! The documents that a resource publishes to everyone.

use super::Guard;
use crate::ConfigError;
use crate::http::ResponseParts;
use crate::jose::JwkSet;
use crate::metadata::MetadataSet;
use crate::resource::ResourceServer;
use alloc::string::String;
use alloc::vec::Vec;

/// The documents that are public by design: RFC 9728 metadata at its well-known paths, and JWK Sets. For servers and adapters
/// that dispatch by path themselves.
///
/// ```
/// # use attesto_core::host::Guard;
/// # fn demo(guard: &Guard) -> Result<(), attesto_core::ConfigError> {
/// use attesto_core::host::PublicDocuments;
///
/// let documents = PublicDocuments::from_guards([guard])?;
/// assert!(documents.respond("GET", "/.well-known/oauth-protected-resource", None).is_some());
/// assert!(documents.respond("GET", "/elsewhere", None).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PublicDocuments {
    metadata: MetadataSet,
    key_sets: Vec<(String, JwkSet)>,
}

impl PublicDocuments {
    /// Publishes the metadata of these guards' resources, each at its own well-known path, and the first one's also at
    /// the bare path, for clients that only look there (RFC 9728 §3.1).
    ///
    /// # Errors
    /// Fails if two guards protect the same resource, or several resources do not decide whether tokens may name others
    /// too ([`ResourceServer::metadata_set`]).
    pub fn from_guards<'g>(guards: impl IntoIterator<Item = &'g Guard>) -> Result<Self, ConfigError> {
        let servers = guards.into_iter().map(|guard| guard.server().as_ref());
        Ok(Self::from_metadata(ResourceServer::metadata_set(servers)?))
    }

    /// Uses a set with a custom root document.
    #[must_use]
    pub const fn from_metadata(metadata: MetadataSet) -> Self {
        Self { metadata, key_sets: Vec::new() }
    }

    /// Adds a JWK Set at this path, public halves only (RFC 7517 §5).
    #[must_use]
    pub fn jwks(mut self, path: impl Into<String>, keys: JwkSet) -> Self {
        self.key_sets.push((path.into(), keys));
        self
    }

    /// Every path of a published document.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.metadata.paths().chain(self.key_sets.iter().map(|(path, _)| path.as_str()))
    }

    /// Warnings to log at start ([`MetadataSet::warnings`]).
    #[must_use]
    pub fn warnings(&self) -> &[&'static str] {
        self.metadata.warnings()
    }

    /// Answers a request for one of the paths; `None` for every other path.
    #[must_use]
    pub fn respond(&self, method: &str, path: &str, query: Option<&str>) -> Option<ResponseParts> {
        let key_set = self.key_sets.iter().find(|(known, _)| known == path);
        key_set.map_or_else(|| self.metadata.respond_to(method, path, query), |(_, keys)| Some(keys.respond(method)))
    }
}
