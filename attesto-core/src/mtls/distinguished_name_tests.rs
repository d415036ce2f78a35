use super::*;
use crate::mtls::test_certificates::{NAMED, NAMED_SUBJECT, der, tlv, with_names};
use alloc::format;
use alloc::string::ToString;
use core::str::FromStr;
use proptest::prelude::*;
use x509_cert::der::Encode;
use x509_cert::name::Name;

/// Whether the name matches the subject with this DER.
fn is(name: &str, subject: &[u8]) -> bool {
    let certificate = with_names(subject, &[]);
    let holder = Holder::from_der(&certificate).expect("a certificate");
    DistinguishedName::parse(name).is_some_and(|name| name.is_subject_of(&holder))
}

/// Encodes a name with another implementation of RFC 4514.
fn encoded(name: &str) -> Vec<u8> {
    Name::from_str(name).unwrap().to_der().unwrap()
}

/// A relative name of one attribute.
fn relative(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    tlv(0x31, &tlv(0x30, &[tlv(6, kind), tlv(tag, value)].concat()))
}

const CN: &[u8] = &[0x55, 4, 3];

#[test]
fn ca7_the_subject_as_openssl_writes_it() {
    let certificate = der(NAMED);
    let holder = Holder::from_der(&certificate).unwrap();
    let is_subject = |name: &str| DistinguishedName::parse(name).unwrap().is_subject_of(&holder);
    assert!(is_subject(NAMED_SUBJECT));
    for (from, to) in [
        ("serialNumber", "2.5.4.5"),
        ("CN=J.  Smith+OU=Sales", "ou=Sales+cn=J.  Smith"),
        (",", " , "),
        ("Lu\\C4\\8Di\\C4\\87", "Lučić"),
        ("C=DE", "C=#13024445"),
    ] {
        let same = NAMED_SUBJECT.replacen(from, to, 1);
        assert!(is_subject(&same), "{same}");
    }
    for (from, to) in [
        ("C=DE", "C=#0C024445"), // another string type
        ("J.  Smith", "J. Smith"),
        ("Sales", "sales"),
        ("DC=net", "DC=net,DC=net"),
        (",DC=net", ""),
        ("+OU=Sales", ""),
        ("+OU=Sales", ",OU=Sales"),
        ("OU=Sales", "OU=Sales+OU=Sales"),
        ("CN=Lu\\C4\\8Di\\C4\\87,", ""),
        ("DC=example,DC=net", "DC=net,DC=example"),
        ("serialNumber", "SN"),
        ("=7", "=8"),
    ] {
        let other = NAMED_SUBJECT.replacen(from, to, 1);
        assert_ne!(other, NAMED_SUBJECT);
        assert!(!is_subject(&other), "{other}");
    }
}

#[test]
fn ca7_the_examples_of_rfc_4514() {
    for name in [
        "UID=jsmith,DC=example,DC=net",
        "OU=Sales+CN=J.  Smith,DC=example,DC=net",
        "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
        "CN=Before\\0dAfter,DC=example,DC=net",
        "CN=Lu\\C4\\8Di\\C4\\87",
    ] {
        assert!(is(name, &encoded(name)), "{name}");
        assert!(!is(name, &encoded("CN=other,DC=example,DC=net")), "{name}");
    }
    let odd = tlv(0x30, &relative(&[0x2b, 6, 1, 4, 1, 0x8b, 0x3a, 0], 4, b"Hi"));
    assert!(is("1.3.6.1.4.1.1466.0=#04024869", &odd));
    assert!(!is("1.3.6.1.4.1.1466.0=Hi", &odd), "an octet string is no text");
}

#[test]
fn ca7_text_is_the_same_in_every_string_type() {
    for (tag, bytes) in [(0x0c, &b"ab"[..]), (0x13, b"ab"), (0x16, b"ab"), (0x14, b"ab"), (0x1e, b"\0a\0b")] {
        assert!(is("CN=ab", &tlv(0x30, &relative(CN, tag, bytes))), "{tag:#x}");
    }
    for (tag, bytes) in
        [(0x0c, &b"ab\0"[..]), (0x0c, b"ab "), (0x04, b"ab"), (0x1e, b"\0a\0b\0"), (0x1e, b"ab"), (0x13, b"")]
    {
        assert!(!is("CN=ab", &tlv(0x30, &relative(CN, tag, bytes))), "{tag:#x} {bytes:?}");
    }
    let latin_1 = tlv(0x30, &relative(CN, 0x14, b"\xe4"));
    assert!(!is("CN=\u{e4}", &latin_1) && is("CN=#1401e4", &latin_1));
}

#[test]
fn ca7_a_name_given_twice_does_not_stand_for_another() {
    let one = |value: &[u8]| tlv(0x30, &[tlv(6, CN), tlv(0x0c, value)].concat());
    let subject = tlv(0x30, &tlv(0x31, &[one(b"a"), one(b"b")].concat()));
    assert!(is("CN=a+CN=b", &subject) && is("CN=b+CN=a", &subject));
    assert!(!is("CN=a+CN=a", &subject) && !is("CN=b+CN=b", &subject));
}

#[test]
fn ca7_spaces_count_where_they_are_escaped() {
    let padded = tlv(0x30, &relative(CN, 0x0c, b" a "));
    assert!(is("CN=\\ a\\ ", &padded) && is("CN= \\20a\\20 ", &padded));
    assert!(!is("CN= a ", &padded));
    assert!(is(" CN = a ", &tlv(0x30, &relative(CN, 0x0c, b"a"))));
}

