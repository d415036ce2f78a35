//! The tokens that the route accepts.

use super::checks;
use crate::finding::Finding;
use crate::fixes;
use crate::probe::{Probe, Refusal};
use crate::{App, TokenBuilder};

checks! {
    /// Checks that tokens for other resources are refused, including one on the same host and a bare host (A2).
    "audience_enforced": assert_audience_enforced, check_audience_enforced = audience;

    /// Checks that an expired token is refused (A4).
    "expired_refused": assert_expired_refused, check_expired_refused = expired;

    /// Checks that tokens are refused which the trusted issuer did not issue, or not as access tokens: another key,
    /// another issuer, another `typ`, no issuer, no expiry, `alg: none` (J5, J13, A1, A4).
    "forged_refused": assert_forged_refused, check_forged_refused = forged;

    /// Checks that a token without a required scope is refused: 403, `insufficient_scope`, with all scopes of the route
    /// named (S5, W5). Passes without a request for a route without scopes.
    "scope_required": assert_scope_required, check_scope_required = scope;

    /// Checks that a token without the required authentication of the user is refused: 401,
    /// `insufficient_user_authentication`, with the requirement named (RFC 9470; W10). Passes for a route without such
    /// a requirement.
    "step_up_required": assert_step_up_required, check_step_up_required = step_up;
}

const INVALID: Refusal = Refusal::new(401, "invalid_token");

async fn each_refused<A: App>(
    probe: &mut Probe<'_, A>,
    tokens: impl IntoIterator<Item = (String, String)>,
    fix: &str,
) -> Result<(), Finding> {
    for (sent, token) in tokens {
        let answer = probe.present(&token).await;
        probe.refused(&sent, &answer, INVALID, fix)?;
    }
    Ok(())
}

async fn audience<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let resource = probe.fixture.resource();
    let sibling = [resource, "-sibling"].concat();
    let below = [resource.trim_end_matches('/'), "/below"].concat();
    let slash =
        if resource.ends_with('/') { resource.trim_end_matches('/').to_string() } else { [resource, "/"].concat() };
    let host = resource.split('/').take(3).collect::<Vec<_>>().join("/");
    let for_others = ["https://other.example.com/elsewhere".to_string(), host, sibling, below, slash];
    let mut tokens: Vec<(String, String)> = Vec::new();
    for audience in for_others.into_iter().filter(|audience| audience != resource) {
        tokens.push((format!("a token for `{audience}`"), probe.token().audience([&audience]).build()));
    }
    tokens.push(("a token for nobody in particular".into(), probe.token().without("aud").build()));
    each_refused(&mut probe, tokens, fixes::AUDIENCE).await
}

async fn expired<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let token = probe.token().expired().build();
    each_refused(&mut probe, [("a token that expired an hour ago".into(), token)], fixes::TOKEN).await
}

/// A change that makes a valid token invalid.
type Change = fn(TokenBuilder) -> TokenBuilder;

async fn forged<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let kinds: [(&str, Change); 5] = [
        ("a token signed with another key", TokenBuilder::wrong_key),
        ("a token of another issuer", TokenBuilder::wrong_issuer),
        ("a token without issuer", |token| token.without("iss")),
        ("a token that never expires", |token| token.without("exp")),
        ("a JWT that is no access token", |token| token.typ("JWT")),
    ];
    let mut tokens: Vec<(String, String)> =
        kinds.into_iter().map(|(sent, change)| (sent.into(), change(probe.token()).build())).collect();
    let unsigned = probe.token().header("alg", "none").build();
    let (input, _) = unsigned.rsplit_once('.').unwrap_or_default();
    tokens.push(("a token without signature, alg none".into(), [input, "."].concat()));
    each_refused(&mut probe, tokens, fixes::TOKEN).await
}

async fn scope<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let required = probe.route.scopes.clone();
    if required.is_empty() {
        return Ok(());
    }
    let mut lacking: Vec<(String, Vec<&str>)> = vec![("a token without scopes".into(), Vec::new())];
    for missing in required.iter().filter(|_| required.len() > 1) {
        let rest = required.iter().filter(|scope| *scope != missing).map(String::as_str).collect();
        lacking.push((format!("a token that lacks the scope `{missing}`"), rest));
    }
    for (sent, scopes) in lacking {
        let token = probe.token().scopes(scopes).build();
        let answer = probe.present(&token).await;
        probe.refused(&sent, &answer, Refusal::new(403, "insufficient_scope"), fixes::SCOPE)?;
        let challenges = answer.response.challenges().unwrap_or_default();
        let named = |scope: &String| {
            let hints = challenges.iter().filter_map(|challenge| challenge.get("scope"));
            hints.flat_map(|hint| hint.split(' ')).any(|hint| hint == scope)
        };
        if !required.iter().all(named) {
            let expected = format!("scope=\"{}\" in the challenge", required.join(" "));
            return Err(probe.finding(&sent, &answer, &expected, fixes::SCOPE_HINT));
        }
    }
    Ok(())
}

async fn step_up<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let (acr, max_age) = (!probe.route.acr_values.is_empty(), probe.route.max_age);
    let mut lacking: Vec<(&str, TokenBuilder)> = Vec::new();
    if acr {
        lacking.push(("a token without acr", probe.token().without("acr")));
        lacking.push(("a token with another acr", probe.token().acr("urn:attesto:testkit:too-weak")));
    }
    if let Some(max_age) = max_age {
        let long_ago = probe.fixture.now().minus(max_age).minus(3600);
        lacking.push(("a token without auth_time", probe.token().without("auth_time")));
        lacking.push(("a token of a login long ago", probe.token().auth_time(long_ago)));
    }
    for (sent, token) in lacking {
        let answer = probe.present(&token.build()).await;
        probe.refused(sent, &answer, Refusal::new(401, "insufficient_user_authentication"), fixes::STEP_UP)?;
        let challenges = answer.response.challenges().unwrap_or_default();
        let has = |name: &str, value: &str| challenges.iter().any(|challenge| challenge.get(name) == Some(value));
        let values = probe.route.acr_values.join(" ");
        let named =
            (!acr || has("acr_values", &values)) && max_age.is_none_or(|seconds| has("max_age", &seconds.to_string()));
        if !named {
            let expected = format!("acr_values=\"{values}\" and max_age={max_age:?} in the challenge");
            return Err(probe.finding(sent, &answer, &expected, fixes::STEP_UP));
        }
    }
    Ok(())
}
