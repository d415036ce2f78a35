//! A request whose client and redirect URI are known (AZ-1 to AZ-9).

use super::redirect::VerifiedRedirect;
use crate::authorization::parameters::Parameters;
use crate::authorization::records::pushed::PushedRequest;
use crate::authorization::registered_client::client::Client;
use crate::authorization::secret::SecretDigest;
use alloc::string::String;
use alloc::sync::Arc;

/// A request of a registered client whose response goes to a redirect URI of that client.
pub(crate) struct Identified {
    pub(crate) client: Arc<Client>,
    pub(crate) redirect: VerifiedRedirect,
    /// The effective parameters: the browser's or the pushed ones, never both.
    pub(crate) parameters: Parameters,
    pub(crate) pushed: Option<Pushed>,
}

/// A request that the client pushed.
pub(crate) struct Pushed {
    pub(crate) reference: String,
    pub(crate) digest: SecretDigest,
    pub(crate) record: PushedRequest,
}
