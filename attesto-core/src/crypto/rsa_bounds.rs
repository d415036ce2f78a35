//! The accepted RSA keys (RFC 7518 §3.3, §6.3; J11). The bytes are checked before any arithmetic, equally for
//! every provider.

use super::KeyError;
use crate::limits::{RSA_MODULUS_BITS_MAX, RSA_MODULUS_BITS_MIN};

/// Checks both numbers of a public key.
pub(super) fn public_numbers_are_accepted(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    numbers_are_canonical(n, e)?;
    exponent_is_accepted(e)?;
    modulus_is_accepted(n)
}

/// Checks that there are no leading zeros. RFC 7518 §6.3.1.1, §6.3.1.2.
fn numbers_are_canonical(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    if n.first() == Some(&0) || e.first() == Some(&0) { Err(KeyError::Invalid) } else { Ok(()) }
}

/// Checks that the exponent is odd and from 3 to 65537.
fn exponent_is_accepted(e: &[u8]) -> Result<(), KeyError> {
    let value = match *e {
        [low] => u32::from(low),
        [high, low] => u32::from_be_bytes([0, 0, high, low]),
        [top, high, low] => u32::from_be_bytes([0, top, high, low]),
        _ => return Err(KeyError::Weak),
    };
    if value % 2 == 1 && (3..=65_537).contains(&value) { Ok(()) } else { Err(KeyError::Weak) }
}

/// Checks that the modulus has 2048 to 8192 bits and is odd.
fn modulus_is_accepted(n: &[u8]) -> Result<(), KeyError> {
    let (Some(first), Some(last)) = (n.first(), n.last()) else { return Err(KeyError::Weak) };
    let (least, most) = (RSA_MODULUS_BITS_MIN / 8, RSA_MODULUS_BITS_MAX / 8);
    if n.len() < least || n.len() > most || (n.len() == least && first.leading_zeros() > 0) {
        return Err(KeyError::Weak);
    }
    if last % 2 == 1 { Ok(()) } else { Err(KeyError::Invalid) }
}

/// Checks that no private number is longer than the modulus: d is below it (RFC 8017 §3.2), and the primes divide it.
pub(super) fn private_numbers_fit(n: &[u8], private: [&[u8]; 3]) -> Result<(), KeyError> {
    if private.iter().all(|number| number.len() <= n.len()) { Ok(()) } else { Err(KeyError::Invalid) }
}
