//! The names in a certificate: its subject and its alternative names (RFC 5280 §4.1.2.6, §4.2.1.6; CA-7).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use der::asn1::AnyRef;
use der::{Decode, Reader, Result, SliceReader, Tag};

/// The holder of a certificate, as its issuer names it. The caller checks whether to trust the issuer.
pub(crate) struct Holder<'c> {
    subject: SliceReader<'c>,
    alternatives: Vec<(u32, &'c [u8])>,
}

/// One attribute of a relative distinguished name.
pub(crate) struct Attribute<'c> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) kind: &'c [u8],
    pub(crate) value: AnyRef<'c>,
}

/// `id-ce-subjectAltName`, 2.5.29.17.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// The numbers of `GeneralName`'s alternatives.
const RFC822_NAME: u32 = 1;
const DNS_NAME: u32 = 2;
const URI: u32 = 6;
const IP_ADDRESS: u32 = 7;

impl<'c> Holder<'c> {
    /// Reads a certificate; `None` if its names cannot be read, or occur twice.
    pub(crate) fn from_der(certificate: &'c [u8]) -> Option<Self> {
        Self::read(certificate).ok()
    }

    fn read(certificate: &'c [u8]) -> Result<Self> {
        let mut outer = SliceReader::new(certificate)?;
        let mut certificate = inside(&mut outer, Tag::Sequence)?;
        let mut tbs = inside(&mut certificate, Tag::Sequence)?;
        if is_context(&Tag::peek(&tbs)?, 0) {
            AnyRef::decode(&mut tbs)?; // version
        }
        for _serial_signature_issuer_validity in 0..4 {
            AnyRef::decode(&mut tbs)?;
        }
        let subject = inside(&mut tbs, Tag::Sequence)?;
        AnyRef::decode(&mut tbs)?; // subjectPublicKeyInfo
        let mut alternatives = Vec::new();
        while !tbs.is_finished() {
            let field = AnyRef::decode(&mut tbs)?;
            if is_context(&field.header().tag(), 3) {
                alternatives = alternative_names(field.value())?;
            }
        }
        Ok(Self { subject, alternatives })
    }

    /// The relative names of the subject, most general first; `None` if they cannot be read.
    pub(crate) fn subject(&self) -> Option<Vec<Vec<Attribute<'c>>>> {
        let mut names = Vec::new();
        let mut subject = self.subject.clone();
        while !subject.is_finished() {
            names.push(relative_name(&mut subject).ok()?);
        }
        Some(names)
    }

    /// Whether the certificate has this DNS name, in any case. A wildcard matches only itself: RFC 9525 is for servers,
    /// and this is a client.
    pub(crate) fn has_dns(&self, name: &str) -> bool {
        self.named(DNS_NAME).any(|found| found.eq_ignore_ascii_case(name.as_bytes())) && !name.is_empty()
    }

    /// Whether the certificate has this URI, byte for byte.
    pub(crate) fn has_uri(&self, uri: &str) -> bool {
        self.named(URI).any(|found| found == uri.as_bytes()) && !uri.is_empty()
    }

    /// Whether the certificate has this address, in any notation.
    pub(crate) fn has_ip(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        self.named(IP_ADDRESS).any(|found| match address {
            IpAddr::V4(address) => found == address.octets(),
            IpAddr::V6(address) => found == address.octets(),
        })
    }

    /// Whether the certificate has this mailbox: an equal local part, and the host in any case. RFC 5280 §7.5.
    pub(crate) fn has_email(&self, mailbox: &str) -> bool {
        let Some((local, host)) = mailbox.rsplit_once('@') else { return false };
        let is_it = |found: &[u8]| {
            let found = core::str::from_utf8(found).ok().and_then(|found| found.rsplit_once('@'));
            found.is_some_and(|(other, at)| local == other && host.eq_ignore_ascii_case(at))
        };
        !local.is_empty() && !host.is_empty() && self.named(RFC822_NAME).any(is_it)
    }

    fn named(&self, kind: u32) -> impl Iterator<Item = &'c [u8]> {
        self.alternatives.iter().filter(move |(found, _)| *found == kind).map(|(_, value)| *value)
    }
}

