//! The authorization code grant (RFC 6749 §4.1.3; AC-1 to AC-9).

use crate::authorization::client_auth::AuthenticatedClient;
use crate::authorization::error::at_authorize::PkceError;
use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::at_token::{CodeError, GrantError, HostError, RefreshError};
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::family;
use crate::authorization::flow::issued::{
    Issued, Wanted, authorize_scopes, carried, id_token, mint, noted, requested_resources, still_allowed,
};
use crate::authorization::flow::sender::CheckedSender;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::{CodeQuestion, Question, RefreshTokenQuestion, SecretQuery};
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::code::CodeRedemption;
use crate::authorization::records::code::{AuthorizationCode, SpentCode, TakenCode};
use crate::authorization::records::refresh::NewRefresh;
use crate::authorization::records::refresh::RefreshToken;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{Secret, SecretDigest};
use crate::authorization::settings::pkce_exemption::{PkceExemption, exemption};
use crate::pkce::CodeVerifier;

/// Issues tokens for a code that was issued to this client.
pub(crate) async fn exchange(
    flow: &mut Flow,
    client: &AuthenticatedClient,
    sender: CheckedSender,
) -> Result<Issued, Reason> {
    let secret =
        Secret::presented(flow.request.parameters.required("code")?).ok_or(Reason::Code(CodeError::Unknown))?;
    let digest = secret.digest(flow.server.provider.as_ref());
    let loaded = flow.ask(CodeQuestion::Load, digest).await?.ok_or(Reason::Code(CodeError::Unknown))?;
    if let Err(reason) = code_is_the_clients(client, &loaded) {
        // Another client can neither spend the code, nor fill the replay store with proofs for it. AC-7.
        flow.tell(EventKind::CodeReplayed, Some(reason)).await;
        return Err(reason);
    }
    let judged = code_may_be_redeemed(flow, client, &loaded, &sender);
    if judged.is_ok() {
        sender.record_proof(flow, client).await?;
    }
    let code = take(flow, client, digest, &loaded).await?;
    flow.event.subject = Some(code.authorization.subject.clone());
    flow.event.family = Some(code.authorization.family);
    judged?;
    let unusual = code_may_be_redeemed(flow, client, &code, &sender)?;
    if unusual {
        flow.tell(EventKind::UnusualVerifier, None).await;
    }
    issue(flow, client, &sender, digest, code).await
}

/// Checks everything about the redemption, on the loaded code first: otherwise anyone who finds a dead code in a log
/// could fill the replay store with it. A code that fails here is still spent, but its proof is not recorded. The
/// checks run again on the taken code. RFC 9449 §11.1; AC-2, AC-3, SC-4.
fn code_may_be_redeemed(
    flow: &Flow,
    client: &Client,
    code: &AuthorizationCode,
    sender: &CheckedSender,
) -> Result<bool, Reason> {
    code_is_not_expired(flow, code)?;
    code_is_the_clients(client, code)?;
    redirect_uri_is_sent_again(flow, code)?;
    redirect_uri_is_the_same(flow, code)?;
    let unusual = verifier_meets_challenge(flow, code)?;
    challenge_may_be_missing(flow, client, code)?;
    key_is_the_same(code, sender)?;
    Ok(unusual)
}

/// Spends the code. Exactly one caller receives it. AC-2.
async fn take(
    flow: &mut Flow,
    client: &Client,
    digest: SecretDigest,
    loaded: &AuthorizationCode,
) -> Result<AuthorizationCode, Reason> {
    match flow.ask(CodeQuestion::Take, SecretQuery { digest, now: flow.now }).await? {
        TakenCode::Fresh(code) => Ok(*code),
        TakenCode::Unknown => Err(Reason::Code(CodeError::Unknown)),
        TakenCode::Spent(spent) => Err(spent_before(flow, client, spent, loaded).await),
    }
}

/// Handles a spent code that is presented again. If tokens were issued for it and its own client presents it, the code
/// leaked: revokes them, including tokens of a first exchange that is still running (after a failed exchange, this
/// changes nothing). Another client, or a caller without the verifier, cannot trigger this: a code from a log that
/// could never be redeemed must not end a session. RFC 6749 §4.1.2; AC-6, AC-7.
async fn spent_before(flow: &mut Flow, client: &Client, spent: SpentCode, loaded: &AuthorizationCode) -> Reason {
    flow.event.family = Some(spent.family);
    let reason = if spent.client_id == client.id {
        Reason::Code(CodeError::Replayed)
    } else {
        Reason::Grant(GrantError::OtherClient)
    };
    flow.tell(EventKind::CodeReplayed, Some(reason)).await;
    if reason != Reason::Code(CodeError::Replayed) {
        return reason;
    }
    if redirect_uri_is_the_same(flow, loaded).and_then(|()| verifier_meets_challenge(flow, loaded)).is_err() {
        return reason;
    }
    match family::revoke(flow, spent.family, &loaded.authorization.subject, spent.recorded.as_slice()).await {
        Ok(()) => reason,
        Err(unavailable) => unavailable,
    }
}

