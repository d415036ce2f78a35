//! `POST {prefix}/revoke` (RFC 7009; catalogue section 9).

use super::ask::{Ask, FamilyRevocation};
use super::client_auth;
use super::error::Reason;
use super::events::EventKind;
use super::family;
use super::flow::Flow;
use super::response;
use super::secret::Secret;
use crate::http::ResponseParts;

/// The endpoint. Success has no body, and says nothing of what was found (§2.2).
pub(super) async fn respond(flow: &mut Flow) -> ResponseParts {
    match revoke(flow).await {
        Ok(()) => response::empty(200, flow.nonce.as_deref()),
        Err(reason) => flow.refuse(EventKind::RevocationDenied, reason).await,
    }
}

/// RV-1 to RV-5.
async fn revoke(flow: &mut Flow) -> Result<(), Reason> {
    flow.is_acceptable()?;
    let client = client_auth::authenticate(flow).await?;
    let presented = flow.request.parameters.required("token")?;
    let Some(secret) = Secret::presented(presented) else {
        return not_a_refresh_token(presented);
    };
    let digest = secret.digest(flow.server.provider.as_ref());
    let Some(state) = flow.ask(Ask::GetRefresh, digest).await? else { return Ok(()) };
    let token = state.token;
    if token.authorization.client_id != client.id || flow.now >= token.family_expires_at {
        return Ok(());
    }
    let family = token.authorization.family;
    flow.event.family = Some(family);
    flow.event.subject = Some(token.authorization.subject);
    let revocation = FamilyRevocation { family, now: flow.now, keep_until: token.family_expires_at };
    family::revoke(flow, revocation, &[]).await?;
    flow.tell(EventKind::TokenRevoked, None).await;
    Ok(())
}

/// An access token lives until it expires: to say that it was revoked would tell the client something untrue (RFC 7009 §2.2.1; RV-4).
/// What is no token of ours at all is as good as revoked (§2.2).
fn not_a_refresh_token(presented: &str) -> Result<(), Reason> {
    if presented.split('.').count() == 3 { Err(Reason::UnsupportedTokenType) } else { Ok(()) }
}
