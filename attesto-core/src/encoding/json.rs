//! Strict JSON objects, read in place (RFC 7515 §4, RFC 8725 §3.7; catalogue J4).

use crate::Timestamp;
use alloc::borrow::Cow;

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
    /// As NumericDate rounded down (J17: `exp`): 0 to 2^53 or `None`.
    #[must_use]
    pub fn date_floor(self) -> Option<Timestamp> {
        todo!()
    }
    /// As NumericDate rounded up (J17: `nbf`, `iat`): 0 to 2^53 or `None`.
    #[must_use]
    pub fn date_ceil(self) -> Option<Timestamp> {
        todo!()
    }
    /// As a NumericDate that must be an integer (J17: DPoP `iat`).
    #[must_use]
    pub fn date_exact(self) -> Option<Timestamp> {
        todo!()
    }
}

/// A JSON array that was found strict.
#[derive(Clone, Copy, Debug)]
pub struct Array<'a> {
    _raw: &'a str,
}
/// A JSON object that was found strict: UTF-8, bounded depth, no member name twice at any depth, nothing around it.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    _raw: &'a str,
}

impl<'a> Object<'a> {
    /// Checks `bytes` strictly, at every depth.
    pub fn parse(_bytes: &'a [u8]) -> Result<Self, NotStrictJson> {
        todo!()
    }
    /// Visits the members in order. The visitor's error ends the visit.
    pub fn members<E>(self, _visit: impl FnMut(&str, Value<'a>) -> Result<(), E>) -> Result<(), E> {
        todo!()
    }
    /// The member called `name`.
    #[must_use]
    pub fn get(self, _name: &str) -> Option<Value<'a>> {
        todo!()
    }
    /// The text of the object.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        todo!()
    }
}

impl<'a> Array<'a> {
    /// Visits the items in order. The visitor's error ends the visit.
    pub fn items<E>(self, _visit: impl FnMut(Value<'a>) -> Result<(), E>) -> Result<(), E> {
        todo!()
    }
    /// The text of the array.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        todo!()
    }
}
