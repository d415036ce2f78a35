//! Strict JSON objects, parsed in place (RFC 7515 §4, RFC 8725 §3.7; J4).
//!
//! ```
//! use attesto_core::encoding::json::{Object, Value};
//!
//! let object = Object::parse(br#"{"iss":"me","n":[1,{"a":2}]}"#)?;
//! assert!(matches!(object.get("iss"), Some(Value::String(iss)) if iss == "me"));
//! assert!(Object::parse(br#"{"a":1,"a":2}"#).is_err()); // two meanings
//! # Ok::<(), attesto_core::encoding::json::NotStrictJson>(())
//! ```

use super::strict;
use crate::Timestamp;
use crate::limits::JSON_DEPTH;
use alloc::borrow::Cow;
use core::fmt;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The bytes are not one strict JSON object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a strict JSON object")]
#[expect(clippy::exhaustive_structs, reason = "an object is strict or it is not")]
pub struct NotStrictJson;

/// One JSON value; arrays and objects are kept as text and read on demand.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are JSON's")]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Array<'a>),
    Object(Object<'a>),
}

/// A finite JSON number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "what a JSON reader tells apart")]
pub enum Number {
    /// A non-negative integer.
    Unsigned(u64),
    /// A negative integer.
    Negative(i64),
    /// Anything with a fraction or an exponent, or too large for the others.
    Float(f64),
}

impl Number {
    /// Parses a number that is known to be valid JSON. This is not left to serde, whose result changes if any crate of
    /// the application enables serde_json's `arbitrary_precision`.
    fn from_raw(raw: &str) -> Option<Self> {
        if raw.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = raw.parse()
        {
            return Some(Self::Unsigned(number));
        }
        match raw.parse() {
            Ok(number) => Some(Self::Negative(number)),
            Err(_) => raw.parse().ok().map(Self::Float),
        }
    }

    /// The number as a `NumericDate`, rounded down (RFC 7519 §2; J17: `exp`). `None` outside 0 to 2^53.
    #[must_use]
    pub fn date_floor(self) -> Option<Timestamp> {
        match self {
            Self::Unsigned(_) | Self::Negative(_) => self.date_exact(),
            Self::Float(seconds) => whole(seconds),
        }
    }

    /// The number as a `NumericDate`, rounded up (J17: `nbf`, `iat`). `None` outside 0 to 2^53.
    #[must_use]
    pub fn date_ceil(self) -> Option<Timestamp> {
        match self {
            Self::Unsigned(_) | Self::Negative(_) => self.date_exact(),
            Self::Float(seconds) => {
                let floor = whole(seconds)?;
                let fraction = seconds % 1.0;
                Some(if fraction > 0.0 { floor.plus(1) } else { floor })
            }
        }
    }

    /// The number as a `NumericDate` written as an integer (J17: DPoP `iat`). `None` outside 0 to 2^53, and for `1.0`.
    #[must_use]
    pub fn date_exact(self) -> Option<Timestamp> {
        match self {
            Self::Unsigned(seconds) => {
                Some(Timestamp::from_secs(seconds)).filter(|t| *t <= Timestamp::MAX_NUMERIC_DATE)
            }
            Self::Negative(_) | Self::Float(_) => None,
        }
    }
}

/// The whole seconds of a float between 0 and 2^53.
fn whole(seconds: f64) -> Option<Timestamp> {
    const MAX: f64 = 9_007_199_254_740_992.0;
    if !(0.0..=MAX).contains(&seconds) {
        return None;
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 0 and 2^53; truncation is the floor that is wanted"
    )]
    Some(Timestamp::from_secs(seconds as u64))
}

/// The error of a visit that cannot fail.
type Never = core::convert::Infallible;

/// A JSON array that is known to be strict.
#[derive(Clone, Copy)]
pub struct Array<'a> {
    raw: &'a str,
}

/// A JSON object that is known to be strict: UTF-8, bounded depth, no duplicate member name at any depth, nothing
/// around it.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    raw: &'a str,
}

impl<'a> Object<'a> {
    /// Checks `bytes` strictly, at every depth.
    ///
    /// # Errors
    /// [`NotStrictJson`] if the bytes are not exactly one object without white space around it, have a duplicate member
    /// name, nest deeper than [`limits::JSON_DEPTH`](crate::limits::JSON_DEPTH), or have a number that no `f64` can
    /// represent.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NotStrictJson> {
        if bytes.first() != Some(&b'{') || bytes.last() != Some(&b'}') {
            return Err(NotStrictJson);
        }
        let raw = core::str::from_utf8(bytes).map_err(|_| NotStrictJson)?;
        strict::check(raw, JSON_DEPTH)?;
        Ok(Self { raw })
    }

    /// Combines [`parse`](Self::parse) and [`members`](Self::members) in one pass. The visited members are only valid
    /// if the whole document is strict, so do not act on them before this returns. The visitor's first error ends the
    /// visits.
    ///
    /// # Errors
    /// [`NotStrictJson`] as for [`parse`](Self::parse), whatever the visitor returned; inside, the visitor's error.
    pub(crate) fn read<E>(
        bytes: &'a [u8],
        mut visit: impl FnMut(&str, Value<'a>) -> Result<(), E>,
    ) -> Result<Result<Self, E>, NotStrictJson> {
        if bytes.first() != Some(&b'{') || bytes.last() != Some(&b'}') {
            return Err(NotStrictJson);
        }
        let raw = core::str::from_utf8(bytes).map_err(|_| NotStrictJson)?;
        let mut failure = None;
        strict::read(raw, |name, value| {
            if failure.is_none() {
                failure = visit(name, value).err();
            }
        })?;
        Ok(failure.map_or(Ok(Self { raw }), Err))
    }

    /// Wraps text that is known to be strict. The caller must be certain of that.
    pub(crate) const fn assertion(raw: &'a str) -> Self {
        Self { raw }
    }

    /// Visits the members in order. The visitor's error ends the visit.
    ///
    /// # Errors
    /// The visitor's.
    pub fn members<E>(self, mut visit: impl FnMut(&str, Value<'a>) -> Result<(), E>) -> Result<(), E> {
        let mut failure = None;
        let visitor = Members(|name: &str, value: &'a RawValue| {
            match Value::from_raw(value.get()).map(|value| visit(name, value)) {
                Some(Ok(())) => true,
                Some(Err(error)) => {
                    failure = Some(error);
                    false
                }
                // Cannot happen: the object is known to be strict. Ending the visit leaves required members missing.
                None => false,
            }
        });
        // The only remaining errors are those that our own visitor raises to stop.
        let _ = serde_json::Deserializer::from_str(self.raw).deserialize_map(visitor);
        failure.map_or(Ok(()), Err)
    }

    /// Returns the member called `name`. Reads to the end: stopping early would be an error to serde, and errors are
    /// boxed.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        let mut found = None;
        let _: Result<(), Never> = self.members(|member, value| {
            if member == name {
                found = Some(value);
            }
            Ok(())
        });
        found
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(self) -> bool {
        let inside = self.raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        inside.is_some_and(|inside| inside.trim_ascii().is_empty())
    }

    /// The text of the object.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.raw
    }
}

