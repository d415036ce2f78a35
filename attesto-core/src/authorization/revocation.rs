//! `POST {prefix}/revoke` (RFC 7009; catalogue section 9).

use super::ask::{Ask, FamilyRevocation, RevokedAccessToken};
use super::client::{Client, GrantType};
use super::client_auth;
use super::error::Reason;
use super::events::EventKind;
use super::family;
use super::flow::Flow;
use super::own_tokens;
use super::response;
use super::secret::Secret;
use crate::http::ResponseParts;
use alloc::string::ToString;
use zeroize::Zeroizing;

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
        let presented = Zeroizing::new(presented.to_string());
        return access_token(flow, &client, &presented).await;
    };
    if !flow.server.grants.contains(&GrantType::RefreshToken) {
        return Ok(());
    }
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

/// What is no living token of ours is as good as revoked (RFC 7009 §2.2). An access token goes on the deny list; where there is none it
/// lives until it expires, and to say that it was revoked would tell the client something untrue (§2.2.1). RV-4.
async fn access_token(flow: &mut Flow, client: &Client, presented: &str) -> Result<(), Reason> {
    let Some(claims) = own_tokens::verified(flow, presented) else { return Ok(()) };
    if claims.client_id() != Some(client.id.as_str()) {
        return Ok(());
    }
    if !flow.server.deny_list {
        return Err(Reason::UnsupportedTokenType);
    }
    let access = own_tokens::revocable(&claims)?;
    flow.event.subject = Some(claims.subject().into());
    flow.event.jwt_id = Some(access.jwt_id.clone());
    flow.ask(Ask::RevokeAccessToken, RevokedAccessToken { access, now: flow.now }).await?;
    flow.tell(EventKind::TokenRevoked, None).await;
    Ok(())
}
