//! Builds and writes one challenge: W1, W2, W4.

use super::AuthScheme;
use super::values::{
    OUR_PARAMETERS, clean_description, is_acr_value, is_error_text, is_ours, is_printable, is_realm, is_token,
    is_url_text, join,
};
use crate::crypto::AlgorithmSet;
use crate::scope::is_scope_token;
use crate::{ConfigError, limits};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// The most extensions: what the limit leaves besides all of our own parameters.
pub(super) const EXTENSIONS: usize = limits::CHALLENGE_PARAMETERS.saturating_sub(OUR_PARAMETERS.len());

/// One challenge: a scheme and its parameters, each at most once.
///
/// A setter drops the parameter if its value is invalid (W2): configured values are checked where they are configured,
/// and a request must never make the header unreadable. The last call of a setter wins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge {
    pub(super) scheme: SchemeAndAlgs,
    pub(super) realm: Option<Cow<'static, str>>,
    pub(super) error: Option<Cow<'static, str>>,
    pub(super) error_description: Option<Cow<'static, str>>,
    pub(super) scope: Option<String>,
    pub(super) acr_values: Option<String>,
    pub(super) max_age: Option<u64>,
    pub(super) resource_metadata: Option<Cow<'static, str>>,
    pub(super) extensions: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

/// `DPoP` always names its algorithms and `Bearer` never does (W4), so the two are one value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SchemeAndAlgs {
    Bearer,
    Dpop(AlgorithmSet),
}

impl Challenge {
    /// Creates a `Bearer` challenge (RFC 6750 §3).
    #[must_use]
    pub const fn bearer() -> Self {
        Self::with_scheme(SchemeAndAlgs::Bearer)
    }

    /// Creates a `DPoP` challenge (RFC 9449 §7.1), with exactly the algorithms that proofs may use here.
    #[must_use]
    pub const fn dpop(algs: AlgorithmSet) -> Self {
        Self::with_scheme(SchemeAndAlgs::Dpop(algs))
    }

    const fn with_scheme(scheme: SchemeAndAlgs) -> Self {
        Self {
            scheme,
            realm: None,
            error: None,
            error_description: None,
            scope: None,
            acr_values: None,
            max_age: None,
            resource_metadata: None,
            extensions: Vec::new(),
        }
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> AuthScheme {
        match self.scheme {
            SchemeAndAlgs::Bearer => AuthScheme::Bearer,
            SchemeAndAlgs::Dpop(_) => AuthScheme::Dpop,
        }
    }

    /// The error code, if there is one.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Sets `realm`: printable ASCII (see [`is_realm`]).
    #[must_use]
    pub fn realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(realm.into()).filter(|realm| is_realm(realm));
        self
    }

    /// Sets `error` (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3).
    #[must_use]
    pub fn error(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.error = Some(code.into()).filter(|code| is_error_text(code));
        self
    }

    /// Sets `error_description`, which is only written with an `error`. Invalid bytes become `?`.
    #[must_use]
    pub fn error_description(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.error_description = Some(clean_description(text.into())).filter(|text| !text.is_empty());
        self
    }

