//! Access tokens that this server issued, shown to it again: at introspection and revocation.

use super::error::Reason;
use super::flow::Flow;
use crate::ConfigError;
use crate::crypto::CryptoProvider;
use crate::token::{AccessTokenVerifier, Claims, KeyRing, TokenRules, TrustedIssuer};
use alloc::sync::Arc;

/// Verifies this server's own tokens, for whichever resource they are: what they are good for is not decided here.
pub(super) fn verifier(
    issuer: &str,
    provider: &Arc<dyn CryptoProvider>,
    keys: &KeyRing,
    insecure_loopback: bool,
) -> Result<AccessTokenVerifier, ConfigError> {
    let keys = keys.verification_keys(provider.as_ref())?;
    let trusted = if insecure_loopback {
        TrustedIssuer::insecure_loopback(issuer, keys)?
    } else {
        TrustedIssuer::new(issuer, keys)?
    };
    AccessTokenVerifier::new(provider, [trusted].into(), TokenRules::new().any_audience())
}

/// The claims of an access token that this server issued and that has not expired; `None` for everything else.
pub(super) fn verified(flow: &Flow, presented: &str) -> Option<Claims> {
    flow.server.verifier.verify(presented, flow.now).ok()
}

/// How revocation knows it.
pub(super) fn revocable(claims: &Claims) -> Result<super::IssuedAccessToken, Reason> {
    let (Some(jwt_id), Some(expires_at)) = (claims.jwt_id(), claims.expires_at()) else {
        return Err(Reason::UnsupportedTokenType);
    };
    Ok(super::IssuedAccessToken::new(jwt_id, expires_at))
}
