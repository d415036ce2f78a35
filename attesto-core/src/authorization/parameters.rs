//! The parameters of a request: known names, each at most once, decoded (EP-5 to EP-7).

use super::error::reason::Reason;
use crate::authorization::error::at_endpoint::RequestError;
use crate::encoding::form;
use crate::http::{Lines, RequestParts};
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// The only parameter that may be repeated (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// Every parameter that any endpoint knows. Others are ignored (RFC 6749 §3.1).
const KNOWN: &[&str] = &[
    "access_token",
    "acr_values",
    "attesto_since",
    "attesto_visit",
    "authorization_details",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "consent_grant",
    "dpop_jkt",
    "grant_type",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "token",
    "token_type_hint",
    "ui_locales",
];

/// Decoded parameters. They include secrets, so they are zeroized and never printed.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Parameters(Vec<(&'static str, Zeroizing<String>)>);

impl Parameters {
    /// Parses the parameters of a form body. RFC 6749 §3.2; EP-5 to EP-7.
    pub(crate) fn from_form(request: &RequestParts<'_>) -> Result<Self, Reason> {
        Self::parse(form_body(request)?)
    }

    /// Parses the parameters of a request to the authorization endpoint, from the query or a form body (RFC 6749 §3.1,
    /// OIDC Core §3.1.2.1). Also returns the names that occur twice, whose values are dropped: which names they are
    /// decides who receives the error (EP-6).
    pub(crate) fn from_query_or_form(request: &RequestParts<'_>) -> Result<(Self, Vec<&'static str>), Reason> {
        let encoded = match request.method {
            "POST" => form_body(request)?,
            _ => request.query.unwrap_or_default().as_bytes(),
        };
        if encoded.len() > limits::FORM_BODY {
            return Err(Reason::Request(RequestError::BodyTooLarge));
        }
        Self::read(encoded)
    }

    /// Parses encoded pairs. Empty values count as absent, and unknown names are skipped; EP-6.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Reason> {
        let (parameters, repeated) = Self::read(encoded)?;
        if repeated.is_empty() { Ok(parameters) } else { Err(Reason::Request(RequestError::DuplicateParameter)) }
    }

    fn read(encoded: &[u8]) -> Result<(Self, Vec<&'static str>), Reason> {
        let (mut parameters, mut repeated) = (Self::default(), Vec::new());
        for pair in form::pairs(encoded) {
            let Some(name) = known(&pair) else { continue };
            let value = pair.value().map_err(|_| Reason::Request(RequestError::MalformedForm))?;
            let value = core::str::from_utf8(&value).map_err(|_| Reason::Request(RequestError::MalformedForm))?;
            let value = Zeroizing::new(String::from(value));
            if value.is_empty() {
                continue;
            }
            if name != REPEATABLE && (repeated.contains(&name) || parameters.get(name).is_some()) {
                if !repeated.contains(&name) {
                    repeated.push(name);
                }
                continue;
            }
            parameters.0.push((name, value));
        }
        parameters.0.retain(|(name, _)| !repeated.contains(name));
        Ok((parameters, repeated))
    }

    /// Encodes the parameters with wanted names, in order.
    pub(crate) fn encode(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut encoded = String::new();
        for (name, value) in self.0.iter().filter(|(name, _)| wanted(name)) {
            form::append(&mut encoded, name, value);
        }
        encoded
    }

    /// Whether every value is within the limit.
    pub(crate) fn are_bounded(&self) -> bool {
        self.0.iter().all(|(_, value)| value.len() <= limits::PARAMETER)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    /// Returns a required parameter.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Reason> {
        self.get(name).ok_or(Reason::Request(RequestError::MissingParameter(name)))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Checks that the body is a form, and that the query has no known parameter. EP-5, EP-7.
fn form_body<'r>(request: &RequestParts<'r>) -> Result<&'r [u8], Reason> {
    if request.query.is_some_and(|query| form::pairs(query.as_bytes()).any(|pair| known(&pair).is_some())) {
        return Err(Reason::Request(RequestError::QueryParameters));
    }
    if !is_form(request) {
        return Err(Reason::Request(RequestError::NotForm));
    }
    // No body was passed, or it broke off: its contents are unknown, which differs from an empty body.
    let body = request.form_body.ok_or(Reason::Request(RequestError::MalformedForm))?;
    if body.len() > limits::FORM_BODY { Err(Reason::Request(RequestError::BodyTooLarge)) } else { Ok(body) }
}

