//! What can be wrong with a registration.

use crate::ConfigError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;

/// Why a registration cannot be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    DefaultScopes,
    /// The member with the subject.
    Subject(&'static str),
    /// The key set has no key.
    Keys,
}

impl Fault {
    /// The reason to refuse the client's requests.
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Self::DefaultScopes => Reason::Host(HostError::RegistrationScopes),
            Self::Subject(_) => Reason::Host(HostError::RegistrationSubject),
            Self::Keys => Reason::Host(HostError::RegistrationKeys),
        }
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::DefaultScopes => Self::new("default_scopes", "hold a scope that is not among the client's scopes"),
            Fault::Subject(member) => Self::new(member, "cannot be read: no certificate could ever have it"),
            Fault::Keys => Self::new("jwks", "holds no key: no assertion could ever verify"),
        }
    }
}
