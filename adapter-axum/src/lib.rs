//! attesto for axum, and for any tower HTTP service that takes axum's body.
//!
//! [`ProtectLayer`] authenticates every request behind it; [`RequireLayer`] adds scopes or step-up to single routes;
//! [`Granted`], [`GrantedScopes`], [`GrantedSender`] and [`Principal`] tell a handler who is calling;
//! [`metadata_router`] publishes the RFC 9728 documents that clients discover the authorization server by.
//!
//! No rule of any RFC lives here: the crate translates types into [`attesto_core`] and back. Bodies are streamed, never
//! buffered, unless tokens in form bodies are opted in to.

#![forbid(unsafe_code)]

mod clock;
mod extract;
mod form;
mod layer;
mod metadata;
mod request;
mod require;
mod response;
mod session;

pub use clock::Clock;
pub use extract::{Granted, GrantedScopes, GrantedSender, Principal, WiringError};
pub use layer::{Protect, ProtectLayer};
pub use metadata::{jwks_router, metadata_router, metadata_set_router};
pub use request::TlsSession;
pub use require::{Require, RequireLayer};
pub use response::GuardedBody;
pub use session::{McpSession, McpSessionLayer};

/// The core, so that an application needs one dependency.
pub use attesto_core as core;
