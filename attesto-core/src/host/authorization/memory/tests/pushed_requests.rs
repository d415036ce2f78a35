//! The store of pushed requests.

use super::*;

#[test]
fn pa6_public_clients_leave_half_of_the_places_and_long_requests_take_several() {
    let store = MemoryPushedRequestStore::single_node(400).unwrap();
    let insert = |key: u16, client: &str, authenticated, length: usize| {
        let mut request = PushedRequest::new(client, "x".repeat(length), at(0), at(90));
        request.authenticated = authenticated;
        run(store.insert(&NewPushedRequest { digest: digest(key), request }))
    };
    let public = (0..400).filter(|key| insert(*key, &format!("public {}", key % 8), false, 10).is_ok()).count();
    assert_eq!(public, 200);
    let one = (400..800).filter(|key| insert(*key, "confidential", true, 10).is_ok()).count();
    assert_eq!(one, 100, "no client has more than a quarter");
    // 16 KiB, and a row: 17 places.
    let long = (800..900).filter(|key| insert(*key, &format!("confidential {key}"), true, 16 * 1024).is_ok()).count();
    assert_eq!(long, 100 / 17);
    assert!(run(store.take(&SecretQuery { digest: digest(0), now: at(1) })).unwrap().is_some());
    assert_eq!(
        [insert(900, "public", false, 10), insert(901, "public", false, 10)],
        [Ok(()), Err(Unavailable)],
        "given back"
    );
}

#[test]
fn az28_a_pushed_request_is_taken_once_and_not_after_it_has_expired() {
    let store = MemoryPushedRequestStore::single_node(2).unwrap();
    let insert = |key, expires_at, now| {
        let request = PushedRequest::new("client", "client_id=client", at(now), at(expires_at));
        run(store.insert(&NewPushedRequest { digest: digest(key), request }))
    };
    let take = |key, now| run(store.take(&SecretQuery { digest: digest(key), now: at(now) })).unwrap().is_some();
    let load = |key| run(store.load(&digest(key))).unwrap().is_some();
    assert_eq!(
        [insert(1, 90, 0), insert(1, 90, 0), insert(2, 90, 0), insert(3, 90, 90)],
        [Ok(()), Err(Unavailable), Ok(()), Err(Unavailable)]
    );
    assert_eq!([load(1), load(1), take(1, 89), take(1, 89), load(1)], [true, true, true, false, false]);
    assert!(!take(2, 90), "expires_at > now");
    assert_eq!([insert(4, 300, 91), insert(5, 300, 91)], [Ok(()), Ok(())], "one was taken, one has lapsed");
    assert_eq!((store.sweep(at(300)), store.sweep(at(301)), store.reach()), (0, 2, StoreReach::Process));
}

#[test]
fn pa6_requests_not_presented_in_time_make_room_and_others_do_not() {
    let store = MemoryPushedRequestStore::single_node(2).unwrap();
    let insert = |key, now| {
        let mut request = PushedRequest::new("client", "client_id=client", at(now), at(now + 690));
        request.present_by = at(now + 90);
        run(store.insert(&NewPushedRequest { digest: digest(key), request }))
    };
    let load = |key| run(store.load(&digest(key))).unwrap().is_some();
    assert_eq!(
        [insert(1, 0), insert(2, 1), insert(3, 90)],
        [Ok(()), Ok(()), Err(Unavailable)],
        "until present_by has passed"
    );
    assert_eq!((insert(4, 91), [load(1), load(2), load(4)]), (Ok(()), [false, true, true]), "the oldest goes");
    // A taken row leaves an entry behind, which is not a row.
    assert!(run(store.take(&SecretQuery { digest: digest(2), now: at(92) })).unwrap().is_some());
    assert_eq!((insert(5, 92), insert(6, 181)), (Ok(()), Err(Unavailable)));
    assert_eq!((insert(7, 182), [load(4), load(5), load(7)]), (Ok(()), [false, true, true]));
}

#[test]
fn pa6_a_client_over_its_share_makes_no_other_lose_a_request() {
    for authenticated in [false, true] {
        let store = MemoryPushedRequestStore::single_node(10_000).unwrap();
        let push = |key: u16, client: &str, now: u64| {
            let mut request = PushedRequest::new(client, "x".repeat(16_000), at(now), at(now + 690));
            (request.present_by, request.authenticated) = (at(now + 90), authenticated);
            run(store.insert(&NewPushedRequest { digest: digest(key), request }))
        };
        let held =
            |keys: core::ops::Range<u16>| keys.filter(|key| run(store.load(&digest(*key))).unwrap().is_some()).count();
        for key in 0..100 {
            assert_eq!(push(key, "slow", 0), Ok(()));
        }
        for key in 200..220 {
            assert_eq!(push(key, "flood", 1), Ok(()));
        }
        // A quarter of the places: 156 requests, of which twenty are late by now and dropped.
        let flood = (1_000..2_000).filter(|key| push(*key, "flood", 100).is_ok()).count();
        assert_eq!((flood, held(200..220)), (156, 0), "its own late requests go");
        assert_eq!(held(0..100), 100, "those of others stay");
        assert_eq!(push(300, "slow", 100), Ok(()), "who has places left");
    }
}

#[test]
fn pa6_a_request_that_can_never_fit_drops_nothing() {
    let store = MemoryPushedRequestStore::single_node(8).unwrap();
    let push = |key: u16, length: usize, now: u64| {
        let mut request = PushedRequest::new("client", "x".repeat(length), at(now), at(now + 690));
        request.present_by = at(now + 90);
        run(store.insert(&NewPushedRequest { digest: digest(key), request }))
    };
    assert_eq!([push(0, 10, 0), push(1, 9_000, 100)], [Ok(()), Err(Unavailable)]);
    assert!(run(store.load(&digest(0))).unwrap().is_some());
}
