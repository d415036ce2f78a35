//! Single steps of a check, for callers that do the other steps themselves. Each function states what its caller must
//! check. A caller that forgets a check accepts tokens that are for other audiences, have expired, or are not access
//! tokens. Look here first in a review.
//!
//! For an access token, prefer an [`IssuerProfile`](crate::token::IssuerProfile). It can describe most issuers: which
//! claims carry the client, the scopes and the audience, and what tells access tokens apart.

use crate::Timestamp;
use crate::jose::{CompactJws, JwsError, JwsLimits};
use crate::remote::Need;
use crate::token::{Refused, TokenError, TrustedIssuer, signature_verifies};
use alloc::vec::Vec;
use core::fmt;

/// Returns the payload of a JWT that one of the issuer's keys signed. **Nothing else is checked.** The issuer may have
/// signed it for another audience, at another time, under another name, as an ID token or as a session token.
///
/// For a custom [`ForeignVerifier`](crate::host::ForeignVerifier): it shares key selection, algorithms and rotation
/// with access tokens, so it needs neither a JOSE library nor a key cache. The caller must check `iss`, `aud`, `exp`,
/// `nbf`, `typ` and the kind of token, each of them (RFC 8725 §3). This function never returns
/// [`Claims`](crate::token::Claims).
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
/// // RFC 8037 appendix A.4: the payload is not even JSON.
/// let jws = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhi\
///            jcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// assert_eq!(danger::signed_payload(jws, &issuer, now)?, b"Example of Ed25519 signing");
/// let forged = jws.replace("RXhh", "RXhi");
/// assert_eq!(danger::signed_payload(&forged, &issuer, now).unwrap_err().error, TokenError::InvalidSignature);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Unsigned`]: the token is too long or malformed, its algorithm is not accepted, no key matches, or the signature
/// does not verify (J1 to J8, J12, J14).
pub fn signed_payload(token: &str, issuer: &TrustedIssuer, now: Timestamp) -> Result<Vec<u8>, Unsigned> {
    let jws = CompactJws::split(token.as_bytes(), JwsLimits::ACCESS_TOKEN)?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer)?;
    signature_verifies(&jws, &header, issuer, now)?;
    let mut payload = Vec::new();
    jws.payload(&mut payload)?;
    Ok(payload)
}

/// The token is not known to be signed by a key of the issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Unsigned {
    /// The rule that refused. [`KeysUnavailable`](TokenError::KeysUnavailable) is no verdict on the token.
    pub error: TokenError,
    /// The keys of a [remote](TrustedIssuer::remote_keys) issuer that might change the verdict:
    /// [begin](crate::remote::RemoteKeys::begin) a fetch for this need, once, and try again.
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
