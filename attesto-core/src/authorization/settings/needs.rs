//! The questions that a server asks its host, by its configuration (CF-2), defined in one place.

use super::server::Settings;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;

/// The parts of a host that this server needs, besides clients and the scope policy, which every server needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) replay: bool,
    pub(crate) codes: bool,
    pub(crate) refresh: bool,
    pub(crate) principals: bool,
    pub(crate) deny_list: bool,
    pub(crate) claims: bool,
    pub(crate) introspection: bool,
    /// The most unexpired access tokens of one authorization, which one revocation denies.
    pub(crate) access_tokens_at_a_time: usize,
}

impl Needs {
    pub(crate) fn from_settings(server: &Settings) -> Self {
        let codes = server.grants.contains(&GrantType::AuthorizationCode);
        Self {
            replay: server.dpop.is_some() || server.auth_methods.contains(&AuthMethod::PrivateKeyJwt),
            codes,
            // Also without refresh tokens: a reused code revokes its family (AC-6), and the refresh store keeps
            // families.
            refresh: codes || server.grants.contains(&GrantType::RefreshToken),
            principals: codes || server.grants.contains(&GrantType::RefreshToken),
            deny_list: server.deny_list,
            claims: server.openid,
            introspection: server.ask_introspection,
            access_tokens_at_a_time: if server.grants.contains(&GrantType::RefreshToken) {
                server.refresh.access_tokens
            } else {
                1
            },
        }
    }
}
