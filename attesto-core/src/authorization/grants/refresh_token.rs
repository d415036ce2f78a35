//! The refresh token grant: rotation, reuse, and the window for answers that were lost (RFC 6749 §6, RFC 9700 §4.14;
//! RT-1 to RT-10).

use crate::authorization::client_auth::AuthenticatedClient;
use crate::authorization::error::at_endpoint::SenderError;
use crate::authorization::error::at_token::{GrantError, HostError, RefreshError};
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::family;
use crate::authorization::flow::issued::{
    Issued, Wanted, authorize_scopes, carried, mint, noted, requested_resources, requested_scopes, still_allowed,
};
use crate::authorization::flow::sender::CheckedSender;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::{Question, RefreshTokenQuestion};
use crate::authorization::records::refresh::RepeatedRefresh;
use crate::authorization::records::refresh::{
    RefreshState, RefreshToken, Rotated, Rotation, SpentRefresh, SuccessorSalt,
};
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{RefreshKey, Secret};
use crate::crypto::CryptoProvider;
use crate::limits::CLOCK_SKEW;
use crate::token::MintedToken;
use zeroize::Zeroizing;

/// Issues tokens for a refresh token of this client.
pub(crate) async fn exchange(
    flow: &mut Flow,
    client: &AuthenticatedClient,
    sender: CheckedSender,
) -> Result<Issued, Reason> {
    let shown = Shown::read(flow)?;
    let state = shown.state(flow).await?;
    flow.event.family = Some(state.token.authorization.family);
    flow.event.subject = Some(state.token.authorization.subject.clone());
    token_is_the_clients(flow, client, &state).await?;
    family_counts(flow, &state).await?;
    token_is_the_senders(flow, &state, &sender).await?;
    match &state.spent {
        // Before anything is minted: most requests that get here are from a thief, or from the victim.
        Some(spent) => find_successor(flow, &shown, &state, spent, &sender).await?,
        None => {
            token_counts(flow, &state.token)?;
            family_has_room(flow, &state.token, flow.server.refresh.access_tokens)?;
        }
    }
    let (access, scopes) = mint_within(flow, client, &sender, &state.token).await?;
    let refresh = match &state.spent {
        None if !rotates(flow, client, &state.token) => stay(flow, &shown, &state.token, &access).await?,
        None => rotate(flow, &shown, &state.token, &access, client, &sender).await?,
        Some(spent) => repeat(flow, &shown, &state, spent, &access).await?,
    };
    // RT-9: without an ID token, the client keeps the identity from the login.
    Ok(Issued { access, scopes, refresh: Some(refresh), id_token: None })
}

/// The refresh token of the request.
struct Shown {
    secret: Secret,
    key: RefreshKey,
}

impl Shown {
    /// Reads the token and computes its key. RT-1.
    fn read(flow: &Flow) -> Result<Self, Reason> {
        let presented = flow.request.parameters.required("refresh_token")?;
        let secret = Secret::presented(presented).ok_or(Reason::Refresh(RefreshError::Unknown))?;
        let key = secret.refresh_key(flow.server.provider.as_ref());
        Ok(Self { secret, key })
    }

    async fn state(&self, flow: &Flow) -> Result<RefreshState, Reason> {
        flow.ask(RefreshTokenQuestion::Load, self.key).await?.ok_or(Reason::Refresh(RefreshError::Unknown))
    }
}

/// Checks that the token was issued to this client. RFC 6749 §10.4; RT-2. Another client's token is reported as an
/// event, but that client cannot end the family (RT-5).
async fn token_is_the_clients(flow: &Flow, client: &Client, state: &RefreshState) -> Result<(), Reason> {
    if state.token.authorization.client_id == client.id {
        return Ok(());
    }
    if state.spent.is_some() {
        flow.tell(EventKind::RefreshReuseDetected, Some(Reason::Grant(GrantError::OtherClient))).await;
    }
    Err(Reason::Grant(GrantError::OtherClient))
}

