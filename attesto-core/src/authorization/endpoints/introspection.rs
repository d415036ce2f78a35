//! `POST {prefix}/introspect` (RFC 7662; IN-1 to IN-5).

use crate::authorization::client_auth::{self, AuthenticatedClient};
use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::flow::{own_tokens, response};
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::{DenyListQuestion, IntrospectionCheck, Question, RefreshTokenQuestion};
use crate::authorization::records::refresh::RefreshToken;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::resources;
use crate::authorization::secret::Secret;
use crate::http::{Header, ResponseParts};
use crate::token::{Claims, Confirmation};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// Runs the endpoint. A token that is unknown, invalid, or not for the caller to know about is inactive, without
/// further detail (§2.2).
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match answer(flow).await {
        Ok(response) => {
            flow.tell(EventKind::Introspected, None).await;
            response
        }
        // §2.3: 401 with a challenge, with or without an Authorization field.
        Err(reason) => flow.refuse_with_challenge(EventKind::IntrospectionDenied, reason).await,
    }
}

/// Builds the response, signed if the caller prefers that.
async fn answer(flow: &mut Flow) -> Result<ResponseParts, Reason> {
    flow.is_acceptable()?;
    let caller = client_auth::authenticate(flow).await?;
    let found = introspect(flow, &caller).await?;
    let mut members = Map::new();
    members.insert("active".into(), found.is_some().into());
    members.extend(found.unwrap_or_default());
    if flow.request.prefers_signature {
        return signed(flow, &caller, members);
    }
    Ok(response::json(200, members, flow.nonce.as_deref()))
}

/// Signs the members in a JWT for the caller, including `active: false`. The members that would make it look like a
/// token (`sub`, `exp`, a token's type) are nested, not top-level. RFC 9701 §5, §8.1; IN-5.
fn signed(flow: &mut Flow, caller: &AuthenticatedClient, members: Map<String, Value>) -> Result<ResponseParts, Reason> {
    let claims = [
        ("iss", flow.server.issuer.as_str().into()),
        ("aud", caller.id.as_str().into()),
        ("iat", flow.now.as_secs().into()),
        ("token_introspection", Value::Object(members)),
    ];
    let claims = claims.into_iter().map(|(name, value)| (String::from(name), value)).collect();
    let signer = flow.server.signers.of_introspection(caller)?;
    let jwt = signer.sign("token-introspection+jwt", claims, flow.entropy.as_mut());
    let jwt = jwt.map_err(|_| Reason::Host(HostError::Minting))?;
    let mut response = response::empty(200, flow.nonce.as_deref());
    response.headers.push(Header::own("content-type", "application/token-introspection+jwt"));
    response.body = jwt.as_bytes().to_vec();
    Ok(response)
}

/// Returns the members of an active token that the caller may know about. IN-1.
async fn introspect(flow: &Flow, caller: &AuthenticatedClient) -> Result<Option<Map<String, Value>>, Reason> {
    if caller.is_public() {
        return Err(Reason::Client(ClientError::Public));
    }
    let presented = String::from(flow.request.parameters.required("token")?);
    if let Some(secret) = Secret::presented(&presented) {
        return Ok(refresh_token(flow, caller, &secret).await?.map(|token| of_refresh(flow, &token)));
    }
    let Some((claims, is_the_clients_own)) = access_token(flow, &presented).await? else { return Ok(None) };
    let found = of_access(&claims);
    if !caller_may_know(flow, caller, &found).await? {
        return Ok(None);
    }
    let active = is_the_clients_own || subject_may_have_tokens(flow, claims.subject()).await?;
    Ok(active.then_some(found.members))
}

/// An active token, before the caller's permission is checked.
struct Found {
    client_id: String,
    audience: Vec<String>,
    members: Map<String, Value>,
}

/// Returns the caller's own refresh token if it is unspent, unexpired, its family is not revoked and its client still
/// exists. IN-3.
///
/// Only its client may introspect a refresh token, which is between the client and this server (RFC 6749 §1.5). A
/// resource that got `active` for one could take it for an access token. IN-4.
async fn refresh_token(
    flow: &Flow,
    caller: &AuthenticatedClient,
    secret: &Secret,
) -> Result<Option<RefreshToken>, Reason> {
    if !flow.server.grants.contains(&GrantType::RefreshToken) {
        return Ok(None);
    }
    let key = secret.refresh_key(flow.server.provider.as_ref());
    let Some(state) = flow.ask(RefreshTokenQuestion::Load, key).await? else { return Ok(None) };
    let token = state.token;
    let counts = token.authorization.client_id == caller.id
        && state.spent.is_none()
        && !state.family_revoked
        && flow.now < token.expires_at
        && flow.now < token.family_expires_at;
    if !counts || client_auth::load(flow, &token.authorization.client_id).await?.is_none() {
        return Ok(None);
    }
    Ok(subject_may_have_tokens(flow, &token.authorization.subject).await?.then_some(token))
}

/// Whether the subject may still have tokens. If not, its old tokens are inactive too. RFC 7662 §2.2, §4; HC-2.
async fn subject_may_have_tokens(flow: &Flow, subject: &str) -> Result<bool, Reason> {
    Ok(flow.ask(Question::LoadPrincipal, subject.into()).await?.is_some())
}

