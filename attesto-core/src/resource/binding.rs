//! The binding matrix: which evidence each kind of token requires (RFC 9449 §7.1, §7.2; RFC 8705 §3; B1 to
//! B12).

use super::grant::Sender;
use super::reason::BindingError;
use crate::challenge::AuthScheme;
use crate::jose::Thumbprint;
use crate::mtls::UnreadableCertificate;
use crate::token::Confirmation;

/// The evidence that the client presented with the token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evidence<'e> {
    /// Scheme Bearer. The certificate counts only for a token bound to one.
    Bearer { certificate: Shown },
    /// Scheme DPoP, with the key of a proof that passed every check.
    Dpop { jkt: &'e Thumbprint },
}

/// The thumbprint of the certificate from the socket or a trusted proxy.
pub(super) type Shown = Result<Option<Thumbprint>, UnreadableCertificate>;

/// Which tokens a resource accepts, by their binding (B12).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SenderPolicy {
    /// Bound tokens and plain bearer tokens.
    #[default]
    Any,
    /// Tokens bound to a DPoP key.
    RequireDpop,
    /// Tokens bound to a client certificate.
    RequireMtls,
    /// Tokens bound to either.
    RequireEither,
}

/// Returns the sender if the evidence matches the token's binding. B1 to B11.
pub(super) fn sender_is_bound_party(
    confirmation: Confirmation,
    evidence: Evidence<'_>,
) -> Result<Sender, BindingError> {
    match (confirmation, evidence) {
        (Confirmation::None, Evidence::Bearer { .. }) => Ok(Sender::Bearer),
        (Confirmation::None, Evidence::Dpop { .. }) => Err(BindingError::ProofUnexpected),
        (Confirmation::Jkt(_), Evidence::Bearer { .. }) => Err(BindingError::ProofRequired),
        (Confirmation::Jkt(bound), Evidence::Dpop { jkt }) if bound == *jkt => Ok(Sender::Dpop { jkt: bound }),
        (Confirmation::Jkt(_), Evidence::Dpop { .. }) => Err(BindingError::KeyMismatch),
        (Confirmation::X5tS256(_), Evidence::Dpop { .. }) => Err(BindingError::ProofForCertificateBoundToken),
        (Confirmation::X5tS256(_), Evidence::Bearer { certificate: Ok(None) }) => {
            Err(BindingError::CertificateRequired)
        }
        (Confirmation::X5tS256(_), Evidence::Bearer { certificate: Err(UnreadableCertificate) }) => {
            Err(BindingError::CertificateUnreadable)
        }
        (Confirmation::X5tS256(bound), Evidence::Bearer { certificate: Ok(Some(shown)) }) if bound == shown => {
            Ok(Sender::Mtls { x5t_s256: bound })
        }
        (Confirmation::X5tS256(_), Evidence::Bearer { .. }) => Err(BindingError::CertificateMismatch),
    }
}

/// Checks that the resource accepts this kind of binding. B12.
pub(super) fn sender_meets_policy(sender: &Sender, policy: SenderPolicy) -> Result<(), BindingError> {
    match (policy, sender) {
        (SenderPolicy::Any, _)
        | (SenderPolicy::RequireDpop, Sender::Dpop { .. })
        | (SenderPolicy::RequireMtls, Sender::Mtls { .. })
        | (SenderPolicy::RequireEither, Sender::Dpop { .. } | Sender::Mtls { .. }) => Ok(()),
        (SenderPolicy::RequireDpop, Sender::Bearer | Sender::Mtls { .. }) => Err(BindingError::DpopRequired),
        (SenderPolicy::RequireMtls, Sender::Bearer | Sender::Dpop { .. }) => Err(BindingError::MtlsRequired),
        (SenderPolicy::RequireEither, Sender::Bearer) => Err(BindingError::SenderConstraintRequired),
    }
}

/// The schemes to challenge after a refusal by the matrix (W3's exceptions B2, B10, B12).
pub(super) const fn challenged_schemes(error: BindingError) -> &'static [AuthScheme] {
    match error {
        BindingError::ProofRequired
        | BindingError::KeyMismatch
        | BindingError::ProofUnexpected
        | BindingError::DpopRequired => &[AuthScheme::Dpop],
        BindingError::ProofForCertificateBoundToken
        | BindingError::CertificateRequired
        | BindingError::CertificateUnreadable
        | BindingError::CertificateMismatch
        | BindingError::MtlsRequired => &[AuthScheme::Bearer],
        BindingError::SenderConstraintRequired => &[AuthScheme::Dpop, AuthScheme::Bearer],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BindingError::*;

    const A: Thumbprint = Thumbprint::from_bytes([1; 32]);
    const B: Thumbprint = Thumbprint::from_bytes([2; 32]);
    const BEARER: Evidence<'static> = Evidence::Bearer { certificate: Ok(None) };

    #[test]
    fn b1_to_b11_matrix() {
        let jkt = Confirmation::Jkt(A);
        let x5t = Confirmation::X5tS256(A);
        let rows: &[(&str, Confirmation, Evidence<'_>, Result<Sender, BindingError>)] = &[
            ("b1", jkt, Evidence::Dpop { jkt: &A }, Ok(Sender::Dpop { jkt: A })),
            ("b2", jkt, BEARER, Err(ProofRequired)),
            (
                "b2 with a certificate of the same digest",
                jkt,
                Evidence::Bearer { certificate: Ok(Some(A)) },
                Err(ProofRequired),
            ),
            ("b3", jkt, Evidence::Dpop { jkt: &B }, Err(KeyMismatch)),
            ("b6", Confirmation::None, Evidence::Dpop { jkt: &A }, Err(ProofUnexpected)),
            ("b7", x5t, Evidence::Bearer { certificate: Ok(Some(A)) }, Ok(Sender::Mtls { x5t_s256: A })),
            ("b8", x5t, BEARER, Err(CertificateRequired)),
            ("m2", x5t, Evidence::Bearer { certificate: Err(UnreadableCertificate) }, Err(CertificateUnreadable)),
            ("b9", x5t, Evidence::Bearer { certificate: Ok(Some(B)) }, Err(CertificateMismatch)),
            ("b10", x5t, Evidence::Dpop { jkt: &A }, Err(ProofForCertificateBoundToken)),
            ("b11", Confirmation::None, Evidence::Bearer { certificate: Ok(Some(A)) }, Ok(Sender::Bearer)),
            ("plain", Confirmation::None, BEARER, Ok(Sender::Bearer)),
        ];
        for (name, confirmation, evidence, expected) in rows {
            assert_eq!(sender_is_bound_party(*confirmation, *evidence), *expected, "{name}");
        }
    }

    #[test]
    fn b12_policy_takes_only_its_kinds() {
        let senders = [Sender::Bearer, Sender::Dpop { jkt: A }, Sender::Mtls { x5t_s256: A }];
        let expect = [
            (SenderPolicy::Any, [Ok(()), Ok(()), Ok(())]),
            (SenderPolicy::RequireDpop, [Err(DpopRequired), Ok(()), Err(DpopRequired)]),
            (SenderPolicy::RequireMtls, [Err(MtlsRequired), Err(MtlsRequired), Ok(())]),
            (SenderPolicy::RequireEither, [Err(SenderConstraintRequired), Ok(()), Ok(())]),
        ];
        for (policy, results) in expect {
            for (sender, expected) in senders.iter().zip(results) {
                assert_eq!(sender_meets_policy(sender, policy), expected, "{policy:?} {sender:?}");
            }
        }
    }
}
