//! The redirect URI of a response: one of the client's, and no other (RFC 6749 §3.1.2, RFC 9700 §4.1; AZ-8,
//! AZ-9).

use super::loopback;
use crate::authorization::error::at_authorize::{AuthorizeError, RedirectUriError};
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::registered_client::client::Client;
use crate::authorization::settings::redirect_policy::{RedirectPolicy, is_sendable};
use crate::limits;
use alloc::string::String;

/// How the response's parameters are sent (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// Evidence that the client of the request has this redirect URI. Only [`VerifiedRedirect::check`] creates it, and
/// without it no response can redirect.
#[derive(Debug)]
pub(crate) struct VerifiedRedirect {
    uri: String,
    registration: Registered,
    mode: ResponseMode,
    state: Option<String>,
}

/// How the request's URI is registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Registered {
    ToTheLetter,
    OnAnotherPort,
}

impl VerifiedRedirect {
    /// Compares the request's URI with the registered ones, as text. AZ-8, AZ-9.
    pub(crate) fn check(policy: &RedirectPolicy, parameters: &Parameters, client: &Client) -> Result<Self, Reason> {
        let uri = parameters.get("redirect_uri").ok_or(Reason::RedirectUri(RedirectUriError::Missing))?;
        is_sendable(uri, policy)?;
        let registration = is_registered(uri, policy, client)?;
        let mode = response_mode(parameters).unwrap_or(ResponseMode::Query);
        let state = parameters.get("state").filter(|state| state_is_echoable(state, mode));
        Ok(Self { uri: uri.into(), registration, mode, state: state.map(Into::into) })
    }

    /// The URI, as the client spelled it.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The `state` to echo.
    pub(super) fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Whether the response goes to an application on the user's device, where another application might receive it
    /// (RFC 8252 §8.6).
    pub(super) fn is_on_device(&self) -> bool {
        !self.uri.starts_with("https://")
    }

    /// Whether this is a loopback URI that is registered exactly, including the port.
    pub(super) fn is_loopback_to_the_letter(&self) -> bool {
        self.registration == Registered::ToTheLetter && self.uri.starts_with("http://")
    }
}

/// Checks that the URI equals a registered one, byte for byte, or is a native client's loopback URI on another port. If
/// only the port differs, the reason tells how to make it match. AZ-8, AZ-9.
fn is_registered(uri: &str, policy: &RedirectPolicy, client: &Client) -> Result<Registered, Reason> {
    if client.redirect_uris.iter().any(|own| own == uri) {
        return Ok(Registered::ToTheLetter);
    }
    let on_another_port =
        |localhost| client.redirect_uris.iter().any(|own| loopback::differ_in_port_only(own, uri, localhost));
    if !on_another_port(true) {
        return Err(Reason::RedirectUri(RedirectUriError::Unregistered));
    }
    if !client.native {
        return Err(Reason::RedirectUri(RedirectUriError::PortOfNativeClient));
    }
    let localhost = client.localhost_redirects || policy.localhost_on_any_port;
    if on_another_port(localhost) {
        Ok(Registered::OnAnotherPort)
    } else {
        Err(Reason::RedirectUri(RedirectUriError::LocalhostPort))
    }
}

/// Parses `response_mode`. AZ-10.
pub(super) fn response_mode(parameters: &Parameters) -> Result<ResponseMode, Reason> {
    match parameters.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("fragment") => Ok(ResponseMode::Fragment),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(Reason::Authorize(AuthorizeError::UnsupportedResponseMode)),
    }
}

