//! The registered clients.

use super::accounts::Accounts;
use attesto_core::authorization::{
    Answered, Client, ClientAuthentication, ClientKeys, ClientSecrets, GrantType, SecretCheck, SenderConstraint,
};
use attesto_core::crypto::CryptoProvider;
use attesto_core::host::ClientStore;
use attesto_core::mcp;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

/// Where the answers go.
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1/callback";
/// The redirect URIs of native clients, in the spellings that real ones use: the MCP Inspector and mcp-remote have `/oauth/callback`, most write
/// `localhost`, and each listens on a port of its own, which is not registered.
const NATIVE_REDIRECT_URIS: [&str; 4] =
    [REDIRECT_URI, "http://localhost/callback", "http://127.0.0.1/oauth/callback", "http://localhost/oauth/callback"];

/// What a client may be granted at most.
pub(super) const SCOPES: [&str; 5] = [mcp::TOOLS_READ, mcp::TOOLS_CALL, "openid", "profile", "offline_access"];
const CODE: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];

/// A client per way to be one.
#[derive(Debug)]
pub(super) struct Clients {
    registered: HashMap<String, Client>,
    /// Digests of random secrets: quick to check, so that no crowd keeps a client from being heard.
    secrets: HashMap<String, ClientSecrets>,
    provider: Arc<dyn CryptoProvider>,
}

impl Clients {
    pub(super) fn new(accounts: &Accounts, provider: Arc<dyn CryptoProvider>) -> Result<Self, Box<dyn Error>> {
        let (public, dpop, basic, jwt) = (&accounts.public, &accounts.dpop, &accounts.basic, &accounts.jwt);
        let keys = ClientAuthentication::PrivateKeyJwt(ClientKeys::Registered(accounts.jwt_keys()?));
        let all = [
            on_a_device(Client::new(&public.id, ClientAuthentication::None).name(&public.name))
                .resources(public.resources.clone()),
            on_a_device(Client::new(&dpop.id, ClientAuthentication::None).name(&dpop.name))
                .require(SenderConstraint::Dpop),
            on_a_server(Client::new(&basic.id, ClientAuthentication::SecretBasic).name(&basic.name)),
            on_a_server(Client::new(&jwt.id, keys).name(&jwt.name)).require(SenderConstraint::Dpop),
        ];
        all.iter().try_for_each(Client::check)?;
        let registered = all.into_iter().map(|client| (client.id().to_owned(), client)).collect();
        let secret = ClientSecrets::new(accounts.basic_secret.digest(provider.as_ref()));
        Ok(Self { registered, secrets: HashMap::from([(basic.id.clone(), secret)]), provider })
    }
}

/// An application on the user's own device: it listens on whatever port it gets.
fn on_a_device(client: Client) -> Client {
    let client = client.native().localhost_redirects().redirect_uris(NATIVE_REDIRECT_URIS);
    client.scopes(SCOPES).grants(CODE)
}

/// One that keeps a secret, and also acts for itself. Its redirect URI is this one, to the letter.
fn on_a_server(client: Client) -> Client {
    client.redirect_uris([REDIRECT_URI]).scopes(SCOPES).grants(GrantType::ALL.iter().copied())
}

impl ClientStore for Clients {
    async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
        Ok(self.registered.get(client_id).cloned())
    }

    async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
        let stored = check.client_id.as_ref().and_then(|client_id| self.secrets.get(client_id));
        Ok(ClientSecrets::verify(stored, check, self.provider.as_ref()))
    }
}
