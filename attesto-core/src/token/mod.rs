//! Access tokens (RFC 9068): verifying and minting.
//!
//! [`AccessTokenVerifier`] turns a token into [`Claims`]; [`AccessTokenIssuer`] makes tokens that it accepts. Both
//! apply the same rules, one function each.
//!
//! ```
//! # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
//! # use attesto_core::jose::KeyMaterial;
//! # use std::sync::Arc;
//! # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
//! use attesto_core::Timestamp;
//! use attesto_core::token::{AccessTokenIssuer, AccessTokenVerifier, KeyRing, MintRequest, TokenRules, TrustedIssuer};
//!
//! let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
//! let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?; // `entropy`: your secure source
//! let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
//! let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
//!
//! let issuer = AccessTokenIssuer::builder("https://auth.example.com", provider.clone(), ring.clone()).build()?;
//! let now = Timestamp::from_secs(1_700_000_000);
//! let request = MintRequest::new("usr_1", "client-1").audience(["https://api.example.com"]).scopes(["read"]);
//! let minted = issuer.mint(request, now, &mut entropy)?;
//!
//! let trusted = TrustedIssuer::new("https://auth.example.com", ring.verification_keys(provider.as_ref())?)?;
//! let rules = TokenRules::new().audience_is(["https://api.example.com"]);
//! let verifier = AccessTokenVerifier::new(&provider, vec![trusted], rules)?;
//! let claims = verifier.verify(minted.token(), now).map_err(|refused| refused.error)?;
//! assert_eq!(claims.subject(), "usr_1");
//! assert!(claims.scopes().eq(["read"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;
mod confirmation;
mod error;
mod foreign;
#[cfg(feature = "std")]
mod id_token;
mod issuer;
#[cfg(feature = "std")]
mod jwt_signer;
mod mint;
mod policy;
mod principal;
mod profile;
mod raw;
mod recalled;
mod request;
mod rules;
mod scope_claim;
mod sighting;
mod signing;
#[cfg(feature = "std")]
mod verified;
#[cfg(not(feature = "std"))]
#[path = "verified_none.rs"]
mod verified;
mod verify;

pub use claims::Claims;
pub use confirmation::Confirmation;
pub use error::TokenError;
pub use foreign::ForeignClaims;
#[cfg(feature = "std")]
pub(crate) use id_token::IdTokenRequest;
pub use issuer::TrustedIssuer;
#[cfg(feature = "std")]
pub(crate) use jwt_signer::JwtSigner;
pub use mint::{AccessTokenIssuer, AccessTokenIssuerBuilder, MintError, MintedToken, UnsignedToken};
pub use policy::{TokenPredicate, TokenRules};
pub use principal::{ClaimShape, PrincipalKind, PrincipalKinds};
pub use profile::IssuerProfile;
pub(crate) use profile::{NAMES_OF_USERS, OTHER_KINDS};
pub use request::MintRequest;
pub(crate) use sighting::Sighting;
pub use signing::{KeyHealth, KeyRing};
pub(crate) use verified::VerifiedTokens;
#[cfg(feature = "std")]
pub(crate) use verify::KeyRemedy;
pub(crate) use verify::signature_verifies;
pub use verify::{AccessTokenVerifier, Refused};

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;
