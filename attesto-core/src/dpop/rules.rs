//! The checks of RFC 9449 §4.3, one function each, in a safe order.

use super::htu::htu_matches;
use super::known_token::{KnownToken, ProofRoom};
use super::nonce::NonceAge;
use super::proof::{CheckedProof, ProofClaims, text};
use super::{ProofError, ProofPolicy};
use crate::Timestamp;
use crate::crypto::{Algorithm, AlgorithmSet, CryptoProvider, KeyError};
use crate::encoding::json::Value;
use crate::http::{HeaderLines, Lines, ObservedUri};
use crate::jose::{CompactJws, JoseHeader, Jwk, RsaNumbers, Thumbprint};
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The request that carries the proof, with the facts that the proof must match.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "what RFC 9449 §4.3 holds a proof against")]
pub struct ProofContext<'r> {
    /// The method, as sent.
    pub method: &'r str,
    /// The URI, as observed.
    pub uri: &'r ObservedUri<'r>,
    /// The access token presented with the proof; `None` at a token endpoint.
    pub access_token: Option<&'r str>,
}

impl fmt::Debug for ProofContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofContext").field("method", &self.method).field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// Checks that there is exactly one `DPoP` field line, and no list in it. RFC 9449 §4.3 check 1; D1.
///
/// # Errors
/// [`ProofError::MissingProof`] or [`ProofError::MultipleProofs`].
pub fn is_single(headers: &dyn HeaderLines) -> Result<&[u8], ProofError> {
    match headers.lines("dpop") {
        Lines::None => Err(ProofError::MissingProof),
        Lines::Many => Err(ProofError::MultipleProofs),
        Lines::One(value) if value.contains(&b',') => Err(ProofError::MultipleProofs),
        Lines::One(value) => Ok(value),
    }
}

/// Checks one proof against the request that carries it: RFC 9449 §4.3, checks 2 to 12. Check 1 is [`is_single`]. The
/// caller must still check the binding to the token (the rest of 12) and replay (§11.1), with the returned evidence.
///
/// # Errors
/// [`ProofError`], for the first check that fails. Nothing is recorded.
pub fn check_proof(
    proof: &[u8],
    request: &ProofContext<'_>,
    policy: &ProofPolicy,
    provider: &dyn CryptoProvider,
    now: Timestamp,
) -> Result<CheckedProof, ProofError> {
    check_proof_in(&mut ProofRoom::default(), proof, request, policy, provider, now, &mut KnownToken::default())
}

/// Like [`check_proof`], reusing buffers and facts already known about the token.
pub(crate) fn check_proof_in(
    room: &mut ProofRoom,
    proof: &[u8],
    request: &ProofContext<'_>,
    policy: &ProofPolicy,
    provider: &dyn CryptoProvider,
    now: Timestamp,
    known: &mut KnownToken,
) -> Result<CheckedProof, ProofError> {
    let ProofRoom { buffer, numbers } = room;
    let jws = CompactJws::split(proof, policy.limits)?; //                       2
    let payload = jws.decode(buffer)?;
    let (payload, header) = buffer.split_at_checked(payload).ok_or(ProofError::MalformedClaims)?;
    let (jwk, algorithm) = header_is_of_a_proof(&JoseHeader::parse(header)?, policy, numbers)?;
    // Parsed before any verification, so a malformed proof costs no signature arithmetic.
    let claims = ProofClaims::read(payload)?; //                                 2
    let jkt = jwk.thumbprint(|parts| provider.sha256(parts));
    signature_verifies(&jws, &jwk, algorithm, &jkt, known, provider)?; //        6
    numbers.reclaim(jwk.into_key());
    htm_is_method(&claims, request)?; //                                         8
    htu_is_request_uri(&claims, request, policy)?; //                            9
    let iat = iat_is_recent(&claims, policy, now)?; //                           3, 11
    let jti = jti_is_bounded_text(&claims)?; //                                  3
    ath_is_hash_of_token(&claims, request, provider, known.hash)?; //            12
    let nonce = nonce_is_ours(&claims, policy, provider, now)?; //               10
    Ok(CheckedProof::assertion(jkt, jti, claim_ends(iat, policy), nonce, provider))
}

