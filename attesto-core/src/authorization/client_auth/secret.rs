//! `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1; CA-2, CA-3, CA-11, CA-12).

use super::presented::Credentials;
use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::question::{ClientQuestion, SecretCheck};
use crate::authorization::registered_client::client::Client;

/// Checks that the secret is the client's and has not expired. The host compares it, with its own hashing.
pub(super) async fn is_the_clients(flow: &Flow, client: &Client, credentials: &Credentials) -> Result<(), Reason> {
    let check = SecretCheck::new(Some(client.id.clone()), credentials.secret.clone());
    if !flow.ask(ClientQuestion::VerifySecret, check).await? {
        return Err(Reason::Client(ClientError::WrongSecret));
    }
    match client.secret_expires_at {
        Some(at) if at <= flow.now => Err(Reason::Client(ClientError::SecretExpired)),
        Some(_) | None => Ok(()),
    }
}

/// Has the secret checked for no client, and refuses whatever the answer.
pub(super) async fn refuse(flow: &Flow, credentials: &Credentials, reason: Reason) -> Reason {
    let check = SecretCheck::new(None, credentials.secret.clone());
    match flow.ask(ClientQuestion::VerifySecret, check).await {
        Ok(true | false) => reason,
        Err(unavailable) => unavailable,
    }
}
