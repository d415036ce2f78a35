//! Random histories of requests, held against a reference that is simple enough to be believed: the same outcome of each request, and
//! the same tokens alive after it.

mod broken;
mod reference;
mod requests;
mod system;

use broken::Broken;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use reference::{Model, Mutation};
use requests::{Request, history};
use std::collections::BTreeSet;
use system::{Stores, System};

const CASES: u32 = 200;
const STEPS: usize = 40;

/// What was done in a history, and which rules decided it.
#[derive(Default)]
struct Seen {
    steps: usize,
    rules: BTreeSet<&'static str>,
}

/// Plays a history to both. The first difference, in words.
fn play(steps: &[Request], mutation: Option<Mutation>, stores: Stores) -> Result<Seen, String> {
    let mut model = Model::at(crate::scene::NOW);
    model.mutation = mutation;
    let (mut system, mut seen) = (System::new(stores), Seen::default());
    for (number, request) in steps.iter().enumerate() {
        let Some(request) = model.resolve(*request) else { continue };
        let (expected, answer) = (model.step(request), system.step(request));
        if expected != answer {
            return Err(format!("step {number}, {request:?}: expected {expected:?}, answered {answer:?}"));
        }
        let (expected, live) = (model.live(), system.live());
        if expected != live {
            return Err(format!("step {number}, {request:?}: alive should be {expected:?}, and are {live:?}"));
        }
        seen.steps += 1;
    }
    seen.rules = model.decided;
    Ok(seen)
}

/// The same histories every time, on every machine.
fn runner() -> TestRunner {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Each rule of the reference. All of them decide something in the histories, or the property says less than it seems to.
const RULES: [&str; 36] = [
    "a code",
    "a family revoked",
    "a successor",
    "an access token revoked",
    "code: another client's",
    "code: expired",
    "code: replayed",
    "code: spent for nothing",
    "code: suspended user",
    "code: wrong key",
    "code: wrong verifier",
    "introspected",
    "introspection: who is that?",
    "no such client",
    "pushed",
    "pushed: too wide",
    "reference: another client's",
    "reference: expired",
    "reference: spent",
    "refresh: another client's",
    "refresh: expired",
    "refresh: no proof",
    "refresh: reuse",
    "refresh: reuse in time",
    "refresh: reuse without the key",
    "refresh: revoked",
    "refresh: suspended user",
    "refresh: the family's time is over",
    "refresh: too wide",
    "refresh: wrong key",
    "revocation: another client's",
    "revocation: nothing of the caller's",
    "the same successor again",
    "tokens for a code",
    "visit: too wide",
    "wrong secret",
];

#[test]
fn ac6_rt3_rt5_rv3_in3_every_history_goes_as_the_model_says() {
    every_history_goes_as_the_model_says(Stores::Memory);
}

#[test]
fn ac6_rt3_rt5_rv3_in3_every_history_goes_as_the_model_says_in_a_database() {
    every_history_goes_as_the_model_says(Stores::Database);
}

fn every_history_goes_as_the_model_says(stores: Stores) {
    let all = std::cell::RefCell::new(Seen::default());
    let played = runner().run(&history(STEPS), |steps| {
        let seen = play(&steps, None, stores).map_err(TestCaseError::fail)?;
        let mut all = all.borrow_mut();
        all.steps += seen.steps;
        all.rules.extend(seen.rules);
        Ok(())
    });
    if let Err(TestError::Fail(why, steps)) = &played {
        panic!("{why}\nshortest history:\n{steps:#?}");
    }
    played.expect("histories are made without rejection");
    let all = all.into_inner();
    println!("{CASES} histories of {STEPS} steps; {} steps were about something", all.steps);
    assert_eq!(all.rules, BTreeSet::from(RULES), "each rule decides something");
    assert!(all.steps > 5_000, "{}: most steps are about nothing", all.steps);
}

/// Plays histories until one goes another way than the model says.
fn noticed_after(mutation: Option<Mutation>, stores: Stores) -> Option<u32> {
    let mut runner = runner();
    let histories = history(STEPS);
    (1..=CASES).find(|_| {
        let steps = histories.new_tree(&mut runner).expect("a history").current();
        play(&steps, mutation, stores).is_err()
    })
}

#[test]
fn the_model_notices_each_store_that_breaks_its_contract() {
    for broken in Broken::ALL {
        let after = noticed_after(None, Stores::Broken(broken)).unwrap_or_else(|| panic!("{broken:?} went unnoticed"));
        println!("{broken:?}: noticed in history {after}");
    }
}

#[test]
fn the_model_notices_when_a_rule_of_it_is_another() {
    use Mutation::{
        AnyClientRevokes, AnyKeyRedeems, CodesLiveOn, NarrowingSticks, NoGrace, ReuseIsForgiven, SuspendedUsersGoOn,
    };
    for mutation in
        [AnyClientRevokes, AnyKeyRedeems, CodesLiveOn, NarrowingSticks, NoGrace, ReuseIsForgiven, SuspendedUsersGoOn]
    {
        let after =
            noticed_after(Some(mutation), Stores::Memory).unwrap_or_else(|| panic!("{mutation:?} went unnoticed"));
        println!("{mutation:?}: noticed in history {after}");
    }
}
