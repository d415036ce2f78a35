//! The PKCE challenge, and the clients that may omit it (RFC 7636 §4.3, §4.4.1; RFC 9700 §2.1.1; AZ-15).

use crate::authorization::error::at_authorize::{PkceError, UserError};
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::registered_client::client::Client;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::settings::pkce_exemption::{PkceExemption, exemption};
use crate::authorization::settings::server::Settings;
use crate::pkce::CodeChallenge;

/// Returns the challenge of the request. A challenge that is sent is always enforced: an exempt client may omit it,
/// nothing more. RFC 7636 §4.3, §4.4.1; AZ-15.
pub(super) fn challenge(
    parameters: &Parameters,
    server: &Settings,
    client: &Client,
    scopes: &ScopeSet,
) -> Result<Option<CodeChallenge>, Reason> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        let may_be_absent = method.is_none() && may_be_absent(parameters, server, client, scopes);
        return if may_be_absent { Ok(None) } else { Err(Reason::Pkce(PkceError::ChallengeMissing)) };
    };
    if method != Some("S256") {
        return Err(Reason::Pkce(PkceError::ChallengeMethod));
    }
    CodeChallenge::parse(challenge).map(Some).ok_or(Reason::Pkce(PkceError::ChallengeMalformed))
}

/// Whether this request may omit the challenge. RFC 9700 §2.1.1, OAuth 2.1 §7.5.1; AZ-15.
fn may_be_absent(parameters: &Parameters, server: &Settings, client: &Client, scopes: &ScopeSet) -> bool {
    match exemption(server, client) {
        PkceExemption::None => false,
        PkceExemption::Nonce => scopes.contains("openid") && parameters.get("nonce").is_some(),
        PkceExemption::Any => true,
    }
}

/// Checks that `openid` is allowed if the ID token's `nonce` replaces the challenge: without an ID token nothing would
/// bind the code. AZ-15.
pub(crate) fn openid_is_allowed(
    challenge: Option<&CodeChallenge>,
    server: &Settings,
    client: &Client,
    allowed: &ScopeSet,
) -> Result<(), Reason> {
    let by_nonce = challenge.is_none() && exemption(server, client) == PkceExemption::Nonce;
    if by_nonce && !allowed.contains("openid") { Err(Reason::User(UserError::OpenIdNotAllowed)) } else { Ok(()) }
}
