//! What is there when the demo starts: a user and four clients, with secrets that the state keeps.

use super::clients::REDIRECT_URI;
use super::random;
use attesto_core::authorization::ClientSecret;
use attesto_core::crypto::{Entropy, KeyKind};
use attesto_core::jose::{JwkSet, KeyMaterial};
use std::error::Error;

/// The name that the demo's user logs in with.
pub(super) const USER: &str = "alice";
/// What tokens call the user.
pub(super) const SUBJECT: &str = "usr_alice";

/// A client as the demo names it.
#[derive(Clone, Debug)]
pub(super) struct ClientAccount {
    pub(super) id: String,
    /// For people.
    pub(super) name: String,
    /// What it may ask tokens for, besides the demo's own.
    pub(super) resources: Vec<String>,
}

impl ClientAccount {
    fn new(id: &str, name: &str) -> Self {
        Self { id: id.into(), name: name.into(), resources: Vec::new() }
    }
}

/// The user's password, and the clients with their secrets. The clients of the interop tests receive them; the server keeps hashes.
pub(super) struct Accounts {
    pub(super) password: String,
    pub(super) public: ClientAccount,
    pub(super) dpop: ClientAccount,
    pub(super) basic: ClientAccount,
    pub(super) basic_secret: ClientSecret,
    pub(super) jwt: ClientAccount,
    jwt_key: KeyMaterial,
}

/// Without the secrets.
impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts(..)")
    }
}

impl Accounts {
    /// Draws them from this randomness.
    pub(super) fn draw(entropy: &mut dyn Entropy) -> Result<Self, Box<dyn Error>> {
        let mut password = random(entropy)?;
        password.truncate(16); // 96 bits, short enough to be typed
        Ok(Self {
            password,
            public: ClientAccount::new("mcp-client", "Desk Assistant"),
            dpop: ClientAccount::new("dpop-client", "Notebook Assistant"),
            basic: ClientAccount::new("basic-client", "Report Builder"),
            basic_secret: ClientSecret::draw(entropy)?,
            jwt: ClientAccount::new("jwt-client", "Nightly Indexer"),
            jwt_key: KeyMaterial::generate(KeyKind::P256, entropy)?,
        })
    }

    /// Gives a client another name for people.
    #[must_use]
    pub(super) fn rename_public(mut self, name: &str) -> Self {
        self.public.name = name.into();
        self
    }

    /// Lets a client ask for tokens for another resource.
    #[must_use]
    pub(super) fn allow_public(mut self, resource: &str) -> Self {
        self.public.resources.push(resource.into());
        self
    }

    /// What `jwt-client` is registered with.
    pub(super) fn jwt_keys(&self) -> Result<JwkSet, Box<dyn Error>> {
        let mut public: serde_json::Value = serde_json::from_str(&self.private_jwk()?)?;
        public.as_object_mut().ok_or("a JWK is an object")?.remove("d");
        Ok(JwkSet::from_json(serde_json::json!({ "keys": [public] }).to_string().as_bytes())?)
    }

    fn private_jwk(&self) -> Result<String, Box<dyn Error>> {
        Ok(self.jwt_key.to_private_jwk().ok_or("a generated key has a private half")?.to_string())
    }

    /// One line for clients in other languages: where everything is, and with what.
    pub(super) fn to_json(&self, issuer: &str, resource: &str) -> Result<String, Box<dyn Error>> {
        let private_jwk: serde_json::Value = serde_json::from_str(&self.private_jwk()?)?;
        let line = serde_json::json!({
            "issuer": issuer,
            "resource": resource,
            "user": { "name": USER, "password": self.password },
            "redirect_uri": REDIRECT_URI,
            "clients": {
                "public": { "client_id": self.public.id },
                "dpop": { "client_id": self.dpop.id },
                "basic": { "client_id": self.basic.id, "client_secret": self.basic_secret.as_str() },
                "jwt": { "client_id": self.jwt.id, "private_jwk": private_jwk },
            },
        });
        Ok(line.to_string())
    }
}
