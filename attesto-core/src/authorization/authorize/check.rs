//! An authorization request that passed every check that needs no question (RFC 6749 §4.1.1; AZ-10 to AZ-23).

use super::asked_scopes::{AskedScopes, asked_scopes, of_the_resources};
use super::challenge::challenge;
use super::redirect::{VerifiedRedirect, response_mode};
use super::rules;
use crate::authorization::error::at_endpoint::RequestError;
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::records::request::{AuthorizationRequest, Channel};
use crate::authorization::registered_client::client::Client;
use crate::authorization::settings::server::Settings;

/// Runs all checks that need no question, in the catalogue's order. The redirect URI must have been verified:
/// refusals go there.
pub(crate) fn check_request(
    server: &Settings,
    client: &Client,
    redirect: &VerifiedRedirect,
    parameters: &Parameters,
    channel: Channel,
) -> Result<AuthorizationRequest, Reason> {
    response_mode(parameters)?; //                        AZ-10
    rules::no_request_object(parameters)?; //             AZ-7
    rules::no_remote_request(parameters)?; //             AZ-11
    rules::no_registration(parameters)?;
    if !parameters.are_bounded() {
        return Err(Reason::Request(RequestError::ParameterTooLong));
    }
    rules::response_type_is_code(parameters, client)?; // AZ-12
    rules::is_pushed_if_it_must_be(server, client, channel)?; // AZ-13
    let prompt = rules::prompt(parameters)?; //             AZ-17
    let resources = rules::resources(parameters, server, client)?; // AZ-21
    let asked = asked_scopes(parameters, server, client, prompt)?; // AZ-14
    let AskedScopes { scopes, left_out } = of_the_resources(asked, parameters, server, &resources)?;
    rules::id_token_can_be_signed(server, client, &scopes)?; // IT-2
    let challenge = challenge(parameters, server, client, &scopes)?; // AZ-15
    rules::state_is_sound(parameters, redirect.mode())?; // AZ-16
    let nonce = rules::nonce(parameters, server, &scopes)?;
    let max_age = rules::max_age(parameters, client)?; // AZ-18
    rules::no_id_token_hint(parameters)?; //              AZ-20
    let dpop_jkt = rules::dpop_jkt(parameters, server)?; // AZ-22
    rules::no_authorization_details(parameters)?; //      AZ-23
    Ok(AuthorizationRequest {
        redirect_uri: redirect.uri().into(),
        scopes,
        left_out,
        resources,
        challenge,
        nonce,
        prompt,
        max_age,
        acr_values: rules::words(parameters, "acr_values"), // AZ-19
        login_hint: parameters.get("login_hint").map(Into::into),
        ui_locales: rules::words(parameters, "ui_locales"),
        dpop_jkt: match channel {
            Channel::Front => dpop_jkt,
            Channel::Pushed { dpop_jkt: shown } => shown.or(dpop_jkt),
        },
    })
}
