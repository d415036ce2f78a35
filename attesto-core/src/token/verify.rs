//! Verifies an access token and returns its claims.

use super::issuer::{KeysNow, NoKeys, TrustedIssuer};
use super::raw::RawClaims;
use super::sighting::Sighting;
use super::{Claims, ForeignClaims, TokenError, TokenRules, rules};
use crate::crypto::CryptoProvider;
use crate::jose::{CompactJws, JoseHeader, JwsLimits, KeyMismatch, VerificationKeys};
#[cfg(feature = "std")]
use crate::remote::{Need, RemoteKeys};
use crate::{ConfigError, Timestamp, limits};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

/// A refused token. Its claims are present if the signature verified: for attribution in audit logs, never for a
/// decision.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The rule that refused.
    pub error: TokenError,
    /// The claims of a token that a trusted key signed.
    pub claims: Option<Box<Claims>>,
    /// The keys to fetch that might change the verdict.
    #[cfg(feature = "std")]
    pub(crate) remedy: Option<KeyRemedy>,
}

/// Which issuer to fetch keys from, and what is needed.
#[cfg(feature = "std")]
#[derive(Clone, Debug)]
pub(crate) struct KeyRemedy {
    pub(crate) remote: Arc<RemoteKeys>,
    pub(crate) need: Need,
}

impl Refused {
    const fn new(error: TokenError, claims: Option<Box<Claims>>) -> Self {
        Self {
            error,
            claims,
            #[cfg(feature = "std")]
            remedy: None,
        }
    }
}

impl<E: Into<TokenError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::new(error.into(), None)
    }
}

/// Verifies RFC 9068 access tokens of one or several issuers for one resource.
#[derive(Debug)]
pub struct AccessTokenVerifier {
    issuers: Vec<TrustedIssuer>,
    rules: TokenRules,
}

impl AccessTokenVerifier {
    /// Verifies tokens of these issuers under these rules.
    ///
    /// # Errors
    /// Fails if two issuers have the same name, an issuer accepts no algorithm that the provider supports, or the rules
    /// contradict themselves.
    pub fn new(
        provider: &Arc<dyn CryptoProvider>,
        issuers: Vec<TrustedIssuer>,
        rules: TokenRules,
    ) -> Result<Self, ConfigError> {
        rules.are_consistent()?;
        for (index, issuer) in issuers.iter().enumerate() {
            if issuers.iter().take(index).any(|other| other.issuer() == issuer.issuer()) {
                return Err(ConfigError::new("issuer", "two trusted issuers have the same name"));
            }
            if issuer.algorithms.intersection(provider.algorithms()).is_none() {
                return Err(ConfigError::new("accept_algorithms", "the provider has none of the accepted algorithms"));
            }
        }
        Ok(Self { issuers, rules })
    }

    /// The key sources of the issuers whose keys are fetched.
    #[cfg(feature = "std")]
    pub fn remote_keys(&self) -> impl Iterator<Item = &Arc<RemoteKeys>> {
        self.issuers.iter().filter_map(TrustedIssuer::remote_keys)
    }

