//! Answers every question of a flow with the host's traits.

use super::event_sink::{AuthorizationEventSink, tell};
use super::functions::Function;
use super::host::AuthorizationHost;
use super::object_safe::{answered, unless_it_panics};
use super::parts::Parts;
use crate::authorization::{
    Answered, AuthorizationEvent, ClientQuestion, CodeQuestion, DenyListQuestion, PushedRequestQuestion, Question,
    Recorded, RefreshTokenQuestion, Unavailable,
};
use crate::authorization::{Query, Step};
use crate::dpop::ReplayAnswer;
use crate::future::BoxFuture;
use crate::http::ResponseParts;
use crate::time::Clock;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// Drives a flow to its response, passing each question to the trait's method that answers it.
///
/// A part that is missing or panics gives no answer: the flow undoes what it has begun and ends with 503 (HC-5), and
/// the event sink receives the question's name. Dropping the future drops the flow; earlier answers keep their effects
/// in the stores.
///
/// The clock is read when a replay store is asked and again when it has answered, because either may follow a wait: a
/// proof or an assertion whose time has passed by then is refused (D11, D17).
pub async fn drive(mut step: Step, host: &AuthorizationHost, clock: &Clock) -> ResponseParts {
    loop {
        step = match step {
            Step::Done(response) => return response,
            Step::Ask(ask) => answer(ask, host.parts(), clock).await,
        };
    }
}

/// Passes each question to the part that answers it.
async fn answer(ask: Question, host: &Parts, clock: &Clock) -> Step {
    let (functions, asked) = (&host.functions, Asked { question: ask.name(), events: host.events.as_ref() });
    match ask {
        Question::Clients(question) => clients(question, host, &asked).await,
        Question::RecordReplay(query) => {
            let question = *query.question();
            let now = clock.now().max(question.now);
            let passed = question.claim.has_passed(now);
            let answer = match &host.replay {
                Some(store) if !passed => unless_it_panics(store.claim_boxed(&question.claim, now)).await,
                Some(_) | None => None,
            };
            let answer = answer.unwrap_or(ReplayAnswer::Unavailable);
            asked.note(passed || answer != ReplayAnswer::Unavailable);
            query.answer(Recorded { answer, now: clock.now().max(now) })
        }
        Question::Authenticate(query) => {
            ask_function(&asked, &functions.authenticate, host.consent.as_ref(), query, |policy, question| {
                policy.authenticate(question)
            })
            .await
        }
        Question::Consent(query) => {
            ask_function(&asked, &functions.consent, host.consent.as_ref(), query, |policy, question| {
                policy.consent(question)
            })
            .await
        }
        Question::TakeConsentGrant(query) => {
            ask_part(&asked, host.consent_grants.as_ref(), query, |store, redemption| store.take(redemption)).await
        }
        Question::PushedRequests(question) => pushed_requests(question, host, &asked).await,
        Question::Codes(question) => codes(question, host, &asked).await,
        Question::RefreshTokens(question) => refresh_tokens(question, host, &asked).await,
        Question::DenyList(question) => deny_list(question, host, &asked).await,
        Question::LoadPrincipal(query) => {
            ask_function(&asked, &functions.load_principal, host.principals.as_ref(), query, |store, sub| {
                store.load_principal(sub)
            })
            .await
        }
        Question::AuthorizeScope(query) => {
            ask_function(&asked, &functions.authorize_scope, host.scopes.as_ref(), query, |policy, scope| {
                policy.authorize_scope(scope)
            })
            .await
        }
        Question::IdTokenClaims(query) => {
            ask_function(&asked, &functions.id_token_claims, host.claims.as_ref(), query, |claims, about| {
                claims.id_token_claims(about)
            })
            .await
        }
        Question::MayIntrospect(query) => {
            ask_function(&asked, &functions.may_introspect, host.introspection.as_ref(), query, |policy, check| {
                policy.may_introspect(check)
            })
            .await
        }
        Question::Record(query) => {
            tell(host.events.as_ref(), query.question());
            query.answer(())
        }
    }
}

/// Answers the questions about clients.
async fn clients(question: ClientQuestion, host: &Parts, asked: &Asked<'_>) -> Step {
    match question {
        ClientQuestion::Load(query) => {
            ask_function(asked, &host.functions.load_client, host.clients.as_ref(), query, |store, id| {
                store.load_client(id)
            })
            .await
        }
        ClientQuestion::VerifySecret(query) => {
            ask_function(asked, &host.functions.verify_client_secret, host.clients.as_ref(), query, |store, check| {
                store.verify_client_secret(check)
            })
            .await
        }
        ClientQuestion::LoadKeys(query) => {
            ask_function(asked, &host.functions.client_keys, host.clients.as_ref(), query, |store, id| {
                store.client_keys(id)
            })
            .await
        }
    }
}

