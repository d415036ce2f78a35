//! The pages: what they show, and what a browser may do with them.

use super::browser::Notice;
use super::logins::Logins;
use askama::Template;
use attesto_core::authorization::Unavailable;
use attesto_core::encoding::base64url;
use attesto_core::http::{Header, ResponseParts};
use attesto_core::mcp;

/// The one style of all pages. It stands in the page, and the policy names its hash: nothing else styles anything.
pub(super) const STYLE: &str = include_str!("../../templates/style.css");

/// Asks for name and password.
#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct Login<'p> {
    pub(super) client: &'p str,
    pub(super) user: &'p str,
    pub(super) notice: Option<Notice>,
    pub(super) csrf: &'p str,
    pub(super) back: &'p str,
}

/// Asks whether the client may.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Consent<'p> {
    pub(super) client: &'p str,
    pub(super) user: &'p str,
    /// All that the token will be good for.
    pub(super) resources: Vec<&'p str>,
    pub(super) scopes: Vec<&'p str>,
    pub(super) redirect_host: &'p str,
    pub(super) csrf: &'p str,
    pub(super) binding: &'p str,
}

/// Says why there is no form.
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct Message<'p> {
    pub(super) title: &'p str,
    pub(super) text: &'p str,
}

impl Login<'_> {
    pub(super) fn respond(&self, logins: &Logins) -> Result<ResponseParts, Unavailable> {
        page(logins, 200, self, Forms::LeadOn)
    }
}

impl Consent<'_> {
    pub(super) fn respond(&self, logins: &Logins) -> Result<ResponseParts, Unavailable> {
        page(logins, 200, self, Forms::LeadOn)
    }
}

impl Message<'_> {
    pub(super) fn respond(&self, logins: &Logins, status: u16) -> Result<ResponseParts, Unavailable> {
        page(logins, status, self, Forms::None)
    }
}

/// What a page's forms do.
#[derive(Clone, Copy)]
enum Forms {
    /// There are none.
    None,
    /// They lead to this server, and from there to wherever the client's redirect URI leads.
    LeadOn,
}

/// A page without scripts that cannot be framed or cached, and whose address is not sent on. Its forms say where they come from: with `no-referrer`,
/// their `Origin` would be `null`.
fn page(logins: &Logins, status: u16, template: &impl Template, forms: Forms) -> Result<ResponseParts, Unavailable> {
    let body = template.render().map_err(|_| Unavailable)?;
    let mut response = ResponseParts::new(status);
    response.body = body.into_bytes();
    let fixed = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    response.headers.extend(fixed.into_iter().flat_map(|(name, value)| Header::new(name, value)));
    let policy = Header::new("content-security-policy", policy(logins, forms));
    response.headers.push(policy.map_err(|_| Unavailable)?);
    Ok(response)
}

/// Chromium holds `form-action` against every redirect that follows a form, not only against its first target (Firefox does not). The
/// consent form leads to this server, to the authorization endpoint, to the client's redirect URI, and from there to where the client
/// likes: whatever the policy named, one of these steps could be blocked. So pages with forms say nothing of it. There is nothing on
/// them that could write another form.
fn policy(logins: &Logins, forms: Forms) -> String {
    let hash = base64(&logins.provider.sha256(&[STYLE.as_bytes()]));
    let forms = match forms {
        Forms::None => "form-action 'none'; ",
        Forms::LeadOn => "",
    };
    format!("default-src 'none'; style-src 'sha256-{hash}'; {forms}frame-ancestors 'none'; base-uri 'none'")
}

/// As the policy has hashes.
fn base64(bytes: &[u8; 32]) -> String {
    base64url::encode(bytes).replace('-', "+").replace('_', "/") + "="
}

/// Where the answer goes, for people.
pub(super) fn host_of(uri: &str) -> &str {
    uri.split_once("://").map_or(uri, |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default())
}

/// What a scope lets the client do.
pub(super) fn in_words(scope: &str) -> &str {
    match scope {
        mcp::TOOLS_READ => "See which tools there are",
        mcp::TOOLS_CALL => "Call tools for you",
        "openid" => "Know who you are",
        "profile" => "Know your name",
        "offline_access" => "Do so while you are away",
        other => other,
    }
}

/// One more cookie.
pub(super) fn set_cookie(response: &mut ResponseParts, cookie: String) {
    response.headers.extend(Header::new("set-cookie", cookie));
}
