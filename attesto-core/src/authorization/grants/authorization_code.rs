//! The authorization code grant (RFC 6749 §4.1.3; AC-1 to AC-9).

use crate::authorization::client_auth::AuthenticatedClient;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::family;
use crate::authorization::flow::issued::{
    Issued, Wanted, authorize_scopes, carried, id_token, mint, noted, requested_resources, still_allowed,
};
use crate::authorization::flow::sender::Sender;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::ask::{Ask, FinalizedCode, NewRefresh, SecretQuery};
use crate::authorization::questions::events::EventKind;
use crate::authorization::records::authorization::IssuedAccessToken;
use crate::authorization::records::code::{AuthorizationCode, SpentCode, TakenCode};
use crate::authorization::records::refresh::RefreshToken;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::{Secret, SecretDigest};
use crate::authorization::settings::pkce_exemption::{PkceExemption, exemption};
use crate::pkce::CodeVerifier;

/// Tokens for a code that a user has given to this client.
pub(crate) async fn exchange(flow: &mut Flow, client: &AuthenticatedClient, sender: Sender) -> Result<Issued, Reason> {
    let secret = Secret::presented(flow.request.parameters.required("code")?).ok_or(Reason::UnknownCode)?;
    let digest = secret.digest(flow.server.provider.as_ref());
    let peeked = flow.ask(Ask::PeekCode, digest).await?.ok_or(Reason::UnknownCode)?;
    if let Err(reason) = code_is_the_clients(client, &peeked) {
        // Another client can neither spend it, nor fill the replay store with it. AC-7.
        flow.tell(EventKind::CodeReplayed, Some(reason)).await;
        return Err(reason);
    }
    let judged = code_may_be_redeemed(flow, client, &peeked, &sender);
    if judged.is_ok() {
        sender.record_proof(flow).await?;
    }
    let code = take(flow, client, digest, &peeked).await?;
    flow.event.subject = Some(code.authorization.subject.clone());
    flow.event.family = Some(code.authorization.family);
    judged?;
    let unusual = code_may_be_redeemed(flow, client, &code, &sender)?;
    if unusual {
        flow.tell(EventKind::UnusualVerifier, None).await;
    }
    issue(flow, client, &sender, digest, code).await
}

