//! The request to mint an access token.

use crate::Timestamp;
use crate::jose::Thumbprint;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use serde_json::{Map, Value};

/// The request to mint one access token (RFC 9068 §2.2).
///
/// ```
/// use attesto_core::token::MintRequest;
///
/// let request = MintRequest::new("usr_1", "client-1").scopes(["mcp:tools:call"]).audience(["https://mcp.example.com/mcp"]);
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing until it is minted"]
pub struct MintRequest {
    pub(super) subject: String,
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) audience: Option<Vec<String>>,
    pub(super) lifetime: Option<u64>,
    pub(super) jkt: Option<Thumbprint>,
    pub(super) x5t_s256: Option<Thumbprint>,
    pub(super) acr: Option<String>,
    pub(super) auth_time: Option<Timestamp>,
    pub(super) principal_kind: Option<String>,
    pub(super) extra: Map<String, Value>,
}

impl MintRequest {
    /// Asks for a token for this subject, issued to this client.
    pub fn new(subject: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            client_id: client_id.into(),
            scopes: Vec::new(),
            audience: None,
            lifetime: None,
            jkt: None,
            x5t_s256: None,
            acr: None,
            auth_time: None,
            principal_kind: None,
            extra: Map::new(),
        }
    }

    /// Sets the granted scopes.
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(|scope| scope.as_ref().to_string()).collect();
        self
    }

    /// Replaces the issuer's default audience (RFC 8707 §2). One entry becomes a string, several an array.
    pub fn audience<S: Into<String>>(mut self, audience: impl IntoIterator<Item = S>) -> Self {
        self.audience = Some(audience.into_iter().map(Into::into).collect());
        self
    }

    /// Sets a lifetime, in whole seconds. It can only shorten the issuer's default.
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime.as_secs());
        self
    }

    /// Binds the token to a DPoP key (RFC 9449 §6.1).
    pub const fn dpop_jkt(mut self, jkt: Thumbprint) -> Self {
        self.jkt = Some(jkt);
        self
    }

    /// Binds the token to a client certificate (RFC 8705 §3.1).
    pub const fn x5t_s256(mut self, thumbprint: Thumbprint) -> Self {
        self.x5t_s256 = Some(thumbprint);
        self
    }

    /// Sets how the user authenticated (RFC 9068 §2.2.1).
    pub fn acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// Sets when the user authenticated (RFC 9068 §2.2.1).
    pub const fn auth_time(mut self, auth_time: Timestamp) -> Self {
        self.auth_time = Some(auth_time);
        self
    }

    /// Sets the kind of principal, if the issuer has kinds (A14).
    pub fn principal_kind(mut self, kind: impl Into<String>) -> Self {
        self.principal_kind = Some(kind.into());
        self
    }

    /// Adds a claim. Minting refuses reserved names.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.extra.insert(name.into(), value);
        self
    }
}

/// Prints no claims: they are personal data.
impl fmt::Debug for MintRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintRequest").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
