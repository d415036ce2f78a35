//! The setters of single functions (HC-4).

use super::builder::AuthorizationHostBuilder;
use super::functions::Function;
use crate::authorization::{
    Answered, Authentication, Client, ConsentDecision, ConsentQuestion, IdTokenClaimsQuestion, IntrospectionCheck,
    LoginQuestion, Principal, ScopeQuestion, ScopeSet, SecretCheck,
};
use crate::jose::VerificationKeys;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::Future;
use serde_json::{Map, Value};

fn erased<Q, A, F, R>(function: F) -> Function<Q, A>
where
    F: Fn(Q) -> R + Send + Sync + 'static,
    R: Future<Output = Answered<A>> + Send + 'static,
{
    Arc::new(move |question| Box::pin(function(question)))
}

/// Defines the setter of each function, with its question and its answer.
macro_rules! functions {
    ($( $(#[$meta:meta])* $field:ident, $setter:ident: $question:ty => $answer:ty; )+) => {
        /// Functions for single questions. Each is used instead of the method of the same name, whichever parts are set
        /// and in whatever order; the last function of a kind counts. The trait's contract applies, and a function that
        /// panics gives no answer (503). A function owns its question, so that its future can outlive the call.
        impl AuthorizationHostBuilder {
            $(
                $(#[$meta])*
                pub fn $setter<F, R>(mut self, function: F) -> Self
                where
                    F: Fn($question) -> R + Send + Sync + 'static,
                    R: Future<Output = Answered<$answer>> + Send + 'static,
                {
                    self.functions_mut().$field = Some(erased(function));
                    self
                }
            )+
        }
    };
}

functions! {
    /// Answers instead of [`ClientStore::load_client`](super::ClientStore::load_client).
    ///
    /// ```
    /// use attesto_core::authorization::{Client, ClientAuthentication, GrantType, SecretCheck};
    /// use attesto_core::host::AuthorizationHost;
    /// use std::collections::HashMap;
    /// use std::sync::Arc;
    ///
    /// let job = Client::new("job", ClientAuthentication::SecretPost).grants([GrantType::ClientCredentials]);
    /// let clients = Arc::new(HashMap::from([("job".to_owned(), job)])); // yours: a pool of connections
    /// let host = AuthorizationHost::from_functions()
    ///     .load_client_with(move |id| {
    ///         let clients = Arc::clone(&clients);
    ///         async move { Ok(clients.get(&id).cloned()) }
    ///     })
    ///     // Yours: `ClientSecrets::verify`, from what is stored.
    ///     .verify_client_secret_with(|check: SecretCheck| async move { Ok(check.client_id.is_some() && *check.secret == "s3cret") })
    ///     .authorize_scope_with(|question| async move { Ok(question.scopes) });
    /// # let _ = host;
    /// ```
    load_client, load_client_with: String => Option<Client>;
    /// Answers instead of [`ClientStore::verify_client_secret`](super::ClientStore::verify_client_secret).
    verify_client_secret, verify_client_secret_with: SecretCheck => bool;
    /// Answers instead of [`ClientStore::client_keys`](super::ClientStore::client_keys).
    client_keys, client_keys_with: String => Arc<VerificationKeys>;
    /// Answers instead of [`ScopePolicy::authorize_scope`](super::ScopePolicy::authorize_scope).
    authorize_scope, authorize_scope_with: ScopeQuestion => ScopeSet;
    /// Answers instead of [`PrincipalStore::load_principal`](super::PrincipalStore::load_principal).
    load_principal, load_principal_with: String => Option<Principal>;
    /// Answers instead of [`ConsentPolicy::authenticate`](super::ConsentPolicy::authenticate).
    authenticate, authenticate_with: LoginQuestion => Authentication;
    /// Answers instead of [`ConsentPolicy::consent`](super::ConsentPolicy::consent).
    consent, consent_with: ConsentQuestion => ConsentDecision;
    /// Answers instead of [`ClaimsProvider::id_token_claims`](super::ClaimsProvider::id_token_claims).
    id_token_claims, id_token_claims_with: IdTokenClaimsQuestion => Map<String, Value>;
    /// Answers instead of [`IntrospectionPolicy::may_introspect`](super::IntrospectionPolicy::may_introspect).
    may_introspect, may_introspect_with: IntrospectionCheck => bool;
}
