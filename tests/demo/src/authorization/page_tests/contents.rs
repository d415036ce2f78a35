//! What is shown, and what a browser may do with it.

use super::browser::Visitor;
use super::{HOSTILE, REDIRECT_URI, TestSite};
use crate::authorization::accounts::USER;
use crate::authorization::form_filling::parameter;
use crate::issuer::provider;
use attesto_core::encoding::base64url;
use attesto_testkit::{App, TestResponse};

/// Login, consent and a code; a refusal goes to the client as well. The session's identifier is another after each login, and scripts
/// and other sites do not get at it.
///
/// # Panics
/// Where it is not so.
pub async fn visits_end_with_a_code_or_a_refusal(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    let login = alice.open(&site.link()).await;
    let answer = alice.submit(&login, &[("username", USER), ("password", &site.accounts.password)]).await;
    let first = session_cookie(&answer);
    let page = alice.follow(&answer).await;
    for shown in ["Call tools for you", "http://127.0.0.1:8080/mcp", "127.0.0.1:33418", USER] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    let answer = alice.submit(&page, &[("decision", "approve")]).await;
    let location = leaves(&alice.follow(&answer).await);
    assert!(parameter(&location, "code").is_some(), "{location}");
    assert_eq!(parameter(&location, "state").as_deref(), Some(HOSTILE));
    let again = alice.submit(&page, &[("decision", "approve")]).await;
    assert_eq!(again.status, 410, "a page is answered once: {again:?}");

    let answer = alice.submit(&login, &[("username", USER), ("password", &site.accounts.password)]).await;
    assert_ne!(session_cookie(&answer), first, "the identifier is another after each login");
    let page = alice.open(&site.link()).await;
    let answer = alice.submit(&page, &[("decision", "deny")]).await;
    let location = leaves(&alice.follow(&answer).await);
    assert_eq!(parameter(&location, "error").as_deref(), Some("access_denied"), "{location}");
    assert_eq!(parameter(&location, "code"), None);
    let page = alice.open(&site.link()).await;
    assert!(page.text().contains("name=\"decision\""), "a refusal counts once: {page:?}");
}

/// Where the browser leaves for.
fn leaves(answer: &TestResponse) -> String {
    let location = answer.header("location").next().unwrap_or_default();
    assert!(answer.status == 303 && location.starts_with(REDIRECT_URI), "{answer:?}");
    location.to_owned()
}

/// The session's identifier, out of a cookie with the attributes that it must have.
fn session_cookie(answer: &TestResponse) -> String {
    let mut cookies = answer.header("set-cookie").filter(|cookie| cookie.starts_with("attesto_session="));
    let cookie = cookies.next().expect("a session");
    let (value, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/oauth; Max-Age=3600; HttpOnly; SameSite=Lax");
    value.to_owned()
}

/// What the client, its request and the user's typing say is text.
///
/// # Panics
/// Where it is more.
pub async fn script_is_shown_as_text(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    let login = alice.open(&site.link()).await;
    let typed = [("username", HOSTILE), ("password", HOSTILE)];
    let answer = alice.submit(&login, &typed).await;
    let wrong = alice.follow(&answer).await;
    let consent = Visitor::new(app).log_in(site).await;
    for page in [&login, &wrong, &consent] {
        let text = page.text();
        assert!(text.contains("&#60;script&#62;alert(&#39;1&#39;)"), "the name is shown: {text}");
        is_inert(&text);
    }
    // The server's own page, for an error that must not be redirected.
    let error = format!("/oauth/authorize?client_id={}", "%3Cscript%3Ealert(1)%3C/script%3E");
    let page = alice.open(&error).await;
    assert_eq!(page.status, 400);
    is_inert(&page.text());
}

fn is_inert(page: &str) {
    for live in ["<script", "alert('", "onload=\"", "javascript:"] {
        assert!(!page.contains(live), "{live}: {page}");
    }
}

/// Each page comes with the fields that keep a browser from doing anything else with it; and its one style is the one that they name.
///
/// # Panics
/// Where one does not.
pub async fn pages_allow_nothing_but_their_form(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    let login = alice.open(&site.link()).await;
    let consent = alice.log_in(site).await;
    let message = alice.post("/oauth/consent", "", &[]).await;
    let elsewhere = alice.open("/oauth/login").await;
    assert_eq!((elsewhere.status, elsewhere.header("allow").next()), (405, Some("POST")), "{elsewhere:?}");
    // What ends in redirects names no target: Chromium would hold it against where the client's own page leads on to.
    let none = "form-action 'none'; ";
    let pages = [(&login, 200, ""), (&consent, 200, ""), (&message, 403, none), (&elsewhere, 405, none)];
    for (page, status, forms) in pages {
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; {forms}frame-ancestors 'none'; base-uri 'none'",
            hash_of_style(&page.text())
        );
        assert_eq!(page.status, status);
        for (name, value) in [
            ("content-security-policy", policy.as_str()),
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name).collect::<Vec<_>>(), [value], "{name}: {page:?}");
        }
        assert!(!page.text().contains(" style="), "a style that no policy names: {}", page.text());
    }
}

fn hash_of_style(page: &str) -> String {
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    base64url::encode(&provider().sha256(&[style.as_bytes()])).replace('-', "+").replace('_', "/") + "="
}
