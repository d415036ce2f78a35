//! `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2; CA-7, CA-8).
//!
//! The TLS handshake has shown that the client has the certificate's key.

use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::registered_client::tls_subject::TlsSubject;
use crate::mtls::{DistinguishedName, Holder};
use alloc::vec::Vec;
use subtle::{Choice, ConstantTimeEq};

/// Checks that the certificate has the registered subject. The TLS terminator validates its chain: the server cannot be
/// built with this method unless the host asserts that. RFC 8705 §2.1; CA-7.
pub(super) fn is_of_subject(flow: &Flow, subject: &TlsSubject) -> Result<(), Reason> {
    let holder = flow.request.certificate_der.as_deref().and_then(Holder::from_der);
    let names = |holder: &Holder<'_>| match subject {
        TlsSubject::Dn(name) => DistinguishedName::parse(name).is_some_and(|name| name.is_subject_of(holder)),
        TlsSubject::SanDns(name) => holder.has_dns(name),
        TlsSubject::SanUri(uri) => holder.has_uri(uri),
        TlsSubject::SanIp(address) => holder.has_ip(address),
        TlsSubject::SanEmail(mailbox) => holder.has_email(mailbox),
    };
    if holder.is_some_and(|holder| names(&holder)) {
        Ok(())
    } else {
        Err(Reason::Client(ClientError::WrongCertificate))
    }
}

/// Checks that the certificate is one of the registered ones, byte for byte. RFC 8705 §2.2; CA-8.
pub(super) fn is_registered(flow: &Flow, registered: &[Vec<u8>]) -> Result<(), Reason> {
    let presented = flow.request.certificate_der.as_deref().ok_or(Reason::Client(ClientError::WrongCertificate))?;
    let one = registered.iter().fold(Choice::from(0), |found, known| found | known.as_slice().ct_eq(presented));
    if one.into() { Ok(()) } else { Err(Reason::Client(ClientError::WrongCertificate)) }
}
