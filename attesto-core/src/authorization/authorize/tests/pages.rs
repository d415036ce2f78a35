//! Pages shown in browsers: values of the request appear only as text (AZ-30, AZ-32).

use super::world::{assert_guarded, header};
use super::*;
use crate::crypto::{CryptoProvider, RustCrypto};
use alloc::format;
use alloc::string::String;
use base64ct::{Base64, Encoding};
use proptest::prelude::*;

/// Reads the fields of a page's form as a browser would.
fn fields(page: &str) -> Pairs {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let (value, _) = rest.split_once("\">\n").unwrap();
        (unescaped(name), unescaped(value))
    });
    Pairs(inputs.collect())
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>', '"', '\'']), "{text}");
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.into_iter().fold(text.into(), |text: String, (escaped, plain)| text.replace(escaped, plain))
}

fn form(uri: &str, state: &str) -> ResponseParts {
    let mut world = World::new();
    world.clients = [web().redirect_uris([uri])].into();
    world.consent = Box::new(|question| match question.must_ask {
        true => ConsentDecision::Denied,
        false => ConsentDecision::Granted(question.visit.request.scopes.clone()),
    });
    world.get(&good().with("redirect_uri", uri).with("state", state).with("response_mode", "form_post"))
}

#[test]
fn az30_form_post_is_a_form_that_only_its_own_script_can_submit() {
    let response = form("https://app.example/cb?a=b&c='d'", STATE);
    assert_eq!((response.status, response.header("location").count()), (200, 0));
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    assert_guarded(&response);
    let page = response.body_text();
    assert!(page.contains("<form method=\"post\" action=\"https://app.example/cb?a=b&amp;c=&#39;d&#39;\">"), "{page}");
    let fields = fields(&page);
    assert_eq!((fields.get("state"), fields.get("iss")), (Some(STATE), Some(ISSUER)));
    assert!(fields.get("code").is_some_and(|code| code.len() == 43));
    let (_, script) = page.split_once("<script>").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    let hash = Base64::encode_string(&RustCrypto::new().sha256(&[script.as_bytes()]));
    let policy = header(&response, "content-security-policy");
    assert_eq!(
        policy,
        format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-{hash}'")
    );
}

#[test]
fn az16_values_that_a_form_would_change_are_not_sent_in_one() {
    for state in ["a\nb", "a\rb", "\0", "\u{7f}", "\u{85}"] {
        let page = form("https://app.example/cb", state);
        let fields = fields(&page.body_text());
        assert_eq!((fields.get("error"), fields.get("state")), (Some("invalid_request"), None), "{state:?}");
    }
}

#[test]
fn az32_errors_are_pages_for_people_and_json_for_others() {
    let evil =
        good().with("redirect_uri", "https://evil.example/<script>alert(1)</script>").with("client_id", "\"><b>");
    let mut world = World::new();
    world.accept = "text/html,*/*;q=0.8";
    let response = world.get(&evil);
    assert_eq!(response.status, 400);
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    let policy = header(&response, "content-security-policy");
    assert_eq!(policy, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    assert_guarded(&response);
    let page = response.body_text();
    assert!(page.contains("the client is unknown") && page.contains("invalid_request"));
    assert!(!page.contains("evil") && !page.contains("<b>") && !page.contains("<script"));
    world.accept = "*/*";
    assert_eq!(header(&world.get(&evil), "content-type"), "application/json");
}

#[test]
fn ep10_pages_are_the_same_for_every_request() {
    let page = |id: &str| {
        let mut world = World::new();
        world.accept = "text/html";
        world.get(&good().with("client_id", id)).body
    };
    assert_eq!(page("nobody"), page("<img src=x onerror=alert(1)>"));
}

proptest! {
    #[test]
    fn az30_nothing_reaches_html_unescaped(state in any::<String>()) {
        let (plain, response) = (form(WEB, ""), form(WEB, &state));
        let (plain, page) = (plain.body_text(), response.body_text());
        let echoed = !state.is_empty() && !state.contains(char::is_control);
        // At most one more field, and never another tag or attribute.
        for (mark, more) in [('<', 1), ('>', 1), ('"', 6), ('\'', 0)] {
            let count = |text: &str| text.matches(mark).count();
            if echoed {
                prop_assert_eq!(count(&page), count(&plain) + more);
            }
        }
        let fields = fields(&page);
        prop_assert_eq!(fields.get("state"), echoed.then_some(state.as_str()));
    }

    #[test]
    fn az30_escaped_text_reads_back(text in any::<String>()) {
        prop_assert_eq!(unescaped(&html::escape(&text)), text);
    }

    #[test]
    fn az30_the_location_reads_back(state in any::<String>()) {
        let mut world = World::new();
        let answer = world::location(&world.get(&good().with("state", &state)), WEB);
        prop_assert_eq!(answer.get("state"), (!state.is_empty()).then_some(state.as_str()));
        prop_assert_eq!(answer.get("iss"), Some(ISSUER));
    }

    #[test]
    fn az32_no_request_is_redirected_anywhere_but_to_the_client(uri in "[ -~]{0,40}", query in "[ -~]{0,60}") {
        let mut world = World::new();
        let request = good().with("redirect_uri", &uri);
        prop_assert_eq!(world.get(&request).header("location").count(), 0);
        let raw = world.browse("GET", "https", Some(&format!("{}&{query}", good().encoded())), None);
        prop_assert!(raw.header("location").all(|location| location.starts_with(WEB)));
    }
}

#[test]
fn ep8_az30_a_form_post_page_names_no_target_in_its_policy_and_says_where_it_comes_from() {
    for uri in ["https://app.example/cb", "http://127.0.0.1:81/cb", "http://[::1]:81/cb", "com.example.app:/cb"] {
        let response = form(uri, "s");
        assert!(response.header("content-security-policy").all(|policy| !policy.contains("form-action")), "{uri}");
        assert_eq!(response.header("referrer-policy").collect::<alloc::vec::Vec<_>>(), ["strict-origin"]);
    }
}
