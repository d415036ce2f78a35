//! What the browser is given to keep, and who can take it away.

use super::browser::{OURS, Visitor};
use super::{ORIGIN, REDIRECT_URI, TestSite};
use crate::authorization::Pages;
use crate::authorization::accounts::USER;
use crate::authorization::form_filling::{filled_in, parameter};
use attesto_testkit::{App, TestResponse};

/// A page sets the visitor's cookie, a login the session's, and nothing else does. None is sent to a client that listens at another port
/// of this address, which is why the pages are where the endpoints are.
///
/// # Panics
/// Where it is not so.
pub async fn only_a_login_sets_the_session_and_only_the_endpoints_get_it(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    let login = alice.open(&site.link()).await;
    assert_eq!(set(&login), ["attesto_visitor"]);
    let wrong = alice.submit(&login, &[("username", USER), ("password", "guess")]).await;
    assert_eq!(set(&wrong), ["attesto_notice"]);
    assert_eq!(set(&alice.follow(&wrong).await), ["attesto_visitor", "attesto_notice"]);
    let answer = alice.submit(&login, &[("username", USER), ("password", &site.accounts.password)]).await;
    assert_eq!(set(&answer), ["attesto_session"]);
    let consent = alice.follow(&answer).await;
    assert_eq!(set(&consent), [""; 0]);

    // The CSRF token of the visitor's form is not valid for the session's.
    let token =
        |page: &TestResponse| parameter(&format!("?{}", filled_in(&page.text(), &[])), "csrf").expect("a token");
    let form = filled_in(&consent.text(), &[("decision", "approve")]).replace(&token(&consent), &token(&login));
    assert_eq!(alice.post("/oauth/consent", &form, &OURS).await.status, 403);

    let callback = REDIRECT_URI.rsplit('/').next().unwrap_or_default();
    assert!(Pages::PATHS.iter().all(|path| path.starts_with("/oauth/")) && !callback.starts_with("oauth"));
}

/// The names of the cookies that are set, with the attributes that all must have.
fn set(answer: &TestResponse) -> Vec<&str> {
    let named = |cookie| {
        let (name, rest) = str::split_once(cookie, '=').expect("a name");
        let attributes: Vec<&str> = rest.split("; ").skip(1).filter(|part| !part.starts_with("Max-Age=")).collect();
        assert_eq!(attributes, ["Path=/oauth", "HttpOnly", "SameSite=Lax"], "{cookie}");
        name
    };
    answer.header("set-cookie").map(named).collect()
}

/// A form of another site leads to the authorization endpoint, and browsers send no `SameSite` cookie with it. The page that it gets
/// takes nothing from the browser: the session is still good. A login on that page is one in its place.
///
/// # Panics
/// If another site can log a user out.
pub async fn other_sites_cannot_log_a_user_out(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    alice.log_in(site).await;
    let kept = std::mem::take(&mut alice.jar);
    let (target, link) = (site.link(), site.link());
    let query = link.split_once('?').expect("a query").1;
    let foreign = [("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
    let page = alice.post(target.split('?').next().unwrap_or_default(), query, &foreign).await;
    assert!(page.status == 200 && page.text().contains("type=\"password\""), "{page:?}");

    alice.jar = kept.clone();
    page.header("set-cookie").for_each(|cookie| alice.jar.note(cookie));
    let known = alice.open(&link).await;
    assert!(known.text().contains("name=\"decision\""), "she is logged in as before: {known:?}");

    let answer = alice.submit(&page, &[("username", USER), ("password", &site.accounts.password)]).await;
    assert!(alice.follow(&answer).await.text().contains("name=\"decision\""), "the page itself is good: {answer:?}");
    alice.jar = kept;
    let ended = alice.open(&link).await;
    assert!(ended.text().contains("type=\"password\""), "the session before has ended: {ended:?}");
}

/// If a client requests tokens for two servers, the consent page names both.
///
/// # Panics
/// Where one is left out.
pub async fn every_server_is_named(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    alice.log_in(site).await;
    let (ours, other) = (format!("{ORIGIN}/mcp"), super::OTHER_RESOURCE);
    for (asked, shown) in [
        (vec![], vec![ours.as_str()]),
        (vec![other], vec![other]),
        (vec![ours.as_str(), other], vec![ours.as_str(), other]),
    ] {
        let page = alice.open(&site.link_for(&asked)).await.text();
        let named: Vec<&str> = page.split("<dd><code>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
        let (_client, servers) = named.split_last().expect("where it returns to");
        assert_eq!(servers, shown, "{page}");
    }
}