/// Checks that the family is valid, whatever the token's own expiry: a spent token is reuse as long as its family can
/// be used. Continues a revocation that was interrupted. RT-2, RT-5, RT-7.
async fn family_counts(flow: &Flow, state: &RefreshState) -> Result<(), Reason> {
    if state.family_revoked {
        family::carry_on(flow, state).await?;
        return Err(Reason::Refresh(RefreshError::FamilyRevoked));
    }
    if flow.now >= state.token.family_expires_at { Err(Reason::Refresh(RefreshError::Expired)) } else { Ok(()) }
}

/// Checks that the family has room for another access token. No family has more unexpired access tokens than one
/// revocation can deny in one question. RFC 6585 §4.
fn family_has_room(flow: &Flow, token: &RefreshToken, most: usize) -> Result<(), Reason> {
    let living = token.access.iter().filter(|access| flow.now < access.expires_at).count();
    if living < most { Ok(()) } else { Err(Reason::Refresh(RefreshError::TooManyAccessTokens)) }
}

/// The room for repeated responses: half of it, so that the successor they send has the rest. RT-4.
fn for_repetitions(flow: &Flow) -> usize {
    flow.server.refresh.access_tokens.div_ceil(2)
}

/// Whether the token rotates. A confidential client authenticates at each refresh, and a bound token is useless without
/// its key: if the policy allows it, they keep their refresh token (FAPI 2.0 §5.3.2.1). All other tokens are spent by
/// their use. RFC 9700 §4.14.2; RT-7.
fn rotates(flow: &Flow, client: &Client, token: &RefreshToken) -> bool {
    let is_bound = token.dpop_jkt.is_some() || token.x5t_s256.is_some();
    flow.server.refresh.rotates_all || (client.is_public() && !is_bound)
}

/// Checks that neither the token nor its family has expired. RT-2, RT-7.
fn token_counts(flow: &Flow, token: &RefreshToken) -> Result<(), Reason> {
    let counts = flow.now < token.expires_at && flow.now < token.family_expires_at;
    if counts { Ok(()) } else { Err(Reason::Refresh(RefreshError::Expired)) }
}

/// Checks that the sender's key is the token's. In a family that was bound late, a spent token may not have been bound
/// itself. A caller that presents one without the key is one of two parties with tokens of the family.
/// RFC 9700 §4.14.2; RT-5, SC-6.
async fn token_is_the_senders(flow: &Flow, state: &RefreshState, sender: &CheckedSender) -> Result<(), Reason> {
    let Err(reason) = key_is_the_same(&state.token, sender) else { return Ok(()) };
    if state.spent.is_some() && state.token.bound_late {
        return Err(reused(flow, &state.token).await);
    }
    Err(reason)
}

/// Checks that the sender's key or certificate is the one the token is bound to. RFC 9449 §5, RFC 8705 §7.1; RT-2,
/// SC-6.
fn key_is_the_same(token: &RefreshToken, sender: &CheckedSender) -> Result<(), Reason> {
    match (&token.dpop_jkt, sender.jkt()) {
        (Some(_), None) => return Err(Reason::Sender(SenderError::ProofRequired)),
        (Some(bound), Some(shown)) if bound != shown => return Err(Reason::Grant(GrantError::KeyMismatch)),
        (Some(_) | None, _) => {}
    }
    match (&token.x5t_s256, sender.x5t_s256()) {
        (Some(_), None) => Err(Reason::Sender(SenderError::CertificateRequired)),
        (Some(bound), Some(shown)) if bound != shown => Err(Reason::Grant(GrantError::KeyMismatch)),
        (Some(_) | None, _) => Ok(()),
    }
}

