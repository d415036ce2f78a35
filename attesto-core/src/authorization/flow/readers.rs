//! Whose scripts may read an answer (the Fetch standard, section 3.3; EP-11).

use crate::authorization::settings::server::Settings;
use alloc::string::String;

/// Whose scripts may read an answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    Nobodys,
    /// Before a client has authenticated, where there are clients in browsers: a script whose client is unknown by now registers it
    /// anew, and has to see why. Such an answer tells nothing that is not the same for everybody.
    Everybodys,
    /// Those of this origin.
    Of(String),
}

impl Readers {
    /// Of the answer to a request of which nothing is known yet.
    pub(crate) const fn at_first(server: &Settings) -> Self {
        if server.browser_clients { Self::Everybodys } else { Self::Nobodys }
    }
}
