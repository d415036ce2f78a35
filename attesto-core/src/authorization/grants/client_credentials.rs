//! The client credentials grant (RFC 6749 §4.4; CC-1).

use crate::authorization::client_auth::AuthenticatedClient;
use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::issued::{
    Issued, Wanted, authorize_scopes, carried, mint, requested_resources, requested_scopes,
};
use crate::authorization::flow::sender::CheckedSender;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::question::Principal;
use crate::authorization::records::authorization::AuthenticationContext;
use crate::authorization::registered_client::client::Client;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::scopes::ScopeSet;
use alloc::vec::Vec;

/// Issues a token for the client itself: without a user, there is neither a refresh token nor an ID token.
pub(crate) async fn exchange(
    flow: &mut Flow,
    client: &AuthenticatedClient,
    sender: CheckedSender,
) -> Result<Issued, Reason> {
    let asked = requested_scopes(flow, &client.scopes, &of_the_client_itself(client))?;
    if asked.contains("openid") {
        return Err(Reason::Scope(ScopeError::TooWide));
    }
    let mut ceiling = Vec::new();
    if !client.resources.is_empty() {
        ceiling.push(flow.server.audience.clone());
        ceiling.extend(client.resources.iter().cloned());
    }
    let mut resources = requested_resources(flow, &ceiling)?;
    if flow.request.parameters.get("resource").is_none() {
        // Not every resource at once: a token for one must not open the others unrequested.
        resources.clear();
    }
    let scopes = authorize_scopes(flow, client, None, GrantType::ClientCredentials, asked, &resources).await?;
    let scopes = carried(flow, &scopes, &resources)?;
    sender.record_proof(flow, client).await?;
    let principal = Principal { kind: flow.server.client_kind.clone(), ..Principal::new() };
    let wanted = Wanted {
        subject: &client.id,
        client_id: &client.id,
        scopes: &scopes,
        resources: &resources,
        authentication: &AuthenticationContext::default(),
        principal,
    };
    let access = mint(flow, wanted, &sender)?;
    Ok(Issued { access, scopes, refresh: None, id_token: None })
}

/// Returns the default scopes without those about a user, since a client may have both kinds of grants.
fn of_the_client_itself(client: &Client) -> ScopeSet {
    let mut scopes = client.defaults().clone();
    scopes.remove("openid");
    scopes.remove("offline_access");
    scopes
}
