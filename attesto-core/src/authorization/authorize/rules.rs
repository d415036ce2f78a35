//! The rules for single parameters, one function each, in the catalogue's order (AZ-11 to AZ-23).

use super::redirect::{ResponseMode, state_is_echoable};
use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::at_endpoint::SenderError;
use crate::authorization::error::at_token::GrantError;
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::records::prompt::{Prompt, PromptError};
use crate::authorization::records::request::Channel;
use crate::authorization::records::storable::is_storable;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::resources::named;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::settings::server::Settings;
use crate::jose::Thumbprint;
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

/// Refuses request objects. AZ-7.
pub(crate) fn no_request_object(parameters: &Parameters) -> Result<(), Reason> {
    absent(parameters, "request", Reason::Authorize(AuthorizeError::RequestObject))
}

/// Refuses a `request_uri` that was not pushed, since it would have to be fetched. OIDC Core §3.1.2.6; AZ-11.
pub(super) fn no_remote_request(parameters: &Parameters) -> Result<(), Reason> {
    absent(parameters, "request_uri", Reason::Authorize(AuthorizeError::RemoteRequestUri))
}

/// Refuses `registration`. OIDC Core §3.1.2.6; AZ-11.
pub(super) fn no_registration(parameters: &Parameters) -> Result<(), Reason> {
    absent(parameters, "registration", Reason::Authorize(AuthorizeError::RegistrationParameter))
}

/// Checks that `response_type` is `code`, and that the client may use that grant. RFC 6749 §4.1.2.1; AZ-12.
pub(super) fn response_type_is_code(parameters: &Parameters, client: &Client) -> Result<(), Reason> {
    if parameters.required("response_type")? != "code" {
        return Err(Reason::Authorize(AuthorizeError::UnsupportedResponseType));
    }
    if client.may_use(GrantType::AuthorizationCode) { Ok(()) } else { Err(Reason::Grant(GrantError::NotAllowed)) }
}

/// Checks that the request is pushed, if the server or the client requires it. RFC 9126 §5, §6; AZ-13.
pub(super) fn is_pushed_if_it_must_be(server: &Settings, client: &Client, channel: Channel) -> Result<(), Reason> {
    match channel {
        Channel::Pushed { .. } => Ok(()),
        Channel::Front if server.require_pushed_requests || client.require_pushed_requests => {
            Err(Reason::Authorize(AuthorizeError::MustBePushed))
        }
        Channel::Front => Ok(()),
    }
}

/// Parses `prompt`, if there is one. OIDC Core §3.1.2.1; AZ-17.
pub(super) fn prompt(parameters: &Parameters) -> Result<Prompt, Reason> {
    parameters.get("prompt").map_or(Ok(Prompt::default()), Prompt::parse).map_err(|error| {
        Reason::Authorize(match error {
            PromptError::UnknownValue => AuthorizeError::MalformedPrompt,
            PromptError::NoneNotAlone => AuthorizeError::PromptNoneNotAlone,
        })
    })
}

/// Checks that the server has a key for the algorithm of this client's ID tokens, before a code is issued. OIDC
/// Registration §2; IT-2.
pub(super) fn id_token_can_be_signed(server: &Settings, client: &Client, scopes: &ScopeSet) -> Result<(), Reason> {
    if server.openid && scopes.contains("openid") {
        server.signers.of_id_tokens(client)?;
    }
    Ok(())
}

/// Checks that `state` can be echoed. AZ-16.
pub(super) fn state_is_sound(parameters: &Parameters, mode: ResponseMode) -> Result<(), Reason> {
    let sound = parameters.get("state").is_none_or(|state| state_is_echoable(state, mode));
    if sound { Ok(()) } else { Err(Reason::Authorize(AuthorizeError::MalformedState)) }
}

/// Returns `nonce`, which must be bounded, free of NUL, and present if required. OIDC Core §3.1.2.1; AZ-16.
pub(super) fn nonce(parameters: &Parameters, server: &Settings, scopes: &ScopeSet) -> Result<Option<String>, Reason> {
    match parameters.get("nonce") {
        Some(nonce) if nonce.len() > limits::OIDC_NONCE => Err(Reason::Authorize(AuthorizeError::NonceTooLong)),
        Some(nonce) if !is_storable(nonce) => Err(Reason::Authorize(AuthorizeError::MalformedNonce)),
        Some(nonce) => Ok(Some(nonce.into())),
        None if server.require_nonce && scopes.contains("openid") => {
            Err(Reason::Authorize(AuthorizeError::NonceRequired))
        }
        None => Ok(None),
    }
}

/// Parses `max_age`: digits, up to 2^31 - 1. OIDC Core §3.1.2.1; AZ-18.
pub(super) fn max_age(parameters: &Parameters, client: &Client) -> Result<Option<u32>, Reason> {
    const LONGEST: u32 = i32::MAX.unsigned_abs();
    let Some(text) = parameters.get("max_age") else { return Ok(client.default_max_age) };
    let seconds = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    seconds.filter(|seconds| *seconds <= LONGEST).map(Some).ok_or(Reason::Authorize(AuthorizeError::MalformedMaxAge))
}

/// Splits a parameter into its words, in order: `acr_values`, `ui_locales`. AZ-19.
pub(super) fn words(parameters: &Parameters, name: &str) -> Vec<String> {
    let words = parameters.get(name).unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    words.map(String::from).collect()
}

/// Refuses `id_token_hint`. AZ-20.
pub(super) fn no_id_token_hint(parameters: &Parameters) -> Result<(), Reason> {
    absent(parameters, "id_token_hint", Reason::Authorize(AuthorizeError::IdTokenHint))
}

/// Returns the resources, each once, in order: the server's own audience, or those that the client may request.
/// RFC 8707 §2; AZ-21.
pub(super) fn resources(parameters: &Parameters, server: &Settings, client: &Client) -> Result<Vec<String>, Reason> {
    let mut allowed: Vec<&str> = [server.audience.as_str()].into();
    allowed.extend(client.resources.iter().map(String::as_str));
    named(parameters, &allowed)
}

/// Parses `dpop_jkt`. RFC 9449 §10; AZ-22. A server without DPoP ignores the parameter.
pub(super) fn dpop_jkt(parameters: &Parameters, server: &Settings) -> Result<Option<Thumbprint>, Reason> {
    match parameters.get("dpop_jkt").filter(|_| server.dpop.is_some()) {
        Some(text) => Thumbprint::parse(text).map(Some).ok_or(Reason::Sender(SenderError::MalformedJkt)),
        None => Ok(None),
    }
}

/// Refuses `authorization_details`, which are not supported and must not seem to be granted. RFC 9396 §2; AZ-23.
pub(super) fn no_authorization_details(parameters: &Parameters) -> Result<(), Reason> {
    absent(parameters, "authorization_details", Reason::Authorize(AuthorizeError::AuthorizationDetails))
}

fn absent(parameters: &Parameters, name: &str, reason: Reason) -> Result<(), Reason> {
    if parameters.get(name).is_none() { Ok(()) } else { Err(reason) }
}
