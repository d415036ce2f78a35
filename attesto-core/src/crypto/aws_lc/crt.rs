//! Derives the Chinese remainder parameters of an RSA private key (RFC 8017 §3.2) from n, d, p and q in constant time.

use crate::crypto::KeyError;
use alloc::boxed::Box;
use crypto_bigint::{BoxedUint, NonZero, Odd};
use zeroize::Zeroizing;

/// The parameters, big-endian, as long as the modulus.
pub(super) struct Crt {
    pub(super) dp: Zeroizing<Box<[u8]>>,
    pub(super) dq: Zeroizing<Box<[u8]>>,
    pub(super) q_inverse: Zeroizing<Box<[u8]>>,
}

impl Crt {
    /// Derives the parameters. Refuses a prime longer than half of n: AWS-LC would accept it, the rsa crate does not.
    pub(super) fn derive(n: &[u8], d: &[u8], p: &[u8], q: &[u8]) -> Result<Self, KeyError> {
        let bits = u32::try_from(n.len()).map_err(|_| KeyError::Invalid)?.saturating_mul(8);
        let number =
            |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).map(Zeroizing::new).map_err(|_| KeyError::Invalid);
        let (n, d, p, q) = (number(n)?, number(d)?, number(p)?, number(q)?);
        let half = n.bit_width().div_ceil(2);
        if p.bit_width() > half || q.bit_width() > half {
            return Err(KeyError::Invalid);
        }
        let modulus = Zeroizing::new(Odd::new((*p).clone()).into_option().ok_or(KeyError::Invalid)?);
        let q_of_p = Zeroizing::new(q.rem(modulus.as_nz_ref()));
        let q_inverse = Zeroizing::new(q_of_p.invert_odd_mod(&modulus).into_option().ok_or(KeyError::Invalid)?);
        Ok(Self {
            dp: Zeroizing::new(exponent(&d, &p)?.to_be_bytes()),
            dq: Zeroizing::new(exponent(&d, &q)?.to_be_bytes()),
            q_inverse: Zeroizing::new(q_inverse.to_be_bytes()),
        })
    }
}

/// Returns d modulo (prime - 1).
fn exponent(d: &BoxedUint, prime: &BoxedUint) -> Result<Zeroizing<BoxedUint>, KeyError> {
    let less_one = prime.wrapping_sub(BoxedUint::one());
    let less_one = Zeroizing::new(NonZero::new(less_one).into_option().ok_or(KeyError::Invalid)?);
    Ok(Zeroizing::new(d.rem(&less_one)))
}