    /// Verifies one token with the current keys, in the order form, signature, type, claims, principal, policy.
    ///
    /// # Errors
    /// [`Refused`], for the first rule that fails.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Refused> {
        self.verify_in(token, now, &mut Vec::new(), None)
    }

    /// Like [`verify`](Self::verify), with a buffer that moves into the claims, and with what the memory knows about
    /// the token.
    pub(crate) fn verify_in(
        &self,
        token: &str,
        now: Timestamp,
        buffer: &mut Vec<u8>,
        mut sighting: Option<&mut Sighting<'_>>,
    ) -> Result<Claims, Refused> {
        let jws = CompactJws::split(token.as_bytes(), self.limits())?;
        let payload = jws.decode(buffer)?;
        let (judged, signed, trusted, issuer) = {
            let (payload, header) = buffer.split_at_checked(payload).ok_or(TokenError::MalformedClaims)?;
            // Parsed before any verification, so a malformed token costs no signature arithmetic.
            let raw = RawClaims::read(payload)?;
            let issuer = self.issuer_of(&raw)?;
            let trusted = verify_or_recall(&jws, header, issuer, now, sighting.as_deref_mut())?;
            let raw = issuer.locate_claims(raw);
            (self.judge(&raw, issuer, trusted.typ, now), Claims::from_raw(&raw, payload), trusted, issuer)
        };
        let claims = signed.and_then(|claims| {
            let mut kept = mem::take(buffer);
            kept.truncate(payload);
            claims.with_payload(kept)
        });
        match (judged, claims) {
            (Ok(()), Ok(claims)) => {
                match issuer.lists_admit(&claims).and_then(|()| self.rules.policy_allows(&claims, now)) {
                    Ok(()) => {
                        trusted.remember(sighting, now);
                        Ok(claims)
                    }
                    Err(error) => Err(Refused::new(error, Some(Box::new(claims)))),
                }
            }
            (Ok(()), Err(error)) => Err(error.into()),
            (Err(error), claims) => Err(Refused::new(error, claims.ok().map(Box::new))),
        }
    }

    /// Whether the token exceeds the size limit (J1).
    pub(crate) const fn is_too_large(&self, token: &str) -> bool {
        token.len() > self.rules.token_limit()
    }

    /// Whether the token claims to come from one of the issuers. Unverified: use it only to choose the verifier.
    #[must_use]
    pub fn is_ours(&self, token: &str) -> bool {
        self.is_ours_in(token, &mut Vec::new())
    }

    pub(crate) fn is_ours_in(&self, token: &str, buffer: &mut Vec<u8>) -> bool {
        let Ok(jws) = CompactJws::split(token.as_bytes(), self.limits()) else { return false };
        let Ok(payload) = jws.payload(buffer) else { return false };
        RawClaims::read(payload).is_ok_and(|raw| self.issuer_named(&raw).is_ok())
    }

    /// Applies the rules for a custom verifier's claims.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn check_foreign(&self, claims: ForeignClaims, now: Timestamp) -> Result<Claims, TokenError> {
        let buffer = claims.into_payload();
        let raw = RawClaims::read(&buffer)?;
        rules::check_foreign(&raw, &self.rules, now)?;
        let claims = Claims::from_raw(&raw, &buffer)?.with_payload(buffer)?;
        for issuer in self.issuers.iter().filter(|issuer| claims.issuer().is_some_and(|name| issuer.is_named(name))) {
            issuer.lists_admit(&claims)?;
        }
        self.rules.policy_allows(&claims, now)?;
        Ok(claims)
    }

    /// Checks the expiry of already verified claims again after a wait. A4.
    pub(crate) fn is_still_unexpired(&self, claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
        // Only a custom verifier's claims may lack `exp`.
        claims.expires_at().map_or(Ok(()), |exp| rules::exp_is_ahead(exp, &self.rules, now))
    }

    const fn limits(&self) -> JwsLimits {
        self.rules.limits
    }

    /// Returns the only issuer or, with several, the one that the token names. Only its keys are tried. A1.
    fn issuer_of(&self, raw: &RawClaims<'_>) -> Result<&TrustedIssuer, TokenError> {
        match self.issuers.as_slice() {
            [only] => Ok(only),
            _ => self.issuer_named(raw),
        }
    }

    fn issuer_named(&self, raw: &RawClaims<'_>) -> Result<&TrustedIssuer, TokenError> {
        let named = rules::text(raw.iss.as_ref()).ok_or(TokenError::InvalidIssuer)?;
        self.issuers.iter().find(|issuer| issuer.issuer() == named).ok_or(TokenError::InvalidIssuer)
    }

    /// Applies the rules that follow the signature.
    fn judge(
        &self,
        raw: &RawClaims<'_>,
        issuer: &TrustedIssuer,
        typ: Result<(), TokenError>,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        typ?;
        rules::check(raw, issuer, &self.rules, now)?;
        issuer.profile.payload_fits(raw.object)?;
        principal_fits(raw, issuer.principal_kinds.as_ref())
    }
}

/// Evidence that one of the issuer's keys signed the token.
struct Trusted {
    keys: Arc<VerificationKeys>,
    /// Whether `typ` is that of an access token. If the signature was not verified again, the result is the one for the
    /// same bytes.
    typ: Result<(), TokenError>,
    is_remembered: bool,
}

