//! An authorization request that has passed every check of its own (RFC 6749 §4.1.1).

use super::prompt::Prompt;
use crate::authorization::scopes::ScopeSet;
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
    /// ([`Client::nonce_instead_of_pkce`](crate::authorization::Client::nonce_instead_of_pkce),
    /// [`Client::danger_without_pkce`](crate::authorization::Client::danger_without_pkce)).
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
