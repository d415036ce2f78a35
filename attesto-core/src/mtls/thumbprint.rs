//! `x5t#S256` (RFC 8705 §3.1; M1).

use crate::crypto::CryptoProvider;
use crate::jose::Thumbprint;
use crate::limits;
use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Reader, Result, SliceReader, Tag};

/// The SHA-256 thumbprint of a certificate. RFC 8705 §3.1; M1.
///
/// `None` unless `der` is exactly one X.509 certificate in DER (RFC 5280 §4.1): at most [`limits::CERTIFICATE_DER`]
/// bytes, with all required fields and nothing after it. The contents of names, keys and extensions are not checked,
/// nor are the length and sign of the serial number: certificates in use break the rules for these, TLS stacks accept
/// them, and the thumbprint is over the bytes in any case.
///
/// Works in place, in time linear in the length and with a fixed depth.
#[must_use]
pub fn certificate_thumbprint(provider: &dyn CryptoProvider, der: &[u8]) -> Option<Thumbprint> {
    is_one_certificate(der).then(|| Thumbprint::from_bytes(provider.sha256(&[der])))
}

pub(super) fn is_one_certificate(der: &[u8]) -> bool {
    der.len() <= limits::CERTIFICATE_DER && certificate(der).is_ok()
}

/// Checks `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }`.
/// RFC 5280 §4.1.1.
fn certificate(der: &[u8]) -> Result<()> {
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|certificate| {
        certificate.sequence(tbs_certificate)?;
        field(certificate, Tag::Sequence)?;
        BitStringRef::decode(certificate).map(drop)
    })?;
    reader.finish()
}

/// Checks `TBSCertificate`, field by field. RFC 5280 §4.1.2.
fn tbs_certificate(tbs: &mut SliceReader<'_>) -> Result<()> {
    version(tbs)?;
    field(tbs, Tag::Integer)?; // serialNumber
    field(tbs, Tag::Sequence)?; // signature
    field(tbs, Tag::Sequence)?; // issuer
    tbs.sequence(|validity| time(validity).and_then(|()| time(validity)))?;
    field(tbs, Tag::Sequence)?; // subject
    tbs.sequence(|key| {
        field(key, Tag::Sequence)?; // algorithm
        BitStringRef::decode(key).map(drop)
    })?;
    optional_fields(tbs)
}

/// Checks `version [0] EXPLICIT INTEGER { v1(0), v2(1), v3(2) } DEFAULT v1`. RFC 5280 §4.1.2.1.
fn version(tbs: &mut SliceReader<'_>) -> Result<()> {
    if context_number(Tag::peek(tbs)?) != Some(0) {
        return Ok(());
    }
    let tagged = AnyRef::decode(tbs)?;
    let mut inner = SliceReader::new(tagged.value())?;
    let number = AnyRef::decode(&mut inner)?;
    inner.finish()?;
    match (number.header().tag(), number.value()) {
        (Tag::Integer, [0..=2]) => Ok(()),
        (tag, _) => Err(tag.value_error().into()),
    }
}

/// Checks `issuerUniqueID [1]`, `subjectUniqueID [2]`, `extensions [3]`: each optional, in this order.
/// RFC 5280 §4.1.2.8.
fn optional_fields(tbs: &mut SliceReader<'_>) -> Result<()> {
    let mut last = 0;
    while !tbs.is_finished() {
        let tag = AnyRef::decode(tbs)?.header().tag();
        last = match context_number(tag) {
            Some(number @ 1..=3) if number > last => number,
            Some(_) | None => return Err(tag.value_error().into()),
        };
    }
    Ok(())
}

/// Checks the tag of a field.
fn field(reader: &mut SliceReader<'_>, tag: Tag) -> Result<()> {
    let field = AnyRef::decode(reader)?;
    field.header().tag().assert_eq(tag)?;
    // An empty name is legal: `issuer` and `subject` may be empty sequences. An empty number is not.
    if tag == Tag::Integer && field.value().is_empty() { Err(tag.value_error().into()) } else { Ok(()) }
}

/// Checks `Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }`. RFC 5280 §4.1.2.5.
fn time(reader: &mut SliceReader<'_>) -> Result<()> {
    let tag = AnyRef::decode(reader)?.header().tag();
    if matches!(tag, Tag::UtcTime | Tag::GeneralizedTime) { Ok(()) } else { Err(tag.value_error().into()) }
}

