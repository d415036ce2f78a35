//! Every fault at every question of every flow, one at a time and in pairs.

use crate::ledger::{Fault, LATE};
use crate::scene::{Request, Scene, text};

/// A flow under test, and the world that it starts in.
struct Flow {
    name: &'static str,
    scene: Scene,
    request: Request,
}

fn flows() -> Vec<Flow> {
    let mut flows = Vec::new();
    for grace in [true, false] {
        let scene = Scene::new(grace);
        let request = scene.redeem();
        flows.push(Flow { name: "code", scene, request });
        let (mut scene, refresh) = Scene::redeemed(grace);
        let again = scene.redeem();
        flows.push(Flow { name: "refresh", scene: scene.clone(), request: Request::refresh(&refresh) });
        flows.push(Flow { name: "revoke", scene: scene.clone(), request: Request::revoke(&refresh) });
        flows.push(Flow { name: "code again", scene: scene.clone(), request: again });
        let successor = scene.send(&Request::refresh(&refresh)).expect("no fault");
        let successor = text(&successor, "refresh_token").expect("a successor");
        flows.push(Flow { name: "refresh again at once", scene: scene.clone(), request: Request::refresh(&refresh) });
        let mut late = scene.clone();
        late.ledger.now += LATE;
        flows.push(Flow { name: "refresh again, late", scene: late, request: Request::refresh(&refresh) });
        scene.send(&Request::refresh(&successor)).expect("no fault");
        flows.push(Flow { name: "refresh with the one before last", scene, request: Request::refresh(&refresh) });
    }
    flows
}

/// What a client does that saw no answer or an error: it tries again, then uses whatever it has.
fn carry_on(scene: &mut Scene, request: &Request, context: &str) {
    scene.send(request);
    scene.holds(context);
    let given: Vec<String> =
        scene.responses.iter().filter_map(|(_, response)| text(response, "refresh_token")).collect();
    for refresh in given.iter().rev() {
        let revoked = scene.ledger.revoked.clone();
        let response = scene.send(&Request::refresh(refresh)).expect("no fault");
        scene.holds(context);
        let family = scene.ledger.refresh[&crate::scene::digest(refresh)].token.authorization.family;
        if revoked.contains(&family) {
            assert_eq!(response.status, 400, "a revoked family came back to life: {context}");
        }
    }
}

/// What the second fault of a pair is: those that leave the flow running are what can meet another. (All of them together: 57,155
/// schedules, which take a minute.)
const SECOND: [Fault; 3] = [Fault::BeforeActing, Fault::AfterActing, Fault::TwiceFirstCounts];

#[test]
fn every_fault_at_every_question() {
    let mut schedules = 0;
    for flow in flows() {
        let mut plain = flow.scene.clone();
        let before = plain.ledger.asked.len();
        plain.send(&flow.request).expect("no fault");
        plain.holds(flow.name);
        // A fault can make a flow ask more: a race that was lost, a revocation. So positions go a little further.
        let questions = plain.ledger.asked.len() - before + 6;
        for first in 0..questions {
            for fault in Fault::ALL {
                let context = format!("{} (grace {}): {fault:?} at {first}", flow.name, flow.scene.grace);
                let mut scene = flow.scene.clone();
                scene.send_with(&flow.request, |question| (question == first).then_some(fault));
                scene.holds(&context);
                carry_on(&mut scene, &flow.request, &context);
                schedules += 1;
                for second in first + 1..questions {
                    for other in SECOND {
                        let context = format!("{context}, {other:?} at {second}");
                        let mut scene = flow.scene.clone();
                        scene.send_with(&flow.request, |question| match question {
                            _ if question == first => Some(fault),
                            _ if question == second => Some(other),
                            _ => None,
                        });
                        scene.holds(&context);
                        carry_on(&mut scene, &flow.request, &context);
                        schedules += 1;
                    }
                }
            }
        }
    }
    println!("{schedules} schedules");
    assert!(schedules > 5_000, "{schedules}: the flows ask less than they did");
}
