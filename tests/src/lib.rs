//! What the suites share: an issuer, a client, a resource, and requests between them, in one thread under a clock that the
//! tests set.
#![allow(clippy::exhaustive_enums, clippy::exhaustive_structs, reason = "not published")]

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So does the guide's.
#[cfg(doctest)]
#[doc = include_str!("../../docs/authorization-server.md")]
struct AuthorizationServerGuide;

/// And the page about issuers.
#[cfg(doctest)]
#[doc = include_str!("../../docs/issuers.md")]
struct IssuersGuide;

/// And the one about proxies.
#[cfg(doctest)]
#[doc = include_str!("../../docs/proxies.md")]
struct ProxiesGuide;

pub mod blocking;
pub mod client;
pub mod heap;
pub mod negative;
pub mod servers;
mod world;

pub use world::{
    AUDIENCE, Answers, CHALLENGE, Call, ISSUER, Json, NOW, Seen, VERIFIER, World, counter, ed25519, provider, sign,
    stopped, with_members,
};
