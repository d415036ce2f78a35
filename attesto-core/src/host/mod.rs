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
//! # What reaches a store
//!
//! Every value comes back as it was, whatever the database. A store that cannot hold a value answers
//! `Unavailable`, and never shortens or rounds it (ST-3, ST-5).
//!
//! - **Text** has no U+0000, which PostgreSQL cannot hold, and any other character. It is compared byte for byte: case,
//!   trailing blanks and Unicode forms count, so columns need a binary collation. The longest: `client_id` 2,048 bytes of
//!   ASCII, `redirect_uri` 2,048, `nonce` 512, `jti` 256, a pushed request 16 KiB, `scope` 8 KiB or what a registration
//!   has, 16 resources within one request. `subject`, `acr`, `amr` and `sid` are your own, and have no limit here (OpenID
//!   Connect: 255 characters of `sub`).
//! - **Nothing, an empty text and an empty list** are different values; the members of a list may have any character.
//! - **Digests** are 32 bytes, 43 characters as text, of which case counts.
//! - **Times** fit signed 64-bit columns; 32-bit columns do not suffice.
//! - **The next question sees what was done**, on every instance that shares the store. Do not read from a replica.
//! - **The time of a question counts.** Expiry is compared with its `now`. A store that several instances share drops a
//!   row 60 seconds after its time at the earliest, whether a sweeper or another instance's question says that the time
//!   has come: their clocks differ. ([`ReplayClaim::retain_until`](crate::dpop::ReplayClaim::retain_until) allows for
//!   the instances already, not for a sweeper.) ST-2.
//! - **A lost answer** is `Unavailable`, whether the operation happened or not. Flows ask again or undo it, so each
//!   operation may come a second time.
//!
//! `attesto-testkit` checks all of this for your own stores.
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
