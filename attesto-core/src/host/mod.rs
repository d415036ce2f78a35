//! The host's side: stores, hooks, and event sinks. The docs of each trait state what an implementation must guarantee.
//!
//! [`Guard`] combines them for a resource server. `AuthorizationHost` (with the feature `std`) does so for an
//! authorization server, whose flows `drive` runs.
//!
//! ```
//! use attesto_core::Timestamp;
//! use attesto_core::dpop::{ReplayAnswer, ReplayClaim, ReplayKey};
//! use attesto_core::host::{Instances, MemoryReplayStore, ReplayStore, reach_is_enough};
//!
//! let store = MemoryReplayStore::single_node(100_000)?;
//! reach_is_enough(Instances::Single, store.reach())?;
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
mod event_text;
mod events;
#[cfg(feature = "std")]
mod flights;
mod gate;
mod guard;
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
mod public_documents;
#[cfg(feature = "std")]
mod queued_events;
mod replay_store;
mod report;
mod traits;
mod watch;
mod wiring;

#[cfg(feature = "std")]
pub use authorization::{
    AccessTokenDenyList, AuthorizationEndpoints, AuthorizationEventSink, AuthorizationHost, AuthorizationHostBuilder,
    ClaimsProvider, ClientStore, CodeStore, ConsentGrantStore, ConsentPolicy, DenyListCheck, IntrospectionPolicy,
    MemoryCodeStore, MemoryConsentGrants, MemoryDenyList, MemoryParStore, MemoryRefreshStore, ParStore, PrincipalStore,
    RefreshStore, ScopePolicy, ScopesAsAsked, drive,
};
pub use entropy::EntropySource;
pub use event_text::EventText;
pub use events::{
    AuthDenied, AuthSucceeded, DpopReplayDetected, Event, EventSink, KeysRefreshFailed, KeysRefreshed, NoEvents,
    OwnedEvent, ScopeDenied, SenderConstraintMismatch, StaleKeysUsed, StepUpRequired, StoreUnavailable,
    UnknownKidThrottled, emit,
};
pub use gate::{Admitted, Gate, Passage};
pub use guard::{Admission, Guard, GuardBuilder};
pub use http_client::{DynHttpClient, HttpClient};
pub use instances::{Instances, reach_is_enough};
#[cfg(feature = "std")]
pub use introspector::Introspector;
#[cfg(feature = "std")]
pub use mcp_sessions::{SessionOwners, SessionVisit};
#[cfg(feature = "std")]
pub use memory_replay::MemoryReplayStore;
pub use public_documents::PublicDocuments;
#[cfg(feature = "std")]
pub use queued_events::{EventQueue, QueuedEvents};
pub use replay_store::{DynReplayStore, ReplayStore, StoreReach};
pub use traits::{AnyPrincipal, ForeignVerifier, PrincipalLookup, PrincipalOutcome, RevocationCheck};
pub use wiring::WiringError;
