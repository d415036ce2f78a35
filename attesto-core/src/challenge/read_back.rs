//! Parses a challenge in the form that this library writes.

use super::values::{is_acr_value, is_error_text, is_realm, is_url_text};
use super::{AuthScheme, Challenge, ChallengeError, ParsedChallenge, parse_challenges};
use crate::crypto::{Algorithm, AlgorithmSet};
use crate::scope::is_scope_token;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Challenge {
    /// Parses one of our challenges, by the same rules by which it is written (W1, W2, W4): for hooks that replace a
    /// whole value, and for tests. Use [`parse_challenges`] for the value of any other server.
    ///
    /// # Errors
    /// The first rule of [`ChallengeError`] that is broken.
    pub fn parse(value: &str) -> Result<Self, ChallengeError> {
        let parsed = parse_challenges(value)?;
        let [parsed] = parsed.as_slice() else { return Err(ChallengeError::NotOne) };
        if parsed.token68().is_some() {
            return Err(ChallengeError::Malformed);
        }
        let challenge = scheme_has_its_algs(parsed)?;
        parsed.parameters().try_fold(challenge, |challenge, (name, value)| with_parameter(challenge, name, value))
    }
}

/// Checks that `DPoP` has `algs` and `Bearer` does not. W4.
fn scheme_has_its_algs(parsed: &ParsedChallenge<'_>) -> Result<Challenge, ChallengeError> {
    match (parsed.auth_scheme().ok_or(ChallengeError::UnknownScheme)?, parsed.get("algs")) {
        (AuthScheme::Bearer, None) => Ok(Challenge::bearer()),
        (AuthScheme::Dpop, Some(algs)) => algorithms(algs).map(Challenge::dpop),
        (AuthScheme::Bearer, Some(_)) | (AuthScheme::Dpop, None) => Err(ChallengeError::AlgsMisplaced),
    }
}

/// Parses names of supported algorithms, separated by one space.
fn algorithms(algs: &str) -> Result<AlgorithmSet, ChallengeError> {
    let named: Option<Vec<Algorithm>> = algs.split(' ').map(Algorithm::from_name).collect();
    named.and_then(|named| AlgorithmSet::try_from_iter(named).ok()).ok_or(ChallengeError::InvalidValue)
}

