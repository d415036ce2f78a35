//! DPoP: proofs of possession (RFC 9449).
//!
//! [`check_proof`] checks a proof against the request that carries it and returns a [`CheckedProof`], which gives
//! access only to checked facts. [`ProofMaker`] makes proofs; [`NonceIssuer`] makes and checks nonces without storing
//! them.
//!
//! ```
//! use attesto_core::Timestamp;
//! use attesto_core::crypto::RustCrypto;
//! use attesto_core::dpop::{ProofContext, ProofError, ProofPolicy, check_proof};
//! use attesto_core::http::ObservedUri;
//!
//! // RFC 9449 §4.1, made for the token endpoint at this second.
//! let proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rsc\
//!              EJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.ey\
//!              JqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxN\
//!              TYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
//! let uri = ObservedUri::parse("https://server.example.com/token").ok_or(ProofError::InvalidHtu)?;
//! let request = ProofContext { method: "POST", uri: &uri, access_token: None };
//! let now = Timestamp::from_secs(1_562_262_616);
//! let checked = check_proof(proof.as_bytes(), &request, &ProofPolicy::new(), &RustCrypto::new(), now)?;
//! assert_eq!(checked.jkt().to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
//! # Ok::<(), ProofError>(())
//! ```

mod error;
pub mod htu;
mod known_token;
mod make;
mod nonce;
mod policy;
mod proof;
mod replay;
mod rules;

pub use error::ProofError;
pub(crate) use known_token::{BoundKey, KnownToken, ProofRoom};
pub use make::{MakeProofError, ProofMaker};
pub use nonce::{NonceAge, NonceIssuer, NonceSecret, NonceUse};
pub use policy::ProofPolicy;
pub use proof::CheckedProof;
pub use replay::{ReplayAnswer, ReplayClaim, ReplayKey, ReplayOwner};
pub use rules::{ProofContext, check_proof, is_single};
pub(crate) use rules::{check_proof_in, claimed_uri};