#[test]
fn ca7_text_that_is_no_distinguished_name_matches_nothing() {
    let nobody = tlv(0x30, &[]);
    for bad in [
        "",
        " ",
        ",",
        "a",
        "CN",
        "=a",
        "CN=",
        "CN= ",
        "CN=a,",
        ",CN=a",
        "CN=a,,CN=b",
        "CN=a+",
        "CN=a;CN=b",
        "CN=\"a\"",
        "CN=a<b",
        "CN=a\\",
        "CN=a\\x",
        "CN=a\\4",
        "CN=\\ff",
        "CN=#",
        "CN=#0",
        "CN=#0g",
        "CN=#0c0261",
        "CN=#0c016100",
        "CN=a\0",
        "XX=a",
        "OID.CN=a",
        "OID.=a",
        "OID2.5.4.3=a",
        "OID.OID.2.5.4.3=a",
        "2=a",
        "3.1=a",
        "1.40=a",
        "2.5.4.03=a",
        "2..5=a",
        "2.5.4.=a",
        "C\u{e9}=a",
        "2.5.340282366920938463463374607431768211456=a",
    ] {
        assert!(DistinguishedName::parse(bad).is_none(), "{bad:?}");
        assert!(!is(bad, &nobody), "{bad:?}");
    }
}

#[test]
fn ca7_kinds_are_known_by_the_names_that_certificates_are_described_with() {
    for (names, number) in [
        (&["jurisdictionC", "jurisdictionCountryName", "JURISDICTIONCOUNTRYNAME"][..], "1.3.6.1.4.1.311.60.2.1.3"),
        (&["jurisdictionST", "jurisdictionStateOrProvinceName"], "1.3.6.1.4.1.311.60.2.1.2"),
        (&["jurisdictionL", "jurisdictionLocalityName"], "1.3.6.1.4.1.311.60.2.1.1"),
        (&["businessCategory"], "2.5.4.15"),
        (&["commonName", "CN", "OID.2.5.4.3", "oid.2.5.4.3"], "2.5.4.3"),
        (&["surname", "SN"], "2.5.4.4"),
        (&["serialNumber"], "2.5.4.5"),
        (&["countryName"], "2.5.4.6"),
        (&["localityName"], "2.5.4.7"),
        (&["stateOrProvinceName", "S", "ST"], "2.5.4.8"),
        (&["streetAddress", "street"], "2.5.4.9"),
        (&["organizationName"], "2.5.4.10"),
        (&["organizationalUnitName"], "2.5.4.11"),
        (&["organizationIdentifier"], "2.5.4.97"),
        (&["userId", "UID"], "0.9.2342.19200300.100.1.1"),
        (&["domainComponent"], "0.9.2342.19200300.100.1.25"),
        (&["emailAddress", "E"], "1.2.840.113549.1.9.1"),
    ] {
        let subject = tlv(0x30, &relative(&object_identifier(number).unwrap(), 0x0c, b"DE"));
        for name in names {
            assert!(is(&format!("{name}=DE"), &subject), "{name}");
            assert!(!is(&format!("{name}=FR"), &subject), "{name}");
        }
        assert!(!is("OU=DE", &subject) || number == "2.5.4.11");
    }
    assert!(KINDS.iter().all(|(name, number)| object_identifier(number).is_some() && !name.contains('.')));
}

#[test]
fn ca7_object_identifiers_are_encoded_as_x_690_has_it() {
    for (dotted, content) in [
        ("0.0", &[0][..]),
        ("2.5.4.3", CN),
        ("1.2.840.113549.1.9.1", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]),
        ("2.999", &[0x88, 0x37]),
        ("2.25.329800735698586629295641978511506172918", {
            &[
                0x69, 0x83, 0xf0, 0x9d, 0xa7, 0xeb, 0xcf, 0xde, 0xe0, 0xc7, 0xa1, 0xa7, 0xb2, 0xc0, 0x94, 0x8c, 0xc8,
                0xf9, 0xd7, 0x76,
            ]
        }),
    ] {
        assert_eq!(object_identifier(dotted).unwrap(), content, "{dotted}");
    }
}

proptest! {
    #[test]
    fn ca7_escaped_names_read_back(value in "[ -~é𝄞]{1,12}") {
        let escaped: String = value.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let subject = tlv(0x30, &relative(CN, 0x0c, value.as_bytes()));
        let (same, other) = (format!("CN={escaped}"), format!("CN={escaped}\\20"));
        prop_assert!(is(&same, &subject));
        prop_assert!(!is(&other, &subject));
    }

    #[test]
    fn ca7_no_text_makes_the_reader_panic(text in any::<String>(), tail in "[A-Z0-9.=,+#\\\\\" ]{0,24}") {
        let _ = DistinguishedName::parse(&text);
        let _ = DistinguishedName::parse(&tail.to_string());
    }

    #[test]
    fn ca7_no_certificate_makes_the_reader_panic(at in 0..750_usize, byte in any::<u8>(), cut in 0..750_usize) {
        let mut certificate = der(NAMED);
        if let Some(slot) = certificate.get_mut(at) {
            *slot = byte;
        }
        for bytes in [&certificate[..], certificate.get(..cut).unwrap_or_default()] {
            if let Some(holder) = Holder::from_der(bytes) {
                let _ = (holder.subject(), holder.has_dns("a"), holder.has_ip("::1"), holder.has_email("a@b"), holder.has_uri("u"));
            }
        }
    }
}
