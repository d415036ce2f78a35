//! The scripts that may read a response (the Fetch standard, section 3.3; EP-11).

use crate::authorization::settings::server::Settings;
use alloc::string::String;

/// The scripts that may read a response.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    None,
    /// Scripts of every origin. Used before a client has authenticated, if the server has clients in browsers: a script
    /// whose client is unknown must see the error to register again. Such a response is the same for all.
    Any,
    /// Scripts of this origin.
    Origin(String),
}

impl Readers {
    /// The readers before anything about the request is known.
    pub(crate) const fn at_first(server: &Settings) -> Self {
        if server.browser_clients { Self::Any } else { Self::None }
    }
}
