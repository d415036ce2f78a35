//! Minting access tokens (RFC 9068 §2; docs/rules, "Minting").

use super::issuer::issuer_is_acceptable;
use super::principal::RESERVED;
use super::{KeyRing, MintRequest, PrincipalKinds};
use crate::challenge::AuthScheme;
use crate::crypto::{Algorithm, CryptoProvider, Entropy, VerifyingKey};
use crate::encoding::base64url;
use crate::encoding::json::Object;
use crate::scope::is_scope_token;
use crate::{ConfigError, Timestamp};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

reasons! {
    /// Why a token was not minted.
    pub enum MintError {
        /// `sub` or `client_id` is blank. RFC 9068 §2.2; A7, A8.
        BlankSubject => "invalid_claims", "subject and client must not be blank";
        /// An extra claim has a reserved name.
        ReservedClaim => "reserved_claim_conflict", "an extra claim has a reserved name";
        /// The request names both a DPoP key and a certificate. A11.
        ConflictingConfirmation => "conflicting_confirmation", "a token is bound to a DPoP key or to a certificate, not to both";
        /// A scope is not a scope-token. RFC 6749 §3.3; S1.
        InvalidScope => "invalid_scope", "a scope is not a scope-token";
        /// The audience is empty or an entry is blank. A2.
        InvalidAudience => "invalid_audience", "the audience is empty or blank";
        /// The principal's kind is missing, unknown, or does not match the request. A14, A15.
        InvalidPrincipal => "invalid_principal", "the token does not fit a configured kind of principal";
        /// The entropy source failed.
        Entropy => "entropy_failed", "the entropy source failed";
        /// The signer failed. Its backend keeps the details. J21.
        Signer => "signer_failed", "the signer failed";
        /// The signature does not verify under the advertised key. J21.
        SignatureRejected => "signature_rejected", "the signature does not verify under the advertised key";
    }
}

/// Mints the access tokens of one issuer.
#[derive(Clone, Debug)]
pub struct AccessTokenIssuer {
    issuer: String,
    keys: Arc<KeyRing>,
    verifying: Arc<dyn VerifyingKey>,
    audience: Vec<String>,
    lifetime: u64,
    principal_kinds: Option<PrincipalKinds>,
}

/// A minted token with the other members of a token response (RFC 6749 §5.1, RFC 9449 §5).
#[derive(Clone)]
#[non_exhaustive]
pub struct MintedToken {
    token: Zeroizing<String>,
    /// `DPoP` for a token bound to a DPoP key, `Bearer` otherwise.
    pub token_type: AuthScheme,
    /// Seconds until the token expires.
    pub expires_in: u64,
    /// The token's `jti`.
    pub jwt_id: String,
}

impl MintedToken {
    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedToken").field("token_type", &self.token_type).finish_non_exhaustive()
    }
}

/// A token without its signature, for keys behind a network call. The host signs [`signing_input`](Self::signing_input)
/// where the key lives and passes the signature to [`finish`](Self::finish).
#[must_use = "an unsigned token is no token"]
pub struct UnsignedToken {
    signing_input: Zeroizing<String>,
    algorithm: Algorithm,
    verifying: Arc<dyn VerifyingKey>,
    token_type: AuthScheme,
    expires_in: u64,
    jwt_id: String,
}

impl UnsignedToken {
    /// The bytes that the host must sign.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    /// The algorithm for the signature.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Completes the token, if the signature verifies under the advertised key (J21).
    ///
    /// # Errors
    /// [`MintError::SignatureRejected`].
    pub fn finish(self, signature: &[u8]) -> Result<MintedToken, MintError> {
        let verified = self.verifying.verify(self.algorithm, self.signing_input.as_bytes(), signature);
        verified.map_err(|_| MintError::SignatureRejected)?;
        let mut token = self.signing_input;
        token.push('.');
        base64url::encode_append(signature, &mut token);
        Ok(MintedToken { token, token_type: self.token_type, expires_in: self.expires_in, jwt_id: self.jwt_id })
    }
}

