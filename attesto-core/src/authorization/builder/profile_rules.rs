//! Holds a configuration to its profile (CF-6).

use super::options::AuthorizationServerBuilder;
use crate::ConfigError;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use alloc::format;

impl AuthorizationServerBuilder {
    /// The configured grants, or else the profile's.
    pub(super) fn effective_grants(&self) -> &[GrantType] {
        self.grants.as_deref().unwrap_or(self.profile.terms().grants)
    }

    /// The configured methods, or else the profile's.
    pub(super) fn effective_auth_methods(&self) -> &[AuthMethod] {
        self.auth_methods.as_deref().unwrap_or(self.profile.terms().auth_methods)
    }

    /// Checks that the configuration meets the profile's requirements. CF-6.
    pub(super) fn profile_is_kept(&self) -> Result<(), ConfigError> {
        let terms = self.profile.terms();
        let lacks = |member, what: &str| {
            let name = terms.name;
            Err(ConfigError::new(member, format!("the profile {name} needs {what}: add it, or take another profile")))
        };
        if let Some(grant) = terms.needed_grants.iter().find(|grant| !self.effective_grants().contains(grant)) {
            return lacks("grants", grant.name());
        }
        let rotates = self.effective_grants().contains(&GrantType::RefreshToken);
        if terms.needs_grace && rotates && self.refresh.grace.is_none() {
            return lacks("refresh", "a grace window, RefreshPolicy::grace(10, secret)");
        }
        self.clients_can_meet_it(rotates)
    }

    /// Checks that the configuration requires nothing that the profile's clients cannot do. CF-6.
    fn clients_can_meet_it(&self, rotates: bool) -> Result<(), ConfigError> {
        let terms = self.profile.terms();
        let locks_out = |member, what: &str| {
            let name = terms.name;
            Err(ConfigError::new(
                member,
                format!("clients of the profile {name} {what}: leave it out, or take another profile"),
            ))
        };
        if terms.plain_requests && self.require_pushed_requests {
            return locks_out("require_pushed_authorization_requests", "push no requests");
        }
        if terms.plain_requests && rotates && self.refresh.only_with_offline_access {
            return locks_out("refresh", "get no refresh token with only_with_offline_access");
        }
        Ok(())
    }
}
