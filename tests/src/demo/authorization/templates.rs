//! The pages: what they show, and what a browser may do with them.

use super::browser::Notice;
use super::desk::Desk;
use askama::Template;
use attesto_core::authorization::Unavailable;
use attesto_core::encoding::base64url;
use attesto_core::http::{Header, ResponseParts};
use attesto_core::mcp;

/// The one style of all pages. It stands in the page, and the policy names its hash: nothing else styles anything.
pub(super) const STYLE: &str = include_str!("../../../templates/style.css");

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
    pub(super) fn respond(&self, desk: &Desk, redirect_uri: &str) -> Result<ResponseParts, Unavailable> {
        page(desk, 200, self, Some(redirect_uri))
    }
}

impl Consent<'_> {
    pub(super) fn respond(&self, desk: &Desk, redirect_uri: &str) -> Result<ResponseParts, Unavailable> {
        page(desk, 200, self, Some(redirect_uri))
    }
}

impl Message<'_> {
    pub(super) fn respond(&self, desk: &Desk, status: u16) -> Result<ResponseParts, Unavailable> {
        page(desk, status, self, None)
    }
}

/// A page without script that nobody frames, keeps, or learns the address of. `redirect_uri` is where its form ends.
fn page(
    desk: &Desk,
    status: u16,
    template: &impl Template,
    redirect_uri: Option<&str>,
) -> Result<ResponseParts, Unavailable> {
    let body = template.render().map_err(|_| Unavailable)?;
    let mut response = ResponseParts::new(status);
    response.body = body.into_bytes();
    let fixed = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    response.headers.extend(fixed.into_iter().flat_map(|(name, value)| Header::new(name, value)));
    let policy = Header::new("content-security-policy", policy(desk, redirect_uri));
    response.headers.push(policy.map_err(|_| Unavailable)?);
    Ok(response)
}

/// Chromium holds `form-action` against every redirect that follows a form, not only against its first target (Firefox does not). The
/// consent form leads to this server, then to the authorization endpoint, and from there to the client's redirect URI: with `'self'`
/// alone, the last step is blocked. So the policy names that one target besides, which the authorization server has verified.
fn policy(desk: &Desk, redirect_uri: Option<&str>) -> String {
    let hash = base64(&desk.provider.sha256(&[STYLE.as_bytes()]));
    let forms = match redirect_uri {
        Some(uri) => format!("'self' {}", source_of(uri)),
        None => "'none'".into(),
    };
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// As the policy has hashes.
fn base64(bytes: &[u8; 32]) -> String {
    base64url::encode(bytes).replace('-', "+").replace('_', "/") + "="
}

/// A redirect URI's origin as a source expression of CSP: its scheme alone where it has no host, or one that the grammar does not know
/// (an IPv6 address).
fn source_of(uri: &str) -> &str {
    let scheme_end = uri.find(':').map_or(uri.len(), |colon| colon + 1);
    let Some(rest) = uri.get(scheme_end..).and_then(|rest| rest.strip_prefix("//")) else { return &uri[..scheme_end] };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    if host.is_empty() || !host.bytes().all(is_plain) {
        return &uri[..scheme_end];
    }
    &uri[..scheme_end + 2 + host.len()]
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

#[cfg(test)]
mod tests {
    use super::source_of;

    #[test]
    fn a_form_may_end_at_its_client_and_nowhere_else() {
        for (uri, source) in [
            ("http://127.0.0.1:33418/callback?x=/", "http://127.0.0.1:33418"),
            ("http://127.0.0.1/callback", "http://127.0.0.1"),
            ("https://app.example?x", "https://app.example"),
            ("http://[::1]:8080/callback", "http:"),
            ("com.example.app:/callback", "com.example.app:"),
            ("https://a;b/", "https:"),
        ] {
            assert_eq!(source_of(uri), source, "{uri}");
        }
    }
}
