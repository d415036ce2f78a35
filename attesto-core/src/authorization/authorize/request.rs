//! An authorization request that passed every check that needs no question (RFC 6749 §4.1.1; catalogue AZ-10 to AZ-23).

use super::asked_scopes::{AskedScopes, asked_scopes, of_the_resources};
use super::challenge::challenge;
use super::prompt::Prompt;
use super::redirect::{VerifiedRedirect, response_mode};
use super::rules;
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::registered_client::Client;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::server::Settings;
use crate::jose::Thumbprint;
use crate::pkce::CodeChallenge;
use alloc::string::String;
use alloc::vec::Vec;

/// A checked authorization request. The same checks apply to a browser's request and to a pushed one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// The redirect URI of the response, which is one of the client's.
    pub redirect_uri: String,
    /// The scopes, within what the client may have.
    pub scopes: ScopeSet,
    /// The scopes that the client requested but cannot be given, whatever the user allows.
    pub left_out: ScopeSet,
    /// The resources; empty means the server's own audience (RFC 8707).
    pub resources: Vec<String>,
    /// The PKCE challenge, of method S256. `None` if the client is registered to omit it
    /// ([`Client::nonce_instead_of_pkce`], [`Client::danger_without_pkce`]).
    pub challenge: Option<CodeChallenge>,
    /// `nonce`, for the ID token.
    pub nonce: Option<String>,
    /// What the user must be asked.
    pub prompt: Prompt,
    /// The greatest accepted age of the user's login, in seconds; 0 requires a new login.
    pub max_age: Option<u32>,
    /// Authentication context classes, the preferred ones first (RFC 9470 §4).
    pub acr_values: Vec<String>,
    /// The user that the client expects: to prefill a form, never to be trusted.
    pub login_hint: Option<String>,
    /// Languages for the pages, the preferred ones first.
    pub ui_locales: Vec<String>,
    /// The DPoP key that the code will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
}

/// The channel of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Channel {
    /// Through the browser, which may have changed it.
    Front,
    /// Pushed by the client; bound to this key if the client presented it.
    Pushed { dpop_jkt: Option<Thumbprint> },
}

impl AuthorizationRequest {
    /// Runs all checks that need no question, in the catalogue's order. The redirect URI must have been verified:
    /// refusals go there.
    pub(crate) fn check(
        server: &Settings,
        client: &Client,
        redirect: &VerifiedRedirect,
        parameters: &Parameters,
        channel: Channel,
    ) -> Result<Self, Reason> {
        response_mode(parameters)?; //                        AZ-10
        rules::no_request_object(parameters)?; //             AZ-7
        rules::no_remote_request(parameters)?; //             AZ-11
        rules::no_registration(parameters)?;
        if !parameters.are_bounded() {
            return Err(Reason::ParameterTooLong);
        }
        rules::response_type_is_code(parameters, client)?; // AZ-12
        rules::is_pushed_if_it_must_be(server, client, channel)?; // AZ-13
        let prompt = parameters.get("prompt").map_or(Ok(Prompt::default()), Prompt::parse)?; // AZ-17
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
        Ok(Self {
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
}
