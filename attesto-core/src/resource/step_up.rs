//! Step-up authentication (RFC 9470; W10).

use super::reason::StepUpError;
use super::requirement::Requirement;
use crate::Timestamp;
use crate::token::Claims;

/// Checks both rules, each only if the requirement has it.
pub(super) fn authentication_is_sufficient(
    claims: &Claims,
    requirement: &Requirement,
    skew: u64,
    now: Timestamp,
) -> Result<(), StepUpError> {
    acr_is_accepted(claims.acr(), requirement)?;
    match requirement.required_max_age() {
        Some(max_age) => login_is_fresh(claims.auth_time(), max_age, skew, now),
        None => Ok(()),
    }
}

/// Checks that `acr` is one of the accepted values. RFC 9470 §3.
fn acr_is_accepted(acr: Option<&str>, requirement: &Requirement) -> Result<(), StepUpError> {
    let accepted = requirement.required_acr_values();
    if accepted.is_empty() || acr.is_some_and(|acr| accepted.iter().any(|value| value == acr)) {
        return Ok(());
    }
    Err(StepUpError::Acr)
}

/// Checks `now - max_age <= auth_time <= now + skew`. RFC 9470 §3. The upper bound is ours, because a future time would
/// stay fresh.
fn login_is_fresh(auth_time: Option<Timestamp>, max_age: u64, skew: u64, now: Timestamp) -> Result<(), StepUpError> {
    let auth_time = auth_time.ok_or(StepUpError::AuthTimeMissing)?;
    if auth_time > now.plus(skew) {
        return Err(StepUpError::InFuture);
    }
    if now.since(auth_time) > max_age {
        return Err(StepUpError::TooOld);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);

    #[test]
    fn w10_login_freshness_bounds_are_inclusive() {
        let check = |auth_time| login_is_fresh(Some(Timestamp::from_secs(auth_time)), 300, 60, NOW);
        assert_eq!(check(700), Ok(()));
        assert_eq!(check(699), Err(StepUpError::TooOld));
        assert_eq!(check(1_060), Ok(()));
        assert_eq!(check(1_061), Err(StepUpError::InFuture));
        assert_eq!(login_is_fresh(None, 300, 60, NOW), Err(StepUpError::AuthTimeMissing));
    }

    #[test]
    fn w10_acr_must_be_one_of_the_accepted() {
        let requirement = Requirement::authenticated().acr_values(["phr", "phrh"]).unwrap();
        assert_eq!(acr_is_accepted(Some("phrh"), &requirement), Ok(()));
        assert_eq!(acr_is_accepted(Some("phr phrh"), &requirement), Err(StepUpError::Acr));
        assert_eq!(acr_is_accepted(None, &requirement), Err(StepUpError::Acr));
        assert_eq!(acr_is_accepted(None, &Requirement::authenticated()), Ok(()));
    }
}
