//! The redirect URIs that are allowed at all, whatever is registered (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.6;
//! AZ-8).
//!
//! Registration should check this as well, but the code is sent from here.

use crate::authorization::error::at_authorize::RedirectUriError;
use crate::authorization::error::reason::Reason;
use crate::http::{ObservedUri, Scheme, has_legal_characters};
use crate::{ConfigError, limits};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Schemes that act by themselves, belong to the browser, or pass the URL on to another person or program. No client
/// may own one, and no host can list one.
const NEVER: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "sms",
    "smsto",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// What this server allows in addition: AZ-8, AZ-9.
#[derive(Clone, Debug, Default)]
pub(crate) struct RedirectPolicy {
    /// Private-use schemes without a dot, in lower case.
    pub(crate) schemes: Vec<String>,
    /// Whether `http://localhost` matches on any port for every native client.
    pub(crate) localhost_on_any_port: bool,
}

impl RedirectPolicy {
    /// Checks that every listed scheme can be an application's. CF-1.
    pub(crate) fn is_sound(&self) -> Result<(), ConfigError> {
        let unsound = |scheme: &&String| !is_scheme(scheme) || NEVER.contains(&scheme.as_str());
        match self.schemes.iter().find(unsound) {
            Some(scheme) => Err(ConfigError::new(
                "private_use_schemes",
                format!("{scheme:?} is no scheme of an application's own (RFC 8252 §7.1); write it without the colon"),
            )),
            None => Ok(()),
        }
    }
}

/// Checks that the URI is absolute, has no fragment, fits into a `Location` field, and is https, plain http to the
/// device itself, or of an application's own scheme. AZ-8.
pub(crate) fn is_sendable(uri: &str, policy: &RedirectPolicy) -> Result<(), Reason> {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    let fits = uri.len() <= limits::REDIRECT_URI && has_legal_characters(uri) && !uri.contains('#');
    if !fits || !is_scheme(&scheme) {
        return Err(Reason::RedirectUri(RedirectUriError::Malformed));
    }
    if matches!(scheme.as_str(), "http" | "https") {
        return http_is_for_loopback(&ObservedUri::parse(uri).ok_or(Reason::RedirectUri(RedirectUriError::Malformed))?);
    }
    if NEVER.contains(&scheme.as_str()) {
        return Err(Reason::RedirectUri(RedirectUriError::Malformed));
    }
    scheme_is_the_applications_own(&scheme, policy)
}

/// Checks that plain http stays on the device: on a network path, everyone can read the code. RFC 9700 §2.6,
/// RFC 8252 §7.3; AZ-8.
fn http_is_for_loopback(uri: &ObservedUri<'_>) -> Result<(), Reason> {
    let stays = match uri.scheme() {
        Scheme::Https => true,
        Scheme::Http => uri.is_loopback(),
    };
    if stays { Ok(()) } else { Err(Reason::RedirectUri(RedirectUriError::PlainHttp)) }
}

/// Checks that the scheme is a reversed domain name, which belongs to one application, or one that the host lists.
/// RFC 8252 §7.1, §8.4; AZ-8.
fn scheme_is_the_applications_own(scheme: &str, policy: &RedirectPolicy) -> Result<(), Reason> {
    let has_dot = scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty());
    let own = has_dot || policy.schemes.iter().any(|listed| listed == scheme);
    if own { Ok(()) } else { Err(Reason::RedirectUri(RedirectUriError::PrivateUseScheme)) }
}

/// Whether this is a scheme of RFC 3986 §3.1, in lower case.
fn is_scheme(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(schemes: &[&str]) -> RedirectPolicy {
        RedirectPolicy { schemes: schemes.iter().map(|scheme| (*scheme).into()).collect(), ..RedirectPolicy::default() }
    }

    #[test]
    fn az8_each_rule_has_its_reason() {
        let plain = RedirectPolicy::default();
        for (uri, reason) in [
            ("http://app.example/cb", Reason::RedirectUri(RedirectUriError::PlainHttp)),
            ("http://localhost.evil.example/cb", Reason::RedirectUri(RedirectUriError::PlainHttp)),
            ("http://127.1/cb", Reason::RedirectUri(RedirectUriError::PlainHttp)),
            ("http://0177.0.0.1/cb", Reason::RedirectUri(RedirectUriError::PlainHttp)),
            ("http://localhost./cb", Reason::RedirectUri(RedirectUriError::PlainHttp)),
            ("cursor://oauth/cb", Reason::RedirectUri(RedirectUriError::PrivateUseScheme)),
            ("com.:/cb", Reason::RedirectUri(RedirectUriError::PrivateUseScheme)),
            ("a..b:/cb", Reason::RedirectUri(RedirectUriError::PrivateUseScheme)),
            ("mailto:a@b", Reason::RedirectUri(RedirectUriError::Malformed)),
            ("Intent:cb", Reason::RedirectUri(RedirectUriError::Malformed)),
            ("urn:ietf:wg:oauth:2.0:oob", Reason::RedirectUri(RedirectUriError::Malformed)),
            ("https://app.example/cb#x", Reason::RedirectUri(RedirectUriError::Malformed)),
        ] {
            assert_eq!(is_sendable(uri, &plain), Err(reason), "{uri}");
        }
        for uri in
            ["https://app.example/cb", "http://[::1]:1/", "http://localhost:1/", "com.example:/cb", "Com.Example:/cb"]
        {
            assert_eq!(is_sendable(uri, &plain), Ok(()), "{uri}");
        }
    }

    #[test]
    fn az8_a_host_lists_the_schemes_without_a_dot() {
        let policy = listed(&["cursor", "vscode"]);
        assert!(policy.is_sound().is_ok());
        for uri in ["cursor://anysphere.cursor-mcp/oauth/callback", "VSCODE:/cb"] {
            assert_eq!(is_sendable(uri, &policy), Ok(()), "{uri}");
        }
        for uri in ["cursors:/cb", "vscode-insiders:/cb"] {
            assert_eq!(
                is_sendable(uri, &policy),
                Err(Reason::RedirectUri(RedirectUriError::PrivateUseScheme)),
                "{uri}"
            );
        }
    }

    #[test]
    fn cf1_az8_schemes_that_act_by_themselves_cannot_be_listed() {
        for scheme in ["javascript", "data", "file", "mailto", "intent", "http", "https", "cursor:", "Cursor", "", "1a"]
        {
            assert_eq!(listed(&["cursor", scheme]).is_sound().unwrap_err().member(), "private_use_schemes", "{scheme}");
            assert!(is_sendable(&format!("{scheme}:x"), &listed(&[scheme])).is_err(), "{scheme}");
        }
    }
}
