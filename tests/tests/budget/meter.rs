//! What work costs, counted: calls into the cryptographic provider, and the heap.

use attesto_core::crypto::{
    Algorithm, AlgorithmSet, AwsLc, CryptoProvider, InvalidSignature, KeyError, PrivateKey, PublicKey, RustCrypto,
    Signer, VerifyingKey,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a piece of work did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Work {
    /// Signatures verified, well or in vain.
    pub(crate) signatures: usize,
    /// Public keys taken apart.
    pub(crate) keys: usize,
    /// SHA-256 digests.
    pub(crate) digests: usize,
    /// Bytes that went into them.
    pub(crate) digested: usize,
    /// HMACs.
    pub(crate) macs: usize,
    /// Heap allocations; a larger one in place of a smaller counts again.
    pub(crate) allocations: usize,
    /// The most bytes held at a time beyond what was held before.
    pub(crate) bytes: usize,
}

impl Work {
    /// Whether no cryptography was used at all.
    pub(crate) fn is_without_cryptography(&self) -> bool {
        (self.signatures, self.keys, self.digests, self.macs) == (0, 0, 0, 0)
    }
}

/// Runs what is to be counted.
pub(crate) type Meter<'m> = &'m mut dyn FnMut(&mut dyn FnMut());

/// Runs a scenario on both providers, which must do the same, and says what it cost. The heap is counted without the wrapper that
/// counts the cryptography; where the providers differ there, the more counts. What AWS-LC takes from C's allocator is not counted.
pub(crate) fn measure(mut scenario: impl FnMut(Arc<dyn CryptoProvider>, Meter<'_>)) -> Work {
    let providers: [fn() -> Arc<dyn CryptoProvider>; 2] = [|| Arc::new(RustCrypto::new()), || Arc::new(AwsLc::new())];
    let measured = providers.map(|provider| {
        let counts = Arc::new(Counts::default());
        let metered = Arc::new(Metered { inner: provider(), counts: Arc::clone(&counts) });
        let mut work = Work::default();
        scenario(metered, &mut |run| {
            counts.reset();
            run();
            work = counts.read();
        });
        scenario(provider(), &mut |run| (work.allocations, work.bytes) = heap(run));
        work
    });
    let [one, other] = measured;
    let cryptography = |work: Work| Work { allocations: 0, bytes: 0, ..work };
    assert_eq!(cryptography(one), cryptography(other), "the providers are asked for the same");
    Work { allocations: one.allocations.max(other.allocations), bytes: one.bytes.max(other.bytes), ..one }
}

#[derive(Debug, Default)]
struct Counts {
    signatures: AtomicUsize,
    keys: AtomicUsize,
    digests: AtomicUsize,
    digested: AtomicUsize,
    macs: AtomicUsize,
}

impl Counts {
    fn all(&self) -> [&AtomicUsize; 5] {
        [&self.signatures, &self.keys, &self.digests, &self.digested, &self.macs]
    }

    fn reset(&self) {
        for count in self.all() {
            count.store(0, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Work {
        let [signatures, keys, digests, digested, macs] = self.all().map(|count| count.load(Ordering::Relaxed));
        Work { signatures, keys, digests, digested, macs, allocations: 0, bytes: 0 }
    }
}

fn add(count: &AtomicUsize, more: usize) {
    count.fetch_add(more, Ordering::Relaxed);
}

/// A provider that counts what it is asked for.
#[derive(Debug)]
struct Metered {
    inner: Arc<dyn CryptoProvider>,
    counts: Arc<Counts>,
}

impl CryptoProvider for Metered {
    fn algorithms(&self) -> AlgorithmSet {
        self.inner.algorithms()
    }

    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyError> {
        add(&self.counts.keys, 1);
        let inner = self.inner.verifying_key(key)?;
        Ok(Box::new(MeteredKey { inner, counts: Arc::clone(&self.counts) }))
    }

    fn verify_once(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), InvalidSignature>, KeyError> {
        add(&self.counts.keys, 1);
        let verified = self.inner.verify_once(key, algorithm, message, signature)?;
        add(&self.counts.signatures, 1);
        Ok(verified)
    }

    fn signer(&self, key: &PrivateKey, algorithm: Algorithm) -> Result<Box<dyn Signer>, KeyError> {
        self.inner.signer(key, algorithm)
    }

    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        add(&self.counts.digests, 1);
        add(&self.counts.digested, parts.iter().map(|part| part.len()).sum());
        self.inner.sha256(parts)
    }

    fn sha384(&self, whole: &[u8]) -> [u8; 48] {
        add(&self.counts.digests, 1);
        add(&self.counts.digested, whole.len());
        self.inner.sha384(whole)
    }

    fn sha512(&self, whole: &[u8]) -> [u8; 64] {
        add(&self.counts.digests, 1);
        add(&self.counts.digested, whole.len());
        self.inner.sha512(whole)
    }

    fn hmac_sha256(&self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        add(&self.counts.macs, 1);
        self.inner.hmac_sha256(key, parts)
    }
}

#[derive(Debug)]
struct MeteredKey {
    inner: Box<dyn VerifyingKey>,
    counts: Arc<Counts>,
}

impl VerifyingKey for MeteredKey {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        add(&self.counts.signatures, 1);
        self.inner.verify(algorithm, message, signature)
    }
}

pub(crate) use attesto_tests::heap::{heap, held};

#[global_allocator]
static ALLOCATOR: attesto_tests::heap::Counting = attesto_tests::heap::Counting;
