//! What a proof says, and the evidence that it was checked.

use super::ProofError;
use super::nonce::NonceAge;
use super::replay::{ReplayClaim, ReplayKey};
use crate::Timestamp;
use crate::crypto::CryptoProvider;
use crate::encoding::json::{Object, Value};
use crate::jose::Thumbprint;
use alloc::string::String;
use core::fmt;

/// The claims of a proof's payload, each as written or absent. Unknown ones are ignored (D18).
#[derive(Default)]
pub(super) struct ProofClaims<'p> {
    pub(super) htm: Option<Value<'p>>,
    pub(super) htu: Option<Value<'p>>,
    pub(super) iat: Option<Value<'p>>,
    pub(super) jti: Option<Value<'p>>,
    pub(super) ath: Option<Value<'p>>,
    pub(super) nonce: Option<Value<'p>>,
}

impl<'p> ProofClaims<'p> {
    pub(super) fn read(payload: &'p [u8]) -> Result<Self, ProofError> {
        let object = Object::parse(payload).map_err(|_| ProofError::MalformedClaims)?;
        let mut claims = Self::default();
        object.members(|name, value| -> Result<(), ProofError> {
            let slot = match name {
                "htm" => &mut claims.htm,
                "htu" => &mut claims.htu,
                "iat" => &mut claims.iat,
                "jti" => &mut claims.jti,
                "ath" => &mut claims.ath,
                "nonce" => &mut claims.nonce,
                _ => return Ok(()),
            };
            *slot = Some(value);
            Ok(())
        })?;
        Ok(claims)
    }
}

/// A string claim; anything else is as good as none.
pub(super) fn text<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    match value {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => None,
    }
}

/// Evidence that a proof passed every check of RFC 9449 §4.3 that needs no store. It is good for one request, once its
/// [`replay_claim`](Self::replay_claim) has been recorded as fresh.
pub struct CheckedProof {
    jkt: Thumbprint,
    jti: String,
    replay: ReplayClaim,
    nonce: Option<NonceAge>,
}

impl CheckedProof {
    /// The one constructor: to be called where every check has been made.
    pub(super) fn assertion(
        jkt: Thumbprint,
        jti: &str,
        retain_until: Timestamp,
        nonce: Option<NonceAge>,
        provider: &dyn CryptoProvider,
    ) -> Self {
        let key = replay_key(&jkt, jti, provider);
        Self { jkt, jti: jti.into(), replay: ReplayClaim::new(key, retain_until), nonce }
    }

    /// The thumbprint of the proof's key (RFC 7638).
    #[must_use]
    pub const fn jkt(&self) -> &Thumbprint {
        &self.jkt
    }

    /// The proof's `jti`, chosen by the client.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// What must be recorded, once, before the proof counts (§11.1; D17).
    #[must_use]
    pub const fn replay_claim(&self) -> ReplayClaim {
        self.replay
    }

    /// Whether the client should be given a fresh nonce already: the one it used is past half its life (§8.2; D15).
    #[must_use]
    pub const fn nonce_is_due(&self) -> bool {
        matches!(self.nonce, Some(NonceAge::PastHalf))
    }
}

/// Key and jti hashed together: one client cannot burn another's proof id (D17, X14).
fn replay_key(jkt: &Thumbprint, jti: &str, provider: &dyn CryptoProvider) -> ReplayKey {
    ReplayKey::from_bytes(provider.sha256(&[b"dpop:", jkt.to_base64url().as_bytes(), b":", jti.as_bytes()]))
}

impl fmt::Debug for CheckedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedProof").field("jkt", &self.jkt).finish_non_exhaustive()
    }
}
