//! Who the users are, what pages they see, and what clients may have.

use super::accounts::{Accounts, SUBJECT, USER};
use super::browser::{BrowserId, Known, NOTICE, Notice};
use super::logins::Logins;
use super::sessions::{LoggedIn, Question};
use super::templates::{self, Consent, Login};
use attesto_core::authorization::{
    Answered, Authentication, AuthenticationContext, ConsentDecision, ConsentQuestion, IdTokenClaimsQuestion,
    IntrospectionCheck, LoginQuestion, Principal, ScopeQuestion, ScopeSet, Unavailable, UserAgent, Visit,
};
use attesto_core::host::{ClaimsProvider, ConsentPolicy, IntrospectionPolicy, PrincipalStore, ScopePolicy};
use attesto_core::http::ResponseParts;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Answers what the server asks of people and policy.
#[derive(Clone)]
pub(super) struct Policy {
    logins: Arc<Logins>,
    /// What tokens are for where the client names nothing.
    resource: String,
    /// The client that may look at others' tokens.
    gateway: String,
}

impl Policy {
    pub(super) fn new(logins: &Arc<Logins>, resource: &str, accounts: &Accounts) -> Self {
        Self { logins: Arc::clone(logins), resource: resource.into(), gateway: accounts.basic.id.clone() }
    }

    fn session(&self, browser: &UserAgent) -> Option<(BrowserId, LoggedIn)> {
        let session = known(browser, Known::Session)?;
        let login = self.logins.logged_in(&session)?;
        Some((session, login))
    }

    fn login_page(&self, visit: &Visit) -> Answered<ResponseParts> {
        // The identifier that the browser has is kept, so that forms in its other tabs stay good.
        let visitor = known(&visit.user_agent, Known::Visitor);
        let visitor = visitor.map_or_else(|| BrowserId::draw(Known::Visitor).map_err(|_| Unavailable), Ok)?;
        let page = Login {
            client: visit.client.display_name(),
            user: visit.request.login_hint.as_deref().unwrap_or_default(),
            notice: visit.user_agent.cookie(NOTICE).and_then(Notice::parse),
            csrf: &self.logins.csrf_token(&visitor),
            back: visit.resume_url(),
        };
        let mut response = page.respond(&self.logins)?;
        templates::set_cookie(&mut response, visitor.cookie());
        if page.notice.is_some() {
            templates::set_cookie(&mut response, Notice::forget());
        }
        Ok(response)
    }

    fn consent_page(&self, session: &BrowserId, question: &ConsentQuestion) -> Answered<ResponseParts> {
        let asked = &question.visit.request;
        let pending = Question {
            binding: question.binding(),
            scopes: asked.scopes.clone(),
            resume_url: question.resume_url().into(),
            denied: false,
            asked_at: question.visit.now,
        };
        if !self.logins.ask(session, pending) {
            return Err(Unavailable);
        }
        let resources = match asked.resources.as_slice() {
            [] => vec![self.resource.as_str()],
            all => all.iter().map(String::as_str).collect(),
        };
        let page = Consent {
            client: question.visit.client.display_name(),
            user: USER,
            resources,
            scopes: asked.scopes.iter().map(templates::in_words).collect(),
            redirect_host: templates::host_of(&asked.redirect_uri),
            csrf: &self.logins.csrf_token(session),
            binding: &question.binding().to_string(),
        };
        page.respond(&self.logins)
    }
}

/// What the browser calls itself.
fn known(browser: &UserAgent, known: Known) -> Option<BrowserId> {
    BrowserId::parse(known, browser.cookie(known.cookie())?)
}

impl ConsentPolicy for Policy {
    async fn authenticate(&self, question: &LoginQuestion) -> Answered<Authentication> {
        if let Some((_, login)) = self.session(&question.visit.user_agent) {
            let context = AuthenticationContext::at(login.authenticated_at).amr(["pwd"]);
            if question.accepts(&context) {
                let login = attesto_core::authorization::Login::new(login.subject, context);
                return Ok(Authentication::User(Box::new(login)));
            }
        }
        if !question.interactive {
            return Ok(Authentication::NoUser);
        }
        Ok(Authentication::Interact(Box::new(self.login_page(&question.visit)?)))
    }

    async fn consent(&self, question: &ConsentQuestion) -> Answered<ConsentDecision> {
        if question.grant_presented {
            return Ok(ConsentDecision::ByGrant);
        }
        let (session, _) = self.session(&question.visit.user_agent).ok_or(Unavailable)?;
        if self.logins.take_denial(&session, question.binding()) {
            return Ok(ConsentDecision::Denied);
        }
        Ok(ConsentDecision::Interact(Box::new(self.consent_page(&session, question)?)))
    }
}

/// Every client is granted what it asks for, within what it is registered for and the user has allowed.
impl ScopePolicy for Policy {
    async fn authorize_scope(&self, question: &ScopeQuestion) -> Answered<ScopeSet> {
        Ok(question.scopes.clone())
    }
}

impl PrincipalStore for Policy {
    async fn load_principal(&self, subject: &str) -> Answered<Option<Principal>> {
        Ok((subject == SUBJECT).then(Principal::new))
    }
}

impl ClaimsProvider for Policy {
    async fn id_token_claims(&self, question: &IdTokenClaimsQuestion) -> Answered<Map<String, Value>> {
        let mut claims = Map::new();
        if question.scopes.contains("profile") {
            claims.insert("preferred_username".into(), USER.into());
        }
        Ok(claims)
    }
}

impl IntrospectionPolicy for Policy {
    async fn may_introspect(&self, check: &IntrospectionCheck) -> Answered<bool> {
        Ok(check.caller == self.gateway)
    }
}
