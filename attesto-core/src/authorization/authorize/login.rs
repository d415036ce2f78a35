//! Asks who the user is (AZ-24).

use super::outcome::Outcome;
use crate::Timestamp;
use crate::authorization::error::at_authorize::UserError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::login::{Authentication, Login, LoginQuestion};
use crate::authorization::questions::question::Question;
use crate::authorization::questions::visit::Visit;
use crate::authorization::records::request::AuthorizationRequest;
use crate::authorization::records::storable::is_storable;
use alloc::string::String;

/// Asks the host, and once more with `force_reauth` if the login does not meet the request.
pub(crate) async fn authenticate(flow: &Flow, visit: &Visit) -> Result<Outcome<Login>, Reason> {
    let wants_new_login = wants_new_login(&visit.request);
    let mut question = LoginQuestion {
        visit: visit.clone(),
        force_reauth: wants_new_login,
        interactive: !visit.request.prompt.none,
        not_before: not_before(visit, wants_new_login),
    };
    let first = ask(flow, &question).await?;
    if is_answered(&question, &first)? {
        return Ok(first);
    }
    if !question.interactive {
        return Err(Reason::User(UserError::LoginRequired));
    }
    question.force_reauth = true;
    let second = ask(flow, &question).await?;
    if is_answered(&question, &second)? { Ok(second) } else { Err(Reason::Host(HostError::Answer)) }
}

/// Whether the request requires a new login. OIDC Core §3.1.2.1; AZ-18: `max_age=0` means the same as `prompt=login`.
fn wants_new_login(request: &AuthorizationRequest) -> bool {
    request.prompt.login || request.max_age == Some(0)
}

/// The earliest acceptable login: one for this very request, or one within `max_age`.
fn not_before(visit: &Visit, wants_new_login: bool) -> Option<Timestamp> {
    let of_age = visit.request.max_age.filter(|age| *age != 0).map(|age| visit.now.minus(age.into()));
    of_age.max(wants_new_login.then_some(visit.since))
}

/// Whether the question is answered: by a page, or by a login that names a user and is recent enough.
fn is_answered(question: &LoginQuestion, outcome: &Outcome<Login>) -> Result<bool, Reason> {
    match outcome {
        Outcome::Interact(_) => Ok(true),
        Outcome::Done(login) if login.subject.is_empty() || !texts_are_storable(login) => {
            Err(Reason::Host(HostError::Answer))
        }
        Outcome::Done(login) => Ok(question.accepts(&login.authentication)),
    }
}

/// Whether a store can hold what the host said of the user. The codes and refresh tokens of the login carry it. ST-5.
fn texts_are_storable(login: &Login) -> bool {
    let authentication = &login.authentication;
    let others = authentication.acr.iter().chain(&authentication.amr).chain(&authentication.sid);
    is_storable(&login.subject) && others.map(String::as_str).all(is_storable)
}

async fn ask(flow: &Flow, question: &LoginQuestion) -> Result<Outcome<Login>, Reason> {
    match flow.ask(Question::Authenticate, question.clone()).await? {
        Authentication::User(login) => Ok(Outcome::Done(*login)),
        Authentication::Interact(page) if question.interactive => Ok(Outcome::Interact(page)),
        Authentication::Interact(_) | Authentication::NoUser => Err(Reason::User(UserError::LoginRequired)),
        Authentication::InteractionRequired => Err(Reason::User(UserError::InteractionRequired)),
        Authentication::AccountSelectionRequired => Err(Reason::User(UserError::AccountSelectionRequired)),
        Authentication::Declined => Err(Reason::User(UserError::LoginDeclined)),
    }
}
