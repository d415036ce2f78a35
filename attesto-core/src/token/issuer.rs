//! The issuers whose tokens are trusted.

use super::principal::PrincipalKinds;
use super::profile::IssuerProfile;
use super::raw::RawClaims;
use super::{Claims, TokenError};
use crate::ConfigError;
use crate::Timestamp;
use crate::crypto::AlgorithmSet;
use crate::http::{ObservedUri, Scheme};
use crate::jose::{KeySource, StaticKeys, VerificationKeys};
#[cfg(feature = "std")]
use crate::remote::{KeySnapshot, RemoteKeys};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One trusted issuer: its exact name, its keys, and how its tokens look.
///
/// ```
/// use attesto_core::crypto::RustCrypto;
/// use attesto_core::jose::{JwkSet, VerificationKeys};
/// use attesto_core::token::TrustedIssuer;
///
/// let jwks = JwkSet::from_json(br#"{"keys":[
///     {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}]}"#)?;
/// let keys = VerificationKeys::from_jwk_set(&RustCrypto::new(), &jwks)?;
/// let issuer = TrustedIssuer::new("https://auth.example.com", keys)?;
/// assert!(TrustedIssuer::new("http://auth.example.com", VerificationKeys::new()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    issuer: String,
    keys: Keys,
    pub(super) algorithms: AlgorithmSet,
    pub(super) profile: IssuerProfile,
    pub(super) principal_kinds: Option<PrincipalKinds>,
    subjects: Option<Vec<String>>,
    clients: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Keys {
    Source(Arc<dyn KeySource>),
    #[cfg(feature = "std")]
    Remote(Arc<RemoteKeys>),
}

/// No key is available now: a fetch may help, or nothing does.
pub(super) struct NoKeys;

/// The keys for one check, and where newer ones may be fetched from.
pub(super) struct KeysNow {
    pub(super) keys: Arc<VerificationKeys>,
    #[cfg(feature = "std")]
    pub(super) fetched: Option<Fetched>,
}

/// Where newer keys may be fetched from, and the generation of the current ones.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) remote: Arc<RemoteKeys>,
    pub(super) generation: u64,
    pub(super) stale: bool,
}

impl TrustedIssuer {
    /// Trusts an issuer with a fixed set of keys.
    ///
    /// # Errors
    /// Fails if the issuer is not an https URL with a host and without userinfo, query and fragment (RFC 9068 §2.2, RFC
    /// 8414 §2), or if there is no key.
    pub fn new(issuer: impl Into<String>, keys: VerificationKeys) -> Result<Self, ConfigError> {
        Self::build(issuer.into(), static_keys(keys)?, false)
    }

    /// Trusts an issuer whose keys change while the server runs.
    ///
    /// # Errors
    /// As [`new`](Self::new), except that the source may have no key yet.
    pub fn with_source(issuer: impl Into<String>, source: Arc<dyn KeySource>) -> Result<Self, ConfigError> {
        Self::build(issuer.into(), source, false)
    }

