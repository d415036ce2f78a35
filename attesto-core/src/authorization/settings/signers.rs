//! The key rings: one for access tokens, and one per algorithm for ID tokens and signed introspection (IT-2,
//! IN-5, MD-4, MD-5).

use crate::ConfigError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::registered_client::client::Client;
use crate::crypto::{Algorithm, CryptoProvider};
use crate::jose::JwkSet;
use crate::token::{JwtSigner, KeyRing};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The rings of a server, each with another algorithm.
pub(crate) struct Signers {
    /// The ring that also signs access tokens.
    own: JwtSigner,
    others: Vec<JwtSigner>,
}

impl Signers {
    /// Combines the ring of access tokens with further ones for ID tokens.
    pub(crate) fn new(
        provider: &dyn CryptoProvider,
        own: Arc<KeyRing>,
        others: Vec<Arc<KeyRing>>,
    ) -> Result<Self, ConfigError> {
        let own = JwtSigner::new(provider, own)?;
        let others = others.into_iter().map(|ring| JwtSigner::new(provider, ring)).collect::<Result<_, _>>()?;
        let signers = Self { own, others };
        signers.algorithms_differ()?;
        signers.kids_differ()?;
        Ok(signers)
    }

    fn all(&self) -> impl Iterator<Item = &JwtSigner> {
        core::iter::once(&self.own).chain(&self.others)
    }

    /// The algorithms that a client may be registered for, that of access tokens first. MD-4.
    pub(crate) fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.all().map(JwtSigner::algorithm)
    }

    /// The key set to publish: every key of every ring. MD-5.
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet::from_keys(self.all().flat_map(|signer| signer.keys().public_keys()).cloned())
    }

    fn of(&self, algorithm: Algorithm) -> Option<&JwtSigner> {
        self.all().find(|signer| signer.algorithm() == algorithm)
    }

    /// Returns the signer of this client's ID tokens: with its registered algorithm, or RS256 by default (OIDC
    /// Registration §2). A server without RS256 has declared that its clients accept its algorithms. IT-2.
    pub(crate) fn of_id_tokens(&self, client: &Client) -> Result<&JwtSigner, Reason> {
        match client.id_token_alg {
            Some(algorithm) => self.of(algorithm).ok_or(Reason::Host(HostError::SigningAlgorithm)),
            None => Ok(self.of(Algorithm::RS256).unwrap_or(&self.own)),
        }
    }

    /// Returns the signer of introspection responses to this client: with its registered algorithm (RFC 9701 §6), or
    /// else that of access tokens, which an introspecting client knows. IN-5.
    pub(crate) fn of_introspection(&self, client: &Client) -> Result<&JwtSigner, Reason> {
        match client.introspection_alg {
            Some(algorithm) => self.of(algorithm).ok_or(Reason::Host(HostError::SigningAlgorithm)),
            None => Ok(&self.own),
        }
    }

    /// Checks that no two rings have the same algorithm, which would make the signer ambiguous.
    fn algorithms_differ(&self) -> Result<(), ConfigError> {
        let twice = |algorithm: &Algorithm| self.algorithms().filter(|other| other == algorithm).count() > 1;
        match self.algorithms().find(twice) {
            None => Ok(()),
            Some(algorithm) => {
                let problem =
                    format!("two rings sign with {}: one ring holds all keys of an algorithm", algorithm.name());
                Err(ConfigError::new("id_token_keys", problem))
            }
        }
    }

    /// Checks that each `kid` names one key of the published set. MD-5.
    fn kids_differ(&self) -> Result<(), ConfigError> {
        let mut kids: Vec<&str> =
            self.all().flat_map(|signer| signer.keys().public_keys()).filter_map(|key| key.kid()).collect();
        let all = kids.len();
        kids.sort_unstable();
        kids.dedup();
        if kids.len() == all {
            return Ok(());
        }
        Err(ConfigError::new("id_token_keys", "two rings have a key of the same kid"))
    }

    /// Checks that an OpenID provider has RS256, unless the host has declared that its clients accept another
    /// algorithm. OIDC Discovery §3, `id_token_signing_alg_values_supported`, requires RS256, and by Registration §2
    /// clients expect it by default. IT-2, MD-4.
    pub(crate) fn rs256_is_there_or_waived(&self, waived: bool) -> Result<(), ConfigError> {
        if waived || self.of(Algorithm::RS256).is_some() {
            return Ok(());
        }
        let has: Vec<&str> = self.algorithms().map(Algorithm::name).collect();
        let problem: String = format!(
            "needs an RS256 key, which clients expect that do not say otherwise; the server has {}: \
             add id_token_keys(..) with a ring of an RSA key, or state id_tokens_without_rs256()",
            has.join(", ")
        );
        Err(ConfigError::new("openid_connect", problem))
    }
}
