//! Response modes (AZ-10, AZ-30).

use super::world::{assert_guarded, header};
use super::*;

#[test]
fn az10_fragment_puts_the_answer_behind_the_hash_and_keeps_the_query() {
    let mut world = World::new();
    let response = world.get(&good().with("response_mode", "fragment"));
    assert_eq!(response.status, 303);
    assert_guarded(&response);
    let location = header(&response, "location");
    let (uri, fragment) = location.split_once('#').unwrap();
    assert_eq!(uri, WEB);
    let answer = Pairs::parse(fragment);
    assert!(answer.get("code").is_some_and(|code| code.len() == 43));
    assert_eq!((answer.get("state"), answer.get("iss")), (Some(STATE), Some(ISSUER)));
    // Refusals use the same mode (AZ-31).
    let response = world.get(&good().with("response_mode", "fragment").with("response_type", "token"));
    let location = header(&response, "location");
    let (uri, fragment) = location.split_once('#').unwrap();
    assert_eq!((uri, Pairs::parse(fragment).get("error")), (WEB, Some("unsupported_response_type")));
}
