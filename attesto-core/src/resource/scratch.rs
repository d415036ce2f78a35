//! The buffers of one check, which the caller keeps for the next.

use super::grant::Grant;
use crate::dpop::ProofRoom;
use alloc::vec::Vec;
use core::fmt;

/// Buffers for one check at a time. If the caller keeps them from check to check and [gives back](Self::reclaim) each
/// grant, a check does not allocate once they have grown to the size of the longest request.
///
/// Use one for each thread or task that checks requests. Between checks it holds the claims of the last token and
/// proof, which are personal data, and public keys. It holds neither tokens nor secrets.
///
/// ```
/// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// # use attesto_core::jose::KeyMaterial;
/// # use attesto_core::token::{AccessTokenIssuer, KeyRing, MintRequest, TrustedIssuer};
/// # use std::sync::Arc;
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
/// # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
/// # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
/// # let keys = ring.verification_keys(provider.as_ref())?;
/// # let issuer = AccessTokenIssuer::builder("https://auth.example.com", provider.clone(), ring).build()?;
/// # let now = attesto_core::Timestamp::from_secs(1_800_000_000);
/// # let request = MintRequest::new("usr_1", "cli").audience(["https://api.example.com"]);
/// # let token = issuer.mint(request, now, &mut entropy)?.token().to_owned();
/// # use attesto_core::resource::ResourceServer;
/// # let server = ResourceServer::builder("https://api.example.com", provider)
/// #     .issuer(TrustedIssuer::new("https://auth.example.com", keys)?).build()?;
/// use attesto_core::http::{Connection, RequestParts};
/// use attesto_core::resource::{Requirement, Scratch, Verdict};
///
/// let requirement = Requirement::authenticated();
/// let credentials = format!("Bearer {token}");
/// let headers: &[(&str, &[u8])] = &[("host", b"api.example.com"), ("authorization", credentials.as_bytes())];
/// let mut scratch = Scratch::new();
/// for _ in 0..3 {
///     let request = RequestParts::new("GET", "/things", &headers).connection(Connection::new().tls());
///     match server.check_with(&mut scratch, &request, &requirement, now) {
///         Verdict::Granted(grant) => {
///             assert_eq!(grant.subject(), "usr_1");
///             scratch.reclaim(grant);
///         }
///         verdict => panic!("{verdict:?}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Scratch {
    /// Becomes the buffer of the grant's claims.
    pub(super) token: Vec<u8>,
    pub(super) proof: ProofRoom,
}

impl Scratch {
    /// Creates empty buffers, which grow as needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back the buffer of a grant from this or another scratch, and drops the grant. If a grant is kept instead,
    /// the next check allocates once.
    pub fn reclaim(&mut self, grant: Grant) {
        let buffer = grant.into_buffer();
        if buffer.capacity() > self.token.capacity() {
            self.token = buffer;
        }
    }
}

/// Prints nothing of the contents.
impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