fn known(pair: &form::Pair<'_>) -> Option<&'static str> {
    KNOWN.iter().copied().find(|name| pair.name_is(name))
}

/// Whether there is one `Content-Type`, of a form; its parameters are ignored (WHATWG URL §5.1 only has UTF-8). EP-5.
fn is_form(request: &RequestParts<'_>) -> bool {
    let Lines::One(value) = request.headers.lines("content-type") else { return false };
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"application/x-www-form-urlencoded";

    fn parsed(content_type: &[&[u8]], query: Option<&str>, body: &[u8]) -> Result<Parameters, Reason> {
        let headers: Vec<(&str, &[u8])> = content_type.iter().map(|value| ("content-type", *value)).collect();
        let headers = headers.as_slice();
        Parameters::from_form(&RequestParts::new("POST", "/oauth/token", &headers).query(query).form_body(body))
    }

    #[test]
    fn ep5_only_forms_are_read() {
        for good in
            [FORM, b"Application/X-WWW-Form-Urlencoded; charset=utf-8", b"application/x-www-form-urlencoded ;x=y"]
        {
            assert_eq!(parsed(&[good], None, b"code=c").unwrap().get("code"), Some("c"));
        }
        for bad in [&b"application/json"[..], b"", b"application/x-www-form-urlencodedx", b"text/plain"] {
            assert_eq!(parsed(&[bad], None, b"code=c").unwrap_err(), Reason::Request(RequestError::NotForm));
        }
        assert_eq!(parsed(&[], None, b"code=c").unwrap_err(), Reason::Request(RequestError::NotForm));
        assert_eq!(parsed(&[FORM, FORM], None, b"code=c").unwrap_err(), Reason::Request(RequestError::NotForm));
    }

    #[test]
    fn ep5_a_body_is_bounded() {
        let mut body = b"code=c&x=".to_vec();
        body.resize(limits::FORM_BODY, b'x');
        assert!(parsed(&[FORM], None, &body).is_ok());
        body.push(b'x');
        assert_eq!(parsed(&[FORM], None, &body).unwrap_err(), Reason::Request(RequestError::BodyTooLarge));
    }

    #[test]
    fn ep5_broken_encoding_is_refused_where_it_counts() {
        for bad in [&b"code=%"[..], b"code=%zz", b"code=%ff", b"code=%c3%28", b"code=\xff"] {
            assert_eq!(Parameters::parse(bad).unwrap_err(), Reason::Request(RequestError::MalformedForm));
        }
        assert_eq!(Parameters::parse(b"code=a%2Fb+c").unwrap().get("code"), Some("a/b c"));
        assert!(Parameters::parse(b"unknown=%zz").is_ok());
    }

    #[test]
    fn ep6_known_parameters_occur_once_and_empty_ones_are_absent() {
        assert_eq!(
            Parameters::parse(b"scope=a&scope=b").unwrap_err(),
            Reason::Request(RequestError::DuplicateParameter)
        );
        assert_eq!(
            Parameters::parse(b"scope=a&scop%65=a").unwrap_err(),
            Reason::Request(RequestError::DuplicateParameter)
        );
        assert_eq!(Parameters::parse(b"scope=&scope=b").unwrap().get("scope"), Some("b"));
        assert_eq!(Parameters::parse(b"unknown=a&unknown=b&scope").unwrap().get("scope"), None);
        let resources = Parameters::parse(b"resource=a&resource=b").unwrap();
        assert!(resources.all("resource").eq(["a", "b"]));
        assert_eq!(resources.required("code").unwrap_err(), Reason::Request(RequestError::MissingParameter("code")));
    }

    #[test]
    fn ep6_a_repeated_parameter_keeps_no_value() {
        let (parameters, repeated) = Parameters::read(b"state=a&scope=s&state=b&nonce=n&state=c&nonce=n").unwrap();
        assert_eq!(repeated, ["state", "nonce"]);
        assert_eq!((parameters.get("state"), parameters.get("nonce")), (None, None));
        assert_eq!(parameters.get("scope"), Some("s"));
    }

    #[test]
    fn pa9_parameters_encode_to_what_they_were_read_from() {
        let parameters = Parameters::parse(b"state=%C3%BC%26&resource=a+b&client_secret=s&resource=c").unwrap();
        assert_eq!(parameters.encode(|name| name != "client_secret"), "state=%C3%BC%26&resource=a+b&resource=c");
        assert!(Parameters::parse(parameters.encode(|_| true).as_bytes()).unwrap() == parameters);
    }

    #[test]
    fn ep5_a_body_that_was_not_read_is_not_an_empty_one() {
        let headers: &[(&str, &[u8])] = &[("content-type", FORM)];
        let none = RequestParts::new("POST", "/oauth/token", &headers);
        assert_eq!(Parameters::from_form(&none).unwrap_err(), Reason::Request(RequestError::MalformedForm));
        assert_eq!(Parameters::from_form(&none.form_body(b"")).unwrap(), Parameters::default());
    }

    #[test]
    fn ep7_parameters_in_the_query_are_refused() {
        for query in
            ["access_token=t", "client_assertion=a", "client_secret=s", "scope=a", "x=y&grant_type=z", "client%5Fid=a"]
        {
            assert_eq!(
                parsed(&[FORM], Some(query), b"code=c").unwrap_err(),
                Reason::Request(RequestError::QueryParameters),
                "{query}"
            );
        }
        assert!(parsed(&[FORM], Some("trace=1"), b"code=c").is_ok());
    }

    #[test]
    fn ev2_values_are_not_shown() {
        let shown = alloc::format!("{:?}", Parameters::parse(b"client_secret=hunter2").unwrap());
        assert_eq!(shown, "[\"client_secret\"]");
    }
}
