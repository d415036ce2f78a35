//! Whose scripts may read an answer (the Fetch standard, section 3.3; EP-11).

use crate::authorization::settings::server::Settings;
use alloc::string::String;

/// Whose scripts may read an answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    Nobodys,
    /// Scripts of every origin. Used before a client has authenticated, if the server has clients in browsers: a script
    /// whose client is unknown must see the error to register again. Such a response is the same for all.
    Everybodys,
    /// Those of this origin.
    Of(String),
}

impl Readers {
    /// The readers before anything about the request is known.
    pub(crate) const fn at_first(server: &Settings) -> Self {
        if server.browser_clients { Self::Everybodys } else { Self::Nobodys }
    }
}
