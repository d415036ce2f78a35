//! Revokes a family: all tokens that descend from one authorization (RFC 9700 §4.14.2; AC-6, RT-5, RV-3).

use super::state::Flow;
use crate::authorization::error::reason::Reason;
use crate::authorization::questions::question::{DenyListQuestion, RefreshTokenQuestion};
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::authorization::RevokedAccessTokens;
use crate::authorization::records::refresh::RefreshState;
use crate::authorization::records::refresh::{FamilyRevocation, SettledRevocation};
use crate::authorization::secret::FamilyId;
use alloc::string::String;
use alloc::vec::Vec;

/// Seconds for which a revocation is stored beyond the tokens it concerns. No request that began before it, and may
/// still insert one, takes a day.
const REMEMBERED: u64 = 86_400;

/// Revokes a family for good, and its access tokens that have not expired: those that the store knows, and those given
/// here.
///
/// The store keeps the tokens that the deny list has not confirmed. If the list does not answer, or the request ends
/// between two questions, [`carry_on`] continues when a token of the family is presented again. RT-5.
pub(crate) async fn revoke(
    flow: &Flow,
    family: FamilyId,
    subject: &str,
    known: &[IssuedAccessToken],
) -> Result<(), Reason> {
    let keep_until = flow.now.plus(REMEMBERED);
    let access = known.to_vec();
    let revocation = FamilyRevocation { family, subject: subject.into(), access, now: flow.now, keep_until };
    let living = flow.ask(RefreshTokenQuestion::RevokeFamily, revocation).await?;
    deny(flow, family, subject, living).await
}

/// Continues an incomplete revocation. Writes nothing if it is complete. RT-5.
pub(crate) async fn carry_on(flow: &Flow, state: &RefreshState) -> Result<(), Reason> {
    let authorization = &state.token.authorization;
    deny(flow, authorization.family, &authorization.subject, state.undenied.clone()).await
}

/// Puts the unexpired tokens on the deny list, if there is one, in one question; then lets the store forget them.
async fn deny(flow: &Flow, family: FamilyId, subject: &str, mut living: Vec<IssuedAccessToken>) -> Result<(), Reason> {
    living.retain(|access| flow.now < access.expires_at);
    if living.is_empty() {
        return Ok(());
    }
    if flow.server.deny_list {
        let revoked = RevokedAccessTokens { access: living.clone(), subject: String::from(subject), now: flow.now };
        flow.ask(DenyListQuestion::Revoke, revoked).await?;
    }
    // The tokens are denied. A store that missed this asks for the same again, which is harmless.
    let _ = flow
        .ask(RefreshTokenQuestion::SettleRevocation, SettledRevocation { family, access: living, now: flow.now })
        .await;
    Ok(())
}
