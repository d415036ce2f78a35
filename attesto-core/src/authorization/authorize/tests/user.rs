//! Login and consent (AZ-24 to AZ-27).

use super::world::{assert_guarded, assert_redirected, location, logged_in, page, redirect_of};
use super::*;
use crate::Timestamp;
use crate::authorization::error::at_authorize::{AuthorizeError, UserError};
use crate::authorization::error::at_endpoint::ScopeError;
use crate::authorization::error::at_token::HostError;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use std::sync::Mutex;

/// Records the host's questions.
fn seen<T: Clone + Send + 'static>() -> (Arc<Mutex<Vec<T>>>, impl Fn(&T)) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let slot = Arc::clone(&seen);
    (seen, move |question: &T| slot.lock().unwrap().push(question.clone()))
}

#[test]
fn az24_the_host_sees_the_request_and_the_browser() {
    let mut world = World::new();
    let (asked, note) = seen::<LoginQuestion>();
    world.user = Box::new(move |question| {
        note(question);
        Authentication::Interact(page("please log in"))
    });
    let response = world.get(&good().with("acr_values", "phr").with("max_age", "60"));
    assert_eq!((response.status, response.body_text().as_ref()), (200, "please log in"));
    assert_guarded(&response);
    assert!(world.events.is_empty() && world.codes.is_empty());
    let asked = asked.lock().unwrap();
    let [question] = asked.as_slice() else { panic!("asked once") };
    assert!(question.interactive && !question.force_reauth);
    assert_eq!(question.visit.user_agent.cookie("sid"), Some("s3cret"));
    assert_eq!((question.visit.client.id(), question.visit.now), ("web", Timestamp::from_secs(NOW)));
    assert_eq!(question.visit.request.acr_values, ["phr"]);
    assert!(!alloc::format!("{question:?}").contains("s3cret"));
}

#[test]
fn az27_a_visit_resumes_from_its_url_as_often_as_it_takes() {
    let mut world = World::new();
    let (asked, note) = seen::<LoginQuestion>();
    world.user = Box::new(move |question| {
        note(question);
        Authentication::Interact(page(""))
    });
    let request =
        good().with("prompt", "login consent").and("resource", AUDIENCE).and("resource", "https://files.example");
    // Credentials and grants of the first visit are not part of the URL.
    world.get(&request.and("client_secret", "hunter2").and("access_token", "hunter2").and("consent_grant", CHALLENGE));
    for later in 1..4 {
        let url = asked.lock().unwrap().last().unwrap().resume_url().to_string();
        assert!(world.server.is_resume_url(&url), "{url}");
        assert!(!url.contains("hunter2") && !url.contains("consent_grant"));
        world.now = NOW + later * 100;
        world.follow(&url);
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 4);
    for question in asked.iter() {
        assert_eq!(question.visit.request, asked[0].visit.request);
        assert_eq!(question.resume_url(), asked[0].resume_url());
        assert_eq!(question.visit.since, Timestamp::from_secs(NOW));
    }
}

#[test]
fn az27_a_pushed_request_resumes_by_its_reference() {
    let mut world = World::new();
    let reference = world.reference(&good());
    let (asked, note) = seen::<LoginQuestion>();
    world.user = Box::new(move |question| {
        note(question);
        Authentication::Interact(page(""))
    });
    world.now = NOW + 30;
    let front = Pairs::new(&[("client_id", "web"), ("request_uri", &reference), ("attesto_since", "0")]);
    world.get(&front.and("scope", "admin"));
    let asked = asked.lock().unwrap();
    let expected = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    let (request, ticket) = asked[0].resume_url().split_once("&attesto_visit=").unwrap();
    assert_eq!((request, ticket.len()), (&*redirect_of(&expected.encoded()), 43));
    assert_eq!(asked[0].visit.since, Timestamp::from_secs(NOW), "when it was pushed, whatever the browser says");
    assert_eq!(world.pushed.len(), 1, "not spent by looking");
    assert!(!alloc::format!("{:?}", asked[0]).contains(reference.strip_prefix(REFERENCE).unwrap()));
}

