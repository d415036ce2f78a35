//! Verifies access tokens that this server issued and a client presents to it, at introspection and revocation.

use super::state::Flow;
use crate::ConfigError;
use crate::authorization::error::at_token::GrantError;
use crate::authorization::error::reason::Reason;
use crate::crypto::CryptoProvider;
use crate::token::{AccessTokenVerifier, Claims, KeyRing, TokenRules, TrustedIssuer};
use alloc::sync::Arc;
use core::time::Duration;

/// Verifies this server's own tokens, for any resource, until this long after they have expired. The caller decides
/// what they are valid for.
pub(crate) fn verifier(
    issuer: &str,
    provider: &Arc<dyn CryptoProvider>,
    keys: &KeyRing,
    insecure_loopback: bool,
    leeway: u64,
) -> Result<AccessTokenVerifier, ConfigError> {
    let keys = keys.verification_keys(provider.as_ref())?;
    let trusted = if insecure_loopback {
        TrustedIssuer::danger_insecure_loopback(issuer, keys)?
    } else {
        TrustedIssuer::new(issuer, keys)?
    };
    let rules = TokenRules::new().any_audience();
    let skew = rules.skew_seconds().max(leeway);
    let rules = rules.skew(Duration::from_secs(skew)).exp_leeway(Duration::from_secs(leeway));
    AccessTokenVerifier::new(provider, [trusted].into(), rules)
}

/// Returns the claims of an unexpired access token that this server issued; `None` for anything else.
pub(crate) fn verified(flow: &Flow, presented: &str) -> Option<Claims> {
    flow.server.verifier.verify(presented, flow.now).ok()
}

/// Like [`verified`], for a token that a resource may still accept within its leeway (RV-4).
pub(crate) fn taken_somewhere(flow: &Flow, presented: &str) -> Option<Claims> {
    flow.server.late_verifier.verify(presented, flow.now).ok()
}

/// Returns the token's record for revocation.
pub(crate) fn revocable(flow: &Flow, claims: &Claims) -> Result<crate::authorization::IssuedAccessToken, Reason> {
    let (Some(jwt_id), Some(expires_at)) = (claims.jwt_id(), claims.expires_at()) else {
        return Err(Reason::Grant(GrantError::UnsupportedTokenType));
    };
    Ok(crate::authorization::records::authorization::IssuedAccessToken::new(
        jwt_id,
        expires_at.plus(flow.server.resource_leeway),
    ))
}
