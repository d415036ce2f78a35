use super::*;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

fn at(seconds: u64) -> Timestamp {
    START.plus(seconds)
}

fn cache() -> KeyCache {
    KeyCache::new(KeyPolicy::new()).unwrap()
}

#[track_caller]
fn begin(cache: &mut KeyCache, need: Need, seconds: u64) -> u64 {
    match cache.plan(need, at(seconds)) {
        Plan::Begin(number) => number,
        other => panic!("{other:?}"),
    }
}

fn keys() -> Result<(VerificationKeys, Option<u64>), FetchError> {
    Ok((VerificationKeys::new(), None))
}

/// A cache that was filled at `START`.
fn filled() -> KeyCache {
    let mut cache = cache();
    let number = begin(&mut cache, Need::Usable, 0);
    assert!(cache.ended(number, keys(), START));
    cache
}

fn age(cache: &KeyCache, seconds: u64) -> &'static str {
    match cache.lookup(at(seconds)) {
        Lookup::Fresh(_) => "fresh",
        Lookup::Stale(_) => "stale",
        Lookup::Missing => "missing",
    }
}

#[test]
fn j22_fresh_for_five_minutes_then_stale_for_the_minute_that_a_refresh_may_take_then_gone() {
    let cache = filled();
    let ages = [(0, "fresh"), (299, "fresh"), (300, "stale"), (359, "stale"), (360, "missing"), (90_000, "missing")];
    for (seconds, expected) in ages {
        assert_eq!(age(&cache, seconds), expected, "after {seconds} s");
    }
}

#[test]
fn crs2_outage_keeps_keys_to_the_hour_while_it_is_known_to_last() {
    let mut cache = filled();
    let fails = |cache: &mut KeyCache, need: Need, seconds: u64| {
        let number = begin(cache, need, seconds);
        assert!(cache.ended(number, Err(FetchError::Timeout), at(seconds)));
    };
    fails(&mut cache, Need::Fresh, 300);
    // After five seconds of pause and a minute of grace, the outage is no longer certain ..
    assert_eq!((age(&cache, 364), age(&cache, 365)), ("stale", "missing"));
    // .. until the next fetch fails.
    fails(&mut cache, Need::Usable, 2_000);
    assert_eq!((age(&cache, 2_000), age(&cache, 2_069), age(&cache, 2_070)), ("stale", "stale", "missing"));
    fails(&mut cache, Need::Usable, 3_599);
    assert_eq!((age(&cache, 3_599), age(&cache, 3_600)), ("stale", "missing"), "the hour is the end");
    fails(&mut cache, Need::Usable, 3_700);
    assert_eq!(age(&cache, 3_700), "missing");
}

#[test]
fn j22_cache_headers_shorten_freshness_to_a_floor_and_never_lengthen_it() {
    for (header, fresh) in [(Some(0), 30), (Some(29), 30), (Some(45), 45), (Some(301), 300), (Some(u64::MAX), 300)] {
        let mut cache = cache();
        let number = begin(&mut cache, Need::Usable, 0);
        cache.ended(number, keys().map(|(keys, _)| (keys, header)), START);
        assert_eq!((age(&cache, fresh - 1), age(&cache, fresh)), ("fresh", "stale"), "{header:?}");
    }
}

#[test]
fn j22_one_fetch_at_a_time() {
    let mut cache = cache();
    let number = begin(&mut cache, Need::Usable, 0);
    for need in [Need::Usable, Need::Fresh, Need::Newer(0)] {
        assert_eq!(cache.plan(need, at(1)), Plan::Await(number));
    }
    cache.ended(number, keys(), at(1));
    assert_eq!(cache.plan(Need::Usable, at(1)), Plan::Met);
    assert_eq!(cache.plan(Need::Newer(0), at(1)), Plan::Met, "what was waited for has come");
}

#[test]
fn j22_fetch_that_never_ends_is_replaced_and_its_late_answer_does_not_count() {
    let mut cache = cache();
    let lost = begin(&mut cache, Need::Usable, 0);
    assert_eq!(cache.plan(Need::Usable, at(14)), Plan::Await(lost));
    let second = begin(&mut cache, Need::Usable, 15);
    assert!(cache.is_under_way(second) && !cache.is_under_way(lost));
    assert!(!cache.ended(lost, keys(), at(16)));
    assert_eq!((age(&cache, 16), cache.generation()), ("missing", 0));
    cache.abandoned(lost);
    assert!(cache.is_under_way(second), "giving up what was lost changes nothing");
}

#[test]
fn j22_failures_are_spaced_wider_each_time_and_success_ends_that() {
    let mut cache = cache();
    let mut now = 0;
    for pause in [5, 10, 20, 40, 60, 60] {
        let number = begin(&mut cache, Need::Usable, now);
        cache.ended(number, Err(FetchError::Transport), at(now));
        assert_eq!(cache.plan(Need::Usable, at(now + pause - 1)), Plan::Failing, "{pause} s");
        now += pause;
    }
    let number = begin(&mut cache, Need::Usable, now);
    cache.ended(number, keys(), at(now));
    let number = begin(&mut cache, Need::Fresh, now + 300);
    cache.ended(number, Err(FetchError::Busy), at(now + 300));
    assert!(matches!(cache.plan(Need::Fresh, at(now + 305)), Plan::Begin(_)));
}

