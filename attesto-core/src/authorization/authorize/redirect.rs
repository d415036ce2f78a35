//! Where an answer may be sent: a redirect URI of the client, and nothing else (RFC 6749 §3.1.2, RFC 9700 §4.1; catalogue AZ-8, AZ-9).

use super::loopback;
use crate::authorization::client::Client;
use crate::authorization::error::Reason;
use crate::authorization::parameters::Parameters;
use crate::http::{ObservedUri, has_legal_characters};
use crate::limits;
use alloc::format;
use alloc::string::{String, ToString};

/// How the parameters of an answer travel (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::authorization) enum ResponseMode {
    Query,
    FormPost,
}

/// Evidence that the client of the request has this redirect URI. [`VerifiedRedirect::check`] alone makes one, and without one nothing
/// can be sent anywhere.
#[derive(Debug)]
pub(in crate::authorization) struct VerifiedRedirect {
    uri: String,
    mode: ResponseMode,
    state: Option<String>,
}

impl VerifiedRedirect {
    /// Compares the request's URI with the registered ones, as text. AZ-8, AZ-9.
    pub(in crate::authorization) fn check(parameters: &Parameters, client: &Client) -> Result<Self, Reason> {
        let uri = parameters.get("redirect_uri").ok_or(Reason::MissingRedirectUri)?;
        is_sendable(uri)?;
        is_registered(uri, client)?;
        let mode = response_mode(parameters).unwrap_or(ResponseMode::Query);
        let state = parameters.get("state").filter(|state| state_is_echoable(state, mode));
        Ok(Self { uri: uri.into(), mode, state: state.map(Into::into) })
    }

    /// The URI, as the client spelled it.
    pub(in crate::authorization) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// What is echoed.
    pub(super) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Whether the answer goes to an application on the user's device, where any other application might be the one that receives it
    /// (RFC 8252 §8.6).
    pub(super) fn is_on_device(&self) -> bool {
        !self.uri.starts_with("https://")
    }

    /// The URI as a source expression of CSP; `None` where the grammar has none for it (an IPv6 address).
    pub(super) fn source_expression(&self) -> Option<String> {
        match ObservedUri::parse(&self.uri) {
            Some(uri) => {
                let origin = ObservedUri { path: "", ..uri }.to_string();
                (!origin.contains('[')).then_some(origin)
            }
            None => self.uri.split_once(':').map(|(scheme, _)| format!("{scheme}:")),
        }
    }
}

/// An absolute URI without fragment that fits into a `Location` field, and does nothing by itself: no `javascript:` (RFC 6749 §3.1.2;
/// RFC 3986 §3.1). Registration should have seen to it, but this is where it would hurt. AZ-8.
fn is_sendable(uri: &str) -> Result<(), Reason> {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let acts = ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"];
    let is_http = matches!(scheme.as_str(), "http" | "https");
    let fits = uri.len() <= limits::REDIRECT_URI
        && has_legal_characters(uri)
        && !uri.contains('#')
        && is_scheme
        && !acts.contains(&scheme.as_str())
        && (!is_http || ObservedUri::parse(uri).is_some());
    if fits { Ok(()) } else { Err(Reason::MalformedRedirectUri) }
}

/// Equal to a registered one, byte for byte; or a native client's loopback URI on another port.
fn is_registered(uri: &str, client: &Client) -> Result<(), Reason> {
    let exact = client.redirect_uris.iter().any(|own| own == uri);
    let on_any_port = |own: &String| loopback::differ_in_port_only(own, uri, client.localhost_redirects);
    if exact || (client.native && client.redirect_uris.iter().any(on_any_port)) {
        Ok(())
    } else {
        Err(Reason::UnregisteredRedirectUri)
    }
}

/// AZ-10.
pub(super) fn response_mode(parameters: &Parameters) -> Result<ResponseMode, Reason> {
    match parameters.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(Reason::UnsupportedResponseMode),
    }
}