/// Whether `state` comes back unchanged in this mode. HTML changes line ends and NUL in form fields. AZ-16.
pub(super) fn state_is_echoable(state: &str, mode: ResponseMode) -> bool {
    let survives = match mode {
        ResponseMode::Query | ResponseMode::Fragment => true,
        ResponseMode::FormPost => !state.contains(char::is_control),
    };
    state.len() <= limits::STATE && survives
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::registered_client::authentication::ClientAuthentication;
    use crate::encoding::form;
    use alloc::format;
    use alloc::string::ToString;

    const WEB: &str = "https://app.example/cb?keep=%7E&x";

    fn check(uris: &[&str], native: bool, uri: &str) -> Result<VerifiedRedirect, Reason> {
        let client = Client::new("c", ClientAuthentication::None).redirect_uris(uris.iter().copied());
        let client = if native { client.native() } else { client };
        let form = format!("redirect_uri={}", form::encode(uri));
        VerifiedRedirect::check(&RedirectPolicy::default(), &Parameters::parse(form.as_bytes()).unwrap(), &client)
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
            assert_eq!(
                check(&[WEB], false, other).unwrap_err(),
                Reason::RedirectUri(RedirectUriError::Unregistered),
                "{other}"
            );
        }
        assert_eq!(check(&[WEB], false, "").unwrap_err(), Reason::RedirectUri(RedirectUriError::Missing));
        assert_eq!(check(&[], false, WEB).unwrap_err(), Reason::RedirectUri(RedirectUriError::Unregistered));
    }

    #[test]
    fn az8_uris_unfit_for_a_browser_are_refused_even_where_registered() {
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
            assert_eq!(
                check(&[uri], true, uri).unwrap_err(),
                Reason::RedirectUri(RedirectUriError::Malformed),
                "{uri:?}"
            );
        }
        let long = |len: usize| format!("https://app.example/{}", "a".repeat(len - 20));
        assert!(check(&[&long(limits::REDIRECT_URI)], false, &long(limits::REDIRECT_URI)).is_ok());
        let longer = long(limits::REDIRECT_URI + 1);
        assert_eq!(check(&[&longer], false, &longer).unwrap_err(), Reason::RedirectUri(RedirectUriError::Malformed));
    }

    #[test]
    fn az9_only_native_clients_choose_their_port() {
        let (registered, presented) = ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb");
        assert_eq!(check(&[registered], true, presented).unwrap().uri(), presented);
        assert_eq!(
            check(&[registered], false, presented).unwrap_err(),
            Reason::RedirectUri(RedirectUriError::PortOfNativeClient)
        );
        assert!(check(&[registered], false, registered).is_ok());
    }

    #[test]
    fn az9_localhost_on_any_port_takes_one_switch_and_the_refusal_names_it() {
        let (registered, presented) = ("http://localhost/cb", "http://localhost:51004/cb");
        let parameters = Parameters::parse(format!("redirect_uri={}", form::encode(presented)).as_bytes()).unwrap();
        let client = || Client::new("c", ClientAuthentication::None).redirect_uris([registered]);
        let plain = RedirectPolicy::default();
        let everywhere = RedirectPolicy { localhost_on_any_port: true, ..RedirectPolicy::default() };
        let check = |policy, client: &Client| VerifiedRedirect::check(policy, &parameters, client).map(|_| ());
        assert_eq!(check(&plain, &client().native()), Err(Reason::RedirectUri(RedirectUriError::LocalhostPort)));
        assert!(Reason::RedirectUri(RedirectUriError::LocalhostPort).to_string().contains("localhost_redirects"));
        assert_eq!(check(&plain, &client().native().localhost_redirects()), Ok(()));
        assert_eq!(check(&everywhere, &client().native()), Ok(()));
        for policy in [&plain, &everywhere] {
            assert_eq!(
                check(policy, &client().localhost_redirects()),
                Err(Reason::RedirectUri(RedirectUriError::PortOfNativeClient))
            );
        }
        assert!(Reason::RedirectUri(RedirectUriError::PortOfNativeClient).to_string().contains("native"));
        let elsewhere = client().native().localhost_redirects().redirect_uris(["http://localhost/other"]);
        assert_eq!(check(&everywhere, &elsewhere), Err(Reason::RedirectUri(RedirectUriError::Unregistered)));
        assert_eq!(check(&plain, &client().native().redirect_uris([presented])), Ok(()), "registered to the letter");
    }

    #[test]
    fn az9_private_use_schemes_match_exactly() {
        assert!(check(&["com.example.app:/cb"], true, "com.example.app:/cb").is_ok());
        assert_eq!(
            check(&["com.example.app:/cb"], true, "com.example.app:/cb2").unwrap_err(),
            Reason::RedirectUri(RedirectUriError::Unregistered)
        );
    }

    #[test]
    fn az25_answers_to_a_device_differ_from_those_to_a_site() {
        for (uri, on_device) in
            [("https://app.example/cb", false), ("http://127.0.0.1/cb", true), ("com.example.app:/cb", true)]
        {
            assert_eq!(check(&[uri], true, uri).unwrap().is_on_device(), on_device, "{uri}");
        }
    }
}
