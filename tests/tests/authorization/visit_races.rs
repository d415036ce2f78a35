//! Two browsers, or two windows of one, at the authorization endpoint at once: one reference, one click, and one proof are each good for
//! one.

use crate::code_flow::{Journey, click, nothing_came_twice, referring};
use crate::races::explore;
use crate::scene::{Request, Scene, located, reference};

const GRANTED: Journey = Journey::ALL[3];
const FRONT_CLICK: Journey = Journey::ALL[1];
const PUSHED_CLICK: Journey = Journey::ALL[4];

/// A scene in which the user is logged in.
fn scene(journey: &Journey) -> Scene {
    let mut scene = journey.scene();
    scene.ledger.signed_in = true;
    scene
}

/// Pushes a request; the query that refers to it.
fn pushed(scene: &mut Scene, journey: &Journey, number: usize) -> String {
    let response = scene.send(&journey.push(number, scene.ledger.now)).expect("no fault");
    referring(journey, &reference(&response).expect("a reference"))
}

/// Comes to the consent page with this query, and clicks; the query that the browser comes back with.
fn clicked(scene: &mut Scene, query: &str) -> String {
    scene.send(&Journey::visit(query)).expect("no fault");
    click(scene)
}

/// Explores two visits, of which exactly one gets a code where nothing fails.
fn one_of_two(name: &str, journey: &Journey, scene: &Scene, queries: [&str; 2]) -> (usize, usize) {
    explore(name, scene, &queries.map(Journey::visit), |scene, context| {
        nothing_came_twice(scene, journey, context);
        let codes = scene.ledger.codes.len();
        assert!(codes <= 1, "{codes} codes: {context}");
        if !context.contains(" at ") {
            assert_eq!(codes, 1, "without a fault one of them succeeds: {context}");
        }
    })
}

#[test]
fn az28_two_visits_with_one_reference() {
    let mut scene = scene(&GRANTED);
    let query = pushed(&mut scene, &GRANTED, 1);
    assert_eq!(one_of_two("par/par", &GRANTED, &scene, [&query, &query]), (12, 812));
}

#[test]
fn az26_two_visits_with_one_consent_grant() {
    let mut scene = scene(&FRONT_CLICK);
    let query = clicked(&mut scene, &FRONT_CLICK.parameters(1));
    assert_eq!(one_of_two("consent/consent", &FRONT_CLICK, &scene, [&query, &query]), (4, 224));
}

#[test]
fn az26_az28_two_visits_with_one_reference_and_one_consent_grant() {
    let mut scene = scene(&PUSHED_CLICK);
    let query = pushed(&mut scene, &PUSHED_CLICK, 1);
    let query = clicked(&mut scene, &query);
    assert_eq!(one_of_two("par+consent/par+consent", &PUSHED_CLICK, &scene, [&query, &query]), (22, 1_624));
}

#[test]
fn az28_two_consents_for_one_reference() {
    let mut scene = scene(&PUSHED_CLICK);
    let query = pushed(&mut scene, &PUSHED_CLICK, 1);
    let queries = [clicked(&mut scene, &query), clicked(&mut scene, &query)];
    assert_ne!(queries[0], queries[1]);
    let queries = [queries[0].as_str(), &queries[1]];
    assert_eq!(one_of_two("one reference, two clicks", &PUSHED_CLICK, &scene, queries), (46, 3_766));
}

#[test]
fn az26_one_consent_grant_for_two_references() {
    // Both requests are identical, challenge included: the click is valid for either, but not for both.
    let mut scene = scene(&PUSHED_CLICK);
    let references = [1, 2].map(|number| pushed(&mut scene, &PUSHED_CLICK, number));
    let back = clicked(&mut scene, &references[0]);
    let grant = back.rsplit_once('&').expect("the grant").1;
    let other = format!("{}&{grant}", references[1]);
    assert_eq!(one_of_two("two references, one click", &PUSHED_CLICK, &scene, [&back, &other]), (24, 1_792));
}

#[test]
fn az28_a_denial_in_one_window_and_a_consent_in_the_other() {
    let mut scene = scene(&GRANTED);
    let query = pushed(&mut scene, &GRANTED, 1);
    let denies = Request::visit(&query).header("cookie", "sid=no");
    let explored = explore("allow/deny", &scene, &[Journey::visit(&query), denies], |scene, context| {
        nothing_came_twice(scene, &GRANTED, context);
        let told =
            |name: &str| scene.responses.iter().filter(|(_, response)| located(response, name).is_some()).count();
        if !context.contains(" at ") {
            assert_eq!(told("code"), scene.ledger.codes.len(), "{context}");
            assert_eq!(told("error") + told("code") + direct(scene), 2, "{context}");
        }
    });
    assert_eq!(explored, (9, 588));
}

/// Refusals that the browser was shown.
fn direct(scene: &Scene) -> usize {
    scene.responses.iter().filter(|(sent, response)| sent.contains("request_uri") && response.status == 400).count()
}

#[test]
fn pa5_sc4_two_pushes_with_one_proof() {
    let scene = scene(&GRANTED);
    let push = GRANTED.push(1, scene.ledger.now);
    let explored = explore("push/push", &scene, &[push.clone(), push], |scene, context| {
        nothing_came_twice(scene, &GRANTED, context);
        let pushed = scene.responses.iter().filter(|(_, response)| response.status == 201).count();
        assert!(pushed <= 1, "one proof, {pushed} references: {context}");
        if !context.contains(" at ") {
            assert_eq!(pushed, 1, "{context}");
        }
    });
    assert_eq!(explored, (4, 224));
}

#[test]
fn az26_a_consent_grant_serves_only_the_request_it_was_given_for() {
    // Another scope, another client, too late.
    let mut scene = scene(&FRONT_CLICK);
    let back = clicked(&mut scene, &FRONT_CLICK.parameters(1));
    let wider = back.replace("scope=read+write", "scope=write").replace("scope=read%20write", "scope=write");
    assert_ne!(back, wider);
    for query in [&wider, &back.replace("client_id=spa", "client_id=app")] {
        let mut scene = scene.clone();
        let response = scene.send(&Journey::visit(query)).expect("no fault");
        assert!(located(&response, "code").is_none() && scene.ledger.codes.is_empty(), "{query}");
        assert!(scene.ledger.grants.values().all(|held| !held.spent), "looked at, and not spent: {query}");
    }
    let mut late = scene.clone();
    late.ledger.now += 300;
    assert!(located(&late.send(&Journey::visit(&back)).expect("no fault"), "code").is_none());
    assert!(located(&scene.send(&Journey::visit(&back)).expect("no fault"), "code").is_some());
}

/// That the races are able to find something: a store that gives what it has given before.
#[test]
#[should_panic(expected = "codes of one reference")]
fn az28_a_store_that_gives_a_reference_twice_is_found() {
    let mut scene = scene(&GRANTED);
    let query = pushed(&mut scene, &GRANTED, 1);
    scene.ledger.gives_twice = true;
    one_of_two("par/par, broken", &GRANTED, &scene, [&query, &query]);
}

#[test]
#[should_panic(expected = "spent consent grants")]
fn az26_a_store_that_gives_a_consent_grant_twice_is_found() {
    let mut scene = scene(&FRONT_CLICK);
    let query = clicked(&mut scene, &FRONT_CLICK.parameters(1));
    scene.ledger.gives_twice = true;
    one_of_two("consent/consent, broken", &FRONT_CLICK, &scene, [&query, &query]);
}
