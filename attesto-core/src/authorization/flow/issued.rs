//! Makes what the token endpoint issues: its scopes and resources, the access token, the ID token and the response (RFC
//! 6749 §5.1; TK-3 to TK-5).

use super::response;
use super::sender::CheckedSender;
use super::state::Flow;
use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::questions::question::{IdTokenClaimsQuestion, Principal, Question, ScopeQuestion};
use crate::authorization::records::authorization::{AuthenticationContext, Authorization, IssuedAccessToken};
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::resources;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::Secret;
use crate::http::ResponseParts;
use crate::token::{IdTokenRequest, MintRequest, MintedToken};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Map;
use zeroize::Zeroizing;

/// All parts of a token response, built before any of it is stored.
pub(crate) struct Issued {
    pub(crate) access: MintedToken,
    pub(crate) scopes: ScopeSet,
    pub(crate) refresh: Option<Secret>,
    pub(crate) id_token: Option<Zeroizing<String>>,
}

impl Issued {
    /// Builds the token response. TK-3.
    pub(crate) fn response(&self, nonce: Option<&str>) -> ResponseParts {
        let mut members = Map::new();
        members.insert("access_token".into(), self.access.token().into());
        members.insert("token_type".into(), self.access.token_type.name().into());
        members.insert("expires_in".into(), self.access.expires_in.into());
        members.insert("scope".into(), self.scopes.to_string().into());
        if let Some(refresh) = &self.refresh {
            members.insert("refresh_token".into(), refresh.as_str().into());
        }
        if let Some(id_token) = &self.id_token {
            members.insert("id_token".into(), id_token.as_str().into());
        }
        response::json(200, members, nonce)
    }
}

/// The contents of an access token to mint.
pub(crate) struct Wanted<'w> {
    pub(crate) subject: &'w str,
    pub(crate) client_id: &'w str,
    pub(crate) scopes: &'w ScopeSet,
    pub(crate) resources: &'w [String],
    pub(crate) authentication: &'w AuthenticationContext,
    pub(crate) principal: Principal,
}

/// Mints an access token. IT-1.
pub(crate) fn mint(flow: &mut Flow, wanted: Wanted<'_>, sender: &CheckedSender) -> Result<MintedToken, Reason> {
    let mut request = MintRequest::new(wanted.subject, wanted.client_id).scopes(wanted.scopes.iter());
    if !wanted.resources.is_empty() {
        request = request.audience(wanted.resources.iter().cloned());
    }
    if let Some(jkt) = sender.jkt() {
        request = request.dpop_jkt(*jkt);
    }
    if let Some(thumbprint) = sender.x5t_s256() {
        request = request.x5t_s256(*thumbprint);
    }
    if let Some(acr) = &wanted.authentication.acr {
        request = request.acr(acr.as_str());
    }
    if let Some(auth_time) = wanted.authentication.auth_time {
        request = request.auth_time(auth_time);
    }
    if let Some(kind) = wanted.principal.kind {
        request = request.principal_kind(kind);
    }
    for (name, value) in wanted.principal.claims {
        request = request.claim(name, value);
    }
    let minted = flow
        .server
        .tokens
        .mint(request, flow.now, flow.entropy.as_mut())
        .map_err(|_| Reason::Host(HostError::Minting))?;
    flow.event.jwt_id = Some(minted.jwt_id.clone());
    flow.event.subject = Some(wanted.subject.into());
    flow.event.scope = Some(wanted.scopes.to_string());
    Ok(minted)
}

/// Makes an ID token for the access token, if `openid` was granted and this is an OpenID provider. AC-8, IT-2.
pub(crate) async fn id_token(
    flow: &mut Flow,
    client: &Client,
    authorization: &Authorization,
    nonce: Option<&str>,
    scopes: &ScopeSet,
    access: &MintedToken,
) -> Result<Option<Zeroizing<String>>, Reason> {
    if !flow.server.openid || !scopes.contains("openid") {
        return Ok(None);
    }
    flow.server.signers.of_id_tokens(client)?; // before anybody is asked for claims
    let (subject, client_id) = (authorization.subject.as_str(), authorization.client_id.as_str());
    let about = IdTokenClaimsQuestion { subject: subject.into(), client_id: client_id.into(), scopes: scopes.clone() };
    let claims = flow.ask(Question::IdTokenClaims, about).await?;
    let request = IdTokenRequest {
        issuer: &flow.server.issuer,
        subject,
        client_id,
        lifetime: flow.server.lifetimes.id_token,
        nonce,
        auth_time: authorization.authentication.auth_time,
        acr: authorization.authentication.acr.as_deref(),
        amr: &authorization.authentication.amr,
        sid: authorization.authentication.sid.as_deref(),
        access_token: access.token(),
        code: flow.request.parameters.get("code"),
        claims,
    };
    let provider = flow.server.provider.as_ref();
    let made = flow.server.signers.of_id_tokens(client)?.id_token(request, provider, flow.now, flow.entropy.as_mut());
    made.map(Some).map_err(|_| Reason::Host(HostError::Minting))
}

