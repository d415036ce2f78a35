//! The owners of MCP sessions (H6).
//!
//! An MCP session id is not a credential. A session belongs to the issuer, subject and client whose token created it. A
//! request with another token is answered as if the session did not exist.

use crate::ConfigError;
use crate::token::Claims;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest session id that is remembered, in bytes. Servers use UUIDs or tokens of some dozen characters.
const SESSION_ID: usize = 256;

/// The sessions of one process and their owners. Bounded: the session that was not used for longest is evicted first.
///
/// ```
/// use attesto_core::host::SessionOwners;
///
/// let sessions = SessionOwners::single_node(10_000)?;
/// assert!(sessions.is_empty());
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
pub struct SessionOwners {
    table: Mutex<Table>,
    capacity: usize,
}

#[derive(Default)]
struct Table {
    sessions: HashMap<Box<str>, Session>,
    /// The sessions by their last use, oldest first.
    by_use: BTreeMap<u64, Box<str>>,
    uses: u64,
}

struct Session {
    owner: Owner,
    used: u64,
}

#[derive(Clone, Eq, PartialEq)]
struct Owner {
    issuer: Option<Box<str>>,
    subject: Box<str>,
    client_id: Option<Box<str>>,
}

impl Owner {
    fn from_claims(claims: &Claims) -> Self {
        Self {
            issuer: claims.issuer().map(Into::into),
            subject: claims.subject().into(),
            client_id: claims.client_id().map(Into::into),
        }
    }
}

impl SessionOwners {
    /// Remembers up to `capacity` sessions of a server that runs as a single process. With several processes, route
    /// each session to the one that created it.
    ///
    /// # Errors
    /// Fails if the capacity is zero.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        if capacity == 0 {
            return Err(ConfigError::new("sessions", "the capacity must be at least one"));
        }
        Ok(Self { table: Mutex::new(Table::default()), capacity })
    }

    /// Records that a request with these claims created a session. An id with another owner keeps its owner.
    pub fn bind(&self, session_id: &str, claims: &Claims) {
        if session_id.is_empty() || session_id.len() > SESSION_ID {
            return;
        }
        let mut table = self.table();
        if !table.sessions.contains_key(session_id) {
            if table.sessions.len() >= self.capacity {
                table.forget_oldest();
            }
            table.sessions.insert(session_id.into(), Session { owner: Owner::from_claims(claims), used: 0 });
            table.touch(session_id);
        }
    }

    /// Whether the session is known and belongs to the owner of these claims. If not, the server responds 404, and the
    /// client begins a new session.
    #[must_use]
    pub fn belongs_to(&self, session_id: &str, claims: &Claims) -> bool {
        let mut table = self.table();
        let owned = table.sessions.get(session_id).is_some_and(|session| session.owner == Owner::from_claims(claims));
        if owned {
            table.touch(session_id);
        }
        owned
    }

    /// Forgets a session that has ended.
    pub fn end(&self, session_id: &str) {
        let mut table = self.table();
        if let Some(session) = table.sessions.remove(session_id) {
            table.by_use.remove(&session.used);
        }
    }

    /// The number of known sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table().sessions.len()
    }

    /// Whether no session is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Locks the table. After a panic a session may be missing from it; it is then refused, never given to another
    /// owner.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn touch(&mut self, session_id: &str) {
        self.uses = self.uses.saturating_add(1);
        if let Some(session) = self.sessions.get_mut(session_id) {
            self.by_use.remove(&session.used);
            session.used = self.uses;
            self.by_use.insert(self.uses, session_id.to_owned().into_boxed_str());
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, session_id)) = self.by_use.pop_first() {
            self.sessions.remove(&session_id);
        }
    }
}

/// Prints no session ids, so that none reaches a log.
impl fmt::Debug for SessionOwners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOwners").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::crypto::{CryptoProvider, RustCrypto};
    use crate::token::{AccessTokenVerifier, ForeignClaims, TokenRules};
    use alloc::sync::Arc;

    fn claims(issuer: &str, subject: &str, client: &str) -> Claims {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let rules = TokenRules::new().audience_is(["https://mcp.example.com/mcp"]);
        let verifier = AccessTokenVerifier::new(&provider, alloc::vec![], rules).unwrap();
        let claims = ForeignClaims::new(subject).client_id(client).issuer(issuer);
        verifier.check_foreign(claims, Timestamp::from_secs(0)).unwrap()
    }

    #[test]
    fn h6_session_belongs_to_issuer_subject_and_client_alike() {
        let sessions = SessionOwners::single_node(10).unwrap();
        let owner = claims("i", "s", "c");
        sessions.bind("id", &owner);
        assert!(sessions.belongs_to("id", &owner));
        for other in [claims("j", "s", "c"), claims("i", "t", "c"), claims("i", "s", "d")] {
            assert!(!sessions.belongs_to("id", &other));
            sessions.bind("id", &other);
            assert!(!sessions.belongs_to("id", &other), "an id cannot be taken over");
        }
        assert!(!sessions.belongs_to("other", &owner));
    }

    #[test]
    fn h6_ended_session_is_unknown() {
        let sessions = SessionOwners::single_node(10).unwrap();
        let owner = claims("i", "s", "c");
        sessions.bind("id", &owner);
        sessions.end("id");
        sessions.end("id");
        assert!(!sessions.belongs_to("id", &owner));
        assert!(sessions.is_empty());
    }

    #[test]
    fn h6_the_session_unused_for_longest_makes_room() {
        let sessions = SessionOwners::single_node(2).unwrap();
        let owner = claims("i", "s", "c");
        sessions.bind("a", &owner);
        sessions.bind("b", &owner);
        assert!(sessions.belongs_to("a", &owner));
        sessions.bind("c", &owner);
        assert_eq!(sessions.len(), 2);
        assert!(sessions.belongs_to("a", &owner) && sessions.belongs_to("c", &owner));
        assert!(!sessions.belongs_to("b", &owner));
        assert!(SessionOwners::single_node(0).is_err());
    }

    #[test]
    fn h6_oversized_ids_are_not_remembered() {
        let sessions = SessionOwners::single_node(2).unwrap();
        let owner = claims("i", "s", "c");
        sessions.bind(&"x".repeat(257), &owner);
        sessions.bind("", &owner);
        assert!(sessions.is_empty());
        sessions.bind(&"x".repeat(256), &owner);
        assert_eq!(sessions.len(), 1);
    }
}
