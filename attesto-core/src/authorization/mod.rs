//! The authorization server decides who gets a token, and for how long (RFC 6749, OAuth 2.1).
//!
//! [`AuthorizationServer`] holds the rules. An endpoint takes a request and returns the first question to the host, or
//! the response; [`exchange`](crate::exchange) explains how to answer questions. [`Question`] lists what only a host knows.
//!
//! `docs/authorization-server.md` in the repository builds a server step by step. Codes such as "AZ-26" are rules:
//! `tests/COVERAGE.md` lists each with its RFC section, its function and its tests.
//!
//! ```
//! # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
//! # use attesto_core::jose::KeyMaterial;
//! # use attesto_core::token::KeyRing;
//! # use std::sync::Arc;
//! # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
//! # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
//! # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
//! # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
//! # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
//! use attesto_core::authorization::{ClientQuestion, Question, AuthorizationServer, Client, ClientAuthentication, GrantType, ScopeSet, Step};
//! use attesto_core::http::{Connection, RequestParts};
//! use attesto_core::Timestamp;
//!
//! // Once. `ring` signs; `entropy` is your secure source.
//! let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
//!     .audience("https://api.example.com")
//!     .grants([GrantType::ClientCredentials])
//!     .build()?;
//!
//! // Per request: a loop, a custom driver, or `host::drive`.
//! let body = b"grant_type=client_credentials&client_id=job&client_secret=s3cret&scope=things.read";
//! let headers: &[(&str, &[u8])] =
//!     &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
//! let request = RequestParts::new("POST", "/oauth/token", &headers).connection(Connection::new().tls()).form_body(body);
//! let mut step = server.token(&request, Timestamp::from_secs(1_800_000_000), entropy);
//! let response = loop {
//!     step = match step {
//!         Step::Done(response) => break response,
//!         Step::Ask(Question::Clients(ClientQuestion::Load(query))) => {
//!             let job = Client::new("job", ClientAuthentication::SecretPost)
//!                 .grants([GrantType::ClientCredentials])
//!                 .scopes(["things.read"]);
//!             query.answer(Ok(Some(job)))
//!         }
//!         Step::Ask(Question::Clients(ClientQuestion::VerifySecret(query))) => {
//!             let right = *query.question().secret == "s3cret"; // yours: `ClientSecrets`, which compares digests in constant time
//!             query.answer(Ok(right))
//!         }
//!         Step::Ask(Question::AuthorizeScope(query)) => {
//!             let granted = query.question().scopes.clone();
//!             query.answer(Ok(granted))
//!         }
//!         Step::Ask(Question::Record(query)) => query.answer(()),
//!         Step::Ask(other) => return Err(format!("nothing else is asked for this grant: {other:?}").into()),
//!     };
//! };
//! assert_eq!(response.status, 200);
//! assert!(response.body_text().contains("\"token_type\":\"Bearer\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authorize;
mod builder;
mod client_auth;
mod dispatch;
mod endpoints;
mod error;
mod flow;
mod grants;
mod parameters;
mod questions;
mod records;
mod registered_client;
mod resources;
mod routes;
mod scopes;
mod secret;
mod server;
mod settings;

pub use builder::options::AuthorizationServerBuilder;
pub use builder::profile::Profile;
pub use dispatch::RouteClass;
pub use error::at_authorize::{AuthorizeError, PkceError, RedirectUriError, UserError};
pub use error::at_endpoint::{AssertionError, ClientError, RequestError, ScopeError, SenderError};
pub use error::at_token::{CodeError, GrantError, HostError, RefreshError};
pub use error::code::OAuthError;
pub use error::reason::Reason;
pub use questions::client_secret::{ClientSecret, ClientSecrets};
pub use questions::consent::ConsentDecision;
pub use questions::consent::ConsentQuestion;
pub use questions::events::{AuthorizationEvent, EventKind};
pub use questions::login::Authentication;
pub use questions::login::Login;
pub use questions::login::LoginQuestion;
pub use questions::question::{
    Answered, ClientQuestion, CodeQuestion, DenyListQuestion, IdTokenClaimsQuestion, IntrospectionCheck, Principal,
    PushedRequestQuestion, Query, Question, Recorded, RefreshTokenQuestion, ReplayQuery, ScopeQuestion, SecretCheck,
    SecretQuery, Step, Unavailable,
};
pub use questions::visit::UserAgent;
pub use questions::visit::Visit;
pub use records::authorization::AuthenticationContext;
pub use records::authorization::Authorization;
pub use records::authorization::IssuedAccessToken;
pub use records::authorization::RevokedAccessTokens;
pub use records::code::AuthorizationCode;
pub use records::code::SpentCode;
pub use records::code::TakenCode;
pub use records::code::{CodeRedemption, NewCode};
pub use records::consent_grant::ConsentBinding;
pub use records::consent_grant::ConsentGrant;
pub use records::consent_grant::ConsentRedemption;
pub use records::consent_grant::NewConsentGrant;
pub use records::prompt::{Prompt, PromptError};
pub use records::pushed::NewPushedRequest;
pub use records::pushed::PushedRequest;
pub use records::refresh::RefreshState;
pub use records::refresh::RefreshToken;
pub use records::refresh::Rotated;
pub use records::refresh::Rotation;
pub use records::refresh::SpentRefresh;
pub use records::refresh::SuccessorSalt;
pub use records::refresh::{FamilyRevocation, NewRefresh, RepeatedRefresh, RevocableFamily, SettledRevocation};
pub use records::request::AuthorizationRequest;
pub(crate) use records::storable::is_storable;
pub use records::ticket::VisitTicket;
pub use registered_client::authentication::AuthMethod;
pub use registered_client::authentication::ClientAuthentication;
pub use registered_client::authentication::ClientKeys;
pub use registered_client::client::Client;
pub use registered_client::client::SenderConstraint;
pub use registered_client::grant_type::GrantType;
pub use registered_client::tls_subject::TlsSubject;
pub use routes::{Endpoint, EndpointName, Routes};
pub use scopes::ScopeSet;
pub use secret::{FamilyId, RefreshKey, SecretDigest};
pub use server::AuthorizationServer;
pub use settings::error_envelope::ErrorEnvelope;
pub(crate) use settings::lifetimes::LONGEST_GRACE;
pub(crate) use settings::lifetimes::LONGEST_VISIT;
pub use settings::lifetimes::{GraceSecret, RefreshPolicy};
