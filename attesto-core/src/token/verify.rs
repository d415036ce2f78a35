//! From the token's text to its claims.

use super::issuer::{KeysNow, NoKeys, TrustedIssuer};
use super::raw::RawClaims;
use super::{Claims, ForeignClaims, TokenError, TokenRules, rules};
use crate::crypto::CryptoProvider;
use crate::encoding::json::Object;
use crate::jose::{CompactJws, Header, JwsLimits};
#[cfg(feature = "std")]
use crate::remote::{Need, RemoteKeys};
use crate::{ConfigError, Timestamp, limits};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A refused token. Its claims are there where the signature verified: for attribution in audit logs, never for a
/// decision.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The rule that refused.
    pub error: TokenError,
    /// The claims of a token that a trusted key signed.
    pub claims: Option<Box<Claims>>,
    /// Keys that the issuer might have by now, and with which the verdict might be another.
    #[cfg(feature = "std")]
    pub(crate) remedy: Option<KeyRemedy>,
}

/// Whose keys to ask for, and which.
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
    /// For these issuers and rules.
    ///
    /// # Errors
    /// Where two issuers have the same name, an issuer accepts no algorithm that the provider has, or the rules contradict
    /// themselves.
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

    /// The keys of those issuers that have theirs fetched.
    #[cfg(feature = "std")]
    pub fn remote_keys(&self) -> impl Iterator<Item = &Arc<RemoteKeys>> {
        self.issuers.iter().filter_map(TrustedIssuer::remote_keys)
    }

    /// Verifies one token with the keys as they are: signature, type, claims, principal, policy (section 2's order).
    ///
    /// # Errors
    /// [`Refused`], for the first rule that does not hold.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Refused> {
        let mut buffer = Vec::with_capacity(token.len());
        let jws = CompactJws::split(token.as_bytes(), self.limits())?;
        let issuer = self.issuer_of(&jws, &mut buffer)?;
        let typ_fits = {
            let header = jws.header(&mut buffer)?;
            signature_verifies(&jws, &header, issuer, now)?;
            issuer.profile.typ_is_access_token(&header)
        };
        jws.payload(&mut buffer)?;
        self.judge(buffer, issuer, typ_fits, now)
    }

    /// Whether the token is longer than the rules allow, whoever it is from (J1).
    pub(crate) const fn is_too_large(&self, token: &str) -> bool {
        token.len() > self.rules.token_limit()
    }

    /// Whether the token claims to come from one of the issuers. Unverified: it decides who verifies the token, nothing
    /// else.
    #[must_use]
    pub fn is_ours(&self, token: &str) -> bool {
        let Ok(jws) = CompactJws::split(token.as_bytes(), self.limits()) else { return false };
        self.issuer_named(&jws, &mut Vec::new()).is_ok()
    }

    /// Holds a custom verifier's claims to the rules they are subject to (section 11).
    ///
    /// # Errors
    /// The rule that does not hold.
    pub fn check_foreign(&self, claims: ForeignClaims, now: Timestamp) -> Result<Claims, TokenError> {
        let buffer = claims.into_payload();
        rules::check_foreign(&RawClaims::read(&buffer, None, None)?, &self.rules, now)?;
        let claims = Claims::keep(buffer, None, None)?;
        self.rules.policy_allows(&claims, now)?;
        Ok(claims)
    }

    const fn limits(&self) -> JwsLimits {
        self.rules.limits
    }

    /// With one issuer, that one; with several, the one that the token names, whose keys alone are tried. A1.
    fn issuer_of(&self, jws: &CompactJws<'_>, buffer: &mut Vec<u8>) -> Result<&TrustedIssuer, TokenError> {
        match self.issuers.as_slice() {
            [only] => Ok(only),
            _ => self.issuer_named(jws, buffer),
        }
    }

    fn issuer_named(&self, jws: &CompactJws<'_>, buffer: &mut Vec<u8>) -> Result<&TrustedIssuer, TokenError> {
        let payload = Object::parse(jws.payload(buffer)?).map_err(|_| TokenError::MalformedClaims)?;
        let named = payload.get("iss");
        let named = rules::text(named.as_ref()).ok_or(TokenError::InvalidIssuer)?;
        self.issuers.iter().find(|issuer| issuer.issuer() == named).ok_or(TokenError::InvalidIssuer)
    }

    /// What is left when the signature has verified.
    fn judge(
        &self,
        buffer: Vec<u8>,
        issuer: &TrustedIssuer,
        typ_fits: bool,
        now: Timestamp,
    ) -> Result<Claims, Refused> {
        let kinds = issuer.principal_kinds.as_ref();
        let kind_claim = kinds.map(super::PrincipalKinds::claim);
        let profile = Some(&issuer.profile);
        let judged = (|| {
            let raw = RawClaims::read(&buffer, kind_claim, profile)?;
            if !typ_fits {
                return Err(TokenError::UnexpectedTyp);
            }
            rules::check(&raw, issuer, &self.rules, now)?;
            issuer.profile.payload_fits(&buffer)?;
            principal_fits(&raw, &buffer, kinds)
        })();
        let signed = Claims::keep(buffer, kind_claim, profile);
        match (judged, signed) {
            (Ok(()), Ok(claims)) => match self.rules.policy_allows(&claims, now) {
                Ok(()) => Ok(claims),
                Err(error) => Err(Refused::new(error, Some(Box::new(claims)))),
            },
            (Ok(()), Err(error)) => Err(error.into()),
            (Err(error), signed) => Err(Refused::new(error, signed.ok().map(Box::new))),
        }
    }
}

