//! stub
use super::*;
use alloc::boxed::Box;
/// The pure Rust provider.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RustCrypto;
impl RustCrypto {
    /// new
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}
impl CryptoProvider for RustCrypto {
    fn algorithms(&self) -> AlgorithmSet {
        AlgorithmSet::DPOP
    }
    fn verifying_key(&self, _key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        todo!()
    }
    fn signer(&self, _key: &PrivateKey, _algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        todo!()
    }
    fn sha256(&self, _parts: &[&[u8]]) -> [u8; 32] {
        todo!()
    }
    fn hmac_sha256(&self, _key: &[u8; 32], _parts: &[&[u8]]) -> [u8; 32] {
        todo!()
    }
}
