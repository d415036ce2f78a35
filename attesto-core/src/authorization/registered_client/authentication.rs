//! How a client authenticates (RFC 7591 §2, RFC 8705 §2; CA-2 to CA-10).

use super::fault::Fault;
use super::tls_subject::TlsSubject;
use crate::jose::JwkSet;
use alloc::vec::Vec;
use core::fmt;

/// A method of client authentication (RFC 7591 §2, RFC 8705 §2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: a public client only names itself.
    None,
    /// `client_secret_basic` (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_secret_post` (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// `private_key_jwt` (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// `tls_client_auth` (RFC 8705 §2.1).
    TlsClientAuth,
    /// `self_signed_tls_client_auth` (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
}

impl AuthMethod {
    /// Every method there is here.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
    ];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }
}

impl AuthMethod {
    /// Returns the method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }
}

/// How one client authenticates: exactly with what it is registered with (CA-10).
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Not at all: a public client (CA-9).
    None,
    /// A secret, in the `Authorization` field or in the body, one at a time: for libraries that alternate between the
    /// two, or if it is unknown which one a library uses (RFC 6749 §2.3.1; CA-2, CA-3). The host stores and checks the
    /// secret.
    Secret,
    /// A secret in the `Authorization` field (CA-2).
    SecretBasic,
    /// By a secret in the body (CA-3).
    SecretPost,
    /// An assertion signed with one of these keys (CA-4).
    PrivateKeyJwt(ClientKeys),
    /// A certificate with this subject, whose chain the TLS terminator has validated (CA-7): see
    /// [`tls_chains_are_validated`](crate::authorization::AuthorizationServerBuilder::tls_chains_are_validated).
    TlsClientAuth(TlsSubject),
    /// One of these certificates, each as DER (CA-8).
    SelfSignedTls(Vec<Vec<u8>>),
}

impl ClientAuthentication {
    /// The methods that the client may use: one, or two with [`Secret`](Self::Secret).
    #[must_use]
    pub const fn methods(&self) -> &'static [AuthMethod] {
        match self {
            Self::None => &[AuthMethod::None],
            Self::Secret => &[AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            Self::SecretBasic => &[AuthMethod::ClientSecretBasic],
            Self::SecretPost => &[AuthMethod::ClientSecretPost],
            Self::PrivateKeyJwt(_) => &[AuthMethod::PrivateKeyJwt],
            Self::TlsClientAuth(_) => &[AuthMethod::TlsClientAuth],
            Self::SelfSignedTls(_) => &[AuthMethod::SelfSignedTlsClientAuth],
        }
    }

    /// Checks that the registered credentials can be presented at all. A client that can never authenticate is a
    /// mistake of its registration, and must not look like a mistake of the client.
    pub(crate) fn can_be_met(&self) -> Result<(), Fault> {
        match self {
            Self::TlsClientAuth(subject) if !subject.is_readable() => Err(Fault::Subject(subject.member())),
            Self::PrivateKeyJwt(ClientKeys::Registered(keys)) if keys.keys().is_empty() => Err(Fault::Keys),
            Self::None
            | Self::Secret
            | Self::SecretBasic
            | Self::SecretPost
            | Self::PrivateKeyJwt(_)
            | Self::TlsClientAuth(_)
            | Self::SelfSignedTls(_) => Ok(()),
        }
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.methods().iter().map(|method| method.name())).finish()
    }
}

/// The source of a client's keys (RFC 7591 §2: `jwks` or `jwks_uri`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientKeys {
    /// Registered by value, and parsed for each request that needs them. For a client with many requests, cache
    /// [`VerificationKeys`](crate::jose::VerificationKeys) and use [`AskHost`](Self::AskHost).
    Registered(JwkSet),
    /// The host has them, and is asked for them ([`ClientQuestion::LoadKeys`](crate::authorization::ClientQuestion::LoadKeys)).
    AskHost,
}
