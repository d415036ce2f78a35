//! What the pages and the answers to the server share: sessions, login attempts, and the key of the forms.

use super::attempts::Attempts;
use super::browser::{BrowserId, CsrfKey, Known};
use super::sessions::{LoggedIn, Question, Sessions};
use crate::issuer::{entropy, now};
use attesto_core::authorization::ConsentBinding;
use attesto_core::crypto::CryptoProvider;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One for the whole process, however many threads serve.
pub(super) struct Logins {
    pub(super) provider: Arc<dyn CryptoProvider>,
    csrf: CsrfKey,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logins(..)")
    }
}

/// No step under these locks can leave something half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Logins {
    pub(super) fn new(provider: Arc<dyn CryptoProvider>) -> Result<Self, Box<dyn Error>> {
        let (mut forms, mut names) = ([0; 32], [0; 32]);
        entropy(&mut forms)?;
        entropy(&mut names)?;
        let (sessions, attempts) = (Mutex::default(), Mutex::new(Attempts::new(names)));
        Ok(Self { provider, csrf: CsrfKey::new(forms), sessions, attempts })
    }

    pub(super) fn csrf_token(&self, browser: &BrowserId) -> String {
        self.csrf.token(self.provider.as_ref(), browser)
    }

    pub(super) fn is_csrf_token(&self, browser: &BrowserId, presented: &str) -> bool {
        self.csrf.is_token(self.provider.as_ref(), browser, presented)
    }

    fn digest(&self, session: &BrowserId) -> [u8; 32] {
        session.digest(self.provider.as_ref())
    }

    pub(super) fn logged_in(&self, session: &BrowserId) -> Option<LoggedIn> {
        lock(&self.sessions).logged_in(&self.digest(session), now())
    }

    /// Starts a session under a new identifier, which replaces the browser's: an attacker may have planted the old one.
    pub(super) fn log_in(&self, previous: Option<&BrowserId>, subject: &str) -> Result<BrowserId, Box<dyn Error>> {
        let next = BrowserId::draw(Known::Session)?;
        lock(&self.sessions).begin(previous.map(|previous| self.digest(previous)), self.digest(&next), subject, now());
        Ok(next)
    }

    pub(super) fn ask(&self, session: &BrowserId, question: Question) -> bool {
        lock(&self.sessions).ask(&self.digest(session), question)
    }

    pub(super) fn take_question(&self, session: &BrowserId, binding: ConsentBinding) -> Option<Question> {
        lock(&self.sessions).take(&self.digest(session), binding, now())
    }

    pub(super) fn deny(&self, session: &BrowserId, question: Question) {
        lock(&self.sessions).deny(&self.digest(session), Question { asked_at: now(), ..question });
    }

    pub(super) fn take_denial(&self, session: &BrowserId, binding: ConsentBinding) -> bool {
        lock(&self.sessions).take_denial(&self.digest(session), binding, now())
    }

    /// Whether one more attempt to log in under this name may be made.
    pub(super) fn may_attempt(&self, name: &str) -> bool {
        lock(&self.attempts).begin(self.provider.as_ref(), name, now())
    }

    pub(super) fn attempt_succeeded(&self, name: &str) {
        lock(&self.attempts).succeed(self.provider.as_ref(), name);
    }
}
