//! Compact serialization of a JWS (RFC 7515 §7.1).
use super::Header;
use alloc::vec::Vec;

reasons! {
    /// A compact JWS cannot be read (catalogue J1 to J5, J14).
    pub enum JwsError {
        /// Longer than its limit. J1.
        TooLarge => "too_large", "the token is longer than the limit";
        /// Not three base64url segments of UTF-8 JSON objects. RFC 7515 §5.2; J2, J3, J4.
        Malformed => "malformed", "not a strict compact JWS";
        /// `alg` is missing or not a string, or not the name of an algorithm that exists here. RFC 8725 §3.1; J5, J7.
        UnsupportedAlg => "unsupported_alg", "the algorithm is not supported";
        /// `crit` is present, or `b64` is not `true`. RFC 7515 §4.1.11, RFC 7797 §7; J14.
        UnsupportedCriticalHeader => "unsupported_critical_header", "critical header parameters are not supported";
    }
}

/// Bounds in bytes, checked before anything is decoded (J1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JwsLimits {
    /// The whole JWS.
    pub jws: usize,
    /// The encoded protected header.
    pub header: usize,
}

impl JwsLimits {
    /// For access tokens.
    pub const ACCESS_TOKEN: Self = Self { jws: crate::limits::ACCESS_TOKEN, header: crate::limits::PROTECTED_HEADER };
    /// For DPoP proofs.
    pub const DPOP_PROOF: Self = Self { jws: crate::limits::DPOP_PROOF, header: crate::limits::PROTECTED_HEADER };
}

/// The three segments of a compact JWS, borrowed and not yet decoded.
#[derive(Clone, Copy)]
pub struct CompactJws<'t> {
    _t: &'t [u8],
}

impl<'t> CompactJws<'t> {
    /// Splits at the dots, within the limits. J1, J2.
    pub fn split(_jws: &'t [u8], _limits: JwsLimits) -> Result<Self, JwsError> {
        todo!()
    }
    /// Decodes and checks the protected header into `buffer` (cleared first). J3, J4, J5 (existence), J14.
    pub fn header<'b>(&self, _buffer: &'b mut Vec<u8>) -> Result<Header<'b>, JwsError> {
        todo!()
    }
    /// Decodes the payload into `buffer` (cleared first). The JSON is not read yet. J3.
    pub fn payload<'b>(&self, _buffer: &'b mut Vec<u8>) -> Result<&'b [u8], JwsError> {
        todo!()
    }
    /// Decodes the signature. Not base64url: Malformed. Empty is allowed here and fails verification (J12).
    pub fn signature<'b>(&self, _buffer: &'b mut [u8; crate::limits::SIGNATURE]) -> Result<&'b [u8], JwsError> {
        todo!()
    }
    /// Header and payload as they were signed.
    #[must_use]
    pub fn signing_input(&self) -> &'t [u8] {
        todo!()
    }
}
