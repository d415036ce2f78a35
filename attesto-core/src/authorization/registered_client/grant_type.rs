//! The grants that a client may be registered for (RFC 6749 §1.3).

/// A grant type of the token endpoint (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum GrantType {
    /// `authorization_code` (RFC 6749 §4.1).
    AuthorizationCode,
    /// `client_credentials` (RFC 6749 §4.4). The subject of its tokens is the client's identifier: give clients
    /// identifiers that no user has, or distinguish the two by
    /// [`principal_kinds`](crate::authorization::AuthorizationServerBuilder::principal_kinds) (RFC 9700 §4.15).
    ClientCredentials,
    /// `refresh_token` (RFC 6749 §6).
    RefreshToken,
}

impl GrantType {
    /// Every grant there is here.
    pub const ALL: &'static [Self] = &[Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// Returns the grant of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|grant| grant.name() == name)
    }

    /// Whether a public client may use it (TK-1).
    pub(crate) const fn is_for_public_clients(self) -> bool {
        match self {
            Self::AuthorizationCode | Self::RefreshToken => true,
            Self::ClientCredentials => false,
        }
    }
}
