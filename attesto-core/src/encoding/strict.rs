//! Checks in one pass that a JSON document is strict: depth, duplicate names, finite numbers (J4).

use super::json::{NotStrictJson, Value};
use crate::limits::JSON_DEPTH;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Walks the whole document. `depth` bounds the recursion, the document's length the work.
pub(super) fn check(document: &str, depth: usize) -> Result<(), NotStrictJson> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    Strict { depth }.deserialize(&mut deserializer).map_err(|_| NotStrictJson)?;
    deserializer.end().map_err(|_| NotStrictJson)
}

/// Walks the whole object and passes its members to `visit`. They are only valid if this succeeds.
pub(super) fn read<'de>(document: &'de str, visit: impl FnMut(&str, Value<'de>)) -> Result<(), NotStrictJson> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    deserializer.deserialize_map(Reading(visit)).map_err(|_| NotStrictJson)?;
    deserializer.end().map_err(|_| NotStrictJson)
}

/// Walks the object and returns the value of `name` unparsed.
pub(super) fn all_but<'de>(document: &'de str, name: &str) -> Result<Option<&'de str>, NotStrictJson> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    let unread = deserializer.deserialize_map(AllBut(name)).map_err(|_| NotStrictJson)?;
    deserializer.end().map_err(|_| NotStrictJson)?;
    Ok(unread)
}

struct AllBut<'n>(&'n str);

impl<'de> Visitor<'de> for AllBut<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<&'de str>, A::Error> {
        let (mut names, mut unread) = (Names::default(), None);
        while let Some(name) = map.next_key_seed(TextSeed)? {
            if name == self.0 {
                unread = Some(map.next_value::<&'de RawValue>()?.get());
            } else {
                map.next_value_seed(Strict { depth: JSON_DEPTH.saturating_sub(1) })?;
            }
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(unread)
    }
}

struct Reading<F>(F);

impl<'de, F: FnMut(&str, Value<'de>)> Visitor<'de> for Reading<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a strict object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(TextSeed)? {
            let value: &'de RawValue = map.next_value()?;
            let value = Value::found_strict(value.get(), JSON_DEPTH.saturating_sub(1)).map_err(A::Error::custom)?;
            self.0(&name, value);
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(())
    }
}

/// Reads a string, borrowed unless it has an escape.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    deserializer.deserialize_str(Text)
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.into()))
    }
}

struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        text(deserializer)
    }
}

/// The names seen in one object. Ordinary objects fit the array and do not allocate. A hostile one with thousands of
/// members costs a search tree, not a quadratic comparison.
#[derive(Default)]
struct Names<'de> {
    first: [Option<Cow<'de, str>>; 16],
    more: BTreeSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    /// Inserts a name; returns whether it is new.
    fn insert(&mut self, name: Cow<'de, str>) -> bool {
        for slot in &mut self.first {
            match slot {
                Some(known) if *known == name => return false,
                Some(_) => {}
                None => {
                    *slot = Some(name);
                    return true;
                }
            }
        }
        self.more.insert(name)
    }
}

/// Checks that any value is strict, and discards it. `depth` is the number of levels that may still open.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if value.is_finite() { Ok(()) } else { Err(E::custom("not finite")) }
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(TextSeed)? {
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate member"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }
}
