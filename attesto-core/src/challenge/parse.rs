//! Parses challenges of any server (RFC 9110 §11.6.1), strictly.

use super::AuthScheme;
use super::values::is_tchar;
use crate::limits;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

reasons! {
    /// Why a `WWW-Authenticate` value cannot be read.
    pub enum ChallengeError {
        /// Longer than [`limits::HEADER_VALUE`].
        TooLarge => "challenge_too_large", "the field value is longer than the limit";
        /// Not the grammar of RFC 9110 §11.6.1.
        Malformed => "challenge_malformed", "not a list of challenges";
        /// A parameter name occurs twice in a challenge. RFC 9110 §11.2; W1.
        RepeatedParameter => "challenge_repeated_parameter", "a parameter occurs twice in one challenge";
        /// More parameters than [`limits::CHALLENGE_PARAMETERS`].
        TooManyParameters => "challenge_too_many_parameters", "a challenge has more parameters than the limit";
        /// The value does not have exactly one challenge, as required here. W3.
        NotOne => "challenge_not_one", "not exactly one challenge";
        /// The scheme is neither `Bearer` nor `DPoP`, as required here.
        UnknownScheme => "challenge_unknown_scheme", "the scheme is neither Bearer nor DPoP";
        /// `DPoP` without `algs`, or `Bearer` with it. RFC 9449 §7.1; W4.
        AlgsMisplaced => "challenge_algs_misplaced", "DPoP challenges carry algs, Bearer challenges do not";
        /// A known parameter has an invalid value. W2.
        InvalidValue => "challenge_invalid_value", "a parameter has a value outside its set";
    }
}

/// One challenge of a field value, borrowed from it unless an escape had to be removed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParsedChallenge<'a> {
    scheme: &'a str,
    token68: Option<&'a str>,
    parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> ParsedChallenge<'a> {
    /// The scheme as written.
    #[must_use]
    pub fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// The scheme, if it is `Bearer` or `DPoP`.
    #[must_use]
    pub fn auth_scheme(&self) -> Option<AuthScheme> {
        AuthScheme::from_name(self.scheme)
    }

    /// The `token68` that some schemes send instead of parameters.
    #[must_use]
    pub fn token68(&self) -> Option<&'a str> {
        self.token68
    }

    /// Returns the value of a parameter, without quotes and escapes. Names compare case-insensitively.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The parameters in the order received; no name occurs twice.
    pub fn parameters(&self) -> impl Iterator<Item = (&'a str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_ref()))
    }

    fn add(&mut self, (name, value): (&'a str, Cow<'a, str>)) -> Result<(), ChallengeError> {
        if self.get(name).is_some() {
            return Err(ChallengeError::RepeatedParameter);
        }
        if self.parameters.len() >= limits::CHALLENGE_PARAMETERS {
            return Err(ChallengeError::TooManyParameters);
        }
        self.parameters.push((name, value));
        Ok(())
    }
}

/// Parses the challenges of one `WWW-Authenticate` value, in order. An empty value has none.
///
/// ```text
/// challenge  = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
/// auth-param = token BWS "=" BWS ( token / quoted-string )
/// ```
///
/// # Errors
/// The first rule of [`ChallengeError`] that is broken.
pub fn parse_challenges(value: &str) -> Result<Vec<ParsedChallenge<'_>>, ChallengeError> {
    if value.len() > limits::HEADER_VALUE {
        return Err(ChallengeError::TooLarge);
    }
    let mut reader = Reader { rest: value };
    let mut challenges = Vec::new();
    reader.skip(is_list_filler);
    while !reader.rest.is_empty() {
        challenges.push(reader.challenge()?);
    }
    Ok(challenges)
}

