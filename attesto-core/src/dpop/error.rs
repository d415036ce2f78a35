//! Why a proof was refused.

use crate::jose::{JwkError, JwsError};

reasons! {
    /// Why a DPoP proof was refused: one variant per check of RFC 9449 §4.3 (D1 to D14).
    pub enum ProofError {
        /// More than one `DPoP` field line, or a list in one. §4.3 check 1; D1.
        MultipleProofs => "multiple_proofs", "the request carries more than one proof";
        /// The DPoP scheme without a `DPoP` field. §4.3 check 1, §7.1; D1, B5.
        MissingProof => "missing_proof", "the request carries no proof";
        /// A `DPoP` field with the Bearer scheme. §7.1; D1, B4.
        DpopSchemeRequired => "dpop_scheme_required", "a proof came with the Bearer scheme";
        /// Longer than the limit. J1.
        TooLarge => "too_large", "the proof is longer than the limit";
        /// Not a strict compact JWS. §4.3 check 2; D2.
        Malformed => "invalid_proof", "the proof is not a strict compact JWS";
        /// `typ` is not `dpop+jwt`. §4.3 check 4; D3.
        InvalidTyp => "invalid_typ", "the proof's typ is not dpop+jwt";
        /// `alg` is unknown, symmetric, `none`, or not in the allow-list. §4.3 check 5; D4.
        InvalidAlg => "invalid_alg", "the proof's algorithm is not accepted";
        /// `crit` is present, or `b64` is not `true`. RFC 7515 §4.1.11; D5.
        UnsupportedCriticalHeader => "unsupported_critical_header", "critical header parameters are not supported";
        /// `jwk` is absent or not an object with members. §4.2; D6.
        MissingJwk => "missing_jwk", "the proof's header holds no key";
        /// `jwk` is not a key of a supported kind in canonical form. §4.2; D6.
        InvalidJwk => "invalid_jwk", "the proof's key is not a supported key in canonical form";
        /// `jwk` holds private members. §4.3 check 7; D6.
        PrivateJwk => "invalid_jwk", "the proof's key holds private members";
        /// `use` of the key is not `sig`. RFC 7517 §4.2; D7.
        JwkUse => "invalid_jwk", "the proof's key is not for signatures";
        /// `key_ops` of the key lacks `verify`. RFC 7517 §4.3; D7.
        JwkKeyOps => "invalid_jwk", "the proof's key may not verify";
        /// The key's `alg` or type does not match the header's `alg`. RFC 7517 §4.4, RFC 8725 §3.1; D7, J6.
        JwkAlg => "invalid_jwk", "the proof's key does not suit its algorithm";
        /// RSA modulus or exponent out of bounds. RFC 7518 §3.3; D7, J11.
        WeakJwk => "invalid_jwk", "the proof's key is too weak or too costly";
        /// The numbers do not form a valid key: off the curve, of small order. RFC 7518 §6.2; D7, J11.
        JwkNotAKey => "invalid_jwk", "the proof's key is no valid key";
        /// The signature does not verify under `jwk`. §4.3 check 6; D8.
        InvalidSignature => "invalid_signature", "the proof's signature does not verify";
        /// The payload is not a strict JSON object. §4.3 check 2; D2.
        MalformedClaims => "invalid_proof", "the proof's payload is not a strict JSON object";
        /// `htm` is not the request's method. §4.3 check 8; D9.
        InvalidHtm => "invalid_htm", "the proof was made for another method";
        /// `htu` is not the request's URI. §4.3 check 9; D10.
        InvalidHtu => "invalid_htu", "the proof was made for another URI";
        /// `iat` is absent. §4.3 check 3; D11.
        MissingIat => "missing_iat", "the proof does not say when it was made";
        /// `iat` is not a non-negative integer. §4.2; D11.
        InvalidIat => "invalid_iat", "the proof's iat is not an integer";
        /// `iat` is further in the future than clocks may differ. §11.1; D11.
        IatInFuture => "invalid_iat", "the proof was made in the future";
        /// `iat` is older than a proof may be. §4.3 check 11; D11.
        ProofExpired => "proof_expired", "the proof is too old";
        /// `jti` is absent. §4.3 check 3; D12.
        MissingJti => "missing_jti", "the proof has no jti";
        /// `jti` is empty, not a string, or over 256 bytes. §4.2; D12.
        InvalidJti => "invalid_jti", "the proof's jti is empty, no string, or too long";
        /// `ath` is absent although an access token is presented. §4.3 check 12; D13.
        MissingAth => "missing_ath", "the proof does not name the access token";
        /// `ath` is not the hash of the access token. §4.3 check 12; D13.
        InvalidAth => "invalid_ath", "the proof was made for another access token";
        /// A live nonce of this server is required and the proof has none. §4.3 check 10, §9; D14.
        UseDpopNonce => "use_dpop_nonce", "the proof carries no live nonce of this server";
    }
}

impl From<JwsError> for ProofError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLarge => Self::TooLarge,
            JwsError::Malformed | JwsError::Encrypted => Self::Malformed,
            JwsError::UnsupportedAlg => Self::InvalidAlg,
            JwsError::UnsupportedCriticalHeader => Self::UnsupportedCriticalHeader,
        }
    }
}

impl From<JwkError> for ProofError {
    fn from(error: JwkError) -> Self {
        match error {
            JwkError::Malformed | JwkError::UnknownKind | JwkError::MalformedSet | JwkError::UnusableSet => {
                Self::InvalidJwk
            }
            JwkError::Private => Self::PrivateJwk,
            JwkError::WrongUse => Self::JwkUse,
            JwkError::WrongKeyOps => Self::JwkKeyOps,
            JwkError::WrongAlg => Self::JwkAlg,
        }
    }
}
