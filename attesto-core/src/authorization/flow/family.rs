//! Revoking all that descends from one authorization (RFC 9700 §4.14.2; AC-6, RT-5, RV-3).

use super::state::Flow;
use crate::authorization::error::reason::Reason;
use crate::authorization::questions::ask::{Ask, FamilyRevocation, RevokedAccessTokens, SettledRevocation};
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::refresh::RefreshState;
use crate::authorization::secret::FamilyId;
use alloc::string::String;
use alloc::vec::Vec;

/// Seconds that a revocation is remembered beside the tokens it is about: no request that began before it, and may still insert one,
/// takes a day.
const REMEMBERED: u64 = 86_400;

/// Revokes a family for good, and the access tokens of it that still live: those that the store knows, and those given here.
///
/// The store keeps what the deny list has not confirmed. Where the list does not answer, or the request ends between two questions,
/// [`carry_on`] goes on with it when a token of the family is shown again. RT-5.
pub(crate) async fn revoke(
    flow: &Flow,
    family: FamilyId,
    subject: &str,
    known: &[IssuedAccessToken],
) -> Result<(), Reason> {
    let keep_until = flow.now.plus(REMEMBERED);
    let access = known.to_vec();
    let revocation = FamilyRevocation { family, subject: subject.into(), access, now: flow.now, keep_until };
    let living = flow.ask(Ask::RevokeFamily, revocation).await?;
    deny(flow, family, subject, living).await
}

/// Goes on with a revocation that is not whole. Writes nothing where it is. RT-5.
pub(crate) async fn carry_on(flow: &Flow, state: &RefreshState) -> Result<(), Reason> {
    let authorization = &state.token.authorization;
    deny(flow, authorization.family, &authorization.subject, state.undenied.clone()).await
}

/// Puts what lives on the deny list, if there is one, all of it by one question; then has the store forget it.
async fn deny(flow: &Flow, family: FamilyId, subject: &str, mut living: Vec<IssuedAccessToken>) -> Result<(), Reason> {
    living.retain(|access| flow.now < access.expires_at);
    if living.is_empty() {
        return Ok(());
    }
    if flow.server.deny_list {
        let revoked = RevokedAccessTokens { access: living.clone(), subject: String::from(subject), now: flow.now };
        flow.ask(Ask::RevokeAccessTokens, revoked).await?;
    }
    // The tokens are dead. A store that has not noted that asks for the same once more, which does no harm.
    let _ = flow.ask(Ask::SettleRevocation, SettledRevocation { family, access: living, now: flow.now }).await;
    Ok(())
}
