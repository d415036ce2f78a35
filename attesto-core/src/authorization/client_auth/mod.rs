//! Who is asking: client authentication (RFC 6749 §2.3; catalogue section 6).

mod assertion;
mod certificate;
mod presented;
mod secret;

pub(super) use self::assertion::AssertionPolicy;
use self::presented::Presented;
use super::ask::Ask;
use super::client::{Client, ClientAuthentication};
use super::cors;
use super::error::Reason;
use super::flow::Flow;
use super::resources;
use crate::limits;
use alloc::string::String;

/// Evidence that a client has authenticated as it is registered to. There is no other way to one than [`authenticate`].
pub(super) struct AuthenticatedClient {
    client: Client,
}

impl core::ops::Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Reads all credentials, loads the client that they name, and holds them to the method that it is registered with.
pub(super) async fn authenticate(flow: &mut Flow) -> Result<AuthenticatedClient, Reason> {
    let presented = Presented::read(&flow.request.authorization, &flow.request.parameters)?;
    flow.event.claimed_client_id = Some(presented.client_id()).filter(|id| is_client_id(id)).map(Into::into);
    let Some(client) = load(flow, presented.client_id()).await? else {
        return Err(refuse_in_the_same_time(flow, &presented, Reason::UnknownClient).await);
    };
    cors::origin_is_the_clients(flow, &client);
    let method = client.authentication.method();
    if !flow.server.auth_methods.contains(&method) {
        return Err(refuse_in_the_same_time(flow, &presented, Reason::WrongAuthMethod).await);
    }
    match (&client.authentication, &presented) {
        (ClientAuthentication::None, Presented::Named { .. }) => {}
        (ClientAuthentication::SecretBasic, Presented::Basic(credentials))
        | (ClientAuthentication::SecretPost, Presented::Post(credentials)) => {
            secret::is_the_clients(flow, &client, credentials).await?;
        }
        (ClientAuthentication::PrivateKeyJwt(keys), Presented::Assertion(assertion)) => {
            assertion::is_the_clients(flow, &client, keys, assertion).await?;
        }
        (ClientAuthentication::TlsClientAuth(subject), Presented::Named { .. }) => {
            certificate::is_of_subject(flow, subject)?;
        }
        (ClientAuthentication::SelfSignedTls(registered), Presented::Named { .. }) => {
            certificate::is_registered(flow, registered)?;
        }
        // CA-10: any other method than the registered one, `none` included.
        (
            ClientAuthentication::None
            | ClientAuthentication::SecretBasic
            | ClientAuthentication::SecretPost
            | ClientAuthentication::PrivateKeyJwt(_)
            | ClientAuthentication::TlsClientAuth(_)
            | ClientAuthentication::SelfSignedTls(_),
            Presented::Named { .. } | Presented::Basic(_) | Presented::Post(_) | Presented::Assertion(_),
        ) => return Err(refuse_in_the_same_time(flow, &presented, Reason::WrongAuthMethod).await),
    }
    flow.event.client_id = Some(client.id.clone());
    Ok(AuthenticatedClient { client })
}

/// What can be a client's identifier at all. RFC 6749 appendix A.1: `client-id = *VSCHAR`.
pub(super) fn is_client_id(id: &str) -> bool {
    (1..=limits::CLIENT_ID).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// The client of this identifier, if it is registered.
pub(super) async fn load(flow: &Flow, id: &str) -> Result<Option<Client>, Reason> {
    if !is_client_id(id) {
        return Ok(None);
    }
    let client = flow.ask(Ask::LoadClient, id.into()).await?;
    // A host that answers with somebody else would authenticate one client as another.
    if client.as_ref().is_some_and(|client| client.id != id) {
        return Err(Reason::HostAnswer);
    }
    if client.as_ref().is_some_and(|client| !resources_are_spelled_once(flow, client)) {
        return Err(Reason::ResourceSpelledTwice);
    }
    Ok(client)
}

/// Neither is one of the client's resources there twice, nor is one the server's own audience in another spelling. AZ-21.
fn resources_are_spelled_once(flow: &Flow, client: &Client) -> bool {
    let all = [&flow.server.audience].into_iter().chain(&client.resources).map(String::as_str);
    client.resources.is_empty() || resources::are_spelled_once(all)
}

/// A secret that need not be looked at is looked at all the same, so that the time does not tell which clients exist and how they
/// are registered. CA-11.
async fn refuse_in_the_same_time(flow: &Flow, presented: &Presented, reason: Reason) -> Reason {
    match presented {
        Presented::Basic(credentials) | Presented::Post(credentials) => secret::refuse(flow, credentials, reason).await,
        Presented::Named { .. } | Presented::Assertion(_) => reason,
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;