    /// Sets `scope`: every scope that the operation requires. An invalid scope-token drops the parameter.
    #[must_use]
    pub fn scope<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scope = join(scopes, is_scope_token);
        self
    }

    /// Sets `acr_values` (RFC 9470 §3) in order of preference. An invalid one (see [`is_acr_value`]) drops the
    /// parameter.
    #[must_use]
    pub fn acr_values<S: AsRef<str>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.acr_values = join(values, is_acr_value);
        self
    }

    /// Sets `max_age` (RFC 9470 §3): seconds since the user authenticated.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Sets `resource_metadata` (RFC 9728 §5.1): the URL of the metadata document.
    #[must_use]
    pub fn resource_metadata(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.resource_metadata = Some(url.into()).filter(|url| is_url_text(url));
        self
    }

    /// Adds a parameter that the library does not know, after all others. The same name again replaces its value.
    ///
    /// # Errors
    /// Fails if the name is not an RFC 9110 token or is one of the library's (W1), the value is not printable ASCII
    /// (W2), or there are so many parameters that the challenge could not be parsed again
    /// ([`limits::CHALLENGE_PARAMETERS`], the library's own included).
    pub fn extension(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Result<Self, ConfigError> {
        let (name, value) = (name.into(), value.into());
        if !is_token(&name) || is_ours(&name) {
            let problem = format!("{name:?} is not a token, or is a parameter with a setter of its own");
            return Err(ConfigError::new("challenge extension", problem));
        }
        if !is_printable(&value) {
            return Err(ConfigError::new(
                "challenge extension",
                format!("the value of {name:?} is not printable ASCII"),
            ));
        }
        let room = self.extensions.len() < EXTENSIONS;
        match self.extensions.iter_mut().find(|(existing, _)| existing.eq_ignore_ascii_case(&name)) {
            Some((_, existing)) => *existing = value,
            None if room => self.extensions.push((name, value)),
            None => return Err(ConfigError::new("challenge extension", format!("more than {EXTENSIONS} of them"))),
        }
        Ok(self)
    }

    /// Changes the challenge in place: `challenge.update(|c| c.realm("inner"))`.
    pub fn update(&mut self, change: impl FnOnce(Self) -> Self) {
        let challenge = core::mem::replace(self, Self::bearer());
        *self = change(challenge);
    }

    /// Returns the value of the `WWW-Authenticate` line: W1. Visible ASCII and spaces only, always.
    #[must_use]
    pub fn header_value(&self) -> String {
        let mut line = Line { out: String::with_capacity(self.estimated_len()), is_first: true };
        line.out.push_str(self.scheme().name());
        line.text("realm", self.realm.as_deref());
        line.text("error", self.error.as_deref());
        // Without an error there is nothing to describe. W7.
        line.text("error_description", self.error.as_ref().and(self.error_description.as_deref()));
        line.text("scope", self.scope.as_deref());
        if let SchemeAndAlgs::Dpop(algs) = self.scheme {
            line.algs(algs);
        }
        line.text("acr_values", self.acr_values.as_deref());
        if let Some(seconds) = self.max_age {
            line.number("max_age", seconds);
        }
        line.text("resource_metadata", self.resource_metadata.as_deref());
        for (name, value) in &self.extensions {
            line.text(name, Some(value));
        }
        line.out
    }

    /// Enough for anything but a value full of escapes, so that the line is allocated once.
    fn estimated_len(&self) -> usize {
        /// The scheme, all our parameter names with their punctuation, every algorithm and a number.
        const FIXED: usize = 256;
        let texts = [&self.realm, &self.error, &self.error_description, &self.resource_metadata];
        let texts = texts.into_iter().flatten().map(|text| text.len());
        let lists = [&self.scope, &self.acr_values].into_iter().flatten().map(String::len);
        let extensions = self.extensions.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        texts.chain(lists).chain(extensions).fold(FIXED, |sum, len| sum.saturating_add(len).saturating_add(8))
    }
}

/// A line being written.
struct Line {
    out: String,
    is_first: bool,
}

