//! The user in front of the browser, and what their clicks and their clients' pushes leave in the ledger.

use crate::ledger::Ledger;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authentication, AuthenticationContext, ConsentDecision, ConsentGrant, ConsentQuestion, ConsentRedemption, Login,
    LoginQuestion, PushedRequest, SecretQuery,
};
use attesto_core::http::ResponseParts;

/// A pushed request, and a consent grant. Spent ones stay, so that their results can be counted.
#[derive(Clone, Debug)]
pub(crate) struct Spendable<T> {
    pub(crate) row: T,
    pub(crate) spent: bool,
}

impl<T> Spendable<T> {
    pub(crate) const fn new(row: T) -> Self {
        Self { row, spent: false }
    }
}

/// How the host answers when it is asked what the user allows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Policy {
    /// All of it, unasked.
    #[default]
    Grants,
    /// What a click on a page has left; without one, the page.
    ByClick,
    /// Nothing.
    Denies,
}

impl Ledger {
    /// By the cookie. The page begins with its kind, and ends with where it leads.
    pub(crate) fn authenticate(&self, question: &LoginQuestion) -> Authentication {
        if self.signed_in && question.visit.user_agent.cookie("sid").is_some() {
            let login = AuthenticationContext::at(Timestamp::from_secs(self.now.min(question.visit.now.as_secs()) - 5));
            return Authentication::User(Box::new(Login::new("usr_1", login)));
        }
        Authentication::Interact(page("login", question.resume_url()))
    }

    /// A browser whose cookie says `no` is one of a user who does.
    pub(crate) fn decide(&mut self, question: &ConsentQuestion) -> ConsentDecision {
        let says_no = question.visit.user_agent.cookie("sid") == Some("no");
        match self.consent {
            _ if says_no => ConsentDecision::Denied,
            Policy::Grants => ConsentDecision::Granted(question.visit.request.scopes.clone()),
            Policy::Denies => ConsentDecision::Denied,
            Policy::ByClick if question.grant_presented => ConsentDecision::ByGrant,
            Policy::ByClick => {
                self.page = Some(question.clone());
                ConsentDecision::Interact(page("consent", question.resume_url()))
            }
        }
    }

    pub(crate) fn take_consent_grant(&mut self, asked: &ConsentRedemption) -> Option<ConsentGrant> {
        let again = self.gives_twice;
        let held = self.grants.get_mut(asked.digest.as_bytes()).filter(|held| again || !held.spent)?;
        if held.row.binding != asked.binding || asked.now >= held.row.expires_at {
            return None;
        }
        held.spent = true;
        Some(held.row.clone())
    }

    pub(crate) fn take_pushed(&mut self, asked: &SecretQuery) -> Option<PushedRequest> {
        let again = self.gives_twice;
        let held = self.pushed.get_mut(asked.digest.as_bytes()).filter(|held| again || !held.spent)?;
        if asked.now >= held.row.expires_at {
            return None;
        }
        held.spent = true;
        Some(held.row.clone())
    }
}

fn page(kind: &str, leads_to: &str) -> Box<ResponseParts> {
    let mut page = ResponseParts::new(200);
    page.body = format!("{kind} {leads_to}").into_bytes();
    Box::new(page)
}