#[test]
fn az3_az27_a_login_may_take_longer_than_the_reference_lives() {
    let mut world = World::new();
    let reference = world.reference(&good());
    let (asked, note) = seen::<LoginQuestion>();
    world.user = Box::new(move |question| {
        note(question);
        if question.visit.now < Timestamp::from_secs(NOW + 90) {
            return Authentication::Interact(page("who are you?"));
        }
        logged_in(NOW + 80)
    });
    let bare = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
    world.now = NOW + 89;
    assert_eq!(world.get(&bare).body_text(), "who are you?");
    let way_back = asked.lock().unwrap()[0].resume_url().to_string();
    let (others, _) = way_back.split_once("&attesto_visit=").unwrap();
    for late in [
        others.to_string(),
        alloc::format!("{others}&attesto_visit="),
        alloc::format!("{others}&attesto_visit={CHALLENGE}"),
        alloc::format!("{way_back}&attesto_visit={CHALLENGE}"),
    ] {
        world.now = NOW + 90;
        world.events.clear();
        assert_eq!(world.follow(&late).status, 400, "{late}");
        assert_eq!(world.reason(), Reason::Authorize(AuthorizeError::UnknownRequestUri));
    }
    world.now = NOW + 690;
    assert_eq!(world.follow(&way_back).status, 400, "even a visit ends");
    world.now = NOW + 689;
    assert!(location(&world.follow(&way_back), WEB).get("code").is_some());
    assert_eq!(world.follow(&way_back).status, 400, "spent");
}

#[test]
fn az27_other_urls_are_not_ours_to_send_browsers_to() {
    let world = World::new();
    assert!(world.server.is_resume_url(&redirect_of("client_id=web")));
    for url in [
        "https://evil.example/oauth/authorize?client_id=web",
        "https://auth.example/oauth/authorize.evil?x",
        "https://auth.example/oauth/authorize",
        "https://auth.example/oauth/authorize?a b",
        "https://auth.example/oauth/authorize?a\r\nset-cookie: x",
        "//evil.example",
        "",
    ] {
        assert!(!world.server.is_resume_url(url), "{url:?}");
    }
}

#[test]
fn az24_prompt_login_wants_a_login_for_this_request() {
    for request in [good().with("prompt", "login"), good().with("max_age", "0")] {
        let mut world = World::new();
        let (asked, note) = seen::<LoginQuestion>();
        let session = Arc::new(Mutex::new(NOW - 1));
        let at = Arc::clone(&session);
        world.user = Box::new(move |question| {
            note(question);
            let Authentication::User(login) = logged_in(*at.lock().unwrap()) else { panic!("a login") };
            if question.accepts(&login.authentication) {
                return Authentication::User(login);
            }
            Authentication::Interact(page("again"))
        });
        assert_eq!(world.get(&request).body_text(), "again");
        let url = asked.lock().unwrap()[0].resume_url().to_string();
        assert!(asked.lock().unwrap()[0].force_reauth);
        // The user logs in at NOW + 40, and comes back later.
        *session.lock().unwrap() = NOW + 40;
        world.now = NOW + 45;
        assert!(location(&world.follow(&url), WEB).get("code").is_some(), "once is enough");
        assert_eq!(world.codes[0].code.authorization.authentication.auth_time, Some(Timestamp::from_secs(NOW + 40)));
    }
}

#[test]
fn az24_a_session_is_used_or_the_login_page_shown_or_nothing_where_no_page_may_be() {
    for (age, prompt, expected) in [
        (Some(60), None, "a code"),
        (Some(61), None, "please log in"),
        (None, None, "please log in"),
        (Some(60), Some("none"), "a code"),
        (Some(61), Some("none"), "login_required"),
        (None, Some("none"), "login_required"),
        (Some(0), Some("login"), "a code"),
        (Some(1), Some("login"), "please log in"),
    ] {
        let mut world = World::new();
        world.user = Box::new(move |question| {
            let login = age.map(|age| Login::new("usr_1", AuthenticationContext::at(Timestamp::from_secs(NOW - age))));
            question.login_or_page(login, |resume_url| {
                assert_eq!(resume_url, question.visit.resume_url());
                *page("please log in")
            })
        });
        let request = good().with("max_age", "60");
        let response = world.get(&prompt.map_or(request.clone(), |prompt| request.with("prompt", prompt)));
        let found = match response.status {
            200 => response.body_text().to_string(),
            _ => {
                let parameters = location(&response, WEB);
                parameters.get("error").unwrap_or("a code").to_string()
            }
        };
        assert_eq!(found, expected, "{age:?}, {prompt:?}");
    }
}

#[test]
fn az24_a_login_that_is_too_old_is_asked_for_again() {
    let mut world = World::new();
    for (age, fits) in [(59, true), (60, true), (61, false)] {
        world.user = Box::new(move |question| {
            if question.force_reauth { Authentication::Interact(page("again")) } else { logged_in(NOW - age) }
        });
        let response = world.get(&good().with("max_age", "60"));
        assert_eq!(response.status == 303, fits, "{age}");
    }
    // A host that insists is at fault.
    world.events.clear();
    world.asked.clear();
    world.user = Box::new(|_| logged_in(NOW - 61));
    assert_redirected(&world.get(&good().with("max_age", "60")), "server_error");
    assert_eq!((world.reason(), world.asked.len()), (Reason::Host(HostError::Answer), 3));
}

