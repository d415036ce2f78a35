//! One request to an MCP server with sessions (H6).

use super::SessionOwners;
use crate::host::{Passage, WiringError};
use crate::http::{HeaderLines, Lines, ResponseParts};
use crate::resource::Grant;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;

const SESSION: &str = "mcp-session-id";

/// One request to an MCP server whose sessions have owners. Adapters call [`leave`](Self::leave) with the response.
#[must_use = "a session that begins with this request is bound when it leaves"]
pub struct SessionVisit(Option<Visit>);

struct Visit {
    owners: Arc<SessionOwners>,
    grant: Arc<Grant>,
    session: Named,
}

enum Named {
    /// The request names no session: the response may begin one.
    None,
    /// The request continues one of its sender's sessions.
    Own,
    /// The request ends this session, if the server agrees.
    Ending(String),
}

impl SessionOwners {
    /// Admits a request to an MCP server if it names no session or one of its sender's.
    ///
    /// # Errors
    /// The response to send instead of the server's: 404 for a session that is unknown or has another owner, as the MCP
    /// specification requires for sessions that have ended; 401 if nothing authenticates requests before.
    pub fn enter(
        self: &Arc<Self>,
        passage: Option<&Passage>,
        method: &str,
        headers: &dyn HeaderLines,
    ) -> Result<SessionVisit, ResponseParts> {
        if passage.is_some_and(Passage::is_preflight) {
            return Ok(SessionVisit(None));
        }
        let grant = Passage::grant_in(passage).map_err(WiringError::response)?;
        let session = session_of(headers).map_err(|SeveralSessions| ResponseParts::new(404))?;
        if session.as_deref().is_some_and(|session| !self.belongs_to(session, grant.claims())) {
            return Err(ResponseParts::new(404));
        }
        let session = match session {
            None => Named::None,
            Some(session) if method == "DELETE" => Named::Ending(session),
            Some(_) => Named::Own,
        };
        Ok(SessionVisit(Some(Visit { owners: Arc::clone(self), grant: Arc::clone(grant), session })))
    }
}

impl SessionVisit {
    /// Binds the session that the response begins to the request's sender, or forgets the session that the request
    /// ended.
    pub fn leave(self, status: u16, response_headers: &dyn HeaderLines) {
        let Some(Visit { owners, grant, session }) = self.0 else { return };
        match session {
            Named::None => {
                if let Ok(Some(session)) = session_of(response_headers) {
                    owners.bind(&session, grant.claims());
                }
            }
            Named::Ending(session) if (200..300).contains(&status) => owners.end(&session),
            Named::Ending(_) | Named::Own => {}
        }
    }
}

/// Prints no session ids, so that none reaches a log.
impl core::fmt::Debug for SessionVisit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionVisit")
    }
}

struct SeveralSessions;

/// Returns the session that the request names. Several, or one that is not text, count as unknown.
fn session_of(headers: &dyn HeaderLines) -> Result<Option<String>, SeveralSessions> {
    match headers.lines(SESSION) {
        Lines::None => Ok(None),
        Lines::One(session) if session.is_ascii() => {
            core::str::from_utf8(session).map(|session| Some(session.to_owned())).map_err(|_| SeveralSessions)
        }
        Lines::One(_) | Lines::Many => Err(SeveralSessions),
    }
}
