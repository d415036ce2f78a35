//! The host's side of an authorization server: its clients and users, its policies, and the stores of codes and tokens.

#[macro_use]
mod object_safe;
mod build;
mod builder;
mod claims_provider;
mod clients;
mod codes;
mod consent_grants;
mod consent_policy;
mod deny_list;
mod drive;
mod endpoints;
mod event_sink;
mod function_setters;
mod functions;
mod host;
mod introspection_policy;
mod memory;
mod parts;
mod principals;
mod pushed_requests;
mod refresh_tokens;
mod scope_policy;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;

pub use builder::AuthorizationHostBuilder;
pub use claims_provider::ClaimsProvider;
pub use clients::ClientStore;
pub use codes::CodeStore;
pub use consent_grants::ConsentGrantStore;
pub use consent_policy::ConsentPolicy;
pub use deny_list::{AccessTokenDenyList, DenyListCheck};
pub use drive::drive;
pub use endpoints::AuthorizationEndpoints;
pub use event_sink::AuthorizationEventSink;
pub use host::AuthorizationHost;
pub use introspection_policy::IntrospectionPolicy;
pub use memory::{
    MemoryCodeStore, MemoryConsentGrantStore, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore,
};
pub use principals::PrincipalStore;
pub use pushed_requests::PushedRequestStore;
pub use refresh_tokens::RefreshStore;
pub use scope_policy::{ScopePolicy, ScopesAsAsked};
