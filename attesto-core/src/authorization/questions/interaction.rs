//! The questions about the user, and their answers (catalogue AZ-24 to AZ-27).

use crate::Timestamp;
use crate::authorization::authorize::request::AuthorizationRequest;
use crate::authorization::records::code::AuthenticationContext;
use crate::authorization::records::pushed::ConsentBinding;
use crate::authorization::registered_client::Client;
use crate::authorization::scopes::ScopeSet;
use crate::authorization::settings::lifetimes::CLOCK_SKEW;
use crate::http::{HeaderLines, ResponseParts};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::net::IpAddr;
use zeroize::Zeroizing;

/// The most bytes of cookies, and of languages, that are passed on; beyond it, the host receives none.
const FIELD: usize = crate::limits::HEADER_VALUE;

/// What the host can recognize a browser by.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct UserAgent {
    /// The `Cookie` fields, joined by `; ` (RFC 9113 §8.2.3).
    pub cookies: Option<Zeroizing<String>>,
    /// The `Accept-Language` fields, joined by `, `.
    pub languages: Option<String>,
    /// The client's address, as reported by trusted proxies.
    pub address: Option<IpAddr>,
}

impl UserAgent {
    pub(crate) fn of(headers: &dyn HeaderLines, address: Option<IpAddr>) -> Self {
        let languages = joined(headers, "accept-language", ", ").map(|languages| String::from(languages.as_str()));
        Self { cookies: joined(headers, "cookie", "; "), languages, address }
    }

    /// The value of the first cookie of this name, as sent.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.cookies.as_ref()?.split(';').filter_map(|pair| pair.trim_ascii().split_once('='));
        pairs.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
    }
}

/// Joins all lines of a field; `None` if there is none, one is not text, or they are too long.
fn joined(headers: &dyn HeaderLines, name: &str, separator: &str) -> Option<Zeroizing<String>> {
    let mut length: usize = 0;
    headers.visit(name, &mut |line| length = length.saturating_add(line.len()).saturating_add(separator.len()));
    if length == 0 || length > FIELD {
        return None;
    }
    // Reserved at once, so that a cookie does not leave copies of its beginning behind as it grows.
    let mut joined = Zeroizing::new(String::with_capacity(length));
    let mut is_text = true;
    headers.visit(name, &mut |line| {
        if !joined.is_empty() {
            joined.push_str(separator);
        }
        match core::str::from_utf8(line) {
            Ok(text) => joined.push_str(text),
            Err(_) => is_text = false,
        }
    });
    is_text.then_some(joined)
}

/// Prints no cookie.
impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAgent").field("address", &self.address).finish_non_exhaustive()
    }
}

/// One visit of a browser to the authorization endpoint, with a checked request.
#[derive(Clone)]
#[non_exhaustive]
pub struct Visit {
    /// The client.
    pub client: Arc<Client>,
    /// The client's request.
    pub request: Arc<AuthorizationRequest>,
    /// The browser.
    pub user_agent: Arc<UserAgent>,
    /// The time of the visit.
    pub now: Timestamp,
    /// When the browser first came with this request, or the client pushed it. What the user has done since then counts
    /// for this request.
    pub since: Timestamp,
    pub(crate) resume_url: String,
}

impl Visit {
    /// The URL to send the browser to when your page is done. The same request then starts again from the beginning, as
    /// often as necessary. No state is kept here meanwhile.
    #[must_use]
    pub fn resume_url(&self) -> &str {
        &self.resume_url
    }
}

/// Prints without the URL, which always has `state` and may have the reference to a pushed request.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("client", &self.client.id)
            .field("request", &self.request)
            .field("user_agent", &self.user_agent)
            .field("now", &self.now)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// The question who the user is (AZ-24).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthenticationRequest {
    /// The visit.
    pub visit: Visit,
    /// Whether an existing login does not suffice for this request: see [`accepts`](Self::accepts).
    pub force_reauth: bool,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    pub(crate) not_before: Option<Timestamp>,
}

