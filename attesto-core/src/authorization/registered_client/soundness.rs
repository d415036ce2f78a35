//! Whether a registration agrees with itself (CA-4, CA-7, TK-4).

use super::client::Client;
use super::fault::Fault;
use crate::ConfigError;

impl Client {
    /// Checks that the parts of the registration are valid and agree with each other.
    ///
    /// Call it when a client is registered. The server checks each client that the host returns: an invalid one gets no
    /// token, the response is `server_error`, and the event names the part.
    ///
    /// ```
    /// use attesto_core::authorization::{Client, ClientAuthentication};
    ///
    /// let job = Client::new("job", ClientAuthentication::SecretBasic).scopes(["read"]);
    /// assert!(job.check().is_ok());
    /// // A scope was removed in one place of two.
    /// assert_eq!(job.default_scopes(["read", "admin"]).check().unwrap_err().member(), "default_scopes");
    /// ```
    ///
    /// # Errors
    /// The first part that contradicts another, or is invalid.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.fault().map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Returns what is wrong with the registration.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.defaults_are_within_the_scopes().and_then(|()| self.authentication.can_be_met()).err()
    }

    /// Checks that the default scopes are among the client's. RFC 6749 §3.3; TK-4. Only the host knows which of the two
    /// is meant.
    fn defaults_are_within_the_scopes(&self) -> Result<(), Fault> {
        if self.default_scopes.is_within(&self.scopes) { Ok(()) } else { Err(Fault::DefaultScopes) }
    }
}