impl fmt::Debug for UnsignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedToken").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl AccessTokenIssuer {
    /// Configures an issuer (https, with a host, without query and fragment) that signs with this ring.
    pub fn builder(
        issuer: impl Into<String>,
        provider: Arc<dyn CryptoProvider>,
        keys: Arc<KeyRing>,
    ) -> AccessTokenIssuerBuilder {
        AccessTokenIssuerBuilder {
            issuer: issuer.into(),
            provider,
            keys,
            audience: Vec::new(),
            lifetime: 900,
            principal_kinds: None,
            insecure_loopback: false,
        }
    }

    /// Mints and signs one token.
    ///
    /// # Errors
    /// [`MintError`].
    pub fn mint(
        &self,
        request: MintRequest,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<MintedToken, MintError> {
        let unsigned = self.prepare(request, now, entropy)?;
        let signature = self.keys.signer().sign(unsigned.signing_input(), entropy).map_err(|_| MintError::Signer)?;
        unsigned.finish(&signature)
    }

    /// Builds one token without its signature. Key, algorithm and `kid` come from one snapshot (J19).
    ///
    /// # Errors
    /// [`MintError`].
    pub fn prepare(
        &self,
        request: MintRequest,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<UnsignedToken, MintError> {
        self.request_is_sound(&request)?;
        let mut random = [0; 16];
        entropy.fill(&mut random).map_err(|_| MintError::Entropy)?;
        let jwt_id = base64url::encode(&random);
        let expires_in = request.lifetime.map_or(self.lifetime, |lifetime| lifetime.min(self.lifetime));
        let token_type = if request.jkt.is_some() { AuthScheme::Dpop } else { AuthScheme::Bearer };
        let claims = self.claims(request, now, expires_in, &jwt_id)?;
        let signer = self.keys.signer();
        let mut signing_input = Zeroizing::new(String::with_capacity(1024));
        base64url::encode_append(self.keys.header("at+jwt").as_bytes(), &mut signing_input);
        signing_input.push('.');
        base64url::encode_append(claims.as_bytes(), &mut signing_input);
        let (algorithm, verifying) = (signer.algorithm(), Arc::clone(&self.verifying));
        Ok(UnsignedToken { signing_input, algorithm, verifying, token_type, expires_in, jwt_id })
    }

    fn request_is_sound(&self, request: &MintRequest) -> Result<(), MintError> {
        if request.subject.trim().is_empty() || request.client_id.trim().is_empty() {
            return Err(MintError::BlankSubject);
        }
        if request.jkt.is_some() && request.x5t_s256.is_some() {
            return Err(MintError::ConflictingConfirmation);
        }
        if !request.scopes.iter().all(|scope| is_scope_token(scope)) {
            return Err(MintError::InvalidScope);
        }
        let kind_claim = self.principal_kinds.as_ref().map(PrincipalKinds::claim);
        let reserved = |name: &str| RESERVED.contains(&name) || kind_claim == Some(name);
        if request.extra.keys().any(|name| reserved(name)) {
            return Err(MintError::ReservedClaim);
        }
        Ok(())
    }

    fn claims(
        &self,
        request: MintRequest,
        now: Timestamp,
        expires_in: u64,
        jwt_id: &str,
    ) -> Result<Zeroizing<String>, MintError> {
        let mut claims = request.extra;
        claims.insert("iss".into(), self.issuer.as_str().into());
        claims.insert("aud".into(), audience_claim(request.audience.as_ref().unwrap_or(&self.audience))?);
        claims.insert("iat".into(), now.as_secs().into());
        claims.insert("exp".into(), now.plus(expires_in).as_secs().into());
        claims.insert("jti".into(), jwt_id.into());
        claims.insert("sub".into(), request.subject.as_str().into());
        claims.insert("client_id".into(), request.client_id.into());
        if !request.scopes.is_empty() {
            claims.insert("scope".into(), scope_claim(&request.scopes).into());
        }
        let confirmation = [("jkt", request.jkt), ("x5t#S256", request.x5t_s256)];
        if let Some((name, thumbprint)) = confirmation.into_iter().find_map(|(name, value)| Some((name, value?))) {
            let mut cnf = Map::new();
            cnf.insert(name.into(), thumbprint.to_base64url().into());
            claims.insert("cnf".into(), Value::Object(cnf));
        }
        if let Some(acr) = request.acr {
            claims.insert("acr".into(), acr.into());
        }
        if let Some(auth_time) = request.auth_time {
            claims.insert("auth_time".into(), auth_time.as_secs().into());
        }
        self.name_principal(&mut claims, request.principal_kind, &request.subject)
    }

    /// Adds the claim that names the principal's kind, after the check that verifiers apply. A14, A15.
    fn name_principal(
        &self,
        claims: &mut Map<String, Value>,
        kind: Option<String>,
        subject: &str,
    ) -> Result<Zeroizing<String>, MintError> {
        let Some(kinds) = &self.principal_kinds else {
            return match kind {
                None => Ok(serialised(claims)),
                Some(_) => Err(MintError::InvalidPrincipal),
            };
        };
        let kind = kind.ok_or(MintError::InvalidPrincipal)?;
        claims.insert(kinds.claim().into(), kind.as_str().into());
        let json = serialised(claims);
        let object = Object::parse(json.as_bytes()).map_err(|_| MintError::InvalidPrincipal)?;
        kinds.check(Some(&kind), subject, object).map_err(|_| MintError::InvalidPrincipal)?;
        Ok(json)
    }
}

fn serialised(claims: &Map<String, Value>) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(claims).unwrap_or_default())
}

