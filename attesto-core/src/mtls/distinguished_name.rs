//! Parses distinguished names from text (RFC 4514) into the form of a certificate, for comparison (CA-7).

use super::holder::{Attribute, Holder};
use alloc::string::String;
use alloc::vec::Vec;
use der::Decode;
use der::asn1::AnyRef;

/// A distinguished name: relative names in the order of a certificate, most general first.
#[derive(Debug)]
pub(crate) struct DistinguishedName(Vec<Vec<Expected>>);

/// One attribute of a relative name.
#[derive(Debug)]
struct Expected {
    /// The content of the OBJECT IDENTIFIER.
    kind: Vec<u8>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    /// Text of any string type.
    Text(String),
    /// `#` and hexadecimal digits: the DER of the value.
    Der(Vec<u8>),
}

/// The descriptors of RFC 4514 §3 and RFC 4519 §2, short and long, those of extended validation certificates, and
/// others that tools write. Any other attribute is named by its number.
const KINDS: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("COMMONNAME", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("SURNAME", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("COUNTRYNAME", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("LOCALITYNAME", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("S", "2.5.4.8"),
    ("STATEORPROVINCENAME", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("STREETADDRESS", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("ORGANIZATIONNAME", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("ORGANIZATIONALUNITNAME", "2.5.4.11"),
    ("TITLE", "2.5.4.12"),
    ("T", "2.5.4.12"),
    ("DESCRIPTION", "2.5.4.13"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("POSTALADDRESS", "2.5.4.16"),
    ("POSTALCODE", "2.5.4.17"),
    ("POSTOFFICEBOX", "2.5.4.18"),
    ("PHYSICALDELIVERYOFFICENAME", "2.5.4.19"),
    ("TELEPHONENUMBER", "2.5.4.20"),
    ("NAME", "2.5.4.41"),
    ("GIVENNAME", "2.5.4.42"),
    ("GN", "2.5.4.42"),
    ("INITIALS", "2.5.4.43"),
    ("GENERATIONQUALIFIER", "2.5.4.44"),
    ("X500UNIQUEIDENTIFIER", "2.5.4.45"),
    ("DNQUALIFIER", "2.5.4.46"),
    ("HOUSEIDENTIFIER", "2.5.4.51"),
    ("PSEUDONYM", "2.5.4.65"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("USERID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("DOMAINCOMPONENT", "0.9.2342.19200300.100.1.25"),
    ("JURISDICTIONL", "1.3.6.1.4.1.311.60.2.1.1"),
    ("JURISDICTIONLOCALITYNAME", "1.3.6.1.4.1.311.60.2.1.1"),
    ("JURISDICTIONOFINCORPORATIONLOCALITYNAME", "1.3.6.1.4.1.311.60.2.1.1"),
    ("JURISDICTIONST", "1.3.6.1.4.1.311.60.2.1.2"),
    ("JURISDICTIONSTATEORPROVINCENAME", "1.3.6.1.4.1.311.60.2.1.2"),
    ("JURISDICTIONOFINCORPORATIONSTATEORPROVINCENAME", "1.3.6.1.4.1.311.60.2.1.2"),
    ("JURISDICTIONC", "1.3.6.1.4.1.311.60.2.1.3"),
    ("JURISDICTIONCOUNTRYNAME", "1.3.6.1.4.1.311.60.2.1.3"),
    ("JURISDICTIONOFINCORPORATIONCOUNTRYNAME", "1.3.6.1.4.1.311.60.2.1.3"),
];

impl DistinguishedName {
    /// Parses `distinguishedName = relativeDistinguishedName *( COMMA relativeDistinguishedName )`. RFC 4514 §3.
    ///
    /// Skips spaces around the separators, which tools write. Refuses the empty name: it would match every certificate
    /// without a subject.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.as_bytes();
        let (mut names, mut name) = (Vec::new(), Vec::new());
        loop {
            name.push(attribute(&mut rest)?);
            match rest.split_first() {
                Some((b'+', after)) => rest = after,
                Some((b',', after)) => {
                    names.push(core::mem::take(&mut name));
                    rest = after;
                }
                Some(_) => return None,
                None => break,
            }
        }
        names.push(name);
        // The text begins with the most specific name, a certificate with the most general (§2.1).
        names.reverse();
        Some(Self(names))
    }

    /// Whether the certificate's subject is this name: equal relative names in the same order, each with equal
    /// attributes in any order. Text compares exactly, whatever its string type: a CA may distinguish `CN=a` from
    /// `CN=A`.
    pub(crate) fn is_subject_of(&self, holder: &Holder<'_>) -> bool {
        let Some(subject) = holder.subject() else { return false };
        let same = |(ours, theirs): (&Vec<Expected>, &Vec<Attribute<'_>>)| {
            ours.len() == theirs.len()
                && ours.iter().all(|expected| theirs.iter().any(|found| expected.is(found)))
                && theirs.iter().all(|found| ours.iter().any(|expected| expected.is(found)))
        };
        self.0.len() == subject.len() && self.0.iter().zip(&subject).all(same)
    }
}

impl Expected {
    fn is(&self, found: &Attribute<'_>) -> bool {
        let same = match &self.value {
            Value::Text(text) => found.text().is_some_and(|found| found == *text),
            Value::Der(der) => AnyRef::from_der(der).is_ok_and(|expected| expected == found.value),
        };
        self.kind == found.kind && same
    }
}

/// Parses `attributeTypeAndValue = attributeType EQUALS attributeValue` and leaves what follows the value.
fn attribute(rest: &mut &[u8]) -> Option<Expected> {
    let (kind, after) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'=')?)?;
    let kind = kind_of(core::str::from_utf8(kind).ok()?.trim_matches(' '))?;
    let after = spaces_skipped(after.get(1..)?);
    let (value, after) = match after.strip_prefix(b"#") {
        Some(digits) => {
            let (digits, after) = digits.split_at(digits.iter().position(is_separator).unwrap_or(digits.len()));
            let der = hex_string(digits.trim_ascii_end())?;
            AnyRef::from_der(&der).ok()?;
            (Value::Der(der), after)
        }
        None => {
            let (text, after) = string(after)?;
            (Value::Text(text), after)
        }
    };
    *rest = after;
    Some(Expected { kind, value })
}

const fn is_separator(byte: &u8) -> bool {
    matches!(byte, b',' | b'+')
}

fn spaces_skipped(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// Parses `attributeType = descr / numericoid`: a descriptor in any case, or a number, which older tools prefix with
/// `OID.` (RFC 2253 §4).
fn kind_of(name: &str) -> Option<Vec<u8>> {
    if let Some((_, number)) = name.split_at_checked(4).filter(|(prefix, _)| prefix.eq_ignore_ascii_case("OID.")) {
        return object_identifier(number);
    }
    let known = KINDS.iter().find(|(descriptor, _)| descriptor.eq_ignore_ascii_case(name));
    object_identifier(known.map_or(name, |(_, number)| *number))
}

/// Encodes the content of a DER OBJECT IDENTIFIER. X.690 §8.19.
fn object_identifier(dotted: &str) -> Option<Vec<u8>> {
    let mut arcs = dotted.split('.').map(|arc| {
        let plain = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = plain && (arc == "0" || !arc.starts_with('0'));
        canonical.then(|| arc.parse::<u128>().ok()).flatten()
    });
    let (first, second) = (arcs.next()??, arcs.next()??);
    if first > 2 || (first < 2 && second > 39) {
        return None;
    }
    let mut content = Vec::new();
    base_128(first.checked_mul(40)?.checked_add(second)?, &mut content);
    for arc in arcs {
        base_128(arc?, &mut content);
    }
    Some(content)
}

fn base_128(arc: u128, out: &mut Vec<u8>) {
    let sevenths = |shift: u32| arc.checked_shr(shift).unwrap_or_default();
    let digits = (0..19_u32).rev().map(|digit| digit.saturating_mul(7));
    for shift in digits.filter(|shift| *shift == 0 || sevenths(*shift) > 0) {
        let digit = u8::try_from(sevenths(shift) & 0x7f).unwrap_or_default();
        out.push(if shift == 0 { digit } else { digit | 0x80 });
    }
}

/// Parses `string`, up to an unescaped separator, without surrounding spaces unless they are escaped. RFC 4514 §2.4,
/// §3.
fn string(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (mut rest, mut text, mut kept) = (bytes, Vec::new(), 0);
    loop {
        rest = match rest {
            [] | [b',' | b'+', ..] => break,
            [b'\\', high, low, after @ ..] if high.is_ascii_hexdigit() => {
                text.push(hex_pair(*high, *low)?);
                kept = text.len();
                after
            }
            [b'\\', escaped, after @ ..] if b" \"#+,;<=>\\".contains(escaped) => {
                text.push(*escaped);
                kept = text.len();
                after
            }
            [0 | b'"' | b';' | b'<' | b'>' | b'\\', ..] => return None,
            [plain, after @ ..] => {
                text.push(*plain);
                if *plain != b' ' {
                    kept = text.len();
                }
                after
            }
        };
    }
    text.truncate(kept);
    // A value must not be empty (RFC 5280, appendix A.1: `DirectoryString` has at least one character).
    String::from_utf8(text).ok().filter(|text| !text.is_empty()).map(|text| (text, rest))
}

/// Parses `hexstring = SHARP 1*hexpair`, after the sharp.
fn hex_string(digits: &[u8]) -> Option<Vec<u8>> {
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => hex_pair(*high, *low),
        _ => None,
    });
    pairs.collect()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)?.wrapping_shl(4) | digit(low)?)
}

#[cfg(test)]
#[path = "distinguished_name_tests.rs"]
mod tests;
