//! Who is asking: client authentication (RFC 6749 §2.3; CA-1 to CA-15).

use super::assertion::{self, Assertion, Audience};
use super::presented::{Credentials, Presented};
use super::{certificate, secret};
use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::cors;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::events::EventKind;
use crate::authorization::questions::question::ClientQuestion;
use crate::authorization::registered_client::authentication::{AuthMethod, ClientAuthentication, ClientKeys};
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::tls_subject::TlsSubject;
use crate::authorization::resources;
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

/// Evidence that a client has authenticated as registered. Only [`authenticate`] creates it.
pub(crate) struct AuthenticatedClient {
    client: Client,
}

impl core::ops::Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Reads all credentials, loads the client that they name, and checks them by the method that the client is registered
/// with.
pub(crate) async fn authenticate(flow: &mut Flow) -> Result<AuthenticatedClient, Reason> {
    let presented = Presented::read(&flow.request.authorization, &flow.request.parameters)?;
    flow.event.claimed_client_id = Some(presented.client_id()).filter(|id| is_client_id(id)).map(Into::into);
    flow.event.auth_method = Some(presented.method());
    let Some(client) = load(flow, presented.client_id()).await? else {
        return Err(refuse_in_the_same_time(flow, &presented, Reason::Client(ClientError::Unknown)).await);
    };
    registration_is_sound(&client)?;
    cors::origin_is_the_named_clients(flow, &client);
    flow.event.registered_auth_methods = client.authentication.methods();
    let taken = |shown: &Shown<'_>| flow.server.auth_methods.contains(&shown.method());
    let Some(shown) = Shown::new(&client.authentication, &presented).filter(taken) else {
        return Err(refuse_in_the_same_time(flow, &presented, Reason::Client(ClientError::WrongMethod)).await);
    };
    let audience = is_the_clients(flow, &client, &shown).await?;
    flow.event.auth_method = Some(shown.method());
    flow.event.client_id = Some(client.id.clone());
    cors::origin_is_the_clients(flow, &client);
    if audience == Audience::Older {
        flow.tell(EventKind::OlderAssertionAudience, None).await;
    }
    Ok(AuthenticatedClient { client })
}

/// The presented credentials, with the registered value to check them against.
enum Shown<'s> {
    Name,
    Secret(AuthMethod, &'s Credentials),
    Assertion(&'s ClientKeys, &'s Assertion),
    Subject(&'s TlsSubject),
    Certificate(&'s [Vec<u8>]),
}

impl<'s> Shown<'s> {
    /// Pairs the presented credentials with the registration, if the client is registered for that method. CA-10.
    const fn new(registered: &'s ClientAuthentication, presented: &'s Presented) -> Option<Self> {
        match (registered, presented) {
            (ClientAuthentication::None, Presented::Named { .. } | Presented::NamedInField { .. }) => Some(Self::Name),
            (ClientAuthentication::SecretBasic | ClientAuthentication::Secret, Presented::Basic(credentials)) => {
                Some(Self::Secret(AuthMethod::ClientSecretBasic, credentials))
            }
            (ClientAuthentication::SecretPost | ClientAuthentication::Secret, Presented::Post(credentials)) => {
                Some(Self::Secret(AuthMethod::ClientSecretPost, credentials))
            }
            (ClientAuthentication::PrivateKeyJwt(keys), Presented::Assertion(assertion)) => {
                Some(Self::Assertion(keys, assertion))
            }
            (ClientAuthentication::TlsClientAuth(subject), Presented::Named { .. }) => Some(Self::Subject(subject)),
            (ClientAuthentication::SelfSignedTls(certificates), Presented::Named { .. }) => {
                Some(Self::Certificate(certificates.as_slice()))
            }
            // Any method other than the registered one, `none` included.
            (
                ClientAuthentication::None
                | ClientAuthentication::Secret
                | ClientAuthentication::SecretBasic
                | ClientAuthentication::SecretPost
                | ClientAuthentication::PrivateKeyJwt(_)
                | ClientAuthentication::TlsClientAuth(_)
                | ClientAuthentication::SelfSignedTls(_),
                Presented::Named { .. }
                | Presented::NamedInField { .. }
                | Presented::Basic(_)
                | Presented::Post(_)
                | Presented::Assertion(_),
            ) => None,
        }
    }

    const fn method(&self) -> AuthMethod {
        match self {
            Self::Name => AuthMethod::None,
            Self::Secret(method, _) => *method,
            Self::Assertion(..) => AuthMethod::PrivateKeyJwt,
            Self::Subject(_) => AuthMethod::TlsClientAuth,
            Self::Certificate(_) => AuthMethod::SelfSignedTlsClientAuth,
        }
    }
}

/// Checks that the credentials are the client's. A name proves nothing, which suffices for a client registered as
/// public. CA-9.
async fn is_the_clients(flow: &Flow, client: &Client, shown: &Shown<'_>) -> Result<Audience, Reason> {
    match shown {
        Shown::Name => {}
        Shown::Secret(_, credentials) => secret::is_the_clients(flow, client, credentials).await?,
        Shown::Assertion(keys, assertion) => return assertion::is_the_clients(flow, client, keys, assertion).await,
        Shown::Subject(subject) => certificate::is_of_subject(flow, subject)?,
        Shown::Certificate(registered) => certificate::is_registered(flow, registered)?,
    }
    Ok(Audience::Issuer)
}

/// Whether the text can be a client identifier. RFC 6749 appendix A.1: `client-id = *VSCHAR`.
pub(crate) fn is_client_id(id: &str) -> bool {
    (1..=limits::CLIENT_ID).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Loads the client with this identifier, if it is registered.
pub(crate) async fn load(flow: &Flow, id: &str) -> Result<Option<Client>, Reason> {
    if !is_client_id(id) {
        return Ok(None);
    }
    // A store that folds case returns the client `a` for `A`. Identifiers are case-sensitive (RFC 6749 §1.9), so there
    // is no client `A`: a request must neither raise an alarm with it, nor act as one client under another's name.
    let client = flow.ask(ClientQuestion::Load, id.into()).await?.filter(|client| client.id == id);
    if client.as_ref().is_some_and(|client| !resources_are_spelled_once(flow, client)) {
        return Err(Reason::Host(HostError::ResourceSpelledTwice));
    }
    Ok(client)
}

/// Checks that the client's registration is consistent. TK-4.
pub(crate) fn registration_is_sound(client: &Client) -> Result<(), Reason> {
    client.fault().map_or(Ok(()), |fault| Err(fault.reason()))
}

/// Checks that no resource of the client occurs in two spellings, and none is the server's own audience in another
/// spelling. AZ-21.
fn resources_are_spelled_once(flow: &Flow, client: &Client) -> bool {
    let all = [&flow.server.audience].into_iter().chain(&client.resources).map(String::as_str);
    client.resources.is_empty() || resources::are_spelled_once(all)
}

/// Refuses a client, after checking a secret that need not be checked, so that timing does not reveal which clients
/// exist and how they are registered. CA-11.
async fn refuse_in_the_same_time(flow: &Flow, presented: &Presented, reason: Reason) -> Reason {
    match presented {
        Presented::Basic(credentials) | Presented::Post(credentials) => secret::refuse(flow, credentials, reason).await,
        Presented::Named { .. } | Presented::NamedInField { .. } | Presented::Assertion(_) => reason,
    }
}
