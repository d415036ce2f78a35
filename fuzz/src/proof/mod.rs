//! DPoP proofs with valid signatures: change one thing of a sound proof, sign it, and the core names that thing.

mod change;
mod draft;

use crate::fixture::{AUDIENCE, NOW, SECONDS, WORLD};
use arbitrary::{Arbitrary, Unstructured};
use attesto_core::crypto::{CryptoProvider, Signer};
use attesto_core::dpop::{CheckedProof, ProofContext, ProofError, ProofPolicy, check_proof};
use attesto_core::http::ObservedUri;
use attesto_core::limits;
use change::Change;
use draft::Draft;

const TOKEN: &str = "an.access.token";
const METHOD: &str = "POST";

/// The expected verdict.
#[derive(Debug, PartialEq)]
enum Expected {
    Accepted,
    Refused(ProofError),
    /// Refused or accepted: only consistency is asked for.
    Either,
    /// Refused, for whatever reason.
    Never,
}

use Expected::{Accepted, Either, Never, Refused};

/// One change, made to the proof of one of two keys.
pub fn proof(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok((curve, change)) = <(u8, Change)>::arbitrary(&mut input) else { return };
    // Signatures on P-256 take ten times as long, so they are made less often.
    let signer = if curve.is_multiple_of(16) { WORLD.client_p256.as_ref() } else { WORLD.client.as_ref() };
    let (proof, expected) = Draft::new(signer).changed(signer, &change);
    let result = check(&proof, WORLD.provider.as_ref());
    is_the_same(&result, &check(&proof, WORLD.other.as_ref()));
    match (expected, &result) {
        (Accepted | Either, Ok(checked)) => is_evidence(checked, signer),
        (Refused(expected), Err(error)) => assert_eq!(*error, expected, "{change:?}"),
        (Either | Never, Err(_)) => {}
        (expected, result) => panic!("{change:?}: {result:?} instead of {expected:?}"),
    }
}

fn check(proof: &[u8], provider: &dyn CryptoProvider) -> Result<CheckedProof, ProofError> {
    let uri = ObservedUri::parse(AUDIENCE).expect("a URI");
    let context = ProofContext { method: METHOD, uri: &uri, access_token: Some(TOKEN) };
    check_proof(proof, &context, &ProofPolicy::new(), provider, NOW)
}

/// Both providers accept and refuse the same, and for the same reason.
fn is_the_same(one: &Result<CheckedProof, ProofError>, other: &Result<CheckedProof, ProofError>) {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            assert_eq!((one.jkt(), one.jti(), one.replay_claim()), (other.jkt(), other.jti(), other.replay_claim()));
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{one:?}, and on the other provider {other:?}"),
    }
}

fn is_evidence(checked: &CheckedProof, signer: &dyn Signer) {
    let jkt = WORLD.jkt(signer);
    assert_eq!(checked.jkt().to_base64url(), jkt, "the key that signed");
    assert!(!checked.jti().is_empty() && checked.jti().len() <= limits::JTI);
    let claim = checked.replay_claim();
    let key = WORLD.provider.sha256(&[b"dpop:", jkt.as_bytes(), b":", checked.jti().as_bytes()]);
    assert_eq!(claim.key.as_bytes(), &key);
    // Until the proof is too old for any clock. D17.
    assert!((SECONDS + 1..=SECONDS + 181).contains(&claim.retain_until.as_secs()));
    assert!(!checked.nonce_is_due());
}

impl Expected {
    /// Leaves it open where `open` says that the rule does not decide alone.
    fn unless(self, open: bool) -> Self {
        if open { Either } else { self }
    }
}
