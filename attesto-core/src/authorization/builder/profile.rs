//! Profiles of servers, as data (CF-6).

use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use alloc::vec::Vec;

/// A kind of server: its defaults, and its minimum requirements.
///
/// [`build`](crate::authorization::AuthorizationServerBuilder::build) refuses a configuration that falls short of its profile, and
/// names what to change. Every profile has: PKCE with S256 for every client that is not registered as exempt, redirect URIs
/// compared as text, rotation of the refresh tokens of public clients, tokens bound to their `aud` (RFC 8707), and
/// `iss` in every authorization response (RFC 9207).
///
/// ```
/// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// # use attesto_core::jose::KeyMaterial;
/// # use attesto_core::token::KeyRing;
/// # use std::sync::Arc;
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
/// # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
/// # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
/// use attesto_core::authorization::{AuthorizationServer, GraceSecret, Profile, RefreshPolicy};
/// use core::time::Duration;
///
/// let server = || {
///     AuthorizationServer::builder("https://auth.example.com", Arc::clone(&provider), Arc::clone(&ring))
///         .audience("https://mcp.example.com/mcp")
///         .profile(Profile::Mcp)
/// };
/// let refused = server().build().unwrap_err();
/// assert_eq!(refused.member(), "refresh"); // Its clients lose responses: rotation requires a grace window.
///
/// let secret = GraceSecret::new([7; 32]); // from a secure source, the same on every node
/// let server = server().refresh(RefreshPolicy::new().grace(Duration::from_secs(10), secret)?).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Profile {
    /// Any OAuth 2.1 server: the documented defaults only.
    #[default]
    Generic,
    /// A server for MCP clients, on their users' devices or on servers, with the authorization code grant. Rotation of
    /// refresh tokens requires a grace window. Refresh tokens do not depend on `offline_access`, which these clients do
    /// not request. Pushed requests, which they do not make, cannot be required of all. `http://localhost` redirect
    /// URIs of native clients match on any port, as if each were registered with
    /// [`localhost_redirects`](crate::authorization::Client::localhost_redirects). PKCE has no exception.
    Mcp,
}

/// The terms of a profile.
pub(super) struct Terms {
    pub(super) name: &'static str,
    /// The default grants.
    pub(super) grants: &'static [GrantType],
    pub(super) auth_methods: &'static [AuthMethod],
    /// The grants that every configuration must have.
    pub(super) needed_grants: &'static [GrantType],
    pub(super) needs_grace: bool,
    /// Its clients cannot push requests, and do not know `offline_access`.
    pub(super) plain_requests: bool,
    pub(super) localhost_on_any_port: bool,
    pub(super) pkce_always: bool,
}

const GENERIC: Terms = Terms {
    name: "generic",
    grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
    auth_methods: &[
        AuthMethod::None,
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::PrivateKeyJwt,
    ],
    needed_grants: &[],
    needs_grace: false,
    plain_requests: false,
    localhost_on_any_port: false,
    pkce_always: false,
};

const MCP: Terms = Terms {
    name: "mcp",
    needed_grants: &[GrantType::AuthorizationCode],
    needs_grace: true,
    plain_requests: true,
    localhost_on_any_port: true,
    pkce_always: true,
    ..GENERIC
};

impl Profile {
    /// The profile's name in the catalogue: `generic`, `mcp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.terms().name
    }

    pub(super) const fn terms(self) -> &'static Terms {
        match self {
            Self::Generic => &GENERIC,
            Self::Mcp => &MCP,
        }
    }

    pub(super) fn grants(self) -> Vec<GrantType> {
        self.terms().grants.to_vec()
    }

    pub(super) fn auth_methods(self) -> Vec<AuthMethod> {
        self.terms().auth_methods.to_vec()
    }

    /// Whether `http://localhost` matches on any port. AZ-9.
    pub(super) const fn localhost_on_any_port(self) -> bool {
        self.terms().localhost_on_any_port
    }

    /// Whether PKCE has no exception. AZ-15.
    pub(super) const fn pkce_always(self) -> bool {
        self.terms().pkce_always
    }
}
