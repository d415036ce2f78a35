//! The parts of a response that the core makes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A header field of a response. The value is visible ASCII and spaces only: the core never emits anything else.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// The name, in lower case.
    pub name: &'static str,
    /// The value.
    pub value: Cow<'static, str>,
}

impl Header {
    /// A header field.
    pub fn new(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name, value: value.into() }
    }
}

/// A whole response: status, header fields in order, and the body.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResponseParts {
    /// The HTTP status code.
    pub status: u16,
    /// The header fields, in the order they are to be sent. A name may occur more than once.
    pub headers: Vec<Header>,
    /// The body; empty means none.
    pub body: Vec<u8>,
}

impl ResponseParts {
    /// A response without header fields and body.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The values of the field lines called `name` (lower case).
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |header| header.name == name).map(|header| header.value.as_ref())
    }

    /// The body as text, for tests and logs; empty where it is not UTF-8.
    #[must_use]
    pub fn body_text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap_or_default()
    }
}
