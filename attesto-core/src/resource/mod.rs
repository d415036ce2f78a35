//! The resource server decides who may call an HTTP API.
//!
//! [`ResourceServer::check`] takes a request and the time and returns a [`Verdict`]: granted, denied, or a [`Question`]
//! that only the host can answer. [`crate::host::Guard`] answers the questions through traits. A custom server can
//! answer them itself, each with the time at which the answer arrived:
//!
//! ```
//! # use attesto_core::resource::{Question, ResourceServer, Requirement, Verdict};
//! # use attesto_core::{Timestamp, http::RequestParts};
//! use attesto_core::dpop::ReplayAnswer;
//! use attesto_core::resource::{ForeignAnswer, KeysAnswer, PrincipalAnswer, RevocationAnswer};
//!
//! fn serve(server: &ResourceServer, request: &RequestParts<'_>, clock: impl Fn() -> Timestamp) -> u16 {
//!     let requirement = Requirement::authenticated();
//!     let mut verdict = server.check(request, &requirement, clock());
//!     loop {
//!         verdict = match verdict {
//!             Verdict::Granted(grant) => return if grant.subject().is_empty() { 500 } else { 200 },
//!             Verdict::Denied(denial) => return denial.response().status,
//!             Verdict::Ask(Question::Replay(question)) => question.answer(ReplayAnswer::Fresh, clock()), // ask your store
//!             Verdict::Ask(Question::Revocation(question)) => question.answer(RevocationAnswer::Active, clock()),
//!             Verdict::Ask(Question::Principal(question)) => question.answer(PrincipalAnswer::Accepted, clock()),
//!             Verdict::Ask(Question::Foreign(question)) => question.answer(ForeignAnswer::InvalidToken, clock()),
//!             Verdict::Ask(Question::Keys(question)) => question.answer(KeysAnswer::Unavailable, clock()), // see `remote`
//!         };
//!     }
//! }
//! ```

mod binding;
mod build;
mod builder;
mod check;
mod credential;
mod denial;
mod grant;
mod reason;
mod render;
mod request_facts;
mod requirement;
mod scratch;
mod server;
mod step_up;
mod verdict;

pub use binding::SenderPolicy;
pub use builder::ResourceServerBuilder;
pub use credential::{
    Channel, CredentialError, CredentialExtractor, CredentialPolicy, Extraction, Presented, QueryTokenPolicy,
    is_cors_preflight,
};
pub use denial::Denial;
pub use grant::{AnyPrincipal, Grant, Sender};
pub use reason::{BindingError, Outcome, Reason, RefusalError, StepUpError, UnavailableError};
pub use render::{ErrorRenderer, ErrorView, RenderedBody};
pub use requirement::Requirement;
pub use scratch::Scratch;
pub use server::{ObservedUriResolver, ResourceServer};
pub use verdict::{
    ForeignAnswer, ForeignQuestion, PrincipalAnswer, PrincipalQuestion, Question, ReplayQuestion, RevocationAnswer,
    RevocationQuestion, Verdict,
};
#[cfg(feature = "std")]
pub use verdict::{KeysAnswer, KeysQuestion};
