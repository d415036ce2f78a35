//! The two pages of this server: an error, and a form that posts itself (AZ-30, AZ-32).
//!
//! Escaping takes five characters in ten lines, because every value is in a double-quoted attribute or in text and
//! nowhere else. A template library would be the larger risk; hosts with their own pages need one.

use crate::authorization::error::reason::Reason;
use crate::crypto::CryptoProvider;
use crate::http::{Header, ResponseParts};
use alloc::format;
use alloc::string::{String, ToString};
use base64ct::{Base64, Encoding};

/// Submits the form. The policy allows this script by its hash, and no other.
const SUBMIT: &str = "document.forms[0].submit()";

/// Escapes text for HTML text and quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Builds an error page, with fixed texts.
pub(super) fn error_page(reason: Reason) -> ResponseParts {
    let (text, code) = (escape(&reason.to_string()), escape(reason.error().code()));
    let body = format!("<h1>This request cannot be answered</h1>\n<p>{text}.</p>\n<p><small>{code}</small></p>\n");
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    page(reason.status(), "Authorization error", &body, policy.into())
}

/// Builds a form that posts these fields to the target as soon as it is shown, with a button if scripts are off. OAuth
/// 2.0 Form Post Response Mode §2.
///
/// Its policy has no `form-action`: Chromium applies that to every redirect after the form, and where the client's
/// callback leads is up to the client. The target sees which server the form came from, but not its full address. With
/// `no-referrer`, the `Origin` of the form would be `null` (Fetch, "append a request `Origin` header").
pub(super) fn form_post(provider: &dyn CryptoProvider, target: &str, fields: &[(&str, &str)]) -> ResponseParts {
    let mut body = format!("<form method=\"post\" action=\"{}\">\n", escape(target));
    for (name, value) in fields {
        let (name, value) = (escape(name), escape(value));
        body.push_str(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n"));
    }
    body.push_str("<noscript><button>Continue</button></noscript>\n</form>\n");
    body.push_str(&format!("<script>{SUBMIT}</script>\n"));
    let hash = Base64::encode_string(&provider.sha256(&[SUBMIT.as_bytes()]));
    let policy = format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-{hash}'");
    let mut page = page(200, "Continue", &body, policy);
    page.headers.push(Header::own("referrer-policy", "strict-origin"));
    page
}

fn page(status: u16, title: &str, body: &str, policy: String) -> ResponseParts {
    let mut response = ResponseParts::new(status);
    response.headers.push(Header::own("content-type", "text/html; charset=utf-8"));
    response.headers.push(Header::own("content-security-policy", policy));
    response.body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n{body}"
    )
    .into_bytes();
    response
}
