//! Whole visits to the authorization endpoint and the one for pushed requests, driven by hand.

mod binding;
mod direct;
mod flows;
mod modes;
mod pages;
mod pkce;
mod prefetch;
mod pushed;
mod redirect_uris;
mod redirected;
mod scopes;
mod targets;
mod user;
mod world;

use super::html;
use crate::authorization::records::pushed::REFERENCE;
use crate::authorization::secret::Secret;
use crate::authorization::{
    Authentication, AuthenticationContext, AuthorizationRequest, Client, ClientAuthentication, ConsentBinding,
    ConsentDecision, ConsentGrant, ConsentQuestion, GrantType, Login, LoginQuestion, PushedRequest, Reason, ScopeSet,
};
use crate::http::ResponseParts;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use world::{Pairs, World};

const ISSUER: &str = "https://auth.example";
const AUDIENCE: &str = "https://api.example";
const WEB: &str = "https://app.example/cb?keep=%7E";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NOW: u64 = 1_800_000_000;
const STATE: &str = "st/%&=+ \"<ü>";

/// A request that is answered with a code.
fn good() -> Pairs {
    Pairs::new(&[
        ("client_id", "web"),
        ("redirect_uri", WEB),
        ("response_type", "code"),
        ("scope", "files.read files.write"),
        ("state", STATE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ])
}

fn web() -> Client {
    Client::new("web", ClientAuthentication::SecretPost)
        .redirect_uris([WEB])
        .scopes(["openid", "offline_access", "files.read", "files.write"])
        .default_scopes(["files.read"])
        .resources(["https://files.example", "https://other.example/x?y=z"])
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
}

fn native() -> Client {
    Client::new("cli", ClientAuthentication::None)
        .native()
        .redirect_uris(["http://127.0.0.1/cb", "com.example.app:/cb"])
        .scopes(["files.read", "files.write"])
        .grants([GrantType::AuthorizationCode])
}
