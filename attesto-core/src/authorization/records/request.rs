//! An authorization request that has passed every check of its own (RFC 6749 §4.1.1).

use super::prompt::Prompt;
use crate::authorization::scopes::ScopeSet;
use crate::jose::Thumbprint;
use crate::pkce::CodeChallenge;
use alloc::string::String;
use alloc::vec::Vec;

/// What a client asks for, checked: the same checks for what a browser brings and for what a client pushes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// Where the answer goes: a redirect URI of the client.
    pub redirect_uri: String,
    /// The scopes, within what the client may have.
    pub scopes: ScopeSet,
    /// The scopes that the client has asked for and cannot be given, whatever the user says.
    pub left_out: ScopeSet,
    /// The resources; empty means the server's own audience (RFC 8707).
    pub resources: Vec<String>,
    /// The PKCE challenge, of method S256. `None`: the client is registered to do without
    /// ([`Client::nonce_instead_of_pkce`], [`Client::danger_without_pkce`]).
    pub challenge: Option<CodeChallenge>,
    /// `nonce`, for the ID token.
    pub nonce: Option<String>,
    /// What the user is to be asked.
    pub prompt: Prompt,
    /// Seconds since the user's login that the client puts up with; 0 wants a new one.
    pub max_age: Option<u32>,
    /// Authentication context classes, the preferred ones first (RFC 9470 §4).
    pub acr_values: Vec<String>,
    /// Whom the client believes the user to be: to fill in a form with, never to be believed.
    pub login_hint: Option<String>,
    /// Languages for the pages, the preferred ones first.
    pub ui_locales: Vec<String>,
    /// The DPoP key that the code is to be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<Thumbprint>,
}

/// The way that a request came.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Channel {
    /// By the browser, which may have changed it.
    Front,
    /// Pushed by the client; bound to this key if the client showed it.
    Pushed { dpop_jkt: Option<Thumbprint> },
}
