//! Two requests at once, their questions interleaved in every order, each order with every fault at every question.

use crate::ledger::Fault;
use crate::scene::{FAMILY, Request, Scene, text};
use attesto_core::authorization::{ClientQuestion, Question, Step};
use attesto_core::http::ResponseParts;

/// Questions whose answers no other request can change: they need no place of their own in a schedule.
fn is_local(ask: &Question) -> bool {
    matches!(
        ask,
        Question::Clients(ClientQuestion::Load(_))
            | Question::Clients(ClientQuestion::VerifySecret(_))
            | Question::Authenticate(_)
            | Question::Consent(_)
            | Question::LoadPrincipal(_)
            | Question::AuthorizeScope(_)
            | Question::IdTokenClaims(_)
            | Question::Record(_)
    )
}

/// One request on its way.
struct Runner {
    step: Option<Step>,
    response: Option<ResponseParts>,
}

impl Runner {
    fn new(scene: &mut Scene, request: &Request) -> Self {
        let step = Some(request.begin(&scene.server, scene.ledger.now));
        let mut runner = Self { step, response: None };
        runner.settle(scene, request);
        runner
    }

    /// Answers what is local, up to the next question that matters or the end.
    fn settle(&mut self, scene: &mut Scene, request: &Request) {
        while let Some(step) = self.step.take() {
            match step {
                Step::Done(response) => {
                    scene.responses.push((request.sent(), response.clone()));
                    self.response = Some(response);
                }
                Step::Ask(ask) if is_local(&ask) => self.step = scene.ledger.answer(ask, None),
                ask @ Step::Ask(_) => {
                    self.step = Some(ask);
                    return;
                }
            }
        }
    }

    fn advance(&mut self, scene: &mut Scene, request: &Request, fault: Option<Fault>) {
        if let Some(Step::Ask(ask)) = self.step.take() {
            self.step = scene.ledger.answer(ask, fault);
            self.settle(scene, request);
        }
    }

    fn is_done(&self) -> bool {
        self.step.is_none()
    }
}

/// Runs two requests in the order that `order` gives (`true`: the first goes on), with a fault at one place of it. Says how far the
/// order was used: whose turn it was, as long as both had something to ask.
fn run(scene: &mut Scene, requests: &[Request; 2], order: &[bool], fault: Option<(usize, Fault)>) -> Vec<bool> {
    let [one, two] = requests;
    let mut runners = [Runner::new(scene, one), Runner::new(scene, two)];
    let mut turns = Vec::new();
    for place in 0.. {
        let first = match (runners[0].is_done(), runners[1].is_done()) {
            (true, true) => break,
            (true, false) => false,
            (false, true) => true,
            (false, false) => {
                let first = order.get(turns.len()).copied().unwrap_or(true);
                turns.push(first);
                first
            }
        };
        let fault = fault.filter(|(at, _)| *at == place).map(|(_, fault)| fault);
        let (runner, request) = if first { (&mut runners[0], one) } else { (&mut runners[1], two) };
        runner.advance(scene, request, fault);
    }
    turns
}

/// Every order there is, each once: the last turn that went to the first is given to the second, and what follows starts again.
fn every_order(mut visit: impl FnMut(&[bool]) -> Vec<bool>) -> usize {
    let mut order = Vec::new();
    for orders in 1.. {
        let mut turns = visit(&order);
        while turns.last() == Some(&false) {
            turns.pop();
        }
        let Some(last) = turns.last_mut() else { return orders };
        *last = false;
        order = turns;
    }
    0
}

/// Explores a pair of requests; `check` looks at the result of each schedule. The numbers of orders, and of schedules with faults,
/// are exact, so that none is lost unnoticed.
pub(crate) fn explore(
    name: &str,
    scene: &Scene,
    requests: &[Request; 2],
    check: impl Fn(&Scene, &str),
) -> (usize, usize) {
    let mut schedules = 0;
    let orders = every_order(|order| {
        let mut plain = scene.clone();
        let turns = run(&mut plain, requests, order, None);
        let context = format!("{name} (grace {}): {turns:?}", scene.grace);
        plain.holds(&context);
        check(&plain, &context);
        for place in 0..turns.len() + 6 {
            for fault in Fault::ALL {
                let context = format!("{context}, {fault:?} at {place}");
                let mut scene = scene.clone();
                run(&mut scene, requests, order, Some((place, fault)));
                scene.holds(&context);
                check(&scene, &context);
                for request in requests {
                    scene.send(request);
                    scene.holds(&context);
                }
                schedules += 1;
            }
        }
        turns
    });
    println!("{name} (grace {}): {orders} orders, {schedules} schedules with faults", scene.grace);
    (orders, schedules)
}

