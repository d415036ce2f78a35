//! Single steps of a check, for those who make the others themselves. Each says what it leaves to its caller; whoever forgets it lets in
//! tokens that are meant for others, have expired, or are no access tokens at all. Look here first in a review.
//!
//! For an access token there is an [`IssuerProfile`](crate::token::IssuerProfile), which can say more than one would think: where the
//! client, the scopes and the audience stand, and what tells access tokens apart.

use crate::Timestamp;
use crate::jose::{CompactJws, JwsError, JwsLimits};
use crate::remote::Need;
use crate::token::{Refused, TokenError, TrustedIssuer, signature_verifies};
use alloc::vec::Vec;
use core::fmt;

/// The bytes that one of the issuer's keys signed, as they stand in the JWT: **nothing else has been judged**. The issuer
/// may have signed them for another audience, at another time, under another name, as an ID token or as a token of a session.
///
/// For a [`ForeignVerifier`](crate::host::ForeignVerifier) of one's own: key selection, algorithms and rotation are the same as for
/// access tokens, so that it needs neither a JOSE library nor a key cache. `iss`, `aud`, `exp`, `nbf`, `typ` and what kind of token it is
/// are the caller's to check, each of them (RFC 8725 §3). There are no [`Claims`](crate::token::Claims) to be had from it.
///
/// ```
/// # use attesto_core::crypto::RustCrypto;
/// # use attesto_core::jose::{JwkSet, VerificationKeys};
/// # use attesto_core::Timestamp;
/// use attesto_core::danger;
/// use attesto_core::token::{TokenError, TrustedIssuer};
///
/// # let jwks = JwkSet::from_json(br#"{"keys":[
/// #     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}]}"#)?;
/// # let keys = VerificationKeys::from_jwk_set(&RustCrypto::new(), &jwks)?;
/// # let now = Timestamp::from_secs(1_800_000_000);
/// let issuer = TrustedIssuer::new("https://auth.example.com", keys)?;
/// // RFC 8037 appendix A.4: what it signs is no JSON even.
/// let jws = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhi\
///            jcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// assert_eq!(danger::signed_payload(jws, &issuer, now)?, b"Example of Ed25519 signing");
/// let forged = jws.replace("RXhh", "RXhi");
/// assert_eq!(danger::signed_payload(&forged, &issuer, now).unwrap_err().error, TokenError::InvalidSignature);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Unsigned`]: too long, malformed, an algorithm that is not accepted, no such key, or another signature (J1 to J8, J12, J14).
pub fn signed_payload(token: &str, issuer: &TrustedIssuer, now: Timestamp) -> Result<Vec<u8>, Unsigned> {
    let jws = CompactJws::split(token.as_bytes(), JwsLimits::ACCESS_TOKEN)?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer)?;
    signature_verifies(&jws, &header, issuer, now)?;
    let mut payload = Vec::new();
    jws.payload(&mut payload)?;
    Ok(payload)
}

/// No key of the issuer is known to have signed it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Unsigned {
    /// The rule that refused. [`KeysUnavailable`](TokenError::KeysUnavailable) says nothing about the token.
    pub error: TokenError,
    /// The keys of a [remote](TrustedIssuer::remote_keys) issuer with which the verdict might be another:
    /// [begin](crate::remote::RemoteKeys::begin) a fetch for this need, once, and ask again.
    pub need: Option<Need>,
}

impl From<Refused> for Unsigned {
    fn from(refused: Refused) -> Self {
        #[cfg(feature = "std")]
        let need = refused.remedy.map(|remedy| remedy.need);
        #[cfg(not(feature = "std"))]
        let need = None;
        Self { error: refused.error, need }
    }
}

impl From<JwsError> for Unsigned {
    fn from(error: JwsError) -> Self {
        Self { error: error.into(), need: None }
    }
}

impl fmt::Display for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl core::error::Error for Unsigned {}
