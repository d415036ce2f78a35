//! Who is asking: client authentication (RFC 6749 §2.3; catalogue section 6).

mod presented;
mod secret;

use self::presented::Presented;
use super::ask::Ask;
use super::client::{Client, ClientAuthentication};
use super::error::Reason;
use super::flow::Flow;

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
    let Some(client) = load(flow, presented.client_id()).await? else {
        return Err(refuse_in_the_same_time(flow, &presented, Reason::UnknownClient).await);
    };
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
        // CA-10: any other method than the registered one, `none` included.
        (
            ClientAuthentication::None
            | ClientAuthentication::SecretBasic
            | ClientAuthentication::SecretPost
            | ClientAuthentication::PrivateKeyJwt(_)
            | ClientAuthentication::TlsClientAuth(_)
            | ClientAuthentication::SelfSignedTls(_),
            Presented::Named { .. } | Presented::Basic(_) | Presented::Post(_),
        ) => return Err(refuse_in_the_same_time(flow, &presented, Reason::WrongAuthMethod).await),
    }
    flow.event.client_id = Some(client.id.clone());
    Ok(AuthenticatedClient { client })
}

async fn load(flow: &Flow, id: &str) -> Result<Option<Client>, Reason> {
    let client = flow.ask(Ask::LoadClient, id.into()).await?;
    // A host that answers with somebody else would authenticate one client as another.
    if client.as_ref().is_some_and(|client| client.id != id) {
        return Err(Reason::HostAnswer);
    }
    Ok(client)
}

/// A secret that need not be looked at is looked at all the same, so that the time does not tell which clients exist and how they
/// are registered. CA-11.
async fn refuse_in_the_same_time(flow: &Flow, presented: &Presented, reason: Reason) -> Reason {
    match presented {
        Presented::Basic(credentials) | Presented::Post(credentials) => secret::refuse(flow, credentials, reason).await,
        Presented::Named { .. } => reason,
    }
}