fn successes(scene: &Scene, request: &Request) -> usize {
    scene.granted(&request.body)
}

#[test]
fn two_redemptions_of_one_code() {
    for grace in [true, false] {
        let scene = Scene::new(grace);
        let request = scene.redeem();
        let explored = explore("code/code", &scene, &[request.clone(), request.clone()], |scene, context| {
            assert!(successes(scene, &request) <= 1, "{context}");
            if !context.contains(" at ") {
                // One is a replay, whichever: what the other was given is revoked, or it is given nothing (AC-6).
                assert!(scene.ledger.revoked.contains(&FAMILY) && scene.ledger.live(FAMILY) == 0, "{context}");
            }
        });
        assert_eq!(explored, (72, 6412));
    }
}

#[test]
fn two_refreshes_of_one_token() {
    for grace in [true, false] {
        let (scene, refresh) = Scene::redeemed(grace);
        let request = Request::refresh(&refresh);
        let explored = explore("refresh/refresh", &scene, &[request.clone(), request.clone()], |scene, context| {
            let given: Vec<String> = scene
                .responses
                .iter()
                .filter(|(body, _)| *body == request.body)
                .filter_map(|(_, response)| text(response, "refresh_token"))
                .collect();
            assert!(given.windows(2).all(|pair| pair[0] == pair[1]), "two successors of one token: {context}");
            if !grace {
                assert!(successes(scene, &request) <= 1, "given twice without a window: {context}");
            }
        });
        assert_eq!(explored, (6, 364));
    }
}

#[test]
fn a_revocation_while_its_token_is_used() {
    for grace in [true, false] {
        let (scene, refresh) = Scene::redeemed(grace);
        let requests = [Request::revoke(&refresh), Request::refresh(&refresh)];
        let revoke = requests[0].clone();
        let explored = explore("revoke/refresh", &scene, &requests, |scene, context| {
            if successes(scene, &revoke) == 0 {
                return;
            }
            assert!(scene.ledger.revoked.contains(&FAMILY), "the client was told so: {context}");
            assert_eq!(scene.ledger.live(FAMILY), 0, "{context}");
            let mut after = scene.clone();
            for (_, response) in &scene.responses {
                if let Some(refresh) = text(response, "refresh_token") {
                    let response = after.send(&Request::refresh(&refresh)).expect("no fault");
                    assert_eq!(response.status, 400, "a revoked family came back to life: {context}");
                }
            }
        });
        assert_eq!(explored, (19, 1435));
    }
}

#[test]
fn a_code_replayed_while_its_tokens_are_used() {
    for grace in [true, false] {
        let (scene, refresh) = Scene::redeemed(grace);
        let requests = [scene.redeem(), Request::refresh(&refresh)];
        let replay = requests[0].clone();
        let before = successes(&scene, &replay);
        let explored = explore("code again/refresh", &scene, &requests, |scene, context| {
            assert_eq!(successes(scene, &replay), before, "{context}");
            let told = scene.responses.iter().any(|(body, response)| *body == replay.body && response.status == 400);
            if told {
                assert!(
                    scene.ledger.revoked.contains(&FAMILY),
                    "a replay that was told so has ended the family: {context}"
                );
            }
        });
        assert_eq!(explored, (25, 2002));
    }
}

/// That the races are able to find something.
#[test]
#[should_panic(expected = "one code gave two sets of tokens")]
fn a_store_that_gives_a_code_twice_is_found() {
    let mut scene = Scene::new(true);
    scene.ledger.gives_twice = true;
    let request = scene.redeem();
    explore("code/code, broken", &scene, &[request.clone(), request], |_, _| {});
}
