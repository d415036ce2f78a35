//! Parses the compact serialization of a JWS (RFC 7515 §7.1), strictly and without copying.

use super::{JoseHeader, JwsError};
use crate::encoding::base64url;
use crate::limits;
use alloc::vec::Vec;
use core::fmt;

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
    pub const ACCESS_TOKEN: Self = Self { jws: limits::ACCESS_TOKEN, header: limits::PROTECTED_HEADER };
    /// For client assertions.
    pub const CLIENT_ASSERTION: Self = Self { jws: limits::CLIENT_ASSERTION, header: limits::PROTECTED_HEADER };
    /// For DPoP proofs.
    pub const DPOP_PROOF: Self = Self { jws: limits::DPOP_PROOF, header: limits::PROTECTED_HEADER };
}

/// The three segments of a compact JWS, borrowed and not yet decoded.
///
/// ```
/// use attesto_core::jose::{CompactJws, JwsLimits};
///
/// // RFC 8037 appendix A.4
/// let jws = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhi\
///             jcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// let jws = CompactJws::split(jws, JwsLimits::ACCESS_TOKEN)?;
/// let mut buffer = Vec::new();
/// assert_eq!(jws.header(&mut buffer)?.alg.name(), "EdDSA");
/// assert_eq!(jws.payload(&mut buffer)?, b"Example of Ed25519 signing");
/// # Ok::<(), attesto_core::jose::JwsError>(())
/// ```
#[derive(Clone, Copy)]
pub struct CompactJws<'t> {
    header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    signing_input: &'t [u8],
}

impl<'t> CompactJws<'t> {
    /// Splits at the dots, within the limits.
    ///
    /// # Errors
    /// [`JwsError::TooLarge`] before anything else is read (J1); [`JwsError::Malformed`] unless there are exactly three
    /// segments of which the first two are not empty, [`JwsError::Encrypted`] if there are five (J2).
    pub fn split(jws: &'t [u8], limits: JwsLimits) -> Result<Self, JwsError> {
        if jws.len() > limits.jws {
            return Err(JwsError::TooLarge);
        }
        // The first dot and the last: both are near an end, and one search between them finds any other.
        let first = jws.iter().position(|byte| *byte == b'.').ok_or(JwsError::Malformed)?;
        let last = jws.iter().rposition(|byte| *byte == b'.').ok_or(JwsError::Malformed)?;
        let (header, rest) = jws.split_at_checked(first).ok_or(JwsError::Malformed)?;
        if first == last {
            return Err(JwsError::Malformed);
        }
        if header.len() > limits.header {
            return Err(JwsError::TooLarge);
        }
        let between = last.saturating_sub(first);
        let (payload, signature) = rest.split_at_checked(between).ok_or(JwsError::Malformed)?;
        let [b'.', payload @ ..] = payload else { return Err(JwsError::Malformed) };
        let [b'.', signature @ ..] = signature else { return Err(JwsError::Malformed) };
        if header.is_empty() || payload.is_empty() || payload.contains(&b'.') {
            let dots = payload.iter().filter(|byte| **byte == b'.').count();
            let encrypted = !header.is_empty() && dots == 2;
            return Err(if encrypted { JwsError::Encrypted } else { JwsError::Malformed });
        }
        let signed = header.len().saturating_add(1).saturating_add(payload.len());
        let signing_input = jws.get(..signed).ok_or(JwsError::Malformed)?;
        Ok(Self { header, payload, signature, signing_input })
    }

    /// Decodes the protected header into `buffer` (cleared first) and checks it. J3, J4, J5, J14.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn header<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<JoseHeader<'b>, JwsError> {
        JoseHeader::parse(decode(self.header, buffer)?)
    }

    /// Decodes the payload into `buffer` (cleared first). The caller checks its contents. J3.
    ///
    /// # Errors
    /// [`JwsError::Malformed`].
    pub fn payload<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], JwsError> {
        decode(self.payload, buffer)
    }

    /// Decodes payload and header into one buffer (cleared first), the payload first, and returns where it ends. J3.
    pub(crate) fn decode(&self, buffer: &mut Vec<u8>) -> Result<usize, JwsError> {
        buffer.clear();
        // One allocation for both if the buffer is new.
        buffer.reserve(self.signing_input.len().div_ceil(4).saturating_mul(3));
        base64url::decode_append(self.payload, buffer).map_err(|_| JwsError::Malformed)?;
        let payload = buffer.len();
        base64url::decode_append(self.header, buffer).map_err(|_| JwsError::Malformed)?;
        Ok(payload)
    }

    /// Decodes the signature. An empty one is returned empty, and so is one longer than any algorithm's: the
    /// verification refuses its length (J12), not the parser.
    ///
    /// # Errors
    /// [`JwsError::Malformed`] if it is not canonical base64url.
    pub fn signature<'b>(&self, buffer: &'b mut [u8; limits::SIGNATURE]) -> Result<&'b [u8], JwsError> {
        if self.signature.len() > limits::SIGNATURE.saturating_mul(4).div_ceil(3) {
            let mut whole = Vec::new();
            decode(self.signature, &mut whole)?;
            return Ok(&[]);
        }
        base64url::decode_into(self.signature, buffer).map_err(|_| JwsError::Malformed)
    }

    /// Header and payload as signed: the bytes before the last dot.
    #[must_use]
    pub const fn signing_input(&self) -> &'t [u8] {
        self.signing_input
    }
}

fn decode<'b>(segment: &[u8], buffer: &'b mut Vec<u8>) -> Result<&'b [u8], JwsError> {
    buffer.clear();
    base64url::decode_append(segment, buffer).map_err(|_| JwsError::Malformed)?;
    Ok(buffer)
}