/// Loads the principal, asks the policy, and mints the access token: everything that may fail comes before the token is
/// spent. RT-8. Narrowing concerns the access token only: RT-6.
async fn mint_within(
    flow: &mut Flow,
    client: &Client,
    sender: &CheckedSender,
    token: &RefreshToken,
) -> Result<(MintedToken, ScopeSet), Reason> {
    let authorization = &token.authorization;
    let ceiling = authorization.scopes.intersection(&client.scopes);
    let asked = requested_scopes(flow, &or_offline_access(&ceiling), &ceiling)?.intersection(&ceiling);
    let resources = requested_resources(flow, &still_allowed(flow, client, &authorization.resources)?)?;
    let subject = authorization.subject.as_str();
    let principal =
        flow.ask(Question::LoadPrincipal, subject.into()).await?.ok_or(Reason::Grant(GrantError::SubjectSuspended))?;
    let scopes = authorize_scopes(flow, client, Some(subject), GrantType::RefreshToken, asked, &resources).await?;
    let scopes = carried(flow, &scopes, &resources)?;
    sender.record_proof(flow, client).await?;
    let wanted = Wanted {
        subject,
        client_id: &client.id,
        scopes: &scopes,
        resources: &resources,
        authentication: &authorization.authentication,
        principal,
    };
    let access = mint(flow, wanted, sender)?;
    Ok((access, scopes))
}

/// Returns the scopes that a refresh may name. `offline_access` is left out of a grant if the user was not asked for it
/// (OIDC Core §11; AZ-14). Clients that repeat the scope of their first request still name it: it is left out again.
fn or_offline_access(ceiling: &ScopeSet) -> ScopeSet {
    ScopeSet::new(ceiling.iter().chain(["offline_access"]))
}

/// Spends the token and stores its successor, in one step. RT-3.
async fn rotate(
    flow: &mut Flow,
    shown: &Shown,
    token: &RefreshToken,
    access: &MintedToken,
    client: &Client,
    sender: &CheckedSender,
) -> Result<Secret, Reason> {
    let (successor, salt) = succeed(flow, shown)?;
    let mut next = token.clone();
    next.generation = token.generation.saturating_add(1);
    next.expires_at = flow.now.plus(flow.server.refresh.lifetime).min(token.family_expires_at);
    next.access = [noted(access, flow)].into();
    if client.is_public() {
        // Bound from the first proof on, even if that comes later. SC-6.
        next.dpop_jkt = next.dpop_jkt.or(sender.jkt().copied());
        next.x5t_s256 = next.x5t_s256.or(sender.x5t_s256().copied());
        next.bound_late |= next.dpop_jkt != token.dpop_jkt || next.x5t_s256 != token.x5t_s256;
    }
    let digest = successor.digest(flow.server.provider.as_ref());
    let rotation = Rotation::new(shown.key, digest, next, salt, flow.now);
    match flow.ask(RefreshTokenQuestion::Rotate, rotation).await? {
        Rotated::Done => {
            flow.tell(EventKind::RefreshRotated, None).await;
            Ok(successor)
        }
        Rotated::FamilyRevoked => Err(Reason::Refresh(RefreshError::FamilyRevoked)),
        // Another request was faster: load the new state.
        Rotated::Lost => {
            let state = shown.state(flow).await?;
            let spent = state.spent.clone().ok_or(Reason::Refresh(RefreshError::Unknown))?;
            find_successor(flow, shown, &state, &spent, sender).await?;
            repeat(flow, shown, &state, &spent, access).await
        }
    }
}

/// Returns the same token, whose validity is extended to that of a new one. RT-7.
async fn stay(flow: &Flow, shown: &Shown, token: &RefreshToken, access: &MintedToken) -> Result<Secret, Reason> {
    let expires_at = flow.now.plus(flow.server.refresh.lifetime).min(token.family_expires_at);
    let (access, at_most) = (noted(access, flow), flow.server.refresh.access_tokens);
    let repeated = RepeatedRefresh { key: shown.key, access, expires_at, at_most, now: flow.now };
    let counts = flow.ask(RefreshTokenQuestion::RecordRepeat, repeated).await?;
    if counts { Ok(shown.secret.clone()) } else { Err(Reason::Refresh(RefreshError::FamilyRevoked)) }
}