/// The one key that the header means verifies the signature. RFC 8725 §3.1, RFC 7515 §4.1.4; J5, J6, J8, J12.
pub(crate) fn signature_verifies(
    jws: &CompactJws<'_>,
    header: &Header<'_>,
    issuer: &TrustedIssuer,
    now: Timestamp,
) -> Result<(), Refused> {
    if !issuer.algorithms.contains(header.alg) {
        return Err(TokenError::UnsupportedAlg.into());
    }
    let keys = issuer.keys(now).map_err(|NoKeys| no_keys(issuer))?;
    let key = keys.keys.select(header.kid.as_deref(), header.alg, now).map_err(|error| no_such_key(error, &keys))?;
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature)?;
    key.verify(header.alg, jws.signing_input(), signature).map_err(|_| TokenError::InvalidSignature.into())
}

/// No key can be looked at: never the client's fault. A remote issuer may have some. J22.
#[cfg_attr(not(feature = "std"), expect(unused_variables, reason = "without std nothing is fetched"))]
fn no_keys(issuer: &TrustedIssuer) -> Refused {
    let refused = Refused::new(TokenError::KeysUnavailable, None);
    #[cfg(feature = "std")]
    if let Some(remote) = issuer.remote_keys() {
        return Refused { remedy: Some(KeyRemedy { remote: Arc::clone(remote), need: Need::Usable }), ..refused };
    }
    refused
}

/// The keys hold none for the token. A remote issuer may have got one since, and stale keys cannot tell: then it is not the client's
/// fault. J9, J22.
#[cfg_attr(not(feature = "std"), expect(unused_variables, reason = "without std nothing is fetched"))]
fn no_such_key(error: TokenError, keys: &KeysNow) -> Refused {
    #[cfg(feature = "std")]
    if let (TokenError::UnknownKey, Some(fetched)) = (error, &keys.fetched) {
        let error = if fetched.stale { TokenError::KeysUnavailable } else { error };
        let remedy = KeyRemedy { remote: Arc::clone(&fetched.remote), need: Need::Newer(fetched.generation) };
        return Refused { remedy: Some(remedy), ..Refused::new(error, None) };
    }
    Refused::new(error, None)
}

/// A14, A15.
fn principal_fits(
    raw: &RawClaims<'_>,
    payload: &[u8],
    kinds: Option<&super::PrincipalKinds>,
) -> Result<(), TokenError> {
    let Some(kinds) = kinds else { return Ok(()) };
    let object = Object::parse(payload).map_err(|_| TokenError::MalformedClaims)?;
    let subject = rules::text(raw.sub.as_ref()).unwrap_or_default();
    kinds.check(rules::text(raw.principal_kind.as_ref()), subject, object)
}
