//! Clients that may come without PKCE (RFC 9700 §2.1.1, OAuth 2.1 §7.5.1; AZ-15, AC-4).

use super::server::Settings;
use crate::authorization::registered_client::client::Client;

/// What a client may do without.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PkceExemption {
    /// Nothing: as every client, unless it is registered otherwise.
    None,
    /// The challenge, in OpenID requests with a `nonce`.
    Nonce,
    /// The challenge.
    Any,
}

/// By its registration, as it is now. Never a client that proves nothing about itself, nor one that runs on a user's device: whoever has
/// its code has all that it takes. Never one whose tokens are bound to a key, which was not made to be had for less. And nobody
/// where the profile has no exception. AZ-15.
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
