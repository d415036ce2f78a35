//! Events that outlive their request.

use super::events::Event;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// An event that outlives its request: the name, and the fields as escaped text.
///
/// `Display` writes one line: the name, then `field="value"` for each field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnedEvent {
    name: &'static str,
    fields: Vec<(&'static str, String)>,
}

impl From<&Event<'_>> for OwnedEvent {
    fn from(event: &Event<'_>) -> Self {
        let mut fields = Vec::new();
        event.visit(&mut |name, value| fields.push((name, value.to_string())));
        Self { name: event.name(), fields }
    }
}

impl OwnedEvent {
    /// The name of the event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The fields that have a value, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The value of one field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().find_map(|(field, value)| (field == name).then_some(value))
    }
}

impl fmt::Display for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.fields().try_for_each(|(name, value)| write!(f, " {name}=\"{value}\""))
    }
}
