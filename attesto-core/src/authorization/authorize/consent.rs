//! Asks what the user allows (AZ-25, AZ-26).

use super::outcome::Outcome;
use super::redirect::VerifiedRedirect;
use crate::authorization::error::at_authorize::UserError;
use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::consent::{ConsentDecision, ConsentQuestion};
use crate::authorization::questions::login::Login;
use crate::authorization::questions::question::Question;
use crate::authorization::questions::visit::Visit;
use crate::authorization::records::consent_grant::{ConsentBinding, ConsentRedemption};
use crate::authorization::scopes::ScopeSet;
use crate::authorization::secret::Secret;

/// Asks the host, and once more if the browser came back with an invalid consent grant.
pub(crate) async fn consent(
    flow: &Flow,
    visit: &Visit,
    redirect: &VerifiedRedirect,
    login: &Login,
) -> Result<Outcome<ScopeSet>, Reason> {
    let request = &visit.request;
    let presented = presented_grant(flow);
    let mut question = ConsentQuestion {
        visit: visit.clone(),
        subject: login.subject.clone(),
        interactive: !request.prompt.none,
        must_ask: must_ask(flow, visit, redirect),
        grant_presented: presented.is_some(),
        binding: ConsentBinding::new(flow.server.provider.as_ref(), &login.subject, &visit.client.id, request),
    };
    if question.must_ask && !question.interactive {
        return Err(Reason::User(UserError::ConsentRequired));
    }
    let decision = flow.ask(Question::Consent, question.clone()).await?;
    let (ConsentDecision::ByGrant, Some(grant)) = (&decision, &presented) else {
        return judge(&question, decision);
    };
    if let Some(scopes) = redeem(flow, &question, grant).await? {
        return within(&question, scopes);
    }
    question.grant_presented = false;
    let decision = flow.ask(Question::Consent, question.clone()).await?;
    judge(&question, decision)
}

/// Whether earlier consent does not count: with `prompt=consent`, and if another application than the client might
/// receive the response. OIDC Core §3.1.2.1, RFC 8252 §8.6; AZ-25.
fn must_ask(flow: &Flow, visit: &Visit, redirect: &VerifiedRedirect) -> bool {
    let on_device = redirect.is_on_device() && !is_a_site_in_development(flow, visit, redirect);
    visit.request.prompt.consent || on_device
}

/// Whether this is a site on its developer's own machine, if the server allows those: not a native client, whose port
/// another application might have, and exactly the registered URI. AZ-25.
fn is_a_site_in_development(flow: &Flow, visit: &Visit, redirect: &VerifiedRedirect) -> bool {
    flow.server.loopback_is_a_site && !visit.client.native && redirect.is_loopback_to_the_letter()
}

/// Returns the consent grant that the browser came back with. It is read from the browser's request, never from a
/// pushed one.
fn presented_grant(flow: &Flow) -> Option<Secret> {
    flow.request.parameters.get("consent_grant").and_then(Secret::presented)
}

fn judge(question: &ConsentQuestion, decision: ConsentDecision) -> Result<Outcome<ScopeSet>, Reason> {
    match decision {
        ConsentDecision::Granted(_) if question.must_ask => Err(Reason::Host(HostError::ConsentSkipped)),
        ConsentDecision::Granted(scopes) => within(question, scopes),
        ConsentDecision::ByGrant => Err(Reason::Host(HostError::Answer)),
        ConsentDecision::Interact(page) if question.interactive => Ok(Outcome::Interact(page)),
        ConsentDecision::Interact(_) => Err(Reason::User(UserError::ConsentRequired)),
        ConsentDecision::Denied => Err(Reason::User(UserError::AccessDenied)),
    }
}

/// Checks that consent only narrows the request; an empty consent is a refusal. TK-4.
fn within(question: &ConsentQuestion, granted: ScopeSet) -> Result<Outcome<ScopeSet>, Reason> {
    if !granted.is_within(&question.visit.request.scopes) {
        return Err(Reason::Host(HostError::PolicyOverreach));
    }
    if granted.is_empty() { Err(Reason::Scope(ScopeError::Refused)) } else { Ok(Outcome::Done(granted)) }
}

/// Spends the grant. One for another request or user, spent or expired, counts as absent; AZ-26. The store checks this,
/// and it is checked again here.
async fn redeem(flow: &Flow, question: &ConsentQuestion, grant: &Secret) -> Result<Option<ScopeSet>, Reason> {
    let digest = grant.digest(flow.server.provider.as_ref());
    let redemption = ConsentRedemption { digest, binding: question.binding, now: flow.now };
    let grant = flow.ask(Question::TakeConsentGrant, redemption).await?;
    Ok(grant
        .filter(|grant| grant.binding == question.binding)
        .filter(|grant| grant.subject == question.subject && flow.now < grant.expires_at)
        .map(|grant| grant.scopes))
}
