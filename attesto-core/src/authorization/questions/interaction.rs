//! What the host is asked about the user, and what it may answer (catalogue AZ-24 to AZ-27).

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

/// Bytes of cookies, and of languages, that are handed on; a host with more finds nobody logged in.
const FIELD: usize = crate::limits::HEADER_VALUE;

/// What the host can tell a browser by.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct UserAgent {
    /// The `Cookie` fields, joined by `; ` (RFC 9113 §8.2.3).
    pub cookies: Option<Zeroizing<String>>,
    /// The `Accept-Language` fields, joined by `, `.
    pub languages: Option<String>,
    /// The address, as far as trusted proxies reported it.
    pub address: Option<IpAddr>,
}

impl UserAgent {
    pub(crate) fn of(headers: &dyn HeaderLines, address: Option<IpAddr>) -> Self {
        let languages = joined(headers, "accept-language", ", ").map(|languages| String::from(languages.as_str()));
        Self { cookies: joined(headers, "cookie", "; "), languages, address }
    }

    /// The value of the first cookie of this name, as it was sent.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.cookies.as_ref()?.split(';').filter_map(|pair| pair.trim_ascii().split_once('='));
        pairs.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
    }
}

/// All lines of a field; `None` where there is none, or one that is not text, or too much.
fn joined(headers: &dyn HeaderLines, name: &str, separator: &str) -> Option<Zeroizing<String>> {
    let mut length: usize = 0;
    headers.visit(name, &mut |line| length = length.saturating_add(line.len()).saturating_add(separator.len()));
    if length == 0 || length > FIELD {
        return None;
    }
    // Room for all, so that a cookie does not grow and leave its beginning behind.
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

/// Shows no cookie.
impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAgent").field("address", &self.address).finish_non_exhaustive()
    }
}

/// One visit of a browser to the authorization endpoint, with a request that was checked.
#[derive(Clone)]
#[non_exhaustive]
pub struct Visit {
    /// The client.
    pub client: Arc<Client>,
    /// What it asks for.
    pub request: Arc<AuthorizationRequest>,
    /// The browser.
    pub user_agent: Arc<UserAgent>,
    /// When.
    pub now: Timestamp,
    /// When the browser first came with this request, or the client pushed it: what the user has done since then, they have done for
    /// it.
    pub since: Timestamp,
    pub(crate) resume_url: String,
}

impl Visit {
    /// Where to send the browser when your page has done its part: the same request begins anew, from the start, as often as it
    /// takes. Nothing is kept here meanwhile.
    #[must_use]
    pub fn resume_url(&self) -> &str {
        &self.resume_url
    }
}

/// Without the URL: it may hold the reference to a pushed request, and always `state`.
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

/// Who is the user? (AZ-24)
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthenticationRequest {
    /// The visit.
    pub visit: Visit,
    /// A login that was good enough for others is none for this request: see [`accepts`](Self::accepts).
    pub force_reauth: bool,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    pub(crate) not_before: Option<Timestamp>,
}

impl AuthenticationRequest {
    /// Whether a login of this time will do. One that will not is asked about once more, and then refused: show your login page
    /// instead.
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
    /// Who it is: what tokens will say in `sub`.
    pub subject: String,
    /// How and when they authenticated.
    pub authentication: AuthenticationContext,
}

impl Login {
    /// Of this user, who authenticated like this.
    #[must_use]
    pub fn new(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self { subject: subject.into(), authentication }
    }
}

/// The answer to an [`AuthenticationRequest`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Authentication {
    /// This user is.
    User(Box<Login>),
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// Nobody is. The client is told `login_required`.
    Nobody,
    /// Somebody is, but not without being asked. The client is told `interaction_required`.
    InteractionRequired,
    /// Several are. The client is told `account_selection_required`.
    AccountSelectionRequired,
    /// The user would not log in. The client is told `access_denied`.
    Declined,
}

impl Authentication {
    /// This user, who authenticated like this.
    #[must_use]
    pub fn user(subject: impl Into<String>, authentication: AuthenticationContext) -> Self {
        Self::User(Box::new(Login::new(subject, authentication)))
    }

    /// Nobody yet: this page or redirect asks.
    #[must_use]
    pub fn interact(page: ResponseParts) -> Self {
        Self::Interact(Box::new(page))
    }
}

/// What does the user allow? (AZ-25)
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentRequest {
    /// The visit.
    pub visit: Visit,
    /// The user.
    pub subject: String,
    /// Whether a page may be shown (`prompt` is not `none`).
    pub interactive: bool,
    /// The user must be asked, whatever they have said before: [`ConsentDecision::Granted`] will not do. So it is with
    /// `prompt=consent`, and where the answer goes to an application on a device (RFC 8252 §8.6).
    pub must_ask: bool,
    /// The browser came back with a consent grant: [`ConsentDecision::ByGrant`] is a possible answer.
    pub grant_presented: bool,
    pub(crate) binding: ConsentBinding,
}

impl ConsentRequest {
    /// What a consent grant has to be bound to: for
    /// [`AuthorizationServer::grant_consent`](crate::authorization::AuthorizationServer::grant_consent), when the user clicks.
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
    /// These scopes, all or some of those asked for: the user has allowed them before, or your policy does.
    Granted(ScopeSet),
    /// What the user has just allowed, by the consent grant that the browser came back with. It is spent now; if that fails, you are
    /// asked again.
    ByGrant,
    /// Send this page or redirect to the browser. It leads back to [`Visit::resume_url`].
    Interact(Box<ResponseParts>),
    /// Nothing. The client is told `access_denied`.
    Denied,
}

impl ConsentDecision {
    /// Not said yet: this page or redirect asks.
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