/// Prints lengths only: a token is a secret.
impl fmt::Debug for CompactJws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = [self.header.len(), self.payload.len(), self.signature.len()];
        f.debug_struct("CompactJws").field("lengths", &lengths).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Algorithm;
    use proptest::prelude::*;

    const LIMITS: JwsLimits = JwsLimits::ACCESS_TOKEN;

    fn split(jws: &str) -> Result<CompactJws<'_>, JwsError> {
        CompactJws::split(jws.as_bytes(), LIMITS)
    }

    fn header_of(json: &str) -> Result<Algorithm, JwsError> {
        let jws = alloc::format!("{}.e30.AA", base64url::encode(json.as_bytes()));
        let mut buffer = Vec::new();
        split(&jws)?.header(&mut buffer).map(|header| header.alg)
    }

    #[test]
    fn j1_length_is_checked_before_anything_else() {
        let small = JwsLimits { jws: 20, header: 8 };
        assert!(CompactJws::split(b"aaaaaaaa.bbbbbbbb.cc", small).is_ok());
        assert_eq!(CompactJws::split(b"aaaaaaaa.bbbbbbbb.ccc", small).unwrap_err(), JwsError::TooLarge);
        assert_eq!(CompactJws::split(b"aaaaaaaaa.bbbbbbb.cc", small).unwrap_err(), JwsError::TooLarge);
        assert_eq!(CompactJws::split(&[b'.'; 1 << 20], LIMITS).unwrap_err(), JwsError::TooLarge);
    }

    #[test]
    fn j2_exactly_three_segments() {
        assert!(split("e30.e30.AA").is_ok());
        assert!(split("e30.e30.").is_ok()); // an empty signature fails verification, J12
        for jws in
            ["", ".", "..", "a", "a.b", ".e30.AA", "e30..AA", "e30.e30.AA.", "a.b.c.d", ".b.c.d.e", "a.b.c.d.e.f"]
        {
            assert_eq!(split(jws).unwrap_err(), JwsError::Malformed, "{jws}");
        }
        // RFC 7516 §7.1; with direct encryption the second segment is empty.
        for jwe in ["a.b.c.d.e", "a..c.d.e"] {
            assert_eq!(split(jwe).unwrap_err(), JwsError::Encrypted, "{jwe}");
        }
        assert_eq!(split(r#"{"payload":"e30","signatures":[]}"#).unwrap_err(), JwsError::Malformed);
    }

    #[test]
    fn j3_every_segment_is_canonical() {
        let mut buffer = Vec::new();
        let mut signature = [0; limits::SIGNATURE];
        assert_eq!(split("e30=.e30.AA").unwrap().header(&mut buffer).unwrap_err(), JwsError::Malformed);
        assert_eq!(split("e30.e30=.AA").unwrap().payload(&mut buffer).unwrap_err(), JwsError::Malformed);
        assert_eq!(split("e30.e30.AB").unwrap().signature(&mut signature).unwrap_err(), JwsError::Malformed);
        assert_eq!(split("e30.e30.AA").unwrap().signature(&mut signature).unwrap(), [0]);
    }

    #[test]
    fn j4_header_is_a_strict_object() {
        assert_eq!(header_of(r#"{"alg":"ES256"}"#), Ok(Algorithm::ES256));
        assert_eq!(header_of(r#"{"alg":"ES256","x":1,"x":1}"#), Err(JwsError::Malformed));
        assert_eq!(header_of(r#"{"alg":"ES256"} "#), Err(JwsError::Malformed));
        assert_eq!(header_of(r#"["ES256"]"#), Err(JwsError::Malformed));
    }

    #[test]
    fn j12_signature_of_any_length_is_not_a_parse_fault() {
        let mut buffer = [0; limits::SIGNATURE];
        assert_eq!(split("e30.e30.").unwrap().signature(&mut buffer).unwrap(), b"");
        let longest = alloc::format!("e30.e30.{}", base64url::encode(&[1; limits::SIGNATURE]));
        assert_eq!(split(&longest).unwrap().signature(&mut buffer).unwrap().len(), limits::SIGNATURE);
        let longer = alloc::format!("e30.e30.{}", base64url::encode(&[1; limits::SIGNATURE + 1]));
        assert_eq!(split(&longer).unwrap().signature(&mut buffer).unwrap(), b"");
        let mut broken = longer;
        broken.push('=');
        assert_eq!(split(&broken).unwrap().signature(&mut buffer).unwrap_err(), JwsError::Malformed);
    }

    #[test]
    fn signing_input_ends_before_the_last_dot() {
        assert_eq!(split("e30.e31.AA").unwrap().signing_input(), b"e30.e31");
    }

    proptest! {
        #[test]
        fn j2_any_bytes_never_panic(bytes: Vec<u8>, text in "[A-Za-z0-9_.-]{0,80}") {
            for jws in [&bytes[..], text.as_bytes()] {
                if let Ok(jws) = CompactJws::split(jws, LIMITS) {
                    let _ = jws.header(&mut Vec::new()).map(|header| header.typ_is("at+jwt"));
                    let _ = jws.payload(&mut Vec::new());
                    let _ = jws.signature(&mut [0; limits::SIGNATURE]);
                }
            }
        }

        #[test]
        fn j4_any_header_never_panics(json in r#"\{("alg":"ES256",)?("(kid|typ|crit|b64|jwk)":("x"|1|null|true|\{\}))?\}"#) {
            let _: Result<Algorithm, JwsError> = header_of(&json);
        }
    }
}
