//! A metadata document: an ordered JSON object, and the response that serves it.

use crate::encoding::json::Object;
use crate::http::{ResponseParts, public_document};
use crate::jose::{CompactJws, JwsLimits};
use crate::{ConfigError, limits};
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use serde::ser::{Serialize, Serializer};

/// The value of a metadata member.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MemberValue {
    /// `true` or `false`.
    Flag(bool),
    /// A string.
    Text(String),
    /// An array of strings.
    List(Vec<String>),
    /// An object whose values are strings, as in `mtls_endpoint_aliases` (RFC 8705 §5).
    Map(Vec<(String, String)>),
}

impl From<bool> for MemberValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for MemberValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for MemberValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for MemberValue {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl<const N: usize> From<[&str; N]> for MemberValue {
    fn from(list: [&str; N]) -> Self {
        Self::List(list.into_iter().map(ToOwned::to_owned).collect())
    }
}

impl MemberValue {
    /// Whether this is an empty array or object. Such members are left out (P6).
    fn is_empty(&self) -> bool {
        match self {
            Self::Flag(_) | Self::Text(_) => false,
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.is_empty(),
        }
    }
}

/// Serializes a member by hand, so that the public type needs no serde in its API.
struct Json<'a>(&'a MemberValue);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            MemberValue::Flag(flag) => serializer.serialize_bool(*flag),
            MemberValue::Text(text) => serializer.serialize_str(text),
            MemberValue::List(list) => serializer.collect_seq(list),
            MemberValue::Map(map) => serializer.collect_map(map.iter().map(|(name, value)| (name, value))),
        }
    }
}

/// A document under construction.
#[derive(Debug, Default)]
pub(super) struct Document(Vec<(Cow<'static, str>, MemberValue)>);

impl Document {
    /// Appends a member. Leaves out absent and empty values: P6.
    pub(super) fn add(&mut self, name: impl Into<Cow<'static, str>>, value: Option<impl Into<MemberValue>>) {
        if let Some(value) = value.map(Into::into).filter(|value| !value.is_empty()) {
            self.0.push((name.into(), value));
        }
    }

    /// Appends an array of strings, unless it is empty.
    pub(super) fn add_list<S: Into<String>>(&mut self, name: &'static str, list: impl IntoIterator<Item = S>) {
        self.add(name, Some(list.into_iter().map(Into::into).collect::<Vec<String>>()));
    }

    /// Returns the JSON text.
    pub(super) fn to_json(&self) -> Result<String, ConfigError> {
        struct Members<'a>(&'a Document);
        impl Serialize for Members<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.0.iter().map(|(name, value)| (name, Json(value))))
            }
        }
        serde_json::to_string(&Members(self)).map_err(|_| ConfigError::new("document", "cannot be written as JSON"))
    }
}

/// Answers a request for a document: P5.
pub(crate) fn respond(method: &str, json: &str) -> ResponseParts {
    public_document(method, "application/json", "public, max-age=3600", || json.as_bytes().to_vec())
}

/// Checks the name of a signature algorithm in a document. `none` is not allowed.
pub(super) fn alg_is_named(member: &'static str, alg: &str) -> Result<(), ConfigError> {
    if alg.eq_ignore_ascii_case("none") {
        return Err(ConfigError::new(member, "`none` is not a signature algorithm; leave it out"));
    }
    word_is_printable(member, alg)
}

/// Checks a word: visible ASCII, not empty.
pub(super) fn word_is_printable(member: &'static str, word: &str) -> Result<(), ConfigError> {
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ConfigError::new(member, alloc::format!("{word:?} is empty or not visible ASCII without spaces")));
    }
    Ok(())
}

/// Checks a text for people: not empty, no control characters.
pub(super) fn text_is_printable(member: &'static str, text: &str) -> Result<(), ConfigError> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(ConfigError::new(member, "is empty or has control characters"));
    }
    Ok(())
}

/// Checks that no item occurs twice: a repetition most often hides a typo in another item.
pub(super) fn items_are_distinct(member: &'static str, items: &[String]) -> Result<(), ConfigError> {
    let mut seen = alloc::collections::BTreeSet::new();
    match items.iter().find(|item| !seen.insert(item.as_str())) {
        Some(item) => Err(ConfigError::new(member, alloc::format!("{item:?} is listed twice"))),
        None => Ok(()),
    }
}

/// Checks that `signed_metadata` is a signed JWT of a supported algorithm, so never `none` (RFC 9728 §2.2). Only its
/// readers can check the signature and the signer.
pub(super) fn signed_metadata_is_signed(jwt: &str) -> Result<(), ConfigError> {
    let is_signed = || {
        let jws = CompactJws::split(jwt.as_bytes(), JwsLimits::ACCESS_TOKEN).ok()?;
        let (mut buffer, mut signature) = (Vec::new(), [0; limits::SIGNATURE]);
        jws.header(&mut buffer).ok()?;
        Object::parse(jws.payload(&mut buffer).ok()?).ok()?;
        (!jws.signature(&mut signature).ok()?.is_empty()).then_some(())
    };
    is_signed().ok_or_else(|| ConfigError::new("signed_metadata", "is not a compact JWS with a supported algorithm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_empty_and_absent_values_are_left_out() {
        let mut document = Document::default();
        document.add("a", Some("x\"\u{e9}"));
        document.add("b", None::<bool>);
        document.add_list("c", [""; 0]);
        document.add("d", Some(MemberValue::Map(Vec::new())));
        document.add("e", Some(MemberValue::Map([(String::from("k"), String::from("v"))].into())));
        document.add("f", Some(["p", "q"]));
        document.add("g", Some(false));
        let expected = "{\"a\":\"x\\\"\u{e9}\",\"e\":{\"k\":\"v\"},\"f\":[\"p\",\"q\"],\"g\":false}";
        assert_eq!(document.to_json().unwrap(), expected);
    }

    #[test]
    fn p7_signed_metadata_is_a_signed_jws() {
        // {"alg":"ES256"}.{}.signature, then with "none"
        assert!(signed_metadata_is_signed("eyJhbGciOiJFUzI1NiJ9.e30.c2ln").is_ok());
        for jwt in ["", "a.b", "eyJhbGciOiJub25lIn0.e30.c2ln", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFUzI1NiJ9.e30."]
        {
            assert!(signed_metadata_is_signed(jwt).is_err(), "{jwt}");
        }
    }

    #[test]
    fn p7_none_is_no_algorithm() {
        assert!(alg_is_named("m", "ES256").is_ok() && alg_is_named("m", "ML-DSA-65").is_ok());
        for alg in ["none", "None", "", "a b", "\u{e9}"] {
            assert_eq!(alg_is_named("m", alg).unwrap_err().member(), "m", "{alg}");
        }
    }
}