/// Returns `aud`: a string for one entry, an array for several. Refuses an empty list and blank entries. A2.
fn audience_claim(audience: &[String]) -> Result<Value, MintError> {
    if audience.iter().any(|entry| entry.trim().is_empty()) {
        return Err(MintError::InvalidAudience);
    }
    match audience {
        [] => Err(MintError::InvalidAudience),
        [only] => Ok(only.as_str().into()),
        several => Ok(several.iter().map(String::as_str).collect::<Vec<_>>().into()),
    }
}

/// Joins the scopes with single spaces, each once. A10.
fn scope_claim(scopes: &[String]) -> String {
    let joined = scopes.join(" ");
    super::scope_claim::without_duplicates(&joined).unwrap_or(joined)
}

/// Configures an [`AccessTokenIssuer`].
#[derive(Debug)]
#[must_use = "a configuration does nothing until it is built"]
pub struct AccessTokenIssuerBuilder {
    issuer: String,
    provider: Arc<dyn CryptoProvider>,
    keys: Arc<KeyRing>,
    audience: Vec<String>,
    lifetime: u64,
    principal_kinds: Option<PrincipalKinds>,
    insecure_loopback: bool,
}

impl AccessTokenIssuerBuilder {
    /// **Development only.** Allows the issuer to be a plain http URL on a loopback host.
    pub const fn danger_insecure_loopback(mut self) -> Self {
        self.insecure_loopback = true;
        self
    }

    /// Sets the audience of tokens whose request names none.
    pub fn audience<S: Into<String>>(mut self, audience: impl IntoIterator<Item = S>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long tokens live, in whole seconds, unless the request asks for less. 900 by default.
    pub const fn default_lifetime(mut self, default_lifetime: Duration) -> Self {
        self.lifetime = default_lifetime.as_secs();
        self
    }

    /// Requires every token to be for one of these kinds of principals (A14).
    pub fn principal_kinds(mut self, kinds: PrincipalKinds) -> Self {
        self.principal_kinds = Some(kinds);
        self
    }

    /// Builds the issuer.
    ///
    /// # Errors
    /// Fails if the issuer is not an acceptable URL, an audience is blank, or the lifetime is zero.
    pub fn build(self) -> Result<AccessTokenIssuer, ConfigError> {
        issuer_is_acceptable(&self.issuer, self.insecure_loopback)?;
        if self.audience.iter().any(|entry| entry.trim().is_empty()) {
            return Err(ConfigError::new("audience", "an entry is blank"));
        }
        if self.lifetime == 0 {
            return Err(ConfigError::new("default_lifetime", "must be at least one second"));
        }
        let verifying: Box<dyn VerifyingKey> = self
            .provider
            .verifying_key(self.keys.current().key())
            .map_err(|error| ConfigError::new("keys", error.to_string()))?;
        Ok(AccessTokenIssuer {
            issuer: self.issuer,
            keys: self.keys,
            verifying: verifying.into(),
            audience: self.audience,
            lifetime: self.lifetime,
            principal_kinds: self.principal_kinds,
        })
    }
}