/// Verifies an access token as a resource would, except proof and audience, and checks that it is not revoked and its
/// client still exists. Also returns whether the subject is the client itself, not a user. IN-2.
async fn access_token(flow: &Flow, presented: &str) -> Result<Option<(Claims, bool)>, Reason> {
    let Some(claims) = own_tokens::verified(flow, presented) else { return Ok(None) };
    if flow.server.deny_list {
        let revocable = own_tokens::revocable(flow, &claims)?;
        if flow.ask(DenyListQuestion::IsRevoked, revocable).await? {
            return Ok(None);
        }
    }
    let client_id = claims.client_id().unwrap_or_default();
    let Some(client) = client_auth::load(flow, client_id).await? else { return Ok(None) };
    let known = |audience: &String| {
        let allowed = [&flow.server.audience].into_iter().chain(&client.resources).map(String::as_str);
        resources::configured(allowed, audience).is_some()
    };
    if !claims.audiences().iter().all(known) {
        return Ok(None);
    }
    let is_the_clients_own = is_of_the_client_itself(flow, &claims, &client);
    Ok(Some((claims, is_the_clients_own)))
}

/// Whether the token was issued by the client credentials grant (RFC 9068 §2.2), for a client that may still use it. A
/// server without users has no other tokens.
fn is_of_the_client_itself(flow: &Flow, claims: &Claims, client: &Client) -> bool {
    let has_users = flow.server.grants.contains(&GrantType::AuthorizationCode);
    !has_users || (claims.subject() == client.id && client.may_use(GrantType::ClientCredentials))
}

/// Checks that the caller is the token's client, is in its audience, or is allowed by the host. IN-4.
async fn caller_may_know(flow: &Flow, caller: &AuthenticatedClient, found: &Found) -> Result<bool, Reason> {
    if found.client_id == caller.id || found.audience.contains(&caller.id) {
        return Ok(true);
    }
    if !flow.server.ask_introspection {
        return Ok(false);
    }
    let check = IntrospectionCheck {
        caller: caller.id.clone(),
        client_id: found.client_id.clone(),
        audience: found.audience.clone(),
    };
    flow.ask(Question::MayIntrospect, check).await
}

/// Returns the members for an access token. RFC 7662 §2.2, RFC 9470 §6.2.
fn of_access(claims: &Claims) -> Found {
    let mut members = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.into(), value);
        }
    };
    let scope = claims.scopes().collect::<Vec<_>>().join(" ");
    let audience = claims.audiences();
    let (cnf, token_type) = match claims.confirmation() {
        Confirmation::Jkt(jkt) => (Some(confirmation("jkt", &jkt)), "DPoP"),
        Confirmation::X5tS256(thumbprint) => (Some(confirmation("x5t#S256", &thumbprint)), "Bearer"),
        Confirmation::None => (None, "Bearer"),
    };
    add("scope", (!scope.is_empty()).then(|| scope.into()));
    add("client_id", claims.client_id().map(Into::into));
    add("token_type", Some(token_type.into()));
    add("exp", claims.expires_at().map(|at| at.as_secs().into()));
    add("iat", claims.issued_at().map(|at| at.as_secs().into()));
    add("sub", Some(claims.subject().into()));
    add("aud", one_or_many(&audience));
    add("iss", claims.issuer().map(Into::into));
    add("jti", claims.jwt_id().map(Into::into));
    add("cnf", cnf);
    add("acr", claims.acr().map(Into::into));
    add("auth_time", claims.auth_time().map(|at| at.as_secs().into()));
    let client_id = claims.client_id().unwrap_or_default().to_string();
    Found { client_id, audience, members }
}

/// Returns the members for a refresh token, which include its kind: a resource that introspects a presented token must
/// not take it for an access token. IN-3.
fn of_refresh(flow: &Flow, token: &RefreshToken) -> Map<String, Value> {
    let authorization = &token.authorization;
    let audience = if authorization.resources.is_empty() {
        [flow.server.audience.clone()].into()
    } else {
        authorization.resources.clone()
    };
    let mut members = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.into(), value);
        }
    };
    let cnf = token.dpop_jkt.map(|jkt| confirmation("jkt", &jkt));
    add("scope", (!authorization.scopes.is_empty()).then(|| authorization.scopes.to_string().into()));
    add("client_id", Some(authorization.client_id.as_str().into()));
    add("token_type", Some("refresh_token".into()));
    add("exp", Some(token.expires_at.min(token.family_expires_at).as_secs().into()));
    add("sub", Some(authorization.subject.as_str().into()));
    add("aud", one_or_many(&audience));
    add("iss", Some(flow.server.issuer.as_str().into()));
    add("cnf", cnf.or_else(|| token.x5t_s256.map(|thumbprint| confirmation("x5t#S256", &thumbprint))));
    add("acr", authorization.authentication.acr.as_deref().map(Into::into));
    add("auth_time", authorization.authentication.auth_time.map(|at| at.as_secs().into()));
    members
}

fn confirmation(kind: &str, thumbprint: &crate::jose::Thumbprint) -> Value {
    let mut members = Map::new();
    members.insert(kind.into(), thumbprint.to_base64url().into());
    Value::Object(members)
}

fn one_or_many(audience: &[String]) -> Option<Value> {
    match audience {
        [] => None,
        [only] => Some(only.as_str().into()),
        several => Some(several.iter().map(String::as_str).collect::<Vec<_>>().into()),
    }
}
