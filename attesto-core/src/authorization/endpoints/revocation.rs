//! `POST {prefix}/revoke` (RFC 7009; RV-1 to RV-6).

use crate::authorization::client_auth;
use crate::authorization::error::at_token::GrantError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::sender::{CheckedSender, check_proof};
use crate::authorization::flow::state::Flow;
use crate::authorization::flow::{family, own_tokens, response};
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::{DenyListQuestion, RefreshTokenQuestion};
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::authorization::RevokedAccessTokens;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::secret::Secret;
use crate::http::ResponseParts;
use crate::token::{Claims, Confirmation};
use alloc::boxed::Box;
use alloc::string::ToString;
use zeroize::Zeroizing;

/// Runs the endpoint. A success has no body and does not reveal what was found (§2.2).
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match revoke(flow).await {
        Ok(()) => response::empty(200, flow.nonce.as_deref()),
        Err(reason) => flow.refuse(EventKind::RevocationDenied, reason).await,
    }
}

/// Revokes the presented token. RV-1 to RV-5.
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
    let key = secret.refresh_key(flow.server.provider.as_ref());
    let Some(state) = flow.ask(RefreshTokenQuestion::Load, key).await? else { return Ok(()) };
    if flow.now >= state.token.family_expires_at {
        return Ok(());
    }
    let authorization = state.token.authorization.clone();
    flow.event.family = Some(authorization.family);
    flow.event.subject = Some(authorization.subject.clone());
    token_is_the_clients(&client, &authorization.client_id)?;
    if state.family_revoked {
        family::carry_on(flow, &state).await?;
    } else {
        family::revoke(flow, authorization.family, &authorization.subject, &[]).await?;
    }
    flow.tell(EventKind::TokenRevoked, None).await;
    Ok(())
}

/// Checks that the token is the client's. Another client's token is refused, with an event: the request was wrong, or
/// the token is stolen. RFC 7009 §2.1; RV-3.
fn token_is_the_clients(client: &Client, owner: &str) -> Result<(), Reason> {
    if client.id == owner { Ok(()) } else { Err(Reason::Grant(GrantError::OtherClient)) }
}

/// Puts an access token on the deny list. A token that is not a live one of ours counts as revoked (RFC 7009 §2.2).
/// RV-4.
async fn access_token(flow: &mut Flow, client: &Client, presented: &str) -> Result<(), Reason> {
    let Some(claims) = own_tokens::taken_somewhere(flow, presented) else { return Ok(()) };
    let access = own_tokens::revocable(flow, &claims)?;
    flow.event.subject = Some(claims.subject().into());
    flow.event.jwt_id = Some(access.jwt_id.clone());
    token_is_the_clients(client, claims.client_id().unwrap_or_default())?;
    if !flow.server.deny_list {
        return refresh_tokens_beside(flow, client, &claims, access).await;
    }
    let subject = claims.subject().into();
    flow.ask(DenyListQuestion::Revoke, RevokedAccessTokens { access: [access].into(), subject, now: flow.now }).await?;
    flow.tell(EventKind::TokenRevoked, None).await;
    Ok(())
}

/// Revokes the family of an access token if there is no deny list. Such a token lives until it expires, and reporting
/// it revoked would be untrue (RFC 7009 §2.2.1). But a client that logs out with it also means its refresh tokens
/// (§2.1), which can be revoked. The client must have authenticated or shown that it holds the token's key: many
/// parties see an access token, and seeing one must not allow to end a session. RV-4.
async fn refresh_tokens_beside(
    flow: &mut Flow,
    client: &Client,
    claims: &Claims,
    access: IssuedAccessToken,
) -> Result<(), Reason> {
    if client.is_public() && !key_is_shown(flow, client, claims).await? {
        return Err(Reason::Grant(GrantError::UnsupportedTokenType));
    }
    if !flow.server.grants.contains(&GrantType::RefreshToken) {
        return Err(Reason::Grant(GrantError::UnsupportedTokenType));
    }
    let found = flow.ask(RefreshTokenQuestion::LoadFamily, access.jwt_id).await?;
    let found =
        found.filter(|found| found.client_id == client.id).ok_or(Reason::Grant(GrantError::UnsupportedTokenType))?;
    flow.event.family = Some(found.family);
    family::revoke(flow, found.family, claims.subject(), &[]).await?;
    flow.tell(EventKind::TokenRevoked, None).await;
    Ok(())
}

/// Whether the request proves the key or the certificate that the token is bound to (RFC 9449 §4.3, RFC 8705 §3).
async fn key_is_shown(flow: &mut Flow, client: &Client, claims: &Claims) -> Result<bool, Reason> {
    match claims.confirmation() {
        Confirmation::None => Ok(false),
        Confirmation::X5tS256(bound) => Ok(flow.request.certificate == Some(bound)),
        Confirmation::Jkt(bound) => match check_proof(flow)? {
            Some(proof) if *proof.jkt() == bound => {
                CheckedSender::Dpop(Box::new(proof)).record_proof(flow, client).await?;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        },
    }
}