#[test]
fn st5_a_login_that_a_store_cannot_hold_is_the_hosts_fault() {
    let at = || AuthenticationContext::at(Timestamp::from_secs(NOW));
    let login = |subject: &str, authentication| Authentication::user(subject, authentication);
    for (stored, answer) in [
        (true, login("usr\u{1}\u{1f511}", at().acr("").amr(["\n"]).sid("\u{7f}"))),
        (false, login("usr\0", at())),
        (false, login("usr_1", at().acr("\0"))),
        (false, login("usr_1", at().amr(["pwd", "o\0p"]))),
        (false, login("usr_1", at().sid("s\0"))),
    ] {
        let mut world = World::new();
        world.user = Box::new(move |_| answer.clone());
        let response = world.get(&good());
        assert_eq!(world.codes.len(), usize::from(stored));
        if !stored {
            assert_redirected(&response, "server_error");
            assert_eq!(world.reason(), Reason::Host(HostError::Answer));
        }
    }
}

#[test]
fn az24_a_login_in_the_future_or_of_no_time_fails_closed() {
    for request in [good(), good().with("max_age", "60"), good().with("prompt", "login")] {
        let mut world = World::new();
        world.user = Box::new(|_| logged_in(NOW + 61));
        assert_redirected(&world.get(&request), "server_error");
        assert_eq!((world.reason(), world.codes.len()), (Reason::Host(HostError::Answer), 0));
    }
    let mut world = World::new();
    world.user = Box::new(|_| Authentication::User(Box::new(Login::new("usr_1", AuthenticationContext::default()))));
    assert!(location(&world.get(&good()), WEB).get("code").is_some(), "nobody wants to know");
    assert_redirected(&world.get(&good().with("max_age", "60")), "server_error");
}

#[test]
fn az24_prompt_none_shows_nothing() {
    let none = good().with("prompt", "none");
    let mut world = World::new();
    for (answer, error, reason) in [
        (Authentication::Interact(page("hello")), "login_required", Reason::User(UserError::LoginRequired)),
        (Authentication::NoUser, "login_required", Reason::User(UserError::LoginRequired)),
        (Authentication::InteractionRequired, "interaction_required", Reason::User(UserError::InteractionRequired)),
        (
            Authentication::AccountSelectionRequired,
            "account_selection_required",
            Reason::User(UserError::AccountSelectionRequired),
        ),
        (Authentication::Declined, "access_denied", Reason::User(UserError::LoginDeclined)),
    ] {
        world.user = Box::new(move |question| {
            assert!(!question.interactive);
            answer.clone()
        });
        assert_redirected(&world.get(&none), error);
        assert_eq!(world.reason(), reason);
    }
    world.user = Box::new(|_| logged_in(NOW - 61));
    assert_redirected(&world.get(&none.with("max_age", "60")), "login_required");
    assert_redirected(&world.get(&none.with("max_age", "0")), "login_required");
    world.user = Box::new(|_| logged_in(NOW));
    assert!(location(&world.get(&none), WEB).get("code").is_some());
}

#[test]
fn az24_a_user_has_a_name() {
    let mut world = World::new();
    world.user = Box::new(|_| {
        Authentication::User(Box::new(Login::new("", AuthenticationContext::at(Timestamp::from_secs(NOW)))))
    });
    assert_redirected(&world.get(&good()), "server_error");
}

#[test]
fn az25_consent_is_within_what_was_asked_for() {
    let mut world = World::new();
    for (granted, reason) in [
        (ScopeSet::new(["files.read", "admin"]), Reason::Host(HostError::PolicyOverreach)),
        (ScopeSet::new(["openid"]), Reason::Host(HostError::PolicyOverreach)),
        (ScopeSet::default(), Reason::Scope(ScopeError::Refused)),
    ] {
        world.consent = Box::new(move |_| ConsentDecision::Granted(granted.clone()));
        assert_redirected(&world.get(&good()), reason.error().code());
        assert_eq!((world.reason(), world.codes.len()), (reason, 0));
    }
}