impl Trusted {
    /// Remembers the token. Call this only after every rule has passed.
    fn remember(self, sighting: Option<&mut Sighting<'_>>, now: Timestamp) {
        if let (Some(sighting), false) = (sighting, self.is_remembered) {
            sighting.remember(&self.keys, now);
        }
    }
}

/// Verifies the signature, or recalls that it verified with keys that the issuer still has.
fn verify_or_recall(
    jws: &CompactJws<'_>,
    header: &[u8],
    issuer: &TrustedIssuer,
    now: Timestamp,
    sighting: Option<&mut Sighting<'_>>,
) -> Result<Trusted, Refused> {
    if let Some(sighting) = sighting
        && let Some(memory) = sighting.recall()
    {
        let KeysNow { keys, .. } = issuer.keys(now).map_err(|NoKeys| no_keys(issuer))?;
        if memory.is_of(&keys, now) {
            sighting.confirm(memory);
            return Ok(Trusted { keys, typ: Ok(()), is_remembered: true });
        }
    }
    let header = JoseHeader::parse(header)?;
    let keys = signature_verifies(jws, &header, issuer, now)?;
    Ok(Trusted { keys, typ: issuer.profile.typ_is_access_token(&header), is_remembered: false })
}

/// Verifies the signature with the one key that the header refers to, and returns the key set. RFC 8725 §3.1, RFC 7515
/// §4.1.4; J5, J6, J8, J12.
pub(crate) fn signature_verifies(
    jws: &CompactJws<'_>,
    header: &JoseHeader<'_>,
    issuer: &TrustedIssuer,
    now: Timestamp,
) -> Result<Arc<VerificationKeys>, Refused> {
    if !issuer.algorithms.contains(header.alg) {
        return Err(TokenError::UnsupportedAlg.into());
    }
    let keys = issuer.keys(now).map_err(|NoKeys| no_keys(issuer))?;
    let key = keys.keys.select(header.kid.as_deref(), header.alg, now).map_err(|error| no_such_key(error, &keys))?;
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature)?;
    key.verify(header.alg, jws.signing_input(), signature).map_err(|_| TokenError::InvalidSignature)?;
    Ok(keys.keys)
}

/// Refuses because no key is available, which is never the client's fault. A remote issuer may have keys to fetch. J22.
#[cfg_attr(not(feature = "std"), expect(unused_variables, reason = "without std nothing is fetched"))]
fn no_keys(issuer: &TrustedIssuer) -> Refused {
    let refused = Refused::new(TokenError::KeysUnavailable, None);
    #[cfg(feature = "std")]
    if let Some(remote) = issuer.remote_keys() {
        return Refused { remedy: Some(KeyRemedy { remote: Arc::clone(remote), need: Need::Usable }), ..refused };
    }
    refused
}

/// Refuses because no key has the token's `kid`, or none with that `kid` suits its algorithm. A remote issuer may have
/// published one since. If the cached keys are stale, they do not prove that the client is at fault. J9, J22.
#[cfg_attr(not(feature = "std"), expect(unused_variables, reason = "without std nothing is fetched"))]
fn no_such_key(error: KeyMismatch, keys: &KeysNow) -> Refused {
    #[cfg(feature = "std")]
    if let (KeyMismatch::Unknown | KeyMismatch::NotForAlg, Some(fetched)) = (error, &keys.fetched) {
        let error = if fetched.stale { TokenError::KeysUnavailable } else { error.into() };
        let remedy = KeyRemedy { remote: Arc::clone(&fetched.remote), need: Need::Newer(fetched.generation) };
        return Refused { remedy: Some(remedy), ..Refused::new(error, None) };
    }
    Refused::new(error.into(), None)
}

/// Checks the principal's kind, if kinds are configured. A14, A15.
fn principal_fits(raw: &RawClaims<'_>, kinds: Option<&super::PrincipalKinds>) -> Result<(), TokenError> {
    let Some(kinds) = kinds else { return Ok(()) };
    let subject = rules::text(raw.sub.as_ref()).unwrap_or_default();
    kinds.check(rules::text(raw.principal_kind.as_ref()), subject, raw.object)
}
