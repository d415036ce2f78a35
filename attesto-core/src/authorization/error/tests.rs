//! Tests the table between reasons and what clients receive.

use super::at_token::RefreshError;
use super::code::OAuthError;
use super::reason::Reason;
use alloc::string::ToString;

#[test]
fn ep10_descriptions_fit_rfc_6749_and_do_not_tell_credentials_apart() {
    for reason in Reason::all() {
        let text = reason.to_string();
        let fits = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(!text.is_empty() && text.bytes().all(fits), "{reason:?}");
        let one_text = match reason.error() {
            OAuthError::InvalidClient => "client authentication failed",
            OAuthError::InvalidGrant => "the grant is invalid",
            OAuthError::ServerError => "internal error",
            _ => continue,
        };
        assert_eq!(text, one_text, "{reason:?}");
    }
}

#[test]
fn tk6_faults_are_5xx_and_refusals_are_not() {
    for reason in Reason::all() {
        let fault = matches!(reason.error(), OAuthError::ServerError | OAuthError::TemporarilyUnavailable)
            && reason != Reason::Refresh(RefreshError::TooManyAccessTokens); // caused by the client: 429
        assert_eq!(reason.status() >= 500, fault, "{reason:?}");
    }
}