/// Returns the URI in a refused proof, without query and fragment and truncated to the limit of an event: for the
/// operator, never for the client. `None` if the proof has none.
pub(crate) fn claimed_uri(proof: &[u8], policy: &ProofPolicy) -> Option<String> {
    let mut buffer = Vec::new();
    let payload = CompactJws::split(proof, policy.limits).ok()?.payload(&mut buffer).ok()?;
    let claims = ProofClaims::read(payload).ok()?;
    let uri = text(claims.htu.as_ref())?.split(['?', '#']).next()?;
    Some(uri.chars().take(limits::EVENT_TEXT).collect())
}

/// Runs checks 4, 5 and 7 on the header. The key is not used before they pass.
fn header_is_of_a_proof(
    header: &JoseHeader<'_>,
    policy: &ProofPolicy,
    numbers: &mut RsaNumbers,
) -> Result<(Jwk, Algorithm), ProofError> {
    typ_is_dpop(header)?; //                      4
    alg_is_allowed(header.alg, policy.algorithms)?; // 5
    let jwk = jwk_is_public(header, numbers)?; // 7
    jwk_suits_alg(&jwk, header.alg)?;
    Ok((jwk, header.alg))
}

/// Checks that `typ` is `dpop+jwt`. Check 4; D3, J13.
fn typ_is_dpop(header: &JoseHeader<'_>) -> Result<(), ProofError> {
    if header.typ_is("dpop+jwt") { Ok(()) } else { Err(ProofError::InvalidTyp) }
}

/// Checks that `alg` is in the allow-list, which can hold asymmetric algorithms only. Check 5; D4.
fn alg_is_allowed(algorithm: Algorithm, allowed: AlgorithmSet) -> Result<(), ProofError> {
    if allowed.contains(algorithm) { Ok(()) } else { Err(ProofError::InvalidAlg) }
}

/// Checks that `jwk` is present, a key, and public. Check 7; D6, D7.
fn jwk_is_public(header: &JoseHeader<'_>, numbers: &mut RsaNumbers) -> Result<Jwk, ProofError> {
    match header.jwk {
        Some(Value::Object(object)) if !object.is_empty() => Ok(Jwk::once(object, numbers)?),
        Some(
            Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_),
        )
        | None => Err(ProofError::MissingJwk),
    }
}

/// Checks that the key's type and, if present, its own `alg` agree with the header. RFC 8725 §3.1; D7, J6.
fn jwk_suits_alg(jwk: &Jwk, algorithm: Algorithm) -> Result<(), ProofError> {
    let named = jwk.alg().is_none_or(|named| named == algorithm);
    if named && jwk.key().kind() == algorithm.key_kind() { Ok(()) } else { Err(ProofError::JwkAlg) }
}

/// Verifies the signature with the proof's own key, which may already be parsed. Check 6; D8, J11, J12.
fn signature_verifies(
    jws: &CompactJws<'_>,
    jwk: &Jwk,
    algorithm: Algorithm,
    jkt: &Thumbprint,
    known: &mut KnownToken,
    provider: &dyn CryptoProvider,
) -> Result<(), ProofError> {
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature)?;
    let verified = known.key_of(jkt, jwk.key(), provider).and_then(|parsed| match parsed {
        Some(key) => Ok(key.verify(algorithm, jws.signing_input(), signature)),
        None => provider.verify_once(jwk.key(), algorithm, jws.signing_input(), signature),
    });
    match verified {
        Ok(verified) => verified.map_err(|_| ProofError::InvalidSignature),
        Err(KeyError::Weak) => Err(ProofError::WeakJwk),
        Err(KeyError::Invalid) => Err(ProofError::JwkNotAKey),
        Err(KeyError::Unsupported) => Err(ProofError::InvalidAlg),
        Err(KeyError::AlgorithmMismatch) => Err(ProofError::JwkAlg),
    }
}

