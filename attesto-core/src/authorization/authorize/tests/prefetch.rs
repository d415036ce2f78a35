//! Browsers that prefetch (AZ-1).

use super::world::{header, location};
use super::*;

#[test]
fn az1_a_prefetch_is_refused_before_anything_is_asked_or_taken() {
    for (field, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
    ] {
        let mut world = World::new();
        let reference = world.reference(&good());
        world.asked.clear();
        world.events.clear();
        world.besides = Some((field, value));
        let request = Pairs::new(&[("client_id", "web"), ("request_uri", &reference)]);
        let response = world.get(&request);
        assert_eq!(
            (response.status, header(&response, "cache-control").as_str()),
            (400, "no-store"),
            "{field}: {value}"
        );
        assert_eq!((world.asked.len(), world.events.len(), world.pushed.len()), (0, 0, 1));
        world.besides = None;
        assert!(location(&world.get(&request), WEB).get("code").is_some(), "the visit itself");
    }
}

#[test]
fn az1_other_purposes_and_posts_are_visits() {
    for value in ["prefetchx", "", "xprefetch", "prerender"] {
        let mut world = World::new();
        world.besides = Some(("sec-purpose", value));
        assert!(location(&world.get(&good()), WEB).get("code").is_some(), "{value}");
    }
    let mut world = World::new();
    world.besides = Some(("sec-purpose", "prefetch"));
    assert!(location(&world.browse("POST", "https", None, Some(&good().encoded())), WEB).get("code").is_some());
}
