//! Ed25519 points as bytes (RFC 8032 §5.1.2). The providers' libraries disagree about some encodings, so both providers
//! share these checks. A point that passes them must still be found on the curve.

/// Bit 255 is the sign of x; the others are y.
const SIGN: u8 = 0x80;

/// Whether y is below the field's order 2^255 - 19. RFC 8032 §5.1.3 step 1; J11.
///
/// Other encodings of a point exist, which one library decodes and another refuses. A key must have one form, or it
/// would have several thumbprints.
pub(super) fn y_is_canonical(point: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = point;
    let largest_above = high & !SIGN == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    !(largest_above && *low >= 0xed)
}

/// The y of the eight points whose order divides eight, without the sign bit.
#[cfg(feature = "aws-lc-rs")]
const SMALL_ORDER: [[u8; 32]; 5] = [
    // The neutral element.
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    // Order two: -1.
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    // Order four.
    [0; 32],
    // Order eight.
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
];

/// Whether this is the canonical encoding of a point whose order divides eight. Anyone can make signatures for such a
/// key, and no honest signer makes a signature with such an R. ed25519-dalek's strict verification checks the same.
/// J11, J12.
#[cfg(feature = "aws-lc-rs")]
pub(super) fn is_of_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    let [.., high] = &mut y;
    *high &= !SIGN;
    SMALL_ORDER.contains(&y)
}
