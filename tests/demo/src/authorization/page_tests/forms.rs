//! Which forms are refused.

use super::browser::{OURS, Visitor};
use super::{ORIGIN, TestSite};
use crate::authorization::accounts::USER;
use crate::authorization::form_filling::{filled_in, parameter};
use attesto_testkit::{App, TestResponse};

/// A form with no token, with one made up, or with another browser's is refused; and so is one without the cookie.
///
/// # Panics
/// Where one is not.
pub async fn forged_forms_are_refused(app: &impl App, site: &TestSite) {
    let (mut alice, mut mallory) = (Visitor::new(app), Visitor::new(app));
    let mallorys = mallory.open(&site.link()).await.text();
    let mallorys = parameter(&format!("?{}", filled_in(&mallorys, &[])), "csrf").expect("a token");
    let login = alice.open(&site.link()).await.text();
    let login = filled_in(&login, &[("username", USER), ("password", &site.accounts.password)]);
    assert_only_with_its_token(&mut alice, "/oauth/login", &login, &mallorys).await;

    let mut alice = Visitor::new(app);
    let consent = alice.log_in(site).await.text();
    let consent = filled_in(&consent, &[("decision", "approve")]);
    assert_only_with_its_token(&mut alice, "/oauth/consent", &consent, &mallorys).await;
}

async fn assert_only_with_its_token<A: App>(visitor: &mut Visitor<'_, A>, target: &str, form: &str, others: &str) {
    let token = parameter(&format!("?{form}"), "csrf").expect("a token");
    for (what, forged) in [
        ("none", form.replace(&format!("csrf={token}"), "x=y")),
        ("empty", form.replace(&token, "")),
        ("shorter", form.replace(&token, &token[1..])),
        ("another browser's", form.replace(&token, others)),
    ] {
        assert_ne!(forged, form);
        let answer = visitor.post(target, &forged, &OURS).await;
        assert_refused(&answer, 403, what);
    }
    let twice = format!("{form}&csrf={token}");
    assert_refused(&visitor.post(target, &twice, &OURS).await, 400, "the token twice");
    let jar = std::mem::take(&mut visitor.jar);
    assert_refused(&visitor.post(target, form, &OURS).await, 403, "without the cookie");
    visitor.jar = jar;
    let answer = visitor.post(target, form, &OURS).await;
    assert_eq!(answer.status, 303, "{target} with its own token: {answer:?}");
}

/// A form that another site made the browser send is refused, whatever token it has.
///
/// # Panics
/// Where one is not.
pub async fn foreign_forms_are_refused(app: &impl App, site: &TestSite) {
    let mut alice = Visitor::new(app);
    let page = alice.log_in(site).await;
    let typed = [("decision", "approve")];
    let foreign: [&[(&str, &str)]; 8] = [
        &[("origin", "https://thief.example")],
        &[("origin", "https://127.0.0.1:8080")],
        &[("origin", "http://127.0.0.1:8081"), ("sec-fetch-site", "same-site")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", ORIGIN), ("origin", "https://thief.example")],
    ];
    for from in foreign {
        assert_refused(&alice.submit_from(&page, &typed, from).await, 403, &format!("{from:?}"));
    }
    let answer = alice.submit_from(&page, &typed, &[("origin", ORIGIN), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!(answer.status, 303, "{answer:?}");
}

/// A wrong password and an unknown name lead back to the page, which says so; after five attempts the right password does, too. The
/// way back is one of this server.
///
/// # Panics
/// Where it is not so.
pub async fn wrong_passwords_are_refused_and_counted(app: &impl App, site: &TestSite) {
    let mut visitor = Visitor::new(app);
    let page = visitor.open(&site.link()).await;
    let right = site.accounts.password.as_str();
    for (name, password) in [("nobody", right), ("Alice", right), (USER, "guess"), (USER, ""), (USER, &right[1..])] {
        let answer = visitor.submit(&page, &[("username", name), ("password", password)]).await;
        let page = visitor.follow(&answer).await.text();
        assert!(page.contains("The name or the password is wrong"), "{name:?} {password:?}: {page}");
        assert!(page.contains("aria-describedby=\"problem\"") && page.contains("id=\"problem\""), "{page}");
        let page = visitor.open(&site.link()).await.text();
        assert!(!page.contains("problem"), "it is said once: {page}");
    }
    let mut attempts = Vec::new();
    for password in ["4", "5", right] {
        let answer = visitor.submit(&page, &[("username", USER), ("password", password)]).await;
        attempts.push(visitor.follow(&answer).await.text().contains("Too many attempts"));
    }
    assert_eq!(attempts, [false, false, true]);

    for back in
        ["https://thief.example/", "http://127.0.0.1:8080.thief.example/oauth/authorize?x", "/oauth/authorize?x"]
    {
        let form =
            filled_in(&page.text().replace("name=\"back\"", "name=\"x\""), &[("back", back), ("username", USER)]);
        assert_refused(&visitor.post("/oauth/login", &form, &OURS).await, 400, back);
    }
}

fn assert_refused(answer: &TestResponse, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    let leads_on = ["location", "set-cookie"].iter().any(|name| answer.header(name).next().is_some());
    assert!(!leads_on, "{what}: {answer:?}");
}
