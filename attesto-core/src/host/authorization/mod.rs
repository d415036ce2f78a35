//! The host's side of an authorization server: its clients and users, its policies, and the stores of codes and tokens.

#[macro_use]
mod erase;
mod bundle;
mod clients;
mod codes;
mod deny_list;
mod drive;
mod endpoints;
mod functions;
mod memory;
mod principals;
mod pushed_requests;
mod refresh_tokens;
mod sink;
#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests;
mod visits;

pub use bundle::{AuthorizationHost, AuthorizationHostBuilder};
pub use clients::ClientStore;
pub use codes::CodeStore;
pub use deny_list::{AccessTokenDenyList, DenyListCheck};
pub use drive::drive;
pub use endpoints::AuthorizationEndpoints;
pub use memory::{MemoryCodeStore, MemoryConsentGrants, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore};
pub use principals::{ClaimsProvider, IntrospectionPolicy, PrincipalStore, ScopePolicy, ScopesAsAsked};
pub use pushed_requests::PushedRequestStore;
pub use refresh_tokens::RefreshStore;
pub use sink::AuthorizationEventSink;
pub use visits::{ConsentGrantStore, ConsentPolicy};
