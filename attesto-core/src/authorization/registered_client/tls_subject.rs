//! The subject that the certificate of a client must have (RFC 8705 §2.1.2; CA-7).

use crate::mtls::DistinguishedName;
use alloc::string::String;
use core::net::IpAddr;

/// The subject that a client's certificate must have (RFC 8705 §2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsSubject {
    /// `tls_client_auth_subject_dn`, in the form of RFC 4514, most specific name first. Compared name by name, each
    /// value exactly. Attribute types are the descriptors of RFC 4519, those of extended validation certificates, and
    /// numbers.
    Dn(String),
    /// `tls_client_auth_san_dns`, in any case.
    SanDns(String),
    /// `tls_client_auth_san_uri`, byte for byte.
    SanUri(String),
    /// `tls_client_auth_san_ip`, as text.
    SanIp(String),
    /// `tls_client_auth_san_email`: the part before the `@` compares exactly, the host in any case.
    SanEmail(String),
}

impl TlsSubject {
    /// Whether any certificate can match it. RFC 8705 §2.1.2; CA-7.
    pub(super) fn is_readable(&self) -> bool {
        match self {
            Self::Dn(name) => DistinguishedName::parse(name).is_some(),
            Self::SanDns(name) => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()),
            Self::SanUri(uri) => uri.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty()),
            Self::SanIp(address) => address.parse::<IpAddr>().is_ok(),
            Self::SanEmail(mailbox) => {
                mailbox.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
            }
        }
    }

    /// The member's name in a registration (RFC 8705 §2.1.2).
    pub(super) const fn member(&self) -> &'static str {
        match self {
            Self::Dn(_) => "tls_client_auth_subject_dn",
            Self::SanDns(_) => "tls_client_auth_san_dns",
            Self::SanUri(_) => "tls_client_auth_san_uri",
            Self::SanIp(_) => "tls_client_auth_san_ip",
            Self::SanEmail(_) => "tls_client_auth_san_email",
        }
    }
}