#[test]
fn az25_consent_can_be_a_page_or_a_no() {
    let mut world = World::new();
    let (asked, note) = seen::<ConsentQuestion>();
    world.consent = Box::new(move |question| {
        note(question);
        ConsentDecision::Interact(page("may they?"))
    });
    let response = world.get(&good());
    assert_eq!(response.body_text(), "may they?");
    assert_guarded(&response);
    assert!(world.events.is_empty());
    let question = asked.lock().unwrap()[0].clone();
    assert_eq!((question.subject.as_str(), question.visit.client.display_name()), ("usr_1", "web"));
    assert!(question.interactive && !question.must_ask && !question.grant_presented);
    assert_redirected(&world.get(&good().with("prompt", "none")), "consent_required");
    world.events.clear();
    world.consent = Box::new(|_| ConsentDecision::Denied);
    assert_redirected(&world.get(&good()), "access_denied");
    assert_eq!(world.reason(), Reason::User(UserError::AccessDenied));
}

#[test]
fn az25_where_the_user_must_be_asked_no_earlier_consent_counts() {
    let uris = ["http://127.0.0.1:4711/cb", "com.example.app:/cb"];
    let natives = uris.map(|uri| (good().with("client_id", "cli").with("redirect_uri", uri), String::from(uri)));
    let prompted = [(good().with("prompt", "consent"), String::from(WEB))];
    for (request, uri) in natives.into_iter().chain(prompted) {
        let mut world = World::new();
        world.consent = Box::new(|question| {
            assert!(question.must_ask);
            ConsentDecision::Granted(question.visit.request.scopes.clone())
        });
        assert_eq!(location(&world.get(&request), &uri).get("error"), Some("server_error"));
        assert_eq!((world.reason(), world.codes.len()), (Reason::Host(HostError::ConsentSkipped), 0));
    }
    // Without a page the host cannot ask, so it is not called.
    let mut world = World::new();
    let silent = good().with("client_id", "cli").with("redirect_uri", uris[0]).with("prompt", "none");
    assert_eq!(location(&world.get(&silent), uris[0]).get("error"), Some("consent_required"));
    assert!(!world.asked.contains(&"Consent"));
}

#[test]
fn az24_a_login_stamped_by_a_clock_ahead_counts_within_the_skew_of_all_dates() {
    for (ahead, counts) in [(0, true), (1, true), (60, true), (61, false)] {
        for request in [good(), good().with("prompt", "login"), good().with("max_age", "5")] {
            let mut world = World::new();
            world.user = Box::new(move |question| match logged_in(NOW + ahead) {
                Authentication::User(login) if question.accepts(&login.authentication) => Authentication::User(login),
                _ => Authentication::Interact(page("who are you?")),
            });
            let response = world.get(&request);
            assert_eq!(response.status == 303, counts, "{ahead}");
            assert_eq!(world.codes.len(), usize::from(counts));
        }
    }
}

#[test]
fn ep8_az30_pages_of_the_host_let_their_forms_say_where_they_come_from() {
    let mut world = World::new();
    world.user = Box::new(|_| Authentication::Interact(page("who are you?")));
    let login = world.get(&good());
    world.user = Box::new(|question| logged_in(question.visit.now.as_secs()));
    world.consent = Box::new(|_| ConsentDecision::Interact(page("may they?")));
    for page in [login, world.get(&good())] {
        assert_eq!(page.header("referrer-policy").collect::<Vec<_>>(), ["same-origin"]);
        assert!(page.header("content-security-policy").all(|policy| !policy.contains("form-action")));
    }
}

#[test]
fn az25_a_site_in_development_may_be_remembered_where_the_server_says_so() {
    let uri = "http://127.0.0.1:5173/cb";
    let site = || web().redirect_uris([uri]);
    let visit = |lenient: bool, client: Client, uri: &str, prompt: Option<&str>| {
        let mut world = World::built(|builder| if lenient { builder.danger_loopback_is_a_site() } else { builder });
        world.clients = [client].into();
        let request = good().with("redirect_uri", uri);
        let request = prompt.map_or(request.clone(), |prompt| request.with("prompt", prompt));
        let answer = location(&world.get(&request), uri);
        answer.get("error").map_or(String::from("code"), String::from)
    };
    assert_eq!(visit(true, site(), uri, None), "code");
    assert_eq!(visit(true, site(), uri, Some("none")), "code");
    // None of these suffices by itself.
    assert_eq!(visit(false, site(), uri, Some("none")), "consent_required");
    assert_eq!(visit(false, site(), uri, None), "server_error", "granted without a page");
    assert_eq!(visit(true, site().native(), uri, Some("none")), "consent_required");
    let other_port = "http://127.0.0.1:5174/cb";
    assert_eq!(visit(true, site().native(), other_port, Some("none")), "consent_required");
    assert_eq!(
        visit(true, site().redirect_uris(["com.example.app:/cb"]), "com.example.app:/cb", Some("none")),
        "consent_required"
    );
    assert_eq!(visit(true, site(), uri, Some("consent")), "server_error", "the client wants them asked");
}