/// Adds one parameter. Unlike the setters, which drop an invalid value, it returns an error.
fn with_parameter(challenge: Challenge, name: &str, value: &str) -> Result<Challenge, ChallengeError> {
    let owned = String::from(value);
    let (is_valid, challenge) = match name.to_ascii_lowercase().as_str() {
        "realm" => (is_realm(value), challenge.realm(owned)),
        "error" => (is_error_text(value), challenge.error(owned)),
        "error_description" => (is_error_text(value), challenge.error_description(owned)),
        "scope" => (value.split(' ').all(is_scope_token), challenge.scope(value.split(' '))),
        "algs" => (true, challenge), // read with the scheme
        "acr_values" => (value.split(' ').all(is_acr_value), challenge.acr_values(value.split(' '))),
        "max_age" => {
            let seconds: u64 = value.parse().map_err(|_| ChallengeError::InvalidValue)?;
            (value == seconds.to_string(), challenge.max_age(seconds))
        }
        "resource_metadata" => (is_url_text(value), challenge.resource_metadata(owned)),
        _ => {
            let extended = challenge.extension(String::from(name), owned);
            (true, extended.map_err(|_| ChallengeError::InvalidValue)?)
        }
    };
    if is_valid { Ok(challenge) } else { Err(ChallengeError::InvalidValue) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::values::is_ours;
    use proptest::prelude::*;

    #[test]
    fn w1_exactly_one_challenge_of_ours() {
        assert_eq!(Challenge::parse(""), Err(ChallengeError::NotOne));
        assert_eq!(Challenge::parse("Bearer, Bearer"), Err(ChallengeError::NotOne));
        assert_eq!(Challenge::parse("Basic realm=\"a\""), Err(ChallengeError::UnknownScheme));
        assert_eq!(Challenge::parse("Bearer abc"), Err(ChallengeError::Malformed));
        assert_eq!(Challenge::parse("bearer"), Ok(Challenge::bearer()));
    }

    #[test]
    fn w4_algs_belong_to_dpop() {
        let es256 = AlgorithmSet::only(Algorithm::ES256);
        assert_eq!(Challenge::parse("DPoP algs=\"ES256\""), Ok(Challenge::dpop(es256)));
        assert_eq!(Challenge::parse("DPoP"), Err(ChallengeError::AlgsMisplaced));
        assert_eq!(Challenge::parse("Bearer algs=\"ES256\""), Err(ChallengeError::AlgsMisplaced));
        for algs in ["", "none", "ES256  ES384", "HS256", "ES256,ES384"] {
            let value = alloc::format!("DPoP algs=\"{algs}\"");
            assert_eq!(Challenge::parse(&value), Err(ChallengeError::InvalidValue), "{algs}");
        }
    }

    #[test]
    fn w2_values_outside_their_set_are_refused() {
        for parameter in [
            "realm=\"\u{e9}\"",
            "error=\"\"",
            "error=\"a\\\"b\"",
            "error_description=\"a\\\\b\"",
            "scope=\"a  b\"",
            "scope=\"\"",
            "acr_values=\"a,b\"",
            "max_age=\"\"",
            "max_age=\"+5\"",
            "max_age=\"05\"",
            "max_age=\"-1\"",
            "max_age=\"18446744073709551616\"",
            "resource_metadata=\"https://h/ a\"",
            "other=\"\u{e9}\"",
        ] {
            let value = alloc::format!("Bearer {parameter}");
            assert_eq!(Challenge::parse(&value), Err(ChallengeError::InvalidValue), "{value}");
        }
    }

    prop_compose! {
        /// Challenges of every shape, with text that tries to escape its quotes.
        fn challenge()(
            algs in prop::option::of(prop::sample::subsequence(Algorithm::ALL, 1..=Algorithm::ALL.len())),
            realm in prop::option::of("\\PC{0,12}|[\\x00-\\x7f]{0,12}"),
            error in prop::option::of("[\\x20-\\x7f]{0,12}"),
            description in prop::option::of("\\PC{0,12}|[\\x00-\\x7f]{0,12}"),
            scope in prop::collection::vec("[a-z:.]{1,4}|[\\x20-\\x7f]{0,3}", 0..3),
            acr in prop::collection::vec("[a-z:.]{1,4}|[\\x20-\\x7f]{0,3}", 0..3),
            max_age in prop::option::of(any::<u64>()),
            url in prop::option::of("https://[a-z]{1,4}/[\\x20-\\x7f]{0,3}"),
            extensions in prop::collection::vec(("[a-zA-Z!#$]{0,4}|scope", "[\\x00-\\x7f]{0,8}"), 0..3),
        ) -> Challenge {
            let mut challenge = match algs {
                Some(algs) => Challenge::dpop(AlgorithmSet::try_from_iter(algs).unwrap()),
                None => Challenge::bearer(),
            };
            challenge = challenge.scope(&scope).acr_values(&acr);
            if let Some(realm) = realm { challenge = challenge.realm(realm); }
            if let Some(error) = error { challenge = challenge.error(error); }
            if let (Some(text), Some(_)) = (description, challenge.error_code()) {
                challenge = challenge.error_description(text);
            }
            if let Some(seconds) = max_age { challenge = challenge.max_age(seconds); }
            if let Some(url) = url { challenge = challenge.resource_metadata(url); }
            for (name, value) in extensions {
                if let Ok(extended) = challenge.clone().extension(name, value) { challenge = extended; }
            }
            challenge
        }
    }

    proptest! {
        #[test]
        fn w1_written_challenges_read_back(challenge in challenge()) {
            let value = challenge.header_value();
            prop_assert!(value.bytes().all(|byte| (0x20..=0x7E).contains(&byte)), "{value:?}");
            prop_assert_eq!(Challenge::parse(&value), Ok(challenge));
        }

        #[test]
        fn w1_two_lines_joined_read_back_as_two(first in challenge(), second in challenge()) {
            let (first, second) = (first.header_value(), second.header_value());
            let joined = alloc::format!("{first}, {second}");
            let parsed = parse_challenges(&joined).unwrap();
            prop_assert_eq!(&parsed[..1], &parse_challenges(&first).unwrap()[..]);
            prop_assert_eq!(&parsed[1..], &parse_challenges(&second).unwrap()[..]);
            prop_assert!(parsed.iter().all(|c| c.parameters().filter(|(name, _)| is_ours(name)).count() <= 8));
        }
    }
}
