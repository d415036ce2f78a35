//! The scopes of a request (RFC 6749 §3.3, OIDC Core §3.1.2.1, §11; AZ-14).

use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::records::prompt::Prompt;
use crate::authorization::registered_client::client::Client;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::settings::server::Settings;
use alloc::string::String;

const OPENID: &str = "openid";
const OFFLINE_ACCESS: &str = "offline_access";

/// The scopes that the user will be asked to allow, and those requested but left out.
#[derive(Debug, Default)]
pub(super) struct AskedScopes {
    pub(super) scopes: ScopeSet,
    pub(super) left_out: ScopeSet,
}

/// Returns the scopes of a request, or the client's defaults if it names none. AZ-14.
pub(super) fn asked_scopes(
    parameters: &Parameters,
    server: &Settings,
    client: &Client,
    prompt: Prompt,
) -> Result<AskedScopes, Reason> {
    let asked = match parameters.get("scope") {
        Some(parameter) => {
            named(&ScopeSet::parse(parameter).ok_or(Reason::Scope(ScopeError::Malformed))?, server, client, prompt)?
        }
        None => AskedScopes { scopes: unasked(client, prompt)?, ..AskedScopes::default() },
    };
    // The token endpoint would refuse an empty scope in any case (TK-4).
    if asked.scopes.is_empty() { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(asked) }
}

/// Removes scopes that no token for the request's resources can carry. Naming one counts as if the client were not
/// registered for it. RFC 9068 §3; AZ-21.
pub(super) fn of_the_resources(
    mut asked: AskedScopes,
    parameters: &Parameters,
    server: &Settings,
    resources: &[String],
) -> Result<AskedScopes, Reason> {
    let carried = server.tied_scopes.carried(&asked.scopes, resources, &server.audience);
    let named = parameters.get("scope").is_some();
    for scope in asked.scopes.iter().filter(|scope| named && !carried.contains(scope)) {
        if !server.narrow_scopes {
            return Err(Reason::Scope(ScopeError::TooWide));
        }
        asked.left_out.add(scope);
    }
    asked.scopes = carried;
    if asked.scopes.is_empty() { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(asked) }
}

/// Returns the client's defaults, without `openid`, which would turn it into an OpenID request that the client did not
/// send, and without `offline_access` unless the user is asked. OIDC Core §3.1.2.1, §11; AZ-14.
fn unasked(client: &Client, prompt: Prompt) -> Result<ScopeSet, Reason> {
    let mut scopes = client.defaults().clone();
    if !scopes.is_within(&client.scopes) {
        return Err(Reason::Scope(ScopeError::TooWide));
    }
    scopes.remove(OPENID);
    if !prompt.consent {
        scopes.remove(OFFLINE_ACCESS);
    }
    Ok(scopes)
}

/// Sorts each requested scope: granted, left out, or refused.
fn named(asked: &ScopeSet, server: &Settings, client: &Client, prompt: Prompt) -> Result<AskedScopes, Reason> {
    let of_openid = server.openid && asked.contains(OPENID);
    let mut sorted = AskedScopes::default();
    for scope in asked.iter() {
        if offline_access_is_left_out(scope, client, prompt) {
            sorted.left_out.add(scope);
        } else if client.scopes.contains(scope) {
            sorted.scopes.add(scope);
        } else if (of_openid && !is_known(scope, server)) || server.narrow_scopes {
            sorted.left_out.add(scope);
        } else {
            return Err(Reason::Scope(ScopeError::TooWide));
        }
    }
    Ok(sorted)
}

/// Whether `offline_access` is left out: clients request it from any server, so it is ignored if the client is not
/// registered for it, or the request does not have the user asked. OIDC Core §11; AZ-14.
fn offline_access_is_left_out(scope: &str, client: &Client, prompt: Prompt) -> bool {
    scope == OFFLINE_ACCESS && !(prompt.consent && client.scopes.contains(scope))
}

/// Whether the server knows the scope. An OpenID provider ignores unknown ones. OIDC Core §3.1.2.1; AZ-14.
fn is_known(scope: &str, server: &Settings) -> bool {
    scope == OPENID || server.scopes.contains(scope)
}
