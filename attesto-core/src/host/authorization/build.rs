//! Checks a host against the questions of its server (CF-2, ST-1).

use super::builder::AuthorizationHostBuilder;
use super::host::AuthorizationHost;
use crate::ConfigError;
use crate::authorization::AuthorizationServer;
use crate::host::{Instances, MemoryReplayStore, StoreReach, reach_is_enough};
use alloc::format;
use alloc::sync::Arc;

impl AuthorizationHostBuilder {
    /// Builds the host, after checking it against the questions of this server.
    ///
    /// # Errors
    /// The first part that is missing, or that does not reach all instances, or a deny list that is too small for one
    /// authorization.
    pub fn build(mut self, server: &AuthorizationServer) -> Result<AuthorizationHost, ConfigError> {
        if let (Some(capacity), Some(at)) = (self.replay_memory, self.restarted) {
            let store = MemoryReplayStore::after_restart(capacity, at.plus(server.replay_window()))?;
            self.parts.replay = Some(Arc::new(store));
        }
        let (needs, reaches) = (server.needs(), &self.reaches);
        let stores = [
            ("code_store", needs.codes, reaches.codes),
            ("refresh_store", needs.refresh, reaches.refresh),
            ("pushed_request_store", needs.codes, reaches.pushed),
            ("consent_grants", needs.codes && reaches.consent_grants.is_some(), reaches.consent_grants),
            ("deny_list", needs.deny_list, reaches.deny_list),
            ("replay_store", needs.replay, reaches.replay),
        ];
        for (member, needed, reach) in stores {
            if needed {
                store_is_enough(member, reach, self.instances)?;
            }
        }
        if needs.deny_list && self.deny_list_capacity.is_some_and(|places| places < needs.access_tokens_at_a_time) {
            return Err(ConfigError::new("deny_list", "holds fewer access tokens than one authorization may have"));
        }
        let (parts, functions) = (&self.parts, &self.parts.functions);
        let consent = functions.authenticate.is_some() && functions.consent.is_some();
        let parts = [
            ("load_client_with", true, parts.clients.is_some() || functions.load_client.is_some()),
            ("verify_client_secret_with", true, parts.clients.is_some() || functions.verify_client_secret.is_some()),
            ("authorize_scope_with", true, parts.scopes.is_some() || functions.authorize_scope.is_some()),
            ("principals", needs.principals, parts.principals.is_some() || functions.load_principal.is_some()),
            ("consent_policy", needs.codes, parts.consent.is_some() || consent),
            ("claims", needs.claims, parts.claims.is_some() || functions.id_token_claims.is_some()),
            (
                "introspection_policy",
                needs.introspection,
                parts.introspection.is_some() || functions.may_introspect.is_some(),
            ),
        ];
        if let Some((member, ..)) = parts.iter().find(|(_, needed, set)| *needed && !*set) {
            return Err(missing(member));
        }
        Ok(AuthorizationHost { parts: Arc::new(self.parts) })
    }
}

fn missing(member: &'static str) -> ConfigError {
    ConfigError::new(
        member,
        format!(
            "is missing: the server, as it is configured, asks it; call .{member}(..), or configure the server without"
        ),
    )
}

/// Checks that a store is set and reaches all instances. ST-1.
fn store_is_enough(member: &'static str, reach: Option<StoreReach>, instances: Instances) -> Result<(), ConfigError> {
    reach_is_enough(member, instances, reach.ok_or_else(|| missing(member))?)
}