#[test]
fn j22_stale_keys_survive_all_but_a_key_set_without_them() {
    for error in FetchError::ALL.iter().copied() {
        let mut cache = filled();
        let number = begin(&mut cache, Need::Fresh, 300);
        cache.ended(number, Err(error), at(300));
        let expected = if error.disowns_keys() { "missing" } else { "stale" };
        assert_eq!(age(&cache, 301), expected, "{error}");
        // A later outage does not undo what was published.
        let number = begin(&mut cache, Need::Fresh, 306);
        cache.ended(number, Err(FetchError::Timeout), at(306));
        assert_eq!(age(&cache, 307), expected, "{error}, then a time-out");
    }
}

#[test]
fn j22_failed_early_refresh_leaves_fresh_keys_their_time() {
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 100);
    cache.ended(number, Err(FetchError::UnusableKeys), at(100));
    assert_eq!((age(&cache, 299), age(&cache, 300)), ("fresh", "missing"));
}

#[test]
fn j9_unknown_key_ids_cause_one_fetch_per_thirty_seconds_over_all() {
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 10);
    cache.ended(number, keys(), at(10));
    assert_eq!(cache.plan(Need::Newer(1), at(11)), Plan::Met, "the generation after the one that lacked the key");
    assert_eq!(cache.plan(Need::Newer(2), at(39)), Plan::Throttled);
    assert!(matches!(cache.plan(Need::Newer(2), at(40)), Plan::Begin(_)));
}

#[test]
fn j9_stale_keys_do_not_answer_for_an_unknown_key_id() {
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 400);
    cache.ended(number, Err(FetchError::Timeout), at(400));
    assert_eq!(cache.plan(Need::Newer(0), at(401)), Plan::Failing, "a newer generation, but a stale one");
}

#[test]
fn crs3_failed_fetch_for_an_unknown_key_id_is_retried_like_any_other() {
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 10);
    cache.ended(number, Err(FetchError::Timeout), at(10));
    assert_eq!(cache.plan(Need::Newer(1), at(14)), Plan::Failing, "not throttled: the issuer was not heard");
    assert!(matches!(cache.plan(Need::Newer(1), at(15)), Plan::Begin(_)));
}

#[test]
fn abandoned_fetch_is_as_if_not_tried() {
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 10);
    cache.abandoned(number);
    assert!(matches!(cache.plan(Need::Newer(1), at(10)), Plan::Begin(next) if next != number));
}

#[test]
fn fetches_cannot_be_given_up_and_begun_again_without_end() {
    let mut cache = cache();
    for _ in 0..GIVEN_UP {
        let number = begin(&mut cache, Need::Usable, 0);
        cache.abandoned(number);
    }
    assert_eq!(cache.plan(Need::Usable, at(4)), Plan::Failing);
    // Five seconds later the same number is allowed again, and a fetch that ends resets the count.
    for _ in 1..GIVEN_UP {
        let number = begin(&mut cache, Need::Usable, 5);
        cache.abandoned(number);
    }
    let number = begin(&mut cache, Need::Usable, 5);
    cache.ended(number, keys(), at(5));
    assert_eq!(age(&cache, 5), "fresh");
    let number = begin(&mut cache, Need::Newer(1), 6);
    cache.abandoned(number);
    assert!(matches!(cache.plan(Need::Newer(1), at(6)), Plan::Begin(_)));
}

#[test]
fn clock_that_steps_back_a_little_changes_nothing_and_far_makes_keys_old() {
    let cache = filled();
    let lookup = |seconds| cache.lookup(START.minus(seconds));
    assert!(matches!(lookup(60), Lookup::Fresh(_)));
    assert!(matches!(lookup(61), Lookup::Missing));
    let mut cache = filled();
    let number = begin(&mut cache, Need::Newer(1), 10);
    cache.ended(number, Err(FetchError::Timeout), at(10));
    assert!(matches!(cache.plan(Need::Usable, START.minus(3_600)), Plan::Begin(_)), "no pause that lasts for years");
}

#[cfg(feature = "rust-crypto")]
#[test]
fn j22_fetched_keys_that_have_not_changed_stay_the_same_object() {
    use crate::crypto::RustCrypto;
    use crate::jose::JwkSet;

    let fetched = |kid: &str| {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let set = alloc::format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{kid}"}}]}}"#);
        VerificationKeys::from_jwk_set(&RustCrypto::new(), &JwkSet::from_json(set.as_bytes()).unwrap()).unwrap()
    };
    let mut cache = cache();
    let mut refresh = |kid: &str, seconds: u64| {
        let number = begin(&mut cache, Need::Fresh, seconds);
        assert!(cache.ended(number, Ok((fetched(kid), None)), at(seconds)));
        let Lookup::Fresh(snapshot) = cache.lookup(at(seconds)) else { panic!("just fetched") };
        snapshot
    };
    let (first, again, rotated) = (refresh("a", 0), refresh("a", 400), refresh("b", 800));
    assert!(Arc::ptr_eq(&first.keys, &again.keys));
    assert!(!Arc::ptr_eq(&again.keys, &rotated.keys));
    assert_eq!([first.generation, again.generation, rotated.generation], [1, 2, 3]);
}
