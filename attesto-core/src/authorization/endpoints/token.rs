//! `POST {prefix}/token` (RFC 6749 §3.2; TK-1 to TK-7).

use crate::authorization::client_auth::{self, AuthenticatedClient};
use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::at_token::GrantError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::issued::Issued;
use crate::authorization::flow::sender::CheckedSender;
use crate::authorization::flow::state::Flow;
use crate::authorization::grants::{authorization_code, client_credentials, refresh_token};
use crate::authorization::questions::events::EventKind;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::http::ResponseParts;

/// Runs the endpoint. Every request is answered, and reported as an event.
pub(crate) async fn respond(flow: &mut Flow) -> ResponseParts {
    match exchange(flow).await {
        Ok(issued) => {
            flow.tell(EventKind::TokenIssued, None).await;
            issued.response(flow.nonce.as_deref())
        }
        Err(reason) => flow.refuse(EventKind::TokenDenied, reason).await,
    }
}

/// Runs the steps of TK-1, in its order.
async fn exchange(flow: &mut Flow) -> Result<Issued, Reason> {
    flow.is_acceptable()?;
    let client = client_auth::authenticate(flow).await?;
    let grant = grant_is_allowed(flow, &client)?;
    flow.event.grant = Some(grant);
    let sender = CheckedSender::from_request(flow, &client)?;
    flow.event.binding = Some(sender.name());
    match grant {
        GrantType::AuthorizationCode => authorization_code::exchange(flow, &client, sender).await,
        GrantType::RefreshToken => refresh_token::exchange(flow, &client, sender).await,
        GrantType::ClientCredentials => client_credentials::exchange(flow, &client, sender).await,
    }
}

/// Checks that the grant is named, enabled, registered for the client and, for a public client, open to public clients.
fn grant_is_allowed(flow: &Flow, client: &AuthenticatedClient) -> Result<GrantType, Reason> {
    let named = flow.request.parameters.required("grant_type")?;
    let dispatched = |grant: &GrantType| flow.server.grants.contains(grant);
    let grant = GrantType::from_name(named).filter(dispatched).ok_or(Reason::Grant(GrantError::Unsupported))?;
    if !client.may_use(grant) {
        return Err(Reason::Grant(GrantError::NotAllowed));
    }
    if client.is_public() && !grant.is_for_public_clients() {
        Err(Reason::Client(ClientError::Public))
    } else {
        Ok(grant)
    }
}