/// AZ-16. What cannot come back as it went out is not sent at all: HTML changes line ends and NUL in the fields of a form.
pub(super) fn state_is_echoable(state: &str, mode: ResponseMode) -> bool {
    let survives = match mode {
        ResponseMode::Query => true,
        ResponseMode::FormPost => !state.contains(char::is_control),
    };
    state.len() <= limits::STATE && survives
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::client::ClientAuthentication;
    use crate::encoding::form;

    const WEB: &str = "https://app.example/cb?keep=%7E&x";

    fn check(uris: &[&str], native: bool, uri: &str) -> Result<VerifiedRedirect, Reason> {
        let client = Client::new("c", ClientAuthentication::None).redirect_uris(uris.iter().copied());
        let client = if native { client.native() } else { client };
        let form = format!("redirect_uri={}", form::encode(uri));
        VerifiedRedirect::check(&Parameters::parse(form.as_bytes()).unwrap(), &client)
    }

    #[test]
    fn az8_a_redirect_uri_is_registered_byte_for_byte() {
        assert_eq!(check(&["https://other.example/", WEB], false, WEB).unwrap().uri(), WEB);
        for other in [
            "https://app.example/cb",
            "https://app.example/cb?keep=%7e&x",
            "https://app.example/cb?keep=~&x",
            "https://APP.example/cb?keep=%7E&x",
            "HTTPS://app.example/cb?keep=%7E&x",
            "https://app.example:443/cb?keep=%7E&x",
            "https://app.example/cb?keep=%7E&x&y",
            "https://app.example/cb?keep=%7E&x=",
            "https://app.example/./cb?keep=%7E&x",
            "https://app.example/cb/../cb?keep=%7E&x",
            "https://app.example.evil.example/cb?keep=%7E&x",
            "https://app.example/c",
            "https://evil.example/?u=https://app.example/cb?keep=%7E&x",
        ] {
            assert_eq!(check(&[WEB], false, other).unwrap_err(), Reason::UnregisteredRedirectUri, "{other}");
        }
        assert_eq!(check(&[WEB], false, "").unwrap_err(), Reason::MissingRedirectUri);
        assert_eq!(check(&[], false, WEB).unwrap_err(), Reason::UnregisteredRedirectUri);
    }

    #[test]
    fn az8_what_no_browser_should_be_sent_to_is_refused_even_where_it_is_registered() {
        for uri in [
            "https://app.example/cb#",
            "https://app.example/cb#x",
            "https://app.example/c b",
            "https://app.example/cb\r\nset-cookie: a=b",
            "https://app.example/\u{e9}",
            "https://app.example\\@evil.example/",
            "https://app.example/%",
            "https://user@app.example/cb",
            "https:///cb",
            "https://",
            "https:",
            "http://[::1/cb",
            "/cb",
            "//app.example/cb",
            "cb",
            ":cb",
            "1a:cb",
            "a_b:cb",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://app.example/x",
            "about:blank",
            "view-source:https://app.example/",
        ] {
            assert_eq!(check(&[uri], true, uri).unwrap_err(), Reason::MalformedRedirectUri, "{uri:?}");
        }
        let long = |len: usize| format!("https://app.example/{}", "a".repeat(len - 20));
        assert!(check(&[&long(limits::REDIRECT_URI)], false, &long(limits::REDIRECT_URI)).is_ok());
        let longer = long(limits::REDIRECT_URI + 1);
        assert_eq!(check(&[&longer], false, &longer).unwrap_err(), Reason::MalformedRedirectUri);
    }

    #[test]
    fn az9_only_native_clients_choose_their_port() {
        let (registered, presented) = ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb");
        assert_eq!(check(&[registered], true, presented).unwrap().uri(), presented);
        assert_eq!(check(&[registered], false, presented).unwrap_err(), Reason::UnregisteredRedirectUri);
        assert!(check(&[registered], false, registered).is_ok());
        let localhost = "http://localhost:51004/cb";
        assert_eq!(check(&["http://localhost/cb"], true, localhost).unwrap_err(), Reason::UnregisteredRedirectUri);
        assert!(check(&[localhost], true, localhost).is_ok());
    }

    #[test]
    fn az9_private_use_schemes_match_exactly() {
        assert!(check(&["com.example.app:/cb"], true, "com.example.app:/cb").is_ok());
        assert_eq!(
            check(&["com.example.app:/cb"], true, "com.example.app:/cb2").unwrap_err(),
            Reason::UnregisteredRedirectUri
        );
    }

    #[test]
    fn az30_every_target_has_its_source_expression_or_none() {
        for (uri, expected) in [
            ("https://app.example/cb", Some("https://app.example")),
            ("https://app.example:8443/cb;x", Some("https://app.example:8443")),
            ("http://127.0.0.1:51004/cb", Some("http://127.0.0.1:51004")),
            ("http://[::1]:51004/cb", None),
            ("com.example.app:/cb", Some("com.example.app:")),
        ] {
            assert_eq!(check(&[uri], true, uri).unwrap().source_expression().as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn az25_answers_to_a_device_are_told_from_those_to_a_site() {
        for (uri, on_device) in
            [("https://app.example/cb", false), ("http://127.0.0.1/cb", true), ("com.example.app:/cb", true)]
        {
            assert_eq!(check(&[uri], true, uri).unwrap().is_on_device(), on_device, "{uri}");
        }
    }
}
