//! Who is logged in, and what they have been asked: in memory, bounded, and for a while.

use super::browser::SESSION_LIFETIME;
use attesto_core::Timestamp;
use attesto_core::authorization::{ConsentBinding, ScopeSet};
use std::collections::HashMap;

/// Sessions at most. Only a login makes one; the oldest goes where there is no room.
const SESSIONS: usize = 1_024;
/// Open questions of one session at most: as many as one has tabs for. The oldest goes.
const QUESTIONS: usize = 8;
/// Seconds that a question stays open.
const QUESTION_LIFETIME: u64 = 600;

/// One login.
#[derive(Debug)]
struct Session {
    subject: String,
    authenticated_at: Timestamp,
    questions: Vec<Question>,
}

/// A consent page that was shown.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) binding: ConsentBinding,
    pub(super) scopes: ScopeSet,
    pub(super) resume_url: String,
    pub(super) denied: bool,
    pub(super) asked_at: Timestamp,
}

impl Question {
    fn is_open(&self, now: Timestamp) -> bool {
        now < self.asked_at.plus(QUESTION_LIFETIME)
    }
}

/// Who is logged in, since when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct LoggedIn {
    pub(super) subject: String,
    pub(super) authenticated_at: Timestamp,
}

/// All sessions, each by the digest of its identifier.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<[u8; 32], Session>);

impl Sessions {
    /// Begins a session, and ends the one that the browser had, if it had one.
    pub(super) fn begin(&mut self, previous: Option<[u8; 32]>, next: [u8; 32], subject: &str, now: Timestamp) {
        previous.map(|previous| self.0.remove(&previous));
        self.0.retain(|_, session| now < session.authenticated_at.plus(SESSION_LIFETIME));
        if self.0.len() >= SESSIONS {
            let oldest = self.0.iter().min_by_key(|(_, session)| session.authenticated_at).map(|(digest, _)| *digest);
            oldest.map(|digest| self.0.remove(&digest));
        }
        let session = Session { subject: subject.into(), authenticated_at: now, questions: Vec::new() };
        self.0.insert(next, session);
    }

    fn session(&mut self, digest: &[u8; 32], now: Timestamp) -> Option<&mut Session> {
        self.0.get_mut(digest).filter(|session| now < session.authenticated_at.plus(SESSION_LIFETIME))
    }

    pub(super) fn logged_in(&mut self, digest: &[u8; 32], now: Timestamp) -> Option<LoggedIn> {
        let session = self.session(digest, now)?;
        Some(LoggedIn { subject: session.subject.clone(), authenticated_at: session.authenticated_at })
    }

    /// Notes what a page asks. `false`: the session has ended.
    pub(super) fn ask(&mut self, digest: &[u8; 32], question: Question) -> bool {
        let now = question.asked_at;
        let Some(session) = self.session(digest, now) else { return false };
        session.questions.retain(|other| other.binding != question.binding && other.is_open(now));
        if session.questions.len() >= QUESTIONS {
            session.questions.remove(0);
        }
        session.questions.push(question);
        true
    }

    /// The question that this is the answer to, which is open no longer.
    pub(super) fn take(&mut self, digest: &[u8; 32], binding: ConsentBinding, now: Timestamp) -> Option<Question> {
        let session = self.session(digest, now)?;
        let is_it = |question: &Question| question.binding == binding && !question.denied && question.is_open(now);
        let index = session.questions.iter().position(is_it)?;
        Some(session.questions.remove(index))
    }

    /// Notes that the answer was no, for when the browser comes back.
    pub(super) fn deny(&mut self, digest: &[u8; 32], question: Question) {
        let _ = self.ask(digest, Question { denied: true, ..question });
    }

    /// Whether the answer was no. It counts once.
    pub(super) fn take_denial(&mut self, digest: &[u8; 32], binding: ConsentBinding, now: Timestamp) -> bool {
        let Some(session) = self.session(digest, now) else { return false };
        let is_it = |question: &Question| question.binding == binding && question.denied && question.is_open(now);
        let Some(index) = session.questions.iter().position(is_it) else { return false };
        session.questions.remove(index);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn question(number: u8, asked_at: Timestamp) -> Question {
        let (binding, scopes) = (ConsentBinding::from_bytes([number; 32]), ScopeSet::new(["a"]));
        Question { binding, scopes, resume_url: String::new(), denied: false, asked_at }
    }

    #[test]
    fn sessions_end_after_an_hour_and_with_the_next_login() {
        let mut sessions = Sessions::default();
        sessions.begin(None, [1; 32], "usr", START);
        assert!(sessions.logged_in(&[1; 32], START.plus(3_599)).is_some());
        assert!(sessions.logged_in(&[1; 32], START.plus(3_600)).is_none());
        sessions.begin(Some([1; 32]), [2; 32], "usr", START.plus(1));
        assert!(sessions.logged_in(&[1; 32], START.plus(1)).is_none());
        assert!(sessions.logged_in(&[2; 32], START.plus(1)).is_some());
    }

    #[test]
    fn neither_sessions_nor_questions_grow_without_bound() {
        let mut sessions = Sessions::default();
        for number in 0..2_000_u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            sessions.begin(None, digest, "usr", START.plus(number));
        }
        assert_eq!(sessions.0.len(), SESSIONS);
        assert!(sessions.logged_in(&[0; 32], START.plus(2_000)).is_none(), "the oldest went");
        sessions.begin(None, [1; 32], "usr", START.plus(2_000));
        for number in 0..20 {
            assert!(sessions.ask(&[1; 32], question(number, START.plus(2_000))));
        }
        let open: Vec<u8> = (0..20)
            .filter(|n| sessions.take(&[1; 32], ConsentBinding::from_bytes([*n; 32]), START.plus(2_000)).is_some())
            .collect();
        assert_eq!(open, (12..20).collect::<Vec<_>>());
    }

    #[test]
    fn questions_are_answered_once_in_time_and_by_whom_they_were_put_to() {
        let mut sessions = Sessions::default();
        sessions.begin(None, [1; 32], "usr", START);
        sessions.begin(None, [2; 32], "other", START);
        let binding = ConsentBinding::from_bytes([7; 32]);
        assert!(sessions.ask(&[1; 32], question(7, START)));
        assert!(!sessions.ask(&[3; 32], question(7, START)));
        assert!(sessions.take(&[2; 32], binding, START).is_none());
        assert!(sessions.take(&[1; 32], binding, START.plus(600)).is_none());
        let taken = sessions.take(&[1; 32], binding, START.plus(599)).expect("it is open");
        assert!(sessions.take(&[1; 32], binding, START).is_none());
        assert!(!sessions.take_denial(&[1; 32], binding, START), "nobody said no");
        sessions.deny(&[1; 32], taken);
        assert!(sessions.take(&[1; 32], binding, START).is_none());
        assert!(sessions.take_denial(&[1; 32], binding, START));
        assert!(!sessions.take_denial(&[1; 32], binding, START));
    }
}
