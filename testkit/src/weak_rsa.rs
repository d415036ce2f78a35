//! An RSA key of 1024 bits, which no server may accept (RFC 7518 §3.3).

use attesto_core::encoding::base64url;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use sha2::{Digest, Sha256};

/// The modulus, as in the JWK.
pub(super) const N: &str = "y2nrMAT4fbrTdfiEUE-LnBy6YjsuEKfQUhQt3XRfrK05ULywXehwEdD1v8Lpfi_FoV1UNBKL8wgFJ3kl2W929skONxQBPz57wrsc\
                            6fYVEXcnyzX2V2yKPnYAyvFipEUNgTDBQzqKP6_hcXCUutWrWbVYfe4_tyhb5f9VTDDq6mM";
const D: &str = "H_gZmoZtd3UxXs0cHnMiAfsR3_ZlGwEE4KGDQ9bSYpUm-OVu4pNxaZtpxCWiBM8FRIMihLyVejC8fqOvqyi1jXOdstGaHRDMlEY4kMNOp-N9eLjB\
                 xoHw-0IWyPnmQxW98j8ohpJUC2MXrOJzcjYYnb3cjzTEe3P0yJ0dzgK7ewE";
const P: &str = "_CMuCK8jHvTZ86oPPJtaiihaDWS2uY2M7HUflqZUyd42YGZ89gCfXDqsmreOPQs-98klRgqL9jrgDCbBSmcSoQ";
const Q: &str = "zoeoIStewofgdTWjc5ly3vI22C1u5ebKtofqK1UXNfbsPYulFzzVVnVb5anCR9QBIOuURkoKegB_41B3M9Migw";

/// Makes an RS256 signature in which only the key's size is wrong.
pub(super) fn sign(message: &str) -> Option<Vec<u8>> {
    let [n, d, p, q] = [N, D, P, Q].map(number);
    let key = PrivateKey::from_components(n?, BoxedUint::from(65_537_u64), d?, vec![p?, q?]).ok()?;
    key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message.as_bytes())).ok()
}

fn number(text: impl Into<String>) -> Option<BoxedUint> {
    let mut bytes = Vec::new();
    base64url::decode_append(text.into().as_bytes(), &mut bytes).ok()?;
    Some(BoxedUint::from_be_slice_vartime(&bytes))
}
