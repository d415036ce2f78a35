//! Why a compact JWS cannot be read.

use crate::encoding::json::NotStrictJson;

reasons! {
    /// Why a compact JWS cannot be read (J1 to J5, J14).
    pub enum JwsError {
        /// Longer than its limit. J1.
        TooLarge => "too_large", "the token is longer than the limit";
        /// Not three base64url segments with a UTF-8 JSON object in each of the first two. RFC 7515 §5.2; J2, J3, J4.
        Malformed => "malformed", "not a strict compact JWS";
        /// Five segments: a JWE, which is never decrypted. RFC 7516 §7.1; J2.
        Encrypted => "encrypted", "a JWE is not supported";
        /// `alg` is missing or not the name of a supported algorithm. RFC 8725 §3.1; J5, J7.
        UnsupportedAlg => "unsupported_alg", "the algorithm is not supported";
        /// `crit` is present, or `b64` is not `true`. RFC 7515 §4.1.11, RFC 7797 §7; J14.
        UnsupportedCriticalHeader => "unsupported_critical_header", "critical header parameters are not supported";
    }
}

impl From<NotStrictJson> for JwsError {
    fn from(_: NotStrictJson) -> Self {
        Self::Malformed
    }
}