impl<'c> Attribute<'c> {
    /// Returns the value as text, if its string type has an unambiguous character set. RFC 5280 §4.1.2.4.
    pub(crate) fn text(&self) -> Option<Cow<'c, str>> {
        let (tag, bytes) = (self.value.header().tag(), self.value.value());
        if tag == Tag::BmpString {
            let units = bytes.chunks(2).map(|pair| pair.try_into().map(u16::from_be_bytes));
            let units: Vec<u16> = units.collect::<core::result::Result<_, _>>().ok()?;
            return String::from_utf16(&units).ok().map(Cow::Owned);
        }
        // Only the ASCII part of T.61 is interpreted consistently.
        let is_ascii = matches!(tag, Tag::PrintableString | Tag::Ia5String | Tag::TeletexString) && bytes.is_ascii();
        let is_text = is_ascii || tag == Tag::Utf8String;
        core::str::from_utf8(bytes).ok().filter(|_| is_text).map(Cow::Borrowed)
    }
}

/// Returns a reader of the next element's content, if the element has this tag.
fn inside<'c>(reader: &mut SliceReader<'c>, tag: Tag) -> Result<SliceReader<'c>> {
    let element = AnyRef::decode(reader)?;
    element.header().tag().assert_eq(tag)?;
    SliceReader::new(element.value())
}

/// Parses `RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue`. RFC 5280 §4.1.2.4.
fn relative_name<'c>(subject: &mut SliceReader<'c>) -> Result<Vec<Attribute<'c>>> {
    let mut set = inside(subject, Tag::Set)?;
    let mut attributes = Vec::new();
    while !set.is_finished() {
        let mut attribute = inside(&mut set, Tag::Sequence)?;
        let kind = AnyRef::decode(&mut attribute)?;
        kind.header().tag().assert_eq(Tag::ObjectIdentifier)?;
        let value = AnyRef::decode(&mut attribute)?;
        attribute.finish()?;
        attributes.push(Attribute { kind: kind.value(), value });
    }
    Ok(attributes)
}

/// Returns the names of `subjectAltName`, which occurs at most once. RFC 5280 §4.2, §4.2.1.6.
fn alternative_names(extensions: &[u8]) -> Result<Vec<(u32, &[u8])>> {
    let mut outer = SliceReader::new(extensions)?;
    let mut list = inside(&mut outer, Tag::Sequence)?;
    outer.finish()?;
    let (mut names, mut seen) = (Vec::new(), false);
    while !list.is_finished() {
        let mut extension = inside(&mut list, Tag::Sequence)?;
        let kind = AnyRef::decode(&mut extension)?;
        let mut value = AnyRef::decode(&mut extension)?;
        if value.header().tag() == Tag::Boolean {
            value = AnyRef::decode(&mut extension)?; // behind `critical`
        }
        if kind.value() != SUBJECT_ALT_NAME {
            continue;
        }
        value.header().tag().assert_eq(Tag::OctetString)?;
        extension.finish()?;
        if seen {
            return Err(Tag::Sequence.value_error().into());
        }
        seen = true;
        names = general_names(value.value())?;
    }
    Ok(names)
}

/// Parses `GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName`, each with its number.
fn general_names(value: &[u8]) -> Result<Vec<(u32, &[u8])>> {
    let mut outer = SliceReader::new(value)?;
    let mut list = inside(&mut outer, Tag::Sequence)?;
    outer.finish()?;
    let mut names = Vec::new();
    while !list.is_finished() {
        let name = AnyRef::decode(&mut list)?;
        if let Tag::ContextSpecific { number, .. } = name.header().tag() {
            names.push((number.value(), name.value()));
        }
    }
    Ok(names)
}