/// Draws a successor. With a grace window, it is derived from the spent token and fresh randomness, so that it can be
/// derived again.
fn succeed(flow: &mut Flow, shown: &Shown) -> Result<(Secret, Option<SuccessorSalt>), Reason> {
    let mut bytes = Zeroizing::new([0; 32]);
    flow.entropy.fill(bytes.as_mut_slice()).map_err(|_| Reason::Host(HostError::Entropy))?;
    let Some(grace) = &flow.server.refresh.grace else {
        return Ok((shown.secret.successor(&bytes), None));
    };
    let salt = SuccessorSalt::from_bytes(*bytes);
    let successor = derive(flow.server.provider.as_ref(), grace.secret.as_bytes(), &shown.secret, &salt);
    Ok((successor, Some(salt)))
}

/// Derives a successor with HMAC-SHA-256 under the server's secret, over a label, the fresh salt and the spent token.
/// All three are required: a store has the salt only, the client the spent token only. RT-4.
fn derive(provider: &dyn CryptoProvider, secret: &[u8; 32], spent: &Secret, salt: &SuccessorSalt) -> Secret {
    let parts: [&[u8]; 3] = [b"attesto refresh successor:", salt.as_bytes(), spent.as_str().as_bytes()];
    spent.successor(&Zeroizing::new(provider.hmac_sha256(secret, &parts)))
}

/// Checks that a spent token is within the grace window and its successor is still unused. Everything else is reuse:
/// two parties have the token, and the server cannot tell which one is the thief. RFC 9700 §4.14.2; RT-4, RT-5.
async fn find_successor(
    flow: &Flow,
    shown: &Shown,
    state: &RefreshState,
    spent: &SpentRefresh,
    sender: &CheckedSender,
) -> Result<(), Reason> {
    if let Some(successor) = successor_in_window(flow, shown, spent) {
        let key = successor.refresh_key(flow.server.provider.as_ref());
        let next = flow.ask(RefreshTokenQuestion::Load, key).await?;
        let waits = |next: &RefreshState| {
            next.spent.is_none()
                && !next.family_revoked
                && token_counts(flow, &next.token).is_ok()
                && key_is_the_same(&next.token, sender).is_ok()
        };
        if let Some(next) = next.filter(waits) {
            return family_has_room(flow, &next.token, for_repetitions(flow));
        }
    }
    Err(reused(flow, &state.token).await)
}

fn successor_in_window(flow: &Flow, shown: &Shown, spent: &SpentRefresh) -> Option<Secret> {
    let grace = flow.server.refresh.grace.as_ref()?;
    // Spent after this request began: by a concurrent request, or on a node whose clock differs a little.
    let in_window = flow.now.since(spent.at) <= grace.seconds && spent.at.since(flow.now) <= CLOCK_SKEW;
    let salt = spent.salt.as_ref().filter(|_| in_window)?;
    Some(derive(flow.server.provider.as_ref(), grace.secret.as_bytes(), &shown.secret, salt))
}

/// Reports the reuse and revokes the family. RT-5.
async fn reused(flow: &Flow, token: &RefreshToken) -> Reason {
    flow.tell(EventKind::RefreshReuseDetected, Some(Reason::Refresh(RefreshError::Reuse))).await;
    let authorization = &token.authorization;
    match family::revoke(flow, authorization.family, &authorization.subject, &[]).await {
        Ok(()) => Reason::Refresh(RefreshError::Reuse),
        Err(unavailable) => unavailable,
    }
}

/// Returns the same successor again, after the store has recorded the new access token. RT-4.
async fn repeat(
    flow: &Flow,
    shown: &Shown,
    state: &RefreshState,
    spent: &SpentRefresh,
    access: &MintedToken,
) -> Result<Secret, Reason> {
    let Some(successor) = successor_in_window(flow, shown, spent) else {
        return Err(reused(flow, &state.token).await);
    };
    let key = successor.refresh_key(flow.server.provider.as_ref());
    let (access, at_most) = (noted(access, flow), for_repetitions(flow));
    let repeated = RepeatedRefresh { key, access, expires_at: flow.now, at_most, now: flow.now };
    if flow.ask(RefreshTokenQuestion::RecordRepeat, repeated).await? {
        return Ok(successor);
    }
    Err(reused(flow, &state.token).await)
}
