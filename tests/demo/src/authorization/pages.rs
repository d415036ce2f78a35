//! Where the forms lead: a login, and a decision.

use super::accounts::{Accounts, SUBJECT, USER};
use super::browser::{Known, Notice};
use super::forms::{Refused, Submission};
use super::logins::Logins;
use super::passwords::{self, Passwords};
use super::templates::{Message, set_cookie};
use crate::issuer::{entropy, now};
use argon2::password_hash::phc::PasswordHash;
use attesto_core::authorization::{AuthorizationServer, ConsentBinding, Unavailable};
use attesto_core::http::{Header, ResponseParts};
use attesto_sqlx::SqlxConsentGrants;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where the login form leads.
pub(super) const LOGIN: &str = "/oauth/login";
/// Where the consent form leads.
pub(super) const CONSENT: &str = "/oauth/consent";

/// The pages' own endpoints. A clone is another handle on the same.
#[derive(Clone)]
pub struct Pages {
    parts: Arc<Parts>,
}

struct Parts {
    server: AuthorizationServer,
    logins: Arc<Logins>,
    grants: SqlxConsentGrants,
    passwords: Passwords,
    /// Of the one user.
    password: PasswordHash,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages(..)")
    }
}

impl Pages {
    /// What to mount.
    pub const PATHS: [&'static str; 2] = [LOGIN, CONSENT];

    pub(super) fn new(
        server: AuthorizationServer,
        logins: Arc<Logins>,
        grants: SqlxConsentGrants,
        passwords: Passwords,
        accounts: &Accounts,
    ) -> Result<Self, Box<dyn Error>> {
        let password = passwords::hash(&accounts.password)?;
        Ok(Self { parts: Arc::new(Parts { server, logins, grants, passwords, password }) })
    }

    /// Answers a form.
    pub async fn respond<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let parts = &self.parts;
        let answer = if request.method() == Method::POST {
            parts.answer(request).await
        } else {
            let answer = parts.message(405, "Nothing to see", "This address takes forms only.");
            answer.map(|mut answer| {
                answer.headers.extend(Header::new("allow", "POST"));
                answer
            })
        };
        into_http(answer.unwrap_or_else(|Unavailable| ResponseParts::new(503)))
    }
}

type Answer = Result<ResponseParts, Unavailable>;

impl Parts {
    /// To a form.
    async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let shown_to = match request.uri().path() {
            LOGIN => Known::Visitor,
            CONSENT => Known::Session,
            _ => return self.message(404, "Nothing here", "This address leads nowhere."),
        };
        match (Submission::read(&self.logins, self.server.issuer(), shown_to, request).await, shown_to) {
            (Ok(submission), Known::Visitor) => self.log_in(submission).await,
            (Ok(submission), Known::Session) => self.decide(&submission).await,
            (Err(refused), _) => self.refuse(refused),
        }
    }

    /// Checks the name and the password of the one user. Right or wrong, the browser goes back to the authorization endpoint, which shows
    /// the next page.
    async fn log_in(&self, form: Submission) -> Answer {
        let (back, name) = (form.field("back"), form.field("username"));
        if !self.server.is_resume_url(back) {
            return self.refuse(Refused::Malformed);
        }
        if !self.logins.may_attempt(name) {
            return Ok(self.back_with(back, Notice::Wait));
        }
        let hash = (name == USER).then_some(&self.password);
        let secret = Zeroizing::new(form.field("password").to_owned());
        if !self.passwords.verify(hash, secret).await.ok_or(Unavailable)? {
            return Ok(self.back_with(back, Notice::Wrong));
        }
        self.logins.attempt_succeeded(name);
        let session = self.logins.log_in(form.session.as_ref(), SUBJECT).map_err(|_| Unavailable)?;
        let mut response = see_other(back.to_owned());
        set_cookie(&mut response, session.cookie());
        Ok(response)
    }

    fn back_with(&self, back: &str, notice: Notice) -> ResponseParts {
        let mut response = see_other(back.to_owned());
        set_cookie(&mut response, notice.cookie());
        response
    }

    /// Yes or no to the question that this browser was shown.
    async fn decide(&self, form: &Submission) -> Answer {
        let Some(login) = self.logins.logged_in(&form.browser) else { return self.gone() };
        let Some(binding) = ConsentBinding::parse(form.field("request")) else { return self.gone() };
        let decision = form.field("decision");
        if !matches!(decision, "approve" | "deny") {
            return self.refuse(Refused::Malformed);
        }
        let Some(question) = self.logins.take_question(&form.browser, binding) else { return self.gone() };
        let resume_url = question.resume_url.clone();
        if decision == "deny" {
            self.logins.deny(&form.browser, question);
            return Ok(see_other(resume_url));
        }
        let grant = self.server.grant_consent(binding, login.subject, question.scopes, now(), &mut entropy);
        let grant = grant.map_err(|_| Unavailable)?;
        self.grants.insert(&grant).await?;
        Ok(see_other(grant.resume(&resume_url)))
    }

    fn gone(&self) -> Answer {
        let text =
            "This page has been answered, or has been open for too long. Go back to the application and start again.";
        self.message(410, "This page is no longer good", text)
    }

    fn refuse(&self, refused: Refused) -> Answer {
        match refused {
            Refused::Malformed => self.message(400, "That did not work", "The form was not understood."),
            Refused::Foreign => self.message(403, "That did not work", "The form was sent by another site."),
            Refused::Forged => self.message(
                403,
                "That did not work",
                "The form does not belong to this browser's page. Check that cookies are allowed, go back to the application and start again.",
            ),
        }
    }

    fn message(&self, status: u16, title: &str, text: &str) -> Answer {
        Message { title, text }.respond(&self.logins, status)
    }
}

/// To a page that is fetched with GET, whatever brought the browser here.
fn see_other(location: String) -> ResponseParts {
    // What the server made is a URL.
    let mut response = ResponseParts::see_other(location).unwrap_or_else(|| ResponseParts::new(500));
    response.headers.extend(Header::new("referrer-policy", "no-referrer"));
    response
}

fn into_http(parts: ResponseParts) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(parts.status);
    for header in parts.headers {
        response = response.header(header.name(), header.value());
    }
    // What the core says of its headers: visible ASCII.
    response.body(Full::from(parts.body)).unwrap_or_else(|_| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