fn is_context(tag: &Tag, expected: u32) -> bool {
    matches!(tag, Tag::ContextSpecific { number, .. } if number.value() == expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mtls::test_certificates::{NAMED, RFC8705, RFC9440, der, tlv, with_names};

    fn extension(critical: bool, names: &[(u8, &[u8])]) -> Vec<u8> {
        let names: Vec<u8> = names.iter().flat_map(|(tag, value)| tlv(*tag, value)).collect();
        let critical = if critical { tlv(1, &[0xff]) } else { Vec::new() };
        tlv(0x30, &[tlv(6, SUBJECT_ALT_NAME), critical, tlv(4, &tlv(0x30, &names))].concat())
    }

    fn is(certificate: &[u8], question: impl FnOnce(&Holder<'_>) -> bool) -> bool {
        question(&Holder::from_der(certificate).unwrap())
    }

    #[test]
    fn ca7_alternative_names_as_openssl_writes_them() {
        let certificate = der(NAMED);
        let holder = Holder::from_der(&certificate).unwrap();
        for dns in ["client.example.com", "CLIENT.EXAMPLE.COM", "*.example.NET"] {
            assert!(holder.has_dns(dns), "{dns}");
        }
        for dns in ["", "a.example.net", "example.com", "client.example.com.", "client.example.co", "urn:client:Job"] {
            assert!(!holder.has_dns(dns), "{dns}");
        }
        assert!(holder.has_uri("urn:client:Job"));
        for uri in ["", "urn:client:job", "URN:client:Job", "urn:client:Job/", "Client.Example.com"] {
            assert!(!holder.has_uri(uri), "{uri}");
        }
        for ip in ["192.0.2.7", "2001:db8::7", "2001:0DB8:0:0::0007"] {
            assert!(holder.has_ip(ip), "{ip}");
        }
        for ip in ["", "192.0.2.8", "2001:db8::8", "::ffff:192.0.2.7", "192.0.2.07", "3221225991", "[2001:db8::7]"] {
            assert!(!holder.has_ip(ip), "{ip}");
        }
        for email in ["Job@example.com", "Job@EXAMPLE.com"] {
            assert!(holder.has_email(email), "{email}");
        }
        for email in ["", "@", "job@example.com", "Job@example.org", "@example.com", "Job@", "Job", "x@Job@example.com"]
        {
            assert!(!holder.has_email(email), "{email}");
        }
    }

    #[test]
    fn ca7_the_example_of_rfc_9440_has_a_mailbox() {
        let certificate = der(RFC9440);
        assert!(is(&certificate, |holder| holder.has_email("bdc@example.com")));
        assert!(is(&certificate, |holder| !holder.has_dns("bdc@example.com")));
        assert!(is(&der(RFC8705), |holder| !holder.has_email("bdc@example.com")), "no extensions at all");
    }

    #[test]
    fn ca7_empty_and_doubtful_names_match_nothing() {
        let nobody = tlv(0x30, &[]);
        let empty = with_names(&nobody, &extension(false, &[(0x82, b""), (0x86, b""), (0x81, b"@"), (0x87, b"")]));
        assert!(is(&empty, |h| !h.has_dns("") && !h.has_uri("") && !h.has_email("@") && !h.has_ip("")));
        let odd_length = with_names(&nobody, &extension(true, &[(0x87, &[192, 0, 2, 7, 0, 0, 0, 0])]));
        assert!(is(&odd_length, |holder| !holder.has_ip("192.0.2.7")), "an address with a mask is a network");
        let nul = with_names(&nobody, &extension(false, &[(0x82, b"a.example\0.evil")]));
        assert!(is(&nul, |holder| !holder.has_dns("a.example")));
        let [one, other] = ["a.example", "b.example"].map(|dns| extension(false, &[(0x82, dns.as_bytes())]));
        assert!(is(&with_names(&nobody, &one), |holder| holder.has_dns("a.example")));
        assert!(Holder::from_der(&with_names(&nobody, &[one.clone(), other].concat())).is_none(), "which of the two?");
        let trailing = tlv(0x30, &[tlv(6, SUBJECT_ALT_NAME), tlv(4, &[tlv(0x30, &[]), one].concat())].concat());
        assert!(Holder::from_der(&with_names(&nobody, &trailing)).is_none());
    }
}