fn context_number(tag: Tag) -> Option<u32> {
    if let Tag::ContextSpecific { number, .. } = tag { Some(number.value()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;
    use crate::mtls::test_certificates::{ALL, ODD, RFC8705, der, tlv};
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;
    use x509_cert::Certificate;

    /// Replaces the only occurrence of `from`.
    fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at: Vec<_> = (0..der.len()).filter(|&at| der[at..].starts_with(from)).collect();
        assert_eq!(at.len(), 1);
        [&der[..at[0]], to, &der[at[0] + from.len()..]].concat()
    }

    #[test]
    fn m1_the_thumbprint_of_rfc_8705_appendix_a() {
        let thumbprint = certificate_thumbprint(&RustCrypto::new(), &der(RFC8705)).unwrap();
        let expected: Vec<u8> = der("A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0=");
        assert_eq!(thumbprint.as_bytes().as_slice(), expected);
    }

    #[test]
    fn m1_real_certificates_count_the_odd_ones_too() {
        for (name, text) in ALL {
            assert!(is_one_certificate(&der(text)), "{name}");
            assert!(Certificate::from_der(&der(text)).is_ok(), "{name}: another reader agrees");
        }
        for (name, text) in ODD {
            assert!(is_one_certificate(&der(text)), "{name}");
        }
    }

    #[test]
    fn m1_anything_but_one_der_certificate_has_no_thumbprint() {
        let one = der(RFC8705);
        let pem = [b"-----BEGIN CERTIFICATE-----\n", RFC8705.as_bytes(), b"\n-----END CERTIFICATE-----\n"].concat();
        let wrapped = tlv(0x30, &one);
        let indefinite = [&[0x30, 0x80][..], &one[4..], &[0, 0]].concat();
        let long_length = [&[0x30, 0x83, 0x00][..], &one[2..]].concat();
        for bytes in [
            Vec::new(),
            vec![0x30, 0],
            vec![0x30, 0x80, 0, 0],
            one[1..].to_vec(),
            one[..one.len() - 1].to_vec(),
            [&one[..], &[0]].concat(),
            [&one[..], b"\n"].concat(),
            [&one[..], &one[..]].concat(),
            RFC8705.as_bytes().to_vec(),
            pem,
            wrapped,
            indefinite,
            long_length,
            vec![0x30; 64 * 1024],
            [0x30, 0x80].repeat(1000),
            vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(certificate_thumbprint(&RustCrypto::new(), &bytes), None, "{:?}", bytes.get(..8));
        }
    }

    #[test]
    fn m1_every_field_is_there_and_of_its_kind() {
        let one = der(RFC8705);
        let (name, serial) = (&one[22..39], &one[7..10]);
        assert_eq!((name[0], serial), (0x30, &[2, 1, 2][..]));
        for (from, to) in [
            (serial, &[4, 1, 2][..]),                               // the serial is no number
            (b"\x17\x0d181018", b"\x04\x0d181018"),                 // notBefore is no time
            (b"\x17\x0d220502", b"\x0c\x0d220502"),                 // notAfter is no time
            (b"\x30\x1e\x17\x0d181018", b"\x31\x1e\x17\x0d181018"), // the validity is a set
            (b"\x03\x49\x00\x30\x46", b"\x04\x49\x00\x30\x46"),     // the signature is an octet string
            (b"\x03\x49\x00\x30\x46", b"\x03\x49\x09\x30\x46"),     // with nine unused bits
            (b"\x03\x42\x00\x04\xd7", b"\x04\x42\x00\x04\xd7"),     // the key is an octet string
        ] {
            assert!(!is_one_certificate(&replaced(&one, from, to)), "{from:02x?}");
        }
    }

    #[test]
    fn m1_a_certificate_has_at_most_64_kib() {
        // Version 3 of the same certificate, with the largest extension field that still fits.
        let one = der(RFC8705);
        let rest = &one[4 + 3 + 172..];
        let sized = |padding: usize| {
            let version = tlv(0xa0, &[2, 1, 2]);
            let extensions = tlv(0xa3, &tlv(0x30, &vec![5; padding]));
            let tbs = tlv(0x30, &[&version[..], &one[7..7 + 172], &extensions].concat());
            tlv(0x30, &[&tbs[..], rest].concat())
        };
        let at_limit = limits::CERTIFICATE_DER - sized(65_000).len() + 65_000;
        assert_eq!(sized(at_limit).len(), limits::CERTIFICATE_DER);
        assert!(is_one_certificate(&sized(at_limit)));
        assert!(!is_one_certificate(&sized(at_limit + 1)));
    }

    #[test]
    fn m1_optional_fields_have_an_order() {
        let one = der(RFC8705);
        let rest = &one[4 + 3 + 172..];
        let with = |version: &[u8], fields: &[u8]| {
            let tbs = tlv(0x30, &[version, &one[7..7 + 172], fields].concat());
            is_one_certificate(&tlv(0x30, &[&tbs[..], rest].concat()))
        };
        let fields = |numbers: &[u8]| numbers.iter().flat_map(|n| tlv(0xa0 | n, &[])).collect::<Vec<_>>();
        assert!(with(&[], &[]) && with(&[], &fields(&[1, 2, 3])) && with(&[], &fields(&[3])));
        assert!(!with(&[], &fields(&[3, 1])) && !with(&[], &fields(&[3, 3])) && !with(&[], &fields(&[4])));
        assert!(!with(&[], &[5, 0]));
        for version in 0..=2 {
            assert!(with(&tlv(0xa0, &[2, 1, version]), &[]));
        }
        for version in [&[2, 1, 3][..], &[2, 1, 0xff], &[2, 2, 0, 1], &[2, 0], &[4, 1, 2], &[2, 1, 2, 5, 0], &[]] {
            assert!(!with(&tlv(0xa0, version), &[]), "{version:?}");
        }
    }

    proptest! {
        #[test]
        fn m1_what_another_reader_accepts_is_accepted(which in 0..ALL.len(), at in 0..281_usize, byte in any::<u8>()) {
            let mut bytes = der(ALL[which].1);
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            prop_assert!(Certificate::from_der(&bytes).is_err() || is_one_certificate(&bytes));
        }

        #[test]
        fn m1_no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = is_one_certificate(&bytes);
        }
    }
}