/// Returns the record of a minted token for revocation, valid for as long as any resource accepts it (RV-4).
pub(crate) fn noted(access: &MintedToken, flow: &Flow) -> IssuedAccessToken {
    let expires_at = flow.now.plus(access.expires_in).plus(flow.server.resource_leeway);
    IssuedAccessToken::new(access.jwt_id.clone(), expires_at)
}

/// Returns the scopes that the request asks for, which must be within a ceiling; without the parameter, `otherwise`.
/// RFC 6749 §3.3, §6.
pub(crate) fn requested_scopes(flow: &Flow, ceiling: &ScopeSet, otherwise: &ScopeSet) -> Result<ScopeSet, Reason> {
    let Some(parameter) = flow.request.parameters.get("scope") else { return Ok(otherwise.clone()) };
    let asked = ScopeSet::parse(parameter).ok_or(Reason::Scope(ScopeError::Malformed))?;
    if asked.is_within(ceiling) { Ok(asked) } else { Err(Reason::Scope(ScopeError::TooWide)) }
}

/// Asks the scope policy, and checks that its answer does not exceed the request. The requested scopes are within the
/// client's registration, whichever way the request came. TK-4.
pub(crate) async fn authorize_scopes(
    flow: &Flow,
    client: &Client,
    subject: Option<&str>,
    grant: GrantType,
    scopes: ScopeSet,
    resources: &[String],
) -> Result<ScopeSet, Reason> {
    if !scopes.is_within(&client.scopes) {
        return Err(Reason::Scope(ScopeError::TooWide));
    }
    let request = ScopeQuestion {
        client_id: client.id.clone(),
        subject: subject.map(Into::into),
        grant,
        scopes: scopes.clone(),
        resources: resources.to_vec(),
    };
    let granted = flow.ask(Question::AuthorizeScope, request).await?;
    if !granted.is_within(&scopes) {
        return Err(Reason::Host(HostError::PolicyOverreach));
    }
    if granted.is_empty() { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(granted) }
}

/// Returns the granted scopes that a token for these resources carries. RFC 9068 §3; TK-5.
pub(crate) fn carried(flow: &Flow, granted: &ScopeSet, resources: &[String]) -> Result<ScopeSet, Reason> {
    let carried = flow.server.tied_scopes.carried(granted, resources, &flow.server.audience);
    if carried.is_empty() { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(carried) }
}

/// Returns the resources that the request asks for, each once, which must be within a ceiling; without the parameter,
/// the whole ceiling. An empty ceiling means the server's own audience. RFC 8707 §2; AZ-21, TK-5.
pub(crate) fn requested_resources(flow: &Flow, ceiling: &[String]) -> Result<Vec<String>, Reason> {
    let mut allowed: Vec<&str> = ceiling.iter().map(String::as_str).collect();
    if allowed.is_empty() {
        allowed.push(&flow.server.audience);
    }
    let resources = resources::named(&flow.request.parameters, &allowed)?;
    if resources.is_empty() { Ok(ceiling.to_vec()) } else { Ok(resources) }
}

/// Returns the grant's resources that the client may still request, in their current spelling. If the registration was
/// narrowed since, the grant is narrowed too. TK-5.
pub(crate) fn still_allowed(flow: &Flow, client: &Client, granted: &[String]) -> Result<Vec<String>, Reason> {
    let allowed = || [&flow.server.audience].into_iter().chain(&client.resources).map(String::as_str);
    let own = |resource: &String| resources::configured(allowed(), resource);
    let left: Vec<String> = granted.iter().filter_map(own).map(String::from).collect();
    // Nothing left differs from nothing requested, which means the server's own audience.
    if left.is_empty() && !granted.is_empty() { Err(Reason::Scope(ScopeError::InvalidTarget)) } else { Ok(left) }
}