impl Line {
    /// Writes a parameter as a quoted-string (RFC 9110 §5.6.4), if it has a value.
    fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.open(name);
        for char in value.chars() {
            if matches!(char, '"' | '\\') {
                self.out.push('\\');
            }
            self.out.push(char);
        }
        self.out.push('"');
    }

    fn algs(&mut self, algs: AlgorithmSet) {
        self.open("algs");
        for (index, algorithm) in algs.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            self.out.push_str(algorithm.name());
        }
        self.out.push('"');
    }

    fn number(&mut self, name: &str, value: u64) {
        self.open(name);
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{value}");
        self.out.push('"');
    }

    /// Writes separator, name, `=` and the opening quote.
    fn open(&mut self, name: &str) {
        self.out.push_str(if self.is_first { " " } else { ", " });
        self.is_first = false;
        self.out.push_str(name);
        self.out.push_str("=\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Algorithm;

    fn es256() -> AlgorithmSet {
        AlgorithmSet::only(Algorithm::ES256)
    }

    #[test]
    fn w1_parameters_come_once_quoted_and_in_order() {
        let challenge = Challenge::dpop(es256())
            .extension("trace", "t-1")
            .unwrap()
            .resource_metadata("https://h/.well-known/oauth-protected-resource")
            .max_age(1)
            .max_age(300)
            .acr_values(["phr", "phrh"])
            .scope(["a", "b"])
            .error_description("why")
            .error("insufficient_user_authentication")
            .realm("r")
            .extension("Trace", "t-2")
            .unwrap();
        assert_eq!(
            challenge.header_value(),
            "DPoP realm=\"r\", error=\"insufficient_user_authentication\", error_description=\"why\", scope=\"a b\", \
             algs=\"ES256\", acr_values=\"phr phrh\", max_age=\"300\", \
             resource_metadata=\"https://h/.well-known/oauth-protected-resource\", trace=\"t-2\""
        );
    }

    #[test]
    fn w1_challenge_without_parameters_is_the_scheme() {
        assert_eq!(Challenge::bearer().header_value(), "Bearer");
    }

    #[test]
    fn w1_the_rfc_6750_example() {
        let challenge = Challenge::bearer()
            .realm("example")
            .error("invalid_token")
            .error_description("The access token expired")
            .header_value();
        assert_eq!(
            challenge,
            "Bearer realm=\"example\", error=\"invalid_token\", error_description=\"The access token expired\""
        );
    }

    #[test]
    fn w2_description_bytes_outside_the_set_become_question_marks() {
        let value = Challenge::bearer().error("e").error_description("a\"b\\c\r\nd\u{0}é\t~ !").header_value();
        assert_eq!(value, "Bearer error=\"e\", error_description=\"a?b?c??d????~ !\"");
    }

    #[test]
    fn w2_realm_escapes_quote_and_backslash() {
        assert_eq!(Challenge::bearer().realm("a\"b\\c").header_value(), "Bearer realm=\"a\\\"b\\\\c\"");
    }

    #[test]
    fn w2_values_outside_their_set_drop_the_parameter() {
        for bad in ["a\"", "a\\", "a\r\nb", "a\u{0}", "é", ""] {
            let challenge =
                Challenge::bearer().error(bad).scope(["a", bad]).acr_values(["a", bad]).resource_metadata(bad);
            assert_eq!(challenge.header_value(), "Bearer", "{bad:?}");
        }
        assert_eq!(Challenge::bearer().realm("a\r\nSet-Cookie: b").header_value(), "Bearer");
        assert_eq!(Challenge::bearer().scope(["a b"]).acr_values(["a,b"]).header_value(), "Bearer");
        assert_eq!(Challenge::bearer().resource_metadata("https://h/a b").header_value(), "Bearer");
        assert_eq!(Challenge::bearer().scope([""; 0]).header_value(), "Bearer");
    }

    #[test]
    fn w2_extensions_have_their_own_names_and_printable_values() {
        for name in ["", "a b", "a=b", "a\"", "é", "realm", "ALGS", "Scope", "resource_metadata"] {
            assert!(Challenge::bearer().extension(name, "v").is_err(), "{name:?}");
        }
        for value in ["a\r\nb", "a\u{0}", "é", "\t"] {
            assert!(Challenge::bearer().extension("name", value).is_err(), "{value:?}");
        }
        assert!(Challenge::bearer().extension("error_uri", "https://h/e?\"\\").is_ok());
    }

    #[test]
    fn w1_extensions_leave_room_for_the_librarys_parameters() {
        let ours = Challenge::dpop(es256()).realm("r").error("e").error_description("d").scope(["s"]);
        let ours = ours.acr_values(["a"]).max_age(1).resource_metadata("https://h/");
        let full = (0..EXTENSIONS).fold(ours, |c, n| c.extension(format!("x{n}"), "v").unwrap());
        assert_eq!(Challenge::parse(&full.header_value()), Ok(full.clone()));
        assert!(full.clone().extension("more", "v").is_err());
        assert!(full.extension("X1", "another").is_ok(), "a value is replaced, not added");
    }

    #[test]
    fn w4_dpop_lists_exactly_its_algorithms_and_bearer_none() {
        let algs = AlgorithmSet::try_from_iter([Algorithm::EdDSA, Algorithm::ES256]).unwrap();
        assert_eq!(Challenge::dpop(algs).header_value(), "DPoP algs=\"ES256 EdDSA\"");
        assert!(!Challenge::bearer().scope(["a"]).header_value().contains("algs"));
    }

    #[test]
    fn w7_description_without_an_error_is_not_written() {
        assert_eq!(Challenge::bearer().error_description("why").header_value(), "Bearer");
    }

    #[test]
    fn the_line_is_allocated_once() {
        let challenge = Challenge::dpop(AlgorithmSet::DPOP)
            .realm("r".repeat(40))
            .error("insufficient_user_authentication")
            .error_description("d".repeat(90))
            .scope(["s".repeat(50), "t".repeat(50)])
            .acr_values(["phr"])
            .max_age(u64::MAX)
            .resource_metadata("https://h/");
        assert!(challenge.header_value().len() <= challenge.estimated_len());
    }
}
