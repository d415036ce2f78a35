//! The host's side: stores, hooks, and event sinks. The docs of each trait state what an implementation must guarantee.
//!
//! [`Guard`] combines them for a resource server. `AuthorizationHost` (with the feature `std`) does so for an
//! authorization server, whose flows `drive` runs.
//!
//! # The way of one request
//!
//! ```text
//!               Gate::enter                        Guard::admit                    ResourceServer::check
//!  request ---> the guard, a requirement, --> the resource server and the --> the rules: granted, denied,
//!               a clock: one per service      host's answers: one per         or a question that the
//!                    |                        resource                        guard puts to the host
//!                    v                             |                               |
//!               Passage <------------------- Grant (evidence: claims, <------------+
//!               in the request's             sender, principal)
//!               extensions: a grant,
//!               or a CORS preflight
//!                    |
//!                    v
//!               Passage::require (a route's own scopes), the adapter's extractors: the Grant
//! ```
//!
//! - [`Guard`] decides about a request, given a requirement and a clock. A server without an adapter needs no more.
//! - [`Gate`] is a guard with its requirement and its clock, as adapters call it.
//! - [`Grant`](crate::resource::Grant) is the evidence that a request passed every check. Nothing else makes one.
//! - [`Passage`] is what a gate leaves in the request: the grant, or the fact that a preflight passed without one.
//!
//! # Stores
//!
//! ```
//! use attesto_core::Timestamp;
//! use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
//! use attesto_core::host::{Instances, MemoryReplayStore, ReplayStore, reach_is_enough};
//!
//! let store = MemoryReplayStore::single_node(100_000)?;
//! reach_is_enough("replay_store", Instances::Single, store.reach())?;
//!
//! let now = Timestamp::from_secs(1_700_000_000);
//! let claim = ReplayClaim::new(ReplayKey::from_bytes([7; 32]), now.plus(121));
//! assert_eq!(store.record(&claim, now), ReplayAnswer::Fresh);
//! assert_eq!(store.record(&claim, now.plus(1)), ReplayAnswer::Replay);
//! # Ok::<(), attesto_core::ConfigError>(())
//! ```

#[cfg(feature = "std")]
mod authorization;
mod entropy;
mod event_sink;
mod event_text;
mod events;
mod gate;
mod guard;
mod hooks;
mod http_client;
mod instances;
#[cfg(feature = "std")]
mod introspector;
#[cfg(feature = "std")]
mod key_refresh;
#[cfg(feature = "std")]
mod mcp_sessions;
#[cfg(feature = "std")]
mod memory_replay;
#[cfg(feature = "std")]
mod memory_shard;
#[cfg(feature = "std")]
mod memory_shares;
mod owned_event;
mod public_documents;
#[cfg(feature = "std")]
mod queued_events;
mod replay_store;
mod reporter;
#[cfg(feature = "std")]
mod single_flight;
mod watch;
mod wiring_error;

#[cfg(feature = "std")]
pub use authorization::{
    AccessTokenDenyList, AuthorizationEndpoints, AuthorizationEventSink, AuthorizationHost, AuthorizationHostBuilder,
    ClaimsProvider, ClientStore, CodeStore, ConsentGrantStore, ConsentPolicy, DenyListCheck, IntrospectionPolicy,
    MemoryCodeStore, MemoryConsentGrantStore, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore,
    PrincipalStore, PushedRequestStore, RefreshStore, ScopePolicy, ScopesAsAsked, drive,
};
pub use entropy::EntropySource;
pub use event_sink::{EventSink, NoEvents, emit};
pub use event_text::EventText;
pub use events::{
    AuthDenied, AuthSucceeded, DpopReplayDetected, Event, KeysRefreshFailed, KeysRefreshed, ScopeDenied,
    SenderConstraintMismatch, StaleKeysUsed, StepUpRequired, StoreUnavailable, UnknownKidThrottled,
};
pub use gate::{Gate, Passage};
pub use guard::{Guard, GuardBuilder};
pub use hooks::{ForeignVerifier, PrincipalLookup, PrincipalOutcome, RevocationCheck};
pub use http_client::{DynHttpClient, HttpClient};
pub use instances::{Instances, reach_is_enough};
#[cfg(feature = "std")]
pub use introspector::Introspector;
#[cfg(feature = "std")]
pub use mcp_sessions::{SessionOwners, SessionVisit};
#[cfg(feature = "std")]
pub use memory_replay::MemoryReplayStore;
pub use owned_event::OwnedEvent;
pub use public_documents::PublicDocuments;
#[cfg(feature = "std")]
pub use queued_events::{EventQueue, QueuedEvents};
pub use replay_store::{DynReplayStore, ReplayStore, StoreReach};
pub use wiring_error::WiringError;