/// Checks that the code has not expired. RFC 6749 §4.1.2; AC-3.
fn code_is_not_expired(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    if flow.now < code.expires_at { Ok(()) } else { Err(Reason::Code(CodeError::Expired)) }
}

/// Checks that the code was issued to this client. RFC 6749 §4.1.3; AC-3.
fn code_is_the_clients(client: &Client, code: &AuthorizationCode) -> Result<(), Reason> {
    if code.authorization.client_id == client.id { Ok(()) } else { Err(Reason::Grant(GrantError::OtherClient)) }
}

/// Checks that `redirect_uri`, if present, is that of the authorization request, byte for byte (RFC 6749 §4.1.3). If it
/// is absent, the challenge replaces it, as in OAuth 2.1 (§4.1.3, §10.2). AC-1, AC-3.
fn redirect_uri_is_the_same(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    let same = flow.request.parameters.get("redirect_uri").is_none_or(|uri| uri == code.redirect_uri);
    if same { Ok(()) } else { Err(Reason::Code(CodeError::RedirectUriMismatch)) }
}

/// Checks that `redirect_uri` is present for a code without a challenge, where only it ties the code to its request.
/// RFC 6749 §4.1.3; AC-3.
fn redirect_uri_is_sent_again(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    let sent = flow.request.parameters.get("redirect_uri").is_some();
    if sent || code.challenge.is_some() { Ok(()) } else { Err(Reason::Code(CodeError::RedirectUriMismatch)) }
}

/// Checks that the client, as registered now, may redeem a code without a challenge. RFC 9700 §2.1.1; AZ-15, AC-4.
fn challenge_may_be_missing(flow: &Flow, client: &Client, code: &AuthorizationCode) -> Result<(), Reason> {
    let may = match (&code.challenge, exemption(&flow.server, client)) {
        (Some(_), _) | (None, PkceExemption::Any) => true,
        (None, PkceExemption::Nonce) => code.nonce.is_some() && code.authorization.scopes.contains("openid"),
        (None, PkceExemption::None) => false,
    };
    if may { Ok(()) } else { Err(Reason::Pkce(PkceError::CodeWithoutChallenge)) }
}

/// Checks that an ID token with the `nonce` is issued, if the nonce replaces the challenge. AZ-15.
fn nonce_reaches_the_client(
    flow: &Flow,
    client: &Client,
    code: &AuthorizationCode,
    scopes: &ScopeSet,
) -> Result<(), Reason> {
    let by_nonce = code.challenge.is_none() && exemption(&flow.server, client) == PkceExemption::Nonce;
    if by_nonce && !scopes.contains("openid") { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(()) }
}

/// Refuses a verifier for a code without a challenge. A client that sends a verifier has sent a challenge, so an
/// attacker removed it. RFC 9700 §4.8.2; AC-4.
fn no_verifier_is_sent(flow: &Flow) -> Result<(), Reason> {
    let sent = flow.request.parameters.get("code_verifier").is_some();
    if sent { Err(Reason::Pkce(PkceError::VerifierWithoutChallenge)) } else { Ok(()) }
}

/// Checks that the verifier is present, well-formed, and matches the challenge. Some clients send Base64 with `+`, `/`
/// or `=`: a match still proves that the client made the request, and is reported as an event. Returns whether it is
/// such a verifier. RFC 7636 §4.6; AC-4.
fn verifier_meets_challenge(flow: &Flow, code: &AuthorizationCode) -> Result<bool, Reason> {
    let Some(challenge) = &code.challenge else { return no_verifier_is_sent(flow).map(|()| false) };
    let presented = flow.request.parameters.get("code_verifier").ok_or(Reason::Pkce(PkceError::VerifierMissing))?;
    let verifier = CodeVerifier::parse_printable(presented).ok_or(Reason::Pkce(PkceError::VerifierMalformed))?;
    let met = challenge.is_met_by(&verifier, flow.server.provider.as_ref());
    if met { Ok(!verifier.is_unreserved()) } else { Err(Reason::Pkce(PkceError::WrongVerifier)) }
}

