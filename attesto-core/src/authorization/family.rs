//! Revoking all that descends from one authorization (RFC 9700 §4.14.2; catalogue AC-6, RT-5, RV-3).

use super::ask::{Ask, FamilyRevocation, RevokedAccessToken};
use super::error::Reason;
use super::flow::Flow;
use super::records::IssuedAccessToken;

/// Revokes a family for good, and, where the host keeps a deny list, the access tokens of it that still live: those that the store
/// knows, and those given here.
pub(super) async fn revoke(
    flow: &Flow,
    revocation: FamilyRevocation,
    known: &[IssuedAccessToken],
) -> Result<(), Reason> {
    let mut living = flow.ask(Ask::RevokeFamily, revocation).await?;
    if !flow.server.deny_list {
        return Ok(());
    }
    for access in known {
        if !living.contains(access) {
            living.push(access.clone());
        }
    }
    for access in living {
        if flow.now < access.expires_at {
            flow.ask(Ask::RevokeAccessToken, RevokedAccessToken { access, now: flow.now }).await?;
        }
    }
    Ok(())
}