/// Visits the items of the array in member `name` of the object `bytes`. The object is checked strictly except for
/// these items: each must be a strict object by itself, and one that is not does not invalidate the others. The
/// visitor's error ends the visit.
///
/// # Errors
/// [`NotStrictJson`] as for [`Object::parse`], and if the member is not an array; inside, the visitor's error.
pub(crate) fn read_items<'a, E>(
    bytes: &'a [u8],
    name: &str,
    mut visit: impl FnMut(Result<Object<'a>, NotStrictJson>) -> Result<(), E>,
) -> Result<Result<(), E>, NotStrictJson> {
    if bytes.first() != Some(&b'{') || bytes.last() != Some(&b'}') {
        return Err(NotStrictJson);
    }
    let raw = core::str::from_utf8(bytes).map_err(|_| NotStrictJson)?;
    let items = strict::all_but(raw, name)?.filter(|value| value.starts_with('[')).ok_or(NotStrictJson)?;
    let mut failure = None;
    let visitor = Items(|item: &'a RawValue| {
        failure = visit(Object::parse(item.get().as_bytes())).err();
        failure.is_none()
    });
    // The array is valid JSON: the only remaining error is the one that our own visitor raises to stop.
    let _ = serde_json::Deserializer::from_str(items).deserialize_seq(visitor);
    Ok(failure.map_or(Ok(()), Err))
}

impl<'a> Array<'a> {
    /// Visits the items in order. The visitor's error ends the visit.
    ///
    /// # Errors
    /// The visitor's.
    pub fn items<E>(self, mut visit: impl FnMut(Value<'a>) -> Result<(), E>) -> Result<(), E> {
        let mut failure = None;
        let visitor = Items(|value: &'a RawValue| match Value::from_raw(value.get()).map(&mut visit) {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                failure = Some(error);
                false
            }
            None => false,
        });
        let _ = serde_json::Deserializer::from_str(self.raw).deserialize_seq(visitor);
        failure.map_or(Ok(()), Err)
    }

    /// The text of the array.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.raw
    }
}

impl<'a> Value<'a> {
    /// Parses one value of a document that is known to be strict.
    fn from_raw(raw: &'a str) -> Option<Self> {
        match raw.as_bytes().first()? {
            b'{' => Some(Self::Object(Object { raw })),
            b'[' => Some(Self::Array(Array { raw })),
            b'-' | b'0'..=b'9' => Number::from_raw(raw).map(Self::Number),
            b'"' => match raw.get(1..raw.len().saturating_sub(1)) {
                // Without an escape, the text is the slice between the quotes.
                Some(text) if !text.as_bytes().contains(&b'\\') => Some(Self::String(Cow::Borrowed(text))),
                Some(_) | None => serde_json::Deserializer::from_str(raw).deserialize_any(Scalar).ok(),
            },
            _ => serde_json::Deserializer::from_str(raw).deserialize_any(Scalar).ok(),
        }
    }

    /// Checks that a value that is valid JSON is also strict, with at most `depth` levels.
    pub(super) fn found_strict(raw: &'a str, depth: usize) -> Result<Self, NotStrictJson> {
        let value = Self::from_raw(raw).ok_or(NotStrictJson)?;
        match &value {
            Self::Object(_) | Self::Array(_) => strict::check(raw, depth)?,
            Self::Number(Number::Float(number)) if !number.is_finite() => return Err(NotStrictJson),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
        Ok(value)
    }

    /// Returns the text, if this is a string.
    #[must_use]
    pub fn into_string(self) -> Option<Cow<'a, str>> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }
}

/// Prints no content: a document may hold a token's claims.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Object(..)")
    }
}

impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Array(..)")
    }
}

/// A member name, borrowed unless it has an escape.
struct Name;

impl<'de> serde::de::DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        strict::text(deserializer)
    }
}

struct Members<F>(F);

impl<'de, F: FnMut(&str, &'de RawValue) -> bool> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            if !self.0(&name, map.next_value()?) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

struct Items<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(value) = items.next_element()? {
            if !self.0(value) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::custom("not a scalar"))
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