/// Everything that a code is redeemed by, judged on what was peeked: else whoever finds a dead code in a log could fill the replay store
/// with it. What fails here is spent all the same, as it always was, and leaves no proof behind. Then judged once more on what was taken.
/// RFC 9449 §11.1; AC-2, AC-3, SC-4.
fn code_may_be_redeemed(
    flow: &Flow,
    client: &Client,
    code: &AuthorizationCode,
    sender: &Sender,
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

/// Spends the code. Exactly one caller is given it. AC-2.
async fn take(
    flow: &mut Flow,
    client: &Client,
    digest: SecretDigest,
    peeked: &AuthorizationCode,
) -> Result<AuthorizationCode, Reason> {
    match flow.ask(Ask::TakeCode, SecretQuery { digest, now: flow.now }).await? {
        TakenCode::Fresh(code) => Ok(*code),
        TakenCode::Unknown => Err(Reason::UnknownCode),
        TakenCode::Spent(spent) => Err(spent_before(flow, client, spent, peeked).await),
    }
}

/// A code came back. If it is its own client that shows it, two parties have it: what was issued for it is revoked, and what may still come
/// of a first exchange that is under way has no family to come into (where a fault ended that exchange, this costs nothing). Another
/// client is given no such power, nor is who lacks the verifier: a code from somebody's log, which never could be redeemed, must not end
/// a session. RFC 6749 §4.1.2; AC-6, AC-7.
async fn spent_before(flow: &mut Flow, client: &Client, spent: SpentCode, peeked: &AuthorizationCode) -> Reason {
    flow.event.family = Some(spent.family);
    let reason = if spent.client_id == client.id { Reason::CodeReplayed } else { Reason::OtherClient };
    flow.tell(EventKind::CodeReplayed, Some(reason)).await;
    if reason != Reason::CodeReplayed {
        return reason;
    }
    if redirect_uri_is_the_same(flow, peeked).and_then(|()| verifier_meets_challenge(flow, peeked)).is_err() {
        return reason;
    }
    match family::revoke(flow, spent.family, &peeked.authorization.subject, spent.finalized.as_slice()).await {
        Ok(()) => reason,
        Err(unavailable) => unavailable,
    }
}

/// RFC 6749 §4.1.2; AC-3.
fn code_is_not_expired(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    if flow.now < code.expires_at { Ok(()) } else { Err(Reason::CodeExpired) }
}

/// RFC 6749 §4.1.3; AC-3.
fn code_is_the_clients(client: &Client, code: &AuthorizationCode) -> Result<(), Reason> {
    if code.authorization.client_id == client.id { Ok(()) } else { Err(Reason::OtherClient) }
}

/// Byte for byte the one of the authorization request (RFC 6749 §4.1.3). Where it is absent, the code's challenge does its work, as
/// OAuth 2.1 has it (§4.1.3, §10.2). AC-1, AC-3.
fn redirect_uri_is_the_same(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    let same = flow.request.parameters.get("redirect_uri").is_none_or(|uri| uri == code.redirect_uri);
    if same { Ok(()) } else { Err(Reason::RedirectUriMismatch) }
}

/// Without a challenge, the redirect URI is what ties the code to its request: it is sent again. RFC 6749 §4.1.3; AC-3.
fn redirect_uri_is_sent_again(flow: &Flow, code: &AuthorizationCode) -> Result<(), Reason> {
    let sent = flow.request.parameters.get("redirect_uri").is_some();
    if sent || code.challenge.is_some() { Ok(()) } else { Err(Reason::RedirectUriMismatch) }
}

/// A code without challenge is its client's as it is registered now. RFC 9700 §2.1.1; AZ-15, AC-4.
fn challenge_may_be_missing(flow: &Flow, client: &Client, code: &AuthorizationCode) -> Result<(), Reason> {
    let may = match (&code.challenge, exemption(&flow.server, client)) {
        (Some(_), _) | (None, PkceExemption::Any) => true,
        (None, PkceExemption::Nonce) => code.nonce.is_some() && code.authorization.scopes.contains("openid"),
        (None, PkceExemption::None) => false,
    };
    if may { Ok(()) } else { Err(Reason::CodeWithoutChallenge) }
}

/// The `nonce` stands in for a challenge, so that no token is given without the ID token that carries it. AZ-15.
fn nonce_reaches_the_client(
    flow: &Flow,
    client: &Client,
    code: &AuthorizationCode,
    scopes: &ScopeSet,
) -> Result<(), Reason> {
    let by_nonce = code.challenge.is_none() && exemption(&flow.server, client) == PkceExemption::Nonce;
    if by_nonce && !scopes.contains("openid") { Err(Reason::ScopeRefused) } else { Ok(()) }
}

/// A client that sends a verifier has sent a challenge: where the code has none, somebody has taken it out. RFC 9700 §4.8.2; AC-4.
fn no_verifier_is_sent(flow: &Flow) -> Result<(), Reason> {
    let sent = flow.request.parameters.get("code_verifier").is_some();
    if sent { Err(Reason::VerifierWithoutChallenge) } else { Ok(()) }
}

/// The verifier is there, can be one, and is the one. Some clients send Base64 with `+`, `/` or `=`: whoever meets the challenge with that
/// has made the request, and is told of by an event. Says whether it is one of these. RFC 7636 §4.6; AC-4.
fn verifier_meets_challenge(flow: &Flow, code: &AuthorizationCode) -> Result<bool, Reason> {
    let Some(challenge) = &code.challenge else { return no_verifier_is_sent(flow).map(|()| false) };
    let presented = flow.request.parameters.get("code_verifier").ok_or(Reason::VerifierMissing)?;
    let verifier = CodeVerifier::parse_printable(presented).ok_or(Reason::VerifierMalformed)?;
    let met = challenge.is_met_by(&verifier, flow.server.provider.as_ref());
    if met { Ok(!verifier.is_unreserved()) } else { Err(Reason::WrongVerifier) }
}

/// A code that is bound to a key is redeemed with it; one that is not may be redeemed with any. RFC 9449 §10; AC-3, AC-5.
fn key_is_the_same(code: &AuthorizationCode, sender: &Sender) -> Result<(), Reason> {
    match &code.dpop_jkt {
        Some(bound) if sender.jkt() != Some(bound) => Err(Reason::KeyMismatch),
        Some(_) | None => Ok(()),
    }
}

/// The principal, the policy, the tokens; then what makes them count. AC-8, TK-3.
async fn issue(
    flow: &mut Flow,
    client: &Client,
    sender: &Sender,
    digest: SecretDigest,
    code: AuthorizationCode,
) -> Result<Issued, Reason> {
    let authorization = &code.authorization;
    let subject = authorization.subject.as_str();
    let principal = flow.ask(Ask::LoadPrincipal, subject.into()).await?.ok_or(Reason::SubjectSuspended)?;
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
        Some(Secret::draw(flow.entropy.as_mut()).map_err(|_| Reason::Entropy)?)
    } else {
        None
    };
    let (family, subject) = (authorization.family, authorization.subject.clone());
    if let Err(reason) = make_it_count(flow, client, sender, digest, code, &scopes, &noted, refresh.as_ref()).await {
        // What may have been stored must not live on: nobody will be given it. The refusal stands whatever comes of this.
        let _ = family::revoke(flow, family, &subject, &[noted]).await;
        return Err(reason);
    }
    Ok(Issued { access, scopes: carried, refresh, id_token })
}

/// AC-8.
fn refresh_is_due(flow: &Flow, client: &Client, scopes: &ScopeSet) -> bool {
    flow.server.grants.contains(&GrantType::RefreshToken)
        && client.may_use(GrantType::RefreshToken)
        && (!flow.server.refresh.only_with_offline_access || scopes.contains("offline_access"))
}

/// Stores the refresh token, and notes what came of the code.
#[expect(clippy::too_many_arguments, reason = "all of what is issued, and what it was issued for")]
async fn make_it_count(
    flow: &Flow,
    client: &Client,
    sender: &Sender,
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
        if !flow.ask(Ask::InsertRefresh, row).await? {
            return Err(Reason::FamilyRevoked);
        }
        flow.tell(EventKind::RefreshIssued, None).await;
    }
    flow.ask(Ask::FinalizeCode, FinalizedCode { digest, access: access.clone() }).await
}
