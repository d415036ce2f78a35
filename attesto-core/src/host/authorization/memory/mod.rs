//! In-memory stores for an authorization server of one process.
//!
//! Each is one or two tables under one lock. A step takes a few hash map look-ups, about a microsecond. The request
//! that makes it has made or verified a signature, which takes a hundred times as long, so no machine has enough cores
//! to make the lock a bottleneck. In return it is easy to see that a step is atomic, even if it involves two tokens and
//! their family. (Used proofs come with every request to every resource;
//! [`MemoryReplayStore`](crate::host::MemoryReplayStore) is sharded.)

mod capacity;
mod codes;
mod consent_grants;
mod deny_list;
mod lock;
mod owners;
mod pushed_requests;
mod refresh_tokens;
mod shares;
mod table;
#[cfg(test)]
mod tests;

pub use codes::MemoryCodeStore;
pub use consent_grants::MemoryConsentGrantStore;
pub use deny_list::MemoryDenyList;
pub(super) use deny_list::ONE_QUESTION;
pub use pushed_requests::MemoryPushedRequestStore;
pub use refresh_tokens::MemoryRefreshStore;