    /// **Development only.** Trusts an issuer that may be a plain http URL on a loopback host.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn danger_insecure_loopback(issuer: impl Into<String>, keys: VerificationKeys) -> Result<Self, ConfigError> {
        Self::build(issuer.into(), static_keys(keys)?, true)
    }

    /// Trusts an issuer whose keys are fetched from it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn remote(keys: Arc<RemoteKeys>) -> Self {
        // The name was checked by a stricter rule when the keys were configured.
        Self::new_unchecked(String::from(keys.issuer()), Keys::Remote(keys))
    }

    fn build(issuer: String, keys: Arc<dyn KeySource>, insecure_loopback: bool) -> Result<Self, ConfigError> {
        issuer_is_acceptable(&issuer, insecure_loopback)?;
        Ok(Self::new_unchecked(issuer, Keys::Source(keys)))
    }

    const fn new_unchecked(issuer: String, keys: Keys) -> Self {
        Self {
            issuer,
            keys,
            algorithms: AlgorithmSet::ACCESS_TOKEN,
            profile: IssuerProfile::rfc9068(),
            principal_kinds: None,
            subjects: None,
            clients: None,
        }
    }

    /// Accepts these algorithms only (J5). An algorithm accepted here, such as RS512, applies to those of the issuer's
    /// keys that do not name an algorithm themselves (J6).
    #[must_use]
    pub const fn accept_algorithms(mut self, algorithms: AlgorithmSet) -> Self {
        self.algorithms = algorithms;
        self
    }

    /// Sets how the issuer's tokens look, where they differ from RFC 9068. Replaces earlier calls of
    /// [`accept_typ`](Self::accept_typ) and [`check_purpose_claim`](Self::check_purpose_claim).
    #[must_use]
    pub fn profile(mut self, profile: IssuerProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Accepts these `typ` values besides `at+jwt`, for an issuer that predates RFC 9068 (J13). As with
    /// [`IssuerProfile::header_typ`], a token with a claim that only ID and logout tokens have is then refused. A
    /// profile can, and should, [pin](IssuerProfile::pin) the claim that tells the other kinds apart.
    ///
    /// # Errors
    /// Fails if a value is blank: there is no "any".
    pub fn accept_typ<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        for value in values {
            let value = value.into();
            if value.trim().is_empty() {
                return Err(ConfigError::new("accept_typ", "a typ value is blank; name each accepted value"));
            }
            self.profile.accept_typ(value);
        }
        Ok(self)
    }

    /// Checks the private `typ` claim by which some issuers tell access tokens from refresh tokens (A13).
    #[must_use]
    pub fn check_purpose_claim(mut self) -> Self {
        self.profile.check_purpose_claim();
        self
    }

    /// Requires every token to be for one of these kinds of principals (A14).
    #[must_use]
    pub fn principal_kinds(mut self, kinds: PrincipalKinds) -> Self {
        self.principal_kinds = Some(kinds);
        self
    }

    /// Accepts tokens for these subjects only (A17). With a profile that takes a client for the subject of its own tokens
    /// ([`subject_may_be_client`](crate::token::IssuerProfile::subject_may_be_client), as `duende` and `cloudflare_access`
    /// have it), client ids are subjects too. Subjects are unique within one issuer (RFC 7519 §4.1.2), so the
    /// list belongs to this issuer. It also applies to tokens checked by a custom verifier or by introspection, if they
    /// name this issuer. A resource that only introspects sets the lists of its
    /// [`IntrospectionEndpoint`](crate::introspection::IntrospectionEndpoint::allow_subjects) instead.
    #[must_use]
    pub fn allow_subjects<S: Into<String>>(mut self, subjects: impl IntoIterator<Item = S>) -> Self {
        self.subjects = Some(subjects.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts tokens of these clients only, with the scope of [`allow_subjects`](Self::allow_subjects). A17.
    #[must_use]
    pub fn allow_clients<S: Into<String>>(mut self, clients: impl IntoIterator<Item = S>) -> Self {
        self.clients = Some(clients.into_iter().map(Into::into).collect());
        self
    }

    /// Finds the claims where this issuer puts them. The kind claim is none of the fields of [`RawClaims`]: their names are
    /// reserved (A16).
    pub(super) fn locate_claims<'p>(&self, mut raw: RawClaims<'p>) -> RawClaims<'p> {
        let object = raw.object;
        raw.principal_kind = self.principal_kinds.as_ref().and_then(|kinds| object.get(kinds.claim()));
        self.profile.locate(&mut raw, object);
        raw
    }

    /// Whether a custom verifier or an introspection means this issuer by this name. A name that differs only in case or
    /// in a final slash counts too: otherwise a misspelling would skip the lists. Not for tokens that the issuer's keys
    /// sign, whose `iss` must be exactly equal (A1).
    pub(super) fn is_named(&self, name: &str) -> bool {
        let without_slash = |name: &str| String::from(name.strip_suffix('/').unwrap_or(name));
        without_slash(name).eq_ignore_ascii_case(&without_slash(self.issuer()))
    }

    /// Checks that subject and client are in this issuer's lists, if there are any. A17.
    pub(super) fn lists_admit(&self, claims: &Claims) -> Result<(), TokenError> {
        let allowed = |list: &Option<Vec<String>>, value: Option<&str>| {
            list.as_ref().is_none_or(|list| list.iter().any(|entry| value == Some(entry.as_str())))
        };
        if !allowed(&self.subjects, Some(claims.subject())) {
            return Err(TokenError::SubjectNotAllowed);
        }
        if !allowed(&self.clients, claims.client_id()) {
            return Err(TokenError::ClientNotAllowed);
        }
        Ok(())
    }

    /// The issuer, exactly as its tokens spell it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the current keys. An empty set counts as unavailable, not as a set in which the key is unknown (J22).
    #[cfg_attr(not(feature = "std"), expect(unused_variables, reason = "only fetched keys grow old"))]
    pub(super) fn keys(&self, now: Timestamp) -> Result<KeysNow, NoKeys> {
        match &self.keys {
            Keys::Source(source) => {
                let keys = source.keys();
                if keys.is_empty() {
                    return Err(NoKeys);
                }
                Ok(KeysNow {
                    keys,
                    #[cfg(feature = "std")]
                    fetched: None,
                })
            }
            #[cfg(feature = "std")]
            Keys::Remote(remote) => {
                let (KeySnapshot { keys, generation }, stale) = remote.take(now).ok_or(NoKeys)?;
                Ok(KeysNow { keys, fetched: Some(Fetched { remote: Arc::clone(remote), generation, stale }) })
            }
        }
    }

    /// The remote keys, if the issuer's keys are fetched.
    #[cfg(feature = "std")]
    #[must_use]
    pub const fn remote_keys(&self) -> Option<&Arc<RemoteKeys>> {
        match &self.keys {
            Keys::Source(_) => None,
            Keys::Remote(remote) => Some(remote),
        }
    }
}

fn static_keys(keys: VerificationKeys) -> Result<Arc<dyn KeySource>, ConfigError> {
    if keys.is_empty() {
        return Err(ConfigError::new("keys", "the issuer has no key; its tokens could never be verified"));
    }
    Ok(Arc::new(StaticKeys(Arc::new(keys))))
}

/// Checks the issuer's URL: https with a host and at most a path; plain http on loopback if development allows it. RFC
/// 8414 §2.
pub(super) fn issuer_is_acceptable(issuer: &str, insecure_loopback: bool) -> Result<(), ConfigError> {
    let problem = |text: &'static str| Err(ConfigError::new("issuer", text));
    if issuer.contains(['?', '#']) {
        return problem("must not have a query or fragment");
    }
    let Some(uri) = ObservedUri::parse(issuer) else {
        return problem("must be an absolute URL with a host, without userinfo");
    };
    match uri.scheme() {
        Scheme::Https => Ok(()),
        Scheme::Http if insecure_loopback && uri.is_loopback() => Ok(()),
        Scheme::Http if insecure_loopback => problem("may be http on a loopback host only"),
        Scheme::Http => problem("must be https; for development on this machine there is danger_insecure_loopback"),
    }
}