/// Checks that the proof names this method; HEAD is not GET. Check 8; D9.
fn htm_is_method(claims: &ProofClaims<'_>, request: &ProofContext<'_>) -> Result<(), ProofError> {
    if text(claims.htm.as_ref()) == Some(request.method) { Ok(()) } else { Err(ProofError::InvalidHtm) }
}

/// Checks that the proof names this URI, both in normal form. Check 9; D10.
fn htu_is_request_uri(
    claims: &ProofClaims<'_>,
    request: &ProofContext<'_>,
    policy: &ProofPolicy,
) -> Result<(), ProofError> {
    let matches = text(claims.htu.as_ref()).is_some_and(|htu| htu_matches(htu, request.uri, policy.allow_http));
    if matches { Ok(()) } else { Err(ProofError::InvalidHtu) }
}

/// Checks `now - max_age <= iat <= now + future_skew`. Check 11, §11.1; D11.
fn iat_is_recent(claims: &ProofClaims<'_>, policy: &ProofPolicy, now: Timestamp) -> Result<Timestamp, ProofError> {
    let iat = match &claims.iat {
        None => return Err(ProofError::MissingIat),
        Some(Value::Number(number)) => number.date_exact().ok_or(ProofError::InvalidIat)?,
        Some(Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(ProofError::InvalidIat);
        }
    };
    if iat > now.plus(policy.future_skew) {
        return Err(ProofError::IatInFuture);
    }
    if now.since(iat) > policy.max_age {
        return Err(ProofError::ProofExpired);
    }
    Ok(iat)
}

/// Checks that `jti` is a non-empty string of at most 256 bytes. §4.2, §11.1; D12.
fn jti_is_bounded_text<'c>(claims: &'c ProofClaims<'_>) -> Result<&'c str, ProofError> {
    if claims.jti.is_none() {
        return Err(ProofError::MissingJti);
    }
    match text(claims.jti.as_ref()) {
        Some(jti) if !jti.is_empty() && jti.len() <= limits::JTI => Ok(jti),
        Some(_) | None => Err(ProofError::InvalidJti),
    }
}

/// Checks that `ath` is the hash of the token as received; compared in constant time. Check 12; D13.
fn ath_is_hash_of_token(
    claims: &ProofClaims<'_>,
    request: &ProofContext<'_>,
    provider: &dyn CryptoProvider,
    known: Option<[u8; 32]>,
) -> Result<(), ProofError> {
    let Some(token) = request.access_token else { return Ok(()) };
    if claims.ath.is_none() {
        return Err(ProofError::MissingAth);
    }
    let hash = Thumbprint::from_bytes(known.unwrap_or_else(|| provider.sha256(&[token.as_bytes()])));
    match text(claims.ath.as_ref()).and_then(Thumbprint::parse) {
        Some(ath) if ath == hash => Ok(()),
        Some(_) | None => Err(ProofError::InvalidAth),
    }
}

/// Checks that the nonce, if required, is a live one of ours. Absent, unknown and expired nonces fail alike. Check 10;
/// D14.
fn nonce_is_ours(
    claims: &ProofClaims<'_>,
    policy: &ProofPolicy,
    provider: &dyn CryptoProvider,
    now: Timestamp,
) -> Result<Option<NonceAge>, ProofError> {
    let Some(nonces) = &policy.nonces else { return Ok(None) };
    let age = text(claims.nonce.as_ref()).and_then(|nonce| nonces.check(provider, nonce, now));
    age.map(Some).ok_or(ProofError::UseDpopNonce)
}

/// Returns the last second at which a first use counts, and until when its record is kept: one second longer than any
/// node, with a clock that differs by less than the skew, could still accept the proof (D17).
const fn claim_ends(iat: Timestamp, policy: &ProofPolicy) -> [Timestamp; 2] {
    let not_after = iat.plus(policy.max_age);
    [not_after, not_after.plus(policy.future_skew).plus(1)]
}
