//! Combines everything that an authorization server asks, in one value (CF-1).

use super::builder::{AuthorizationHostBuilder, Reaches};
use super::clients::ClientStore;
use super::functions::Functions;
use super::parts::Parts;
use super::scope_policy::ScopePolicy;
use crate::host::{Instances, NoEvents};
use alloc::sync::Arc;
use core::fmt;

/// The host of an [`AuthorizationServer`](crate::authorization::AuthorizationServer): the implementations of its traits, checked to be complete. A clone is
/// another handle to the same host.
///
/// ```
/// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
/// # use attesto_core::jose::KeyMaterial;
/// # use attesto_core::token::KeyRing;
/// # use std::sync::Arc;
/// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
/// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
/// # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
/// # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
/// # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
/// use attesto_core::Timestamp;
/// use attesto_core::authorization::{
///     Answered, AuthorizationServer, Client, ClientAuthentication, GrantType, ScopeQuestion, ScopeSet, SecretCheck,
/// };
/// use attesto_core::host::{AuthorizationHost, ClientStore, ScopePolicy, drive};
/// use attesto_core::time::Clock;
/// use attesto_core::http::{Connection, RequestParts};
///
/// struct Clients; // yours: a database
///
/// impl ClientStore for Clients {
///     async fn load_client(&self, client_id: &str) -> Answered<Option<Client>> {
///         let job = Client::new("job", ClientAuthentication::SecretPost)
///             .grants([GrantType::ClientCredentials])
///             .scopes(["things.read"]);
///         Ok((client_id == "job").then_some(job))
///     }
///     async fn verify_client_secret(&self, check: &SecretCheck) -> Answered<bool> {
///         // Yours: `ClientSecrets::verify`, from what is stored for the client.
///         Ok(check.client_id.is_some() && *check.secret == "s3cret")
///     }
/// }
///
/// struct AsAsked;
///
/// impl ScopePolicy for AsAsked {
///     async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
///         Ok(question.scopes.clone())
///     }
/// }
///
/// let server = AuthorizationServer::builder("https://auth.example.com", provider, ring)
///     .audience("https://api.example.com")
///     .grants([GrantType::ClientCredentials])
///     .build()?;
/// // The server revokes access tokens by default, with a list of them (and accepts DPoP proofs, each once):
/// let host = AuthorizationHost::builder(Clients, AsAsked);
/// assert_eq!(host.build(&server).unwrap_err().member(), "deny_list");
/// let host = AuthorizationHost::builder(Clients, AsAsked).single_node_memory(100_000)?.build(&server)?;
///
/// let body = b"grant_type=client_credentials&client_id=job&client_secret=s3cret";
/// let headers: &[(&str, &[u8])] =
///     &[("host", b"auth.example.com"), ("content-type", b"application/x-www-form-urlencoded")];
/// let request = RequestParts::new("POST", "/oauth/token", &headers).connection(Connection::new().tls()).form_body(body);
/// let clock = Clock::new(|| Timestamp::from_secs(1_800_000_000)); // the system's, in yours
/// let step = server.token(&request, clock.now(), entropy);
/// # let run = attesto_core_run;
/// # fn attesto_core_run<F: Future>(future: F) -> F::Output {
/// #     match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(output) => output,
/// #         std::task::Poll::Pending => unreachable!("nothing here waits"),
/// #     }
/// # }
/// let response = run(drive(step, &host, &clock)); // `drive(step, &host, &clock).await` in your runtime
/// assert_eq!(response.status, 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AuthorizationHost {
    pub(super) parts: Arc<Parts>,
}

impl AuthorizationHost {
    /// Starts with what every server asks: the clients, and the scope policy.
    pub fn builder(
        clients: impl ClientStore + 'static,
        scopes: impl ScopePolicy + 'static,
    ) -> AuthorizationHostBuilder {
        let mut builder = Self::from_functions();
        builder.parts.clients = Some(Arc::new(clients));
        builder.parts.scopes = Some(Arc::new(scopes));
        builder
    }

    /// Starts empty, for a host made of single functions: at least
    /// [`load_client_with`](AuthorizationHostBuilder::load_client_with),
    /// [`verify_client_secret_with`](AuthorizationHostBuilder::verify_client_secret_with) and
    /// [`authorize_scope_with`](AuthorizationHostBuilder::authorize_scope_with) (HC-4).
    pub fn from_functions() -> AuthorizationHostBuilder {
        let parts = Parts {
            functions: Functions::default(),
            clients: None,
            scopes: None,
            principals: None,
            claims: None,
            introspection: None,
            consent: None,
            consent_grants: None,
            pushed: None,
            codes: None,
            refresh: None,
            deny_list: None,
            replay: None,
            events: Arc::new(NoEvents),
        };
        AuthorizationHostBuilder {
            parts,
            instances: Instances::Single,
            reaches: Reaches::default(),
            replay_memory: None,
            deny_list_capacity: None,
            restarted: None,
        }
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl fmt::Debug for AuthorizationHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationHost(..)")
    }
}
