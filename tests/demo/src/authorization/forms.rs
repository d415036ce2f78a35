//! What a page's form sends, and whether it came from a page of ours.

use super::browser::{BrowserId, Known};
use super::logins::Logins;
use attesto_core::encoding::form;
use attesto_core::limits;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use std::collections::HashMap;
use std::error::Error;
use zeroize::Zeroizing;

/// Why a form is not looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// Too long, broken off, or not a form.
    Malformed,
    /// Another site made the browser send it.
    Foreign,
    /// Without the token of this browser's page.
    Forged,
}

/// A form from a page that this browser was shown.
pub(super) struct Submission {
    /// The browser that the page was shown to.
    pub(super) browser: BrowserId,
    /// What the browser is logged in as, of whatever worth.
    pub(super) session: Option<BrowserId>,
    fields: HashMap<String, Zeroizing<String>>,
}

impl Submission {
    /// `shown_to`: who is shown pages with this form.
    pub(super) async fn read<B>(
        logins: &Logins,
        origin: &str,
        shown_to: Known,
        request: Request<B>,
    ) -> Result<Self, Refused>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        comes_from_here(&parts.headers, origin)?;
        is_a_form(&parts.headers)?;
        let browser = cookie(&parts.headers, shown_to).ok_or(Refused::Forged)?;
        let body = Limited::new(body, limits::FORM_BODY).collect().await.map_err(|_| Refused::Malformed)?;
        let fields = fields(&body.to_bytes())?;
        let token = fields.get("csrf").ok_or(Refused::Forged)?;
        if !logins.is_csrf_token(&browser, token) {
            return Err(Refused::Forged);
        }
        Ok(Self { browser, session: cookie(&parts.headers, Known::Session), fields })
    }

    /// A field; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(|value| value.as_str()).unwrap_or_default()
    }
}

/// Browsers say where a form was: in `Origin`, since the pages have a referrer policy under which it is not `null`, and since 2023 in
/// `Sec-Fetch-Site`. A client that says neither is no browser, and has the token to show in any case.
fn comes_from_here(headers: &HeaderMap, origin: &str) -> Result<(), Refused> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (claimed, more) = (origins.next(), origins.next());
    let site = headers.get("sec-fetch-site");
    let is_ours = match (claimed, site) {
        _ if more.is_some() => false,
        (Some(claimed), None) => claimed == origin,
        (Some(claimed), Some(site)) => claimed == origin && site == "same-origin",
        (None, Some(site)) => site == "same-origin",
        (None, None) => true,
    };
    if is_ours { Ok(()) } else { Err(Refused::Foreign) }
}

fn is_a_form(headers: &HeaderMap) -> Result<(), Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") { Ok(()) } else { Err(Refused::Malformed) }
}

/// What the browser calls itself.
fn cookie(headers: &HeaderMap, known: Known) -> Option<BrowserId> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == known.cookie()).and_then(|(_, value)| BrowserId::parse(known, value))
}

/// Each name once, and all of it text.
fn fields(body: &[u8]) -> Result<HashMap<String, Zeroizing<String>>, Refused> {
    let mut fields = HashMap::new();
    for pair in form::pairs(body) {
        let names = ["csrf", "back", "username", "password", "request", "decision"];
        let Some(name) = names.into_iter().find(|name| pair.name_is(name)) else { continue };
        let value = pair.value().map_err(|_| Refused::Malformed)?.into_owned();
        let value = String::from_utf8(value).map_err(|_| Refused::Malformed)?;
        if fields.insert(name.to_owned(), Zeroizing::new(value)).is_some() {
            return Err(Refused::Malformed);
        }
    }
    Ok(fields)
}
