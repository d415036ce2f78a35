//! The issuer, the client and the resource.

use crate::clock::now;
use attesto_core::Timestamp;
use attesto_core::crypto::{Algorithm, AwsLc, CryptoProvider, EntropyError, KeyKind, Signer};
use attesto_core::dpop::ProofMaker;
use attesto_core::jose::{Jwk, KeyMaterial};
use attesto_core::resource::{Requirement, ResourceServer, ResourceServerBuilder};
use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, TrustedIssuer};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What the resource asks for.
pub(crate) const SCOPE: &str = "mcp:tools:call";

/// The system's randomness.
pub(crate) fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(out).map_err(|_| EntropyError)
}

/// A client with its DPoP key.
#[derive(Debug)]
pub(crate) struct Client {
    provider: AwsLc,
    material: KeyMaterial,
    signer: Box<dyn Signer>,
}

impl Client {
    pub(crate) fn generate(kind: KeyKind, algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        Self::new(KeyMaterial::generate(kind, &mut entropy)?, algorithm)
    }

    pub(crate) fn from_jwk(json: &str, algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        Self::new(KeyMaterial::from_jwk(json)?, algorithm)
    }

    fn new(material: KeyMaterial, algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        let provider = AwsLc::new();
        let signer = provider.signer(material.private().ok_or("the key is public")?, algorithm)?;
        Ok(Self { provider, material, signer })
    }

    pub(crate) fn private_jwk(&self) -> Result<String, Box<dyn Error>> {
        Ok(self.material.to_private_jwk().ok_or("the key is public")?.to_string())
    }

    /// A proof for one request; no two are the same.
    pub(crate) fn proof(&self, method: &str, url: &str, token: &str, now: Timestamp) -> Result<String, Box<dyn Error>> {
        let proof = ProofMaker::new(method, url).access_token(token);
        Ok(proof.make(self.signer.as_ref(), &self.provider, now, &mut entropy)?)
    }
}

/// An issuer with its key, and the one resource it issues for.
#[derive(Debug)]
pub(crate) struct Issuer {
    provider: Arc<dyn CryptoProvider>,
    name: String,
    resource: String,
    loopback: bool,
    keys: Arc<KeyRing>,
}

impl Issuer {
    /// On this machine, over plain http.
    pub(crate) fn loopback(origin: &str, material: &KeyMaterial, algorithm: Algorithm) -> Result<Self, Box<dyn Error>> {
        Self::new(origin, origin, true, material, algorithm)
    }

    /// As in production.
    pub(crate) fn https(
        name: &str,
        resource: &str,
        material: &KeyMaterial,
        algorithm: Algorithm,
    ) -> Result<Self, Box<dyn Error>> {
        Self::new(name, resource, false, material, algorithm)
    }

    fn new(
        name: &str,
        resource: &str,
        loopback: bool,
        material: &KeyMaterial,
        algorithm: Algorithm,
    ) -> Result<Self, Box<dyn Error>> {
        let provider: Arc<dyn CryptoProvider> = Arc::new(AwsLc::new());
        let signer = provider.signer(material.private().ok_or("the key is public")?, algorithm)?;
        let keys = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
        Ok(Self { provider, name: name.to_owned(), resource: resource.to_owned(), loopback, keys })
    }

    /// A token for the resource; bound to the client's key, if there is one.
    pub(crate) fn token(&self, bound_to: Option<&Client>) -> Result<String, Box<dyn Error>> {
        let (name, provider, keys) = (self.name.as_str(), Arc::clone(&self.provider), Arc::clone(&self.keys));
        let mut builder = AccessTokenIssuer::builder(name, provider, keys);
        if self.loopback {
            builder = builder.danger_insecure_loopback();
        }
        let mut request = MintRequest::new("usr_1", "client-1").audience([&*self.resource]);
        request = request.scopes(["mcp:tools:read", SCOPE]);
        if let Some(client) = bound_to {
            let jwk = Jwk::new(client.signer.public_key().clone());
            request = request.dpop_jkt(jwk.thumbprint(|parts| self.provider.sha256(parts)));
        }
        Ok(builder
            .default_lifetime(Duration::from_secs(3600))
            .build()?
            .mint(request, now(), &mut entropy)?
            .token()
            .to_owned())
    }

    /// The resource, which trusts this issuer.
    pub(crate) fn resource(&self) -> Result<ResourceServerBuilder, Box<dyn Error>> {
        let keys = self.keys.verification_keys(self.provider.as_ref())?;
        let builder = ResourceServer::builder(&*self.resource, Arc::clone(&self.provider));
        Ok(match self.loopback {
            true => {
                builder.issuer(TrustedIssuer::danger_insecure_loopback(&*self.name, keys)?).danger_insecure_loopback()
            }
            false => builder.issuer(TrustedIssuer::new(&*self.name, keys)?),
        })
    }

    /// The public keys, as the issuer serves them.
    pub(crate) fn jwks(&self) -> String {
        self.keys.jwks().to_json()
    }
}

/// The requirement of every measured route.
pub(crate) fn requirement() -> Result<Requirement, Box<dyn Error>> {
    Ok(Requirement::scopes([SCOPE])?)
}