/// Answers the questions about pushed requests.
async fn pushed_requests(question: PushedRequestQuestion, host: &Parts, asked: &Asked<'_>) -> Step {
    match question {
        PushedRequestQuestion::Insert(query) => {
            ask_part(asked, host.pushed.as_ref(), query, |store, new| store.insert(new)).await
        }
        PushedRequestQuestion::Load(query) => {
            ask_part(asked, host.pushed.as_ref(), query, |store, digest| store.load(digest)).await
        }
        PushedRequestQuestion::Take(query) => {
            ask_part(asked, host.pushed.as_ref(), query, |store, redemption| store.take(redemption)).await
        }
    }
}

/// Answers the questions about codes.
async fn codes(question: CodeQuestion, host: &Parts, asked: &Asked<'_>) -> Step {
    match question {
        CodeQuestion::Insert(query) => {
            ask_part(asked, host.codes.as_ref(), query, |store, new| store.insert(new)).await
        }
        CodeQuestion::Load(query) => {
            ask_part(asked, host.codes.as_ref(), query, |store, digest| store.load(digest)).await
        }
        CodeQuestion::Take(query) => {
            ask_part(asked, host.codes.as_ref(), query, |store, presented| store.take(presented)).await
        }
        CodeQuestion::RecordRedemption(query) => {
            ask_part(asked, host.codes.as_ref(), query, |store, code| store.record(code)).await
        }
    }
}

/// Answers the questions about refresh tokens.
async fn refresh_tokens(question: RefreshTokenQuestion, host: &Parts, asked: &Asked<'_>) -> Step {
    match question {
        RefreshTokenQuestion::Load(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, key| store.load(key)).await
        }
        RefreshTokenQuestion::Insert(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, new| store.insert(new)).await
        }
        RefreshTokenQuestion::Rotate(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, rotation| store.rotate(rotation)).await
        }
        RefreshTokenQuestion::RecordRepeat(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, repeated| store.record_repeat(repeated)).await
        }
        RefreshTokenQuestion::RevokeFamily(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, family| store.revoke_family(family)).await
        }
        RefreshTokenQuestion::LoadFamily(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, jwt_id| store.load_family(jwt_id)).await
        }
        RefreshTokenQuestion::SettleRevocation(query) => {
            ask_part(asked, host.refresh.as_ref(), query, |store, settled| store.settle_revocation(settled)).await
        }
    }
}

/// Answers the questions about revoked access tokens.
async fn deny_list(question: DenyListQuestion, host: &Parts, asked: &Asked<'_>) -> Step {
    match question {
        DenyListQuestion::Revoke(query) => {
            ask_part(asked, host.deny_list.as_ref(), query, |list, revoked| list.revoke(revoked)).await
        }
        DenyListQuestion::IsRevoked(query) => {
            ask_part(asked, host.deny_list.as_ref(), query, |list, access| list.is_revoked(access)).await
        }
    }
}

/// A question being asked, and the sink that receives its name if it gets no answer: to the client, all failures look
/// alike.
struct Asked<'h> {
    question: &'static str,
    events: &'h dyn AuthorizationEventSink,
}

impl Asked<'_> {
    fn note(&self, answered: bool) {
        if !answered {
            tell(self.events, &AuthorizationEvent::unanswered(self.question));
        }
    }
}

/// Asks the function set for a question, or else the part of the host. A function takes precedence. HC-4.
async fn ask_function<S: ?Sized, Q: Clone + Send + 'static, A: 'static>(
    asked: &Asked<'_>,
    function: &Option<Function<Q, A>>,
    part: Option<&Arc<S>>,
    query: Query<Q, Answered<A>>,
    ask: impl for<'a> FnOnce(&'a S, &'a Q) -> BoxFuture<'a, Answered<A>>,
) -> Step {
    let Some(function) = function else { return ask_part(asked, part, query, ask).await };
    let (function, question) = (Arc::clone(function), query.question().clone());
    // Called on first poll, where a panic is caught.
    let answer = answered(Box::pin(async move { function(question).await })).await;
    asked.note(answer.is_ok());
    query.answer(answer)
}

/// Asks the part of the host that answers a question, if it is set.
async fn ask_part<S: ?Sized, Q, A>(
    asked: &Asked<'_>,
    part: Option<&Arc<S>>,
    query: Query<Q, Answered<A>>,
    ask: impl for<'a> FnOnce(&'a S, &'a Q) -> BoxFuture<'a, Answered<A>>,
) -> Step {
    let answer = match part {
        Some(part) => answered(ask(part, query.question())).await,
        None => Err(Unavailable),
    };
    asked.note(answer.is_ok());
    query.answer(answer)
}
