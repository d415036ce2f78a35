//! The contents of a proof, and the evidence that it was checked.

use super::ProofError;
use super::nonce::NonceAge;
use super::replay::{ReplayClaim, ReplayKey, ReplayOwner};
use crate::Timestamp;
use crate::crypto::CryptoProvider;
use crate::encoding::json::{Object, Value};
use crate::encoding::text::ShortText;
use crate::jose::Thumbprint;
use crate::limits;
use core::fmt;

/// The claims of a proof, each as written or absent. Unknown ones are ignored (D18).
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
        let mut claims = Self::default();
        let read = Object::read(payload, |name, value| -> Result<(), ProofError> {
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
        });
        read.map_err(|_| ProofError::MalformedClaims)??;
        Ok(claims)
    }
}

/// Returns a string claim; any other type counts as absent.
pub(super) fn text<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    match value {
        Some(Value::String(text)) => Some(text),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => None,
    }
}

/// Evidence that a proof passed every check of RFC 9449 §4.3 that needs no store. It is valid for one request, once its
/// [`replay_claim`](Self::replay_claim) was recorded as fresh.
pub struct CheckedProof {
    jkt: Thumbprint,
    jti: Jti,
    replay: ReplayClaim,
    nonce: Option<NonceAge>,
}

impl CheckedProof {
    /// Creates the evidence. Call this only after every check has passed.
    pub(super) fn assertion(
        jkt: Thumbprint,
        jti: &str,
        [not_after, retain_until]: [Timestamp; 2],
        nonce: Option<NonceAge>,
        provider: &dyn CryptoProvider,
    ) -> Self {
        let owner = ReplayOwner::from_bytes(*jkt.as_bytes());
        let replay =
            ReplayClaim::new(replay_key(&jkt, jti, provider), retain_until).not_after(not_after).owned_by(owner);
        Self { jkt, jti: Jti::from_text(jti), replay, nonce }
    }

    /// The thumbprint of the proof's key (RFC 7638).
    #[must_use]
    pub const fn jkt(&self) -> &Thumbprint {
        &self.jkt
    }

    /// The proof's `jti`, chosen by the client.
    #[must_use]
    pub fn jti(&self) -> &str {
        self.jti.as_str()
    }

    /// The claim to record, once, before the proof counts (§11.1; D17). Its owner is the proof's key.
    #[must_use]
    pub const fn replay_claim(&self) -> ReplayClaim {
        self.replay
    }

    /// Whether the response should include a fresh nonce: the client's is past half its life (§8.2; D15).
    #[must_use]
    pub const fn nonce_is_due(&self) -> bool {
        matches!(self.nonce, Some(NonceAge::PastHalf))
    }
}

/// A `jti`. Its bounded length (D12) avoids an allocation.
#[derive(Clone)]
struct Jti {
    bytes: [u8; limits::JTI],
    length: usize,
}

impl Jti {
    /// Copies a `jti` of bounded length. Anything longer would be cut off; the rules prevent that.
    fn from_text(jti: &str) -> Self {
        let mut bytes = [0; limits::JTI];
        for (slot, byte) in bytes.iter_mut().zip(jti.as_bytes()) {
            *slot = *byte;
        }
        Self { bytes, length: jti.len() }
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Hashes key and `jti` together, so that one client cannot use up another's proof id (D17).
fn replay_key(jkt: &Thumbprint, jti: &str, provider: &dyn CryptoProvider) -> ReplayKey {
    // "dpop:", 43 characters, ":" and the longest jti.
    let mut text = ShortText::<{ 49 + limits::JTI }>::new();
    text.push(b"dpop:");
    text.push_base64url(jkt.as_bytes());
    text.push(b":");
    text.push(jti.as_bytes());
    ReplayKey::from_bytes(provider.sha256(&[text.as_bytes()]))
}

impl fmt::Debug for CheckedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedProof").field("jkt", &self.jkt).finish_non_exhaustive()
    }
}
