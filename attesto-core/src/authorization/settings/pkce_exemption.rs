//! Clients that may omit PKCE (RFC 9700 §2.1.1, OAuth 2.1 §7.5.1; AZ-15, AC-4).

use super::server::Settings;
use crate::authorization::registered_client::client::Client;

/// What a client may omit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PkceExemption {
    /// Nothing. The default for every client.
    None,
    /// The challenge, in OpenID requests with a `nonce`.
    Nonce,
    /// The challenge, in every request.
    Any,
}

/// Returns the exemption of a client by its current registration. A client that cannot authenticate or runs on a user's
/// device has none: its code alone would suffice for an attacker. A client whose tokens are bound to a key has none,
/// since it would weaken the binding. With a profile that allows no exception, no client has one. AZ-15.
pub(crate) fn exemption(server: &Settings, client: &Client) -> PkceExemption {
    if server.pkce_always || client.is_public() || client.native || client.constraint.is_some() {
        return PkceExemption::None;
    }
    match (client.without_pkce, client.nonce_instead_of_pkce && server.openid) {
        (true, _) => PkceExemption::Any,
        (false, true) => PkceExemption::Nonce,
        (false, false) => PkceExemption::None,
    }
}