/// The unread rest of the value.
#[derive(Clone, Copy)]
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Parses one challenge and the commas after it.
    fn challenge(&mut self) -> Result<ParsedChallenge<'a>, ChallengeError> {
        let scheme = self.take(is_tchar);
        let mut challenge = ParsedChallenge { scheme, token68: None, parameters: Vec::new() };
        if scheme.is_empty() {
            return Err(ChallengeError::Malformed);
        }
        if self.ends_element() {
            return Ok(challenge);
        }
        if self.take(|byte| byte == b' ').is_empty() {
            return Err(ChallengeError::Malformed);
        }
        match self.parameter()? {
            Some(parameter) => challenge.add(parameter)?,
            None => {
                challenge.token68 = Some(self.token68()?);
                return Ok(challenge);
            }
        }
        // A comma is followed by another parameter or by the next challenge's scheme.
        while !self.rest.is_empty() {
            match self.parameter()? {
                Some(parameter) => challenge.add(parameter)?,
                None => break,
            }
        }
        Ok(challenge)
    }

    /// Parses the next parameter, with the commas after it; consumes nothing if there is none.
    fn parameter(&mut self) -> Result<Option<(&'a str, Cow<'a, str>)>, ChallengeError> {
        let mut ahead = *self;
        let name = ahead.take(is_tchar);
        ahead.skip(is_ows);
        if name.is_empty() || !ahead.eat('=') {
            return Ok(None);
        }
        ahead.skip(is_ows);
        let value = if ahead.eat('"') {
            ahead.quoted()?
        } else {
            match ahead.take(is_tchar) {
                "" => return Ok(None), // a token68 with its padding
                token => Cow::Borrowed(token),
            }
        };
        *self = ahead;
        if !self.ends_element() {
            return Err(ChallengeError::Malformed);
        }
        Ok(Some((name, value)))
    }

    /// Parses the rest of a quoted-string whose opening quote was read (RFC 9110 §5.6.4).
    fn quoted(&mut self) -> Result<Cow<'a, str>, ChallengeError> {
        let plain = self.take(is_qdtext);
        if self.eat('"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut unescaped = String::from(plain);
        while self.eat('\\') {
            let escaped = self.rest.chars().next().filter(|char| *char == '\t' || !char.is_ascii_control());
            let escaped = escaped.ok_or(ChallengeError::Malformed)?;
            self.eat(escaped);
            unescaped.push(escaped);
            unescaped.push_str(self.take(is_qdtext));
        }
        if self.eat('"') { Ok(Cow::Owned(unescaped)) } else { Err(ChallengeError::Malformed) }
    }

    /// Parses `token68` (RFC 9110 §11.2) and the commas after it.
    fn token68(&mut self) -> Result<&'a str, ChallengeError> {
        let whole = self.rest;
        let body = self.take(is_token68);
        let padding = self.take(|byte| byte == b'=');
        let token = whole.get(..body.len().saturating_add(padding.len())).unwrap_or_default();
        if body.is_empty() || !self.ends_element() {
            return Err(ChallengeError::Malformed);
        }
        Ok(token)
    }

    /// Whether a list element ends here; if so, consumes the commas up to the next one.
    fn ends_element(&mut self) -> bool {
        let after_space = self.rest.trim_start_matches([' ', '\t']);
        let ends = after_space.is_empty() || after_space.starts_with(',');
        if ends {
            self.skip(is_list_filler);
        }
        ends
    }

    fn eat(&mut self, expected: char) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip(&mut self, class: fn(u8) -> bool) {
        self.take(class);
    }

    /// Takes the longest prefix of this class. Every class has either all bytes of a non-ASCII character or none.
    fn take(&mut self, class: fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !class(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }
}

const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether the byte may stand between list elements. Empty elements are skipped (RFC 9110 §5.6.1.2).
const fn is_list_filler(byte: u8) -> bool {
    is_ows(byte) || byte == b','
}

/// `qdtext`, with the bytes of non-ASCII characters as `obs-text` (RFC 9110 §5.6.4).
const fn is_qdtext(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E | 0x80..)
}

const fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    fn names<'a>(challenge: &'a ParsedChallenge<'a>) -> Vec<(&'a str, &'a str)> {
        challenge.parameters().collect()
    }

    #[test]
    fn the_rfc_9110_example_is_two_challenges() {
        let value = "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"";
        let challenges = parse_challenges(value).unwrap();
        assert_eq!(challenges.len(), 2);
        assert_eq!((challenges[0].scheme(), challenges[0].get("realm")), ("Basic", Some("simple")));
        assert_eq!(challenges[0].auth_scheme(), None);
        assert_eq!(names(&challenges[1]), [("realm", "apps"), ("type", "1"), ("title", "Login to \"apps\"")]);
    }

    #[test]
    fn schemes_without_parameters_and_token68_are_read() {
        let challenges = parse_challenges(", Bearer ,, Negotiate a+/b==,dpop\t, X y , Z p\t= \"q\" ,").unwrap();
        let schemes: Vec<_> = challenges.iter().map(ParsedChallenge::scheme).collect();
        assert_eq!(schemes, ["Bearer", "Negotiate", "dpop", "X", "Z"]);
        assert_eq!(challenges[1].token68(), Some("a+/b=="));
        assert_eq!(challenges[2].auth_scheme(), Some(AuthScheme::Dpop));
        assert_eq!(challenges[3].token68(), Some("y"));
        assert_eq!(challenges[4].get("P"), Some("q"));
        assert_eq!(parse_challenges(" , ").unwrap(), []);
    }

    #[test]
    fn w1_text_outside_of_the_grammar_is_malformed() {
        for value in [
            "\"Bearer\"",
            "Bearer realm=\"a",
            "Bearer realm=\"a\\",
            "Bearer realm=\"a\\\u{0}\"",
            "Bearer realm=\"a\nb\"",
            "Bearer realm=\"a\" scope=\"b\"",
            "Bearer realm=\"a\"scope=\"b\"",
            "Bearer a b",
            "Bearer a, b=c",
            "Bearer, realm=\"a\"",
            "realm=\"a\"",
            "Bearer =a",
            "Bearer realm=é",
            "Bearer realm=a/b",
            "Bearer; realm=a",
            "Bearer\u{0}",
            "Bearer realm==a",
            "Bearer \trealm=a",
            "Bearer\trealm=a",
        ] {
            assert_eq!(parse_challenges(value), Err(ChallengeError::Malformed), "{value:?}");
        }
    }

    #[test]
    fn w1_parameter_twice_is_refused_in_any_case() {
        let twice = "Bearer scope=\"a\", SCOPE=\"a\"";
        assert_eq!(parse_challenges(twice), Err(ChallengeError::RepeatedParameter));
        assert!(parse_challenges("Bearer scope=\"a\", DPoP scope=\"a\"").is_ok());
    }

    #[test]
    fn work_is_bounded() {
        let list = |n: usize| (0..n).map(|n| format!("p{n}=v")).collect::<Vec<_>>().join(",");
        assert!(parse_challenges(&format!("Bearer {}", list(limits::CHALLENGE_PARAMETERS))).is_ok());
        let one_more = format!("Bearer {}", list(limits::CHALLENGE_PARAMETERS + 1));
        assert_eq!(parse_challenges(&one_more), Err(ChallengeError::TooManyParameters));
        assert!(parse_challenges(&"a".repeat(limits::HEADER_VALUE)).is_ok());
        assert_eq!(parse_challenges(&"a".repeat(limits::HEADER_VALUE + 1)), Err(ChallengeError::TooLarge));
    }

    proptest! {
        #[test]
        fn anything_at_all_is_read_or_refused(value in "\\PC{0,40}") {
            let _ = parse_challenges(&value);
        }

        #[test]
        fn near_misses_are_read_or_refused(value in "[Ab=\", \\\\\t\u{e9}]{0,24}") {
            let _ = parse_challenges(&value);
        }
    }
}