impl AuthenticationRequest {
    /// Whether this login is accepted. If it is not, the host is asked once more, and then the request is refused: show
    /// your login page instead.
    #[must_use]
    pub fn accepts(&self, authentication: &AuthenticationContext) -> bool {
        match (authentication.auth_time, self.not_before) {
            // AZ-24: another node's clock may be ahead; a later time is refused.
            (Some(at), _) if at > self.visit.now.plus(CLOCK_SKEW) => false,
            (Some(at), Some(not_before)) => at >= not_before,
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// See [`Visit::resume_url`].
    #[must_use]
    pub fn resume_url(&self) -> &str {
        self.visit.resume_url()
    }

    /// Answers with the login that a session holds, if the request [`accepts`](Self::accepts) it; otherwise with your login page, made
    /// for this [`resume_url`](Self::resume_url); or with [`Authentication::Nobody`] where no page may be shown.
    #[must_use]
    pub fn login_or_page(&self, login: Option<Login>, page: impl FnOnce(&str) -> ResponseParts) -> Authentication {
        match login {
            Some(login) if self.accepts(&login.authentication) => Authentication::User(Box::new(login)),
            _ if !self.interactive => Authentication::Nobody,
            _ => Authentication::interact(page(self.resume_url())),
        }
    }
}

/// A user who is logged in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Login {
    /// The user: the `sub` of the tokens.
    pub subject: String,
    /// How and when they authenticated.
    pub authentication: AuthenticationContext,
}

impl Login {
    /// Creates a login of this user.
    #[must_use]
    pub fn new(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self { subject: subject.into(), authentication }
    }
}

/// The answer to an [`AuthenticationRequest`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Authentication {
    /// This user is logged in.
    User(Box<Login>),
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// No user is logged in. The client receives `login_required`.
    Nobody,
    /// A user is logged in but must interact first. The client receives `interaction_required`.
    InteractionRequired,
    /// Several users are logged in. The client receives `account_selection_required`.
    AccountSelectionRequired,
    /// The user declined to log in. The client receives `access_denied`.
    Declined,
}

impl Authentication {
    /// Answers with this user, who authenticated like this.
    #[must_use]
    pub fn user(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self::User(Box::new(Login::new(subject, authentication)))
    }

    /// Answers with a page or redirect that asks the user.
    #[must_use]
    pub fn interact(page: ResponseParts) -> Self {
        Self::Interact(Box::new(page))
    }
}

/// The question what the user allows (AZ-25).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentRequest {
    /// The visit.
    pub visit: Visit,
    /// The user.
    pub subject: String,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    /// Whether the user must be asked, whatever they have allowed before: [`ConsentDecision::Granted`] is then refused.
    /// This applies with `prompt=consent`, and if the response goes to an application on a device (RFC 8252 §8.6).
    pub must_ask: bool,
    /// Whether the browser came back with a consent grant: [`ConsentDecision::ByGrant`] is then a possible answer.
    pub grant_presented: bool,
    pub(crate) binding: ConsentBinding,
}

impl ConsentRequest {
    /// The binding of a consent grant, for
    /// [`AuthorizationServer::grant_consent`](crate::authorization::AuthorizationServer::grant_consent) when the user
    /// clicks.
    #[must_use]
    pub const fn binding(&self) -> ConsentBinding {
        self.binding
    }

    /// See [`Visit::resume_url`].
    #[must_use]
    pub fn resume_url(&self) -> &str {
        self.visit.resume_url()
    }
}

/// The answer to a [`ConsentRequest`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConsentDecision {
    /// These scopes, all or some of those requested: the user has allowed them before, or your policy allows them.
    Granted(ScopeSet),
    /// The scopes that the user has just allowed, by the consent grant that the browser came back with. The grant is
    /// spent now; if that fails, you are asked again.
    ByGrant,
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// The user refuses. The client receives `access_denied`.
    Denied,
}

impl ConsentDecision {
    /// Answers with a page or redirect that asks the user.
    #[must_use]
    pub fn interact(page: ResponseParts) -> Self {
        Self::Interact(Box::new(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    fn of(lines: &[(&str, &[u8])]) -> UserAgent {
        let lines: Vec<(&str, &[u8])> = lines.to_vec();
        UserAgent::of(&lines.as_slice(), None)
    }

    #[test]
    fn az24_cookies_of_all_lines_are_handed_on_and_not_shown() {
        let agent = of(&[("cookie", b"a=1; sid=s3cret"), ("cookie", b"b=x=y"), ("accept-language", b"de")]);
        assert_eq!(agent.cookies.as_ref().map(|all| all.as_str()), Some("a=1; sid=s3cret; b=x=y"));
        assert_eq!((agent.cookie("sid"), agent.cookie("b"), agent.cookie("si")), (Some("s3cret"), Some("x=y"), None));
        assert_eq!(agent.languages.as_deref(), Some("de"));
        assert!(!format!("{agent:?}").contains("s3cret"));
        assert!(of(&[]).cookies.is_none());
        assert!(of(&[("cookie", b"a=1"), ("cookie", b"\xff")]).cookies.is_none());
        assert!(of(&[("cookie", &[b'a'; FIELD - 1])]).cookies.is_none());
    }
}