/// Checks that a code bound to a key is redeemed with it; an unbound one may be redeemed with any key. RFC 9449 §10;
/// AC-3, AC-5.
fn key_is_the_same(code: &AuthorizationCode, sender: &CheckedSender) -> Result<(), Reason> {
    match &code.dpop_jkt {
        Some(bound) if sender.jkt() != Some(bound) => Err(Reason::Grant(GrantError::KeyMismatch)),
        Some(_) | None => Ok(()),
    }
}

/// Loads the principal, asks the policy, makes the tokens, and then stores what makes them valid. AC-8, TK-3.
async fn issue(
    flow: &mut Flow,
    client: &Client,
    sender: &CheckedSender,
    digest: SecretDigest,
    code: AuthorizationCode,
) -> Result<Issued, Reason> {
    let authorization = &code.authorization;
    let subject = authorization.subject.as_str();
    let principal =
        flow.ask(Question::LoadPrincipal, subject.into()).await?.ok_or(Reason::Grant(GrantError::SubjectSuspended))?;
    let resources = requested_resources(flow, &still_allowed(flow, client, &authorization.resources)?)?;
    let asked = authorization.scopes.intersection(&client.scopes);
    let scopes = authorize_scopes(flow, client, Some(subject), GrantType::AuthorizationCode, asked, &resources).await?;
    nonce_reaches_the_client(flow, client, &code, &scopes)?;
    let carried = carried(flow, &scopes, &resources)?;
    let wanted = Wanted {
        subject,
        client_id: &client.id,
        scopes: &carried,
        resources: &resources,
        authentication: &authorization.authentication,
        principal,
    };
    let access = mint(flow, wanted, sender)?;
    let id_token = id_token(flow, client, authorization, code.nonce.as_deref(), &scopes, &access).await?;
    let noted = noted(&access, flow);
    let refresh = if refresh_is_due(flow, client, &scopes) {
        Some(Secret::draw(flow.entropy.as_mut()).map_err(|_| Reason::Host(HostError::Entropy))?)
    } else {
        None
    };
    let (family, subject) = (authorization.family, authorization.subject.clone());
    if let Err(reason) = make_it_count(flow, client, sender, digest, code, &scopes, &noted, refresh.as_ref()).await {
        // Revoke what may have been stored, since the client will not receive it. The refusal stands even if this
        // fails.
        let _ = family::revoke(flow, family, &subject, &[noted]).await;
        return Err(reason);
    }
    Ok(Issued { access, scopes: carried, refresh, id_token })
}

/// Whether a refresh token is issued. AC-8.
fn refresh_is_due(flow: &Flow, client: &Client, scopes: &ScopeSet) -> bool {
    flow.server.grants.contains(&GrantType::RefreshToken)
        && client.may_use(GrantType::RefreshToken)
        && (!flow.server.refresh.only_with_offline_access || scopes.contains("offline_access"))
}

/// Stores the refresh token, and records the access token issued for the code.
#[expect(clippy::too_many_arguments, reason = "all of what is issued, and what it was issued for")]
async fn make_it_count(
    flow: &Flow,
    client: &Client,
    sender: &CheckedSender,
    digest: SecretDigest,
    code: AuthorizationCode,
    scopes: &ScopeSet,
    access: &IssuedAccessToken,
    refresh: Option<&Secret>,
) -> Result<(), Reason> {
    if let Some(refresh) = refresh {
        let policy = &flow.server.refresh;
        let mut authorization = code.authorization;
        authorization.scopes = scopes.clone();
        let (expires, family_expires) = (flow.now.plus(policy.lifetime), flow.now.plus(policy.family_lifetime));
        let mut token = RefreshToken::first(authorization, expires, family_expires, access.clone());
        if client.is_public() {
            token.dpop_jkt = sender.jkt().copied();
            token.x5t_s256 = sender.x5t_s256().copied();
        }
        let row = NewRefresh { key: refresh.refresh_key(flow.server.provider.as_ref()), token, now: flow.now };
        if !flow.ask(RefreshTokenQuestion::Insert, row).await? {
            return Err(Reason::Refresh(RefreshError::FamilyRevoked));
        }
        flow.tell(EventKind::RefreshIssued, None).await;
    }
    flow.ask(CodeQuestion::RecordRedemption, CodeRedemption { digest, access: access.clone() }).await
}
