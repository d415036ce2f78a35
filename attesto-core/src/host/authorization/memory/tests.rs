use super::capacity::CAPACITY_CEILING;
use super::*;
use crate::Timestamp;
use crate::authorization::{
    Answered, Authorization, AuthorizationCode, CodeRedemption, ConsentBinding, ConsentGrant, FamilyId,
    FamilyRevocation, IssuedAccessToken, LONGEST_GRACE, NewCode, NewConsentGrant, NewPushedRequest, NewRefresh,
    PushedRequest, RefreshKey, RefreshToken, RepeatedRefresh, RevokedAccessTokens, Rotated, Rotation, ScopeSet,
    SecretDigest, SecretQuery, SettledRevocation, SuccessorSalt, TakenCode, Unavailable,
};
use crate::host::{AccessTokenDenyList, CodeStore, ConsentGrantStore, PushedRequestStore, RefreshStore, StoreReach};
use crate::pkce::CodeChallenge;
use alloc::format;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_000 + seconds)
}

fn digest(key: u16) -> SecretDigest {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&key.to_be_bytes());
    SecretDigest::from_bytes(bytes)
}

fn authorization(family: u8) -> Authorization {
    Authorization::new(FamilyId::from_bytes([family; 16]), "client", "usr_1")
}

fn access(jti: &str, expires_at: u64) -> IssuedAccessToken {
    IssuedAccessToken::new(jti, at(expires_at))
}

fn insert_code(store: &MemoryCodeStore, key: u16, expires_at: u64, now: u64) -> Answered<()> {
    let challenge = CodeChallenge::from_bytes([0; 32]);
    let code = AuthorizationCode::new(authorization(0), "https://c.example/cb", challenge, at(expires_at));
    run(store.insert(&NewCode { digest: digest(key), code, now: at(now) }))
}

fn take(store: &MemoryCodeStore, key: u16, now: u64) -> TakenCode {
    run(store.take(&SecretQuery { digest: digest(key), now: at(now) })).unwrap()
}

/// The key of a token of this family.
fn key(token: u16, family: u8) -> RefreshKey {
    RefreshKey { family: SecretDigest::from_bytes([family; 32]), token: digest(token) }
}

fn insert(store: &MemoryRefreshStore, token: u16, family: u8, ends: u64, now: u64) -> Answered<bool> {
    let noted = access(&format!("jti {token}"), ends);
    let row = RefreshToken::first(authorization(family), at(ends), at(ends), noted);
    run(store.insert(&NewRefresh { key: key(token, family), token: row, now: at(now) }))
}

fn rotate(store: &MemoryRefreshStore, from: u16, to: u16, family: u8, ends: u64, now: u64) -> Answered<Rotated> {
    let token = RefreshToken::first(authorization(family), at(ends), at(ends), access(&format!("jti {to}"), ends));
    let salt = Some(SuccessorSalt::from_bytes([7; 32]));
    run(store.rotate(&Rotation::new(key(from, family), digest(to), token, salt, at(now))))
}

fn revoke(store: &MemoryRefreshStore, family: u8, keep: u64, now: u64) -> Answered<usize> {
    let (family, subject) = (FamilyId::from_bytes([family; 16]), "usr_1".into());
    let revocation = FamilyRevocation { family, subject, access: Vec::new(), now: at(now), keep_until: at(keep) };
    run(store.revoke_family(&revocation)).map(|living| living.len())
}

#[test]
fn st1_memory_is_of_one_process_and_bounded() {
    let codes = MemoryCodeStore::single_node(1).unwrap();
    let tokens = MemoryRefreshStore::single_node(1).unwrap();
    let list = MemoryDenyList::single_node(1).unwrap();
    assert_eq!([codes.reach(), tokens.reach(), list.reach()], [StoreReach::Process; 3]);
    for capacity in [0, CAPACITY_CEILING + 1] {
        assert_eq!(MemoryCodeStore::single_node(capacity).unwrap_err().member(), "capacity");
        assert_eq!(MemoryRefreshStore::single_node(capacity).unwrap_err().member(), "capacity");
        assert_eq!(MemoryDenyList::single_node(capacity).unwrap_err().member(), "capacity");
    }
}

#[test]
fn st2_a_full_code_store_refuses_new_codes_and_drops_none() {
    let store = MemoryCodeStore::single_node(2).unwrap();
    assert_eq!(
        [insert_code(&store, 1, 60, 0), insert_code(&store, 2, 60, 0), insert_code(&store, 3, 60, 60)],
        [Ok(()), Ok(()), Err(Unavailable)]
    );
    assert!(matches!(take(&store, 1, 0), TakenCode::Fresh(_)));
    // The spent one is kept until its token has expired, and is not evicted either.
    let redemption = CodeRedemption { digest: digest(1), access: access("jti", 900) };
    assert_eq!(run(store.record(&redemption)), Ok(()));
    assert_eq!([insert_code(&store, 4, 300, 61), insert_code(&store, 5, 300, 61)], [Ok(()), Err(Unavailable)]);
    assert!(matches!(take(&store, 1, 900), TakenCode::Spent(spent) if spent.recorded.is_some()));
    assert_eq!(insert_code(&store, 6, 2_000, 901), Ok(()), "all others have lapsed");
    assert_eq!((store.len(), store.sweep(at(5_000)), store.len()), (1, 1, 0));
    assert!(store.is_empty());
}

#[test]
fn st2_a_full_refresh_store_refuses_new_families_and_still_rotates_and_revokes() {
    let store = MemoryRefreshStore::single_node(2).unwrap();
    assert_eq!(insert(&store, 1, 1, 100, 0), Ok(true));
    assert_eq!(insert(&store, 3, 2, 100, 0), Ok(true));
    assert_eq!(insert(&store, 5, 3, 100, 0), Err(Unavailable), "a family takes a place");
    for token in 10..200 {
        assert_eq!(rotate(&store, if token == 10 { 1 } else { token - 1 }, token, 1, 100, 0), Ok(Rotated::Done));
    }
    assert_eq!(store.len(), 2, "what was spent takes none");
    assert_eq!(revoke(&store, 3, 100, 0), Err(Unavailable), "no room to remember it");
    assert_eq!(revoke(&store, 1, 100, 0), Ok(191), "all access tokens that live");
    assert_eq!(rotate(&store, 199, 200, 1, 100, 0), Ok(Rotated::FamilyRevoked));
    assert_eq!(insert(&store, 9, 3, 300, 101), Ok(true), "the families have ended, and made room");
    assert_eq!((store.len(), store.sweep(at(301)), store.is_empty()), (1, 1, true));
}

#[test]
fn rt5_a_revoked_family_is_forgotten_but_for_its_revocation_when_it_is_settled() {
    let store = MemoryRefreshStore::single_node(2).unwrap();
    assert_eq!(insert(&store, 1, 1, 10_000, 0), Ok(true));
    assert_eq!(revoke(&store, 1, 500, 0), Ok(1));
    let state = run(store.load(&key(1, 1))).unwrap().unwrap();
    assert_eq!((state.family_revoked, state.undenied.len()), (true, 1));
    let family = FamilyId::from_bytes([1; 16]);
    let settled = SettledRevocation { family, access: state.undenied, now: at(0) };
    assert_eq!(run(store.settle_revocation(&settled)), Ok(()));
    assert_eq!((run(store.load(&key(1, 1))), store.len()), (Ok(None), 1));
    assert_eq!(run(store.load_family("jti 1")), Ok(None));
    assert_eq!(insert(&store, 2, 1, 500, 1), Ok(false), "the revocation is kept");
    // A family that is not revoked cannot be settled.
    assert_eq!(insert(&store, 3, 2, 100, 0), Ok(true));
    let settled =
        SettledRevocation { family: FamilyId::from_bytes([2; 16]), access: [access("jti 3", 100)].into(), now: at(0) };
    assert_eq!(run(store.settle_revocation(&settled)), Ok(()));
    assert_eq!(revoke(&store, 2, 500, 0), Ok(1));
    assert_eq!((store.sweep(at(500)), store.sweep(at(501))), (0, 2), "not as long as the tokens would have lived");
}

#[test]
fn st2_no_user_fills_a_store_that_others_need() {
    let store = MemoryRefreshStore::single_node(200).unwrap();
    let insert = |user: &str, number: u8| {
        let mut authorization = authorization(number);
        authorization.subject = user.into();
        let token = RefreshToken::first(authorization, at(100), at(100), access(&format!("jti {number}"), 100));
        run(store.insert(&NewRefresh { key: key(number.into(), number), token, now: at(0) }))
    };
    let mallory: Vec<_> = (0..100).map(|number| insert("mallory", number)).collect();
    assert_eq!((mallory, store.len()), ([Ok(true); 100].into(), 16), "those of one client");
    assert_eq!((insert("alice", 101), store.len()), (Ok(true), 17));

    let codes = MemoryCodeStore::single_node(200).unwrap();
    let mallory = (0..100).filter(|key| insert_code(&codes, *key, 60, 0).is_ok()).count();
    assert_eq!(mallory, 16);

    let list = MemoryDenyList::single_node(3_000).unwrap();
    let revoke = |subject: &str, from: usize, tokens: usize, now| {
        let access = (from..from + tokens).map(|number| access(&format!("{subject} {number}"), 100)).collect();
        run(list.revoke(&RevokedAccessTokens { access, subject: subject.into(), now: at(now) }))
    };
    assert_eq!([revoke("mallory", 0, 1_000, 0), revoke("mallory", 1_000, 1, 0)], [Ok(()), Err(Unavailable)]);
    assert_eq!(revoke("mallory", 0, 1_000, 0), Ok(()), "what is there needs no room");
    assert_eq!((revoke("alice", 0, 1_000, 0), list.sweep(at(161))), (Ok(()), 2_000));
    assert_eq!(revoke("mallory", 1_000, 1_000, 161), Ok(()), "given back");
}

/// Stores the first token of a family of this user and client.
fn log_in(store: &MemoryRefreshStore, user: &str, client: &str, number: u16, now: u64) -> Answered<bool> {
    let (mut family, mut family_key) = ([0; 16], [0; 32]);
    family[..2].copy_from_slice(&number.to_be_bytes());
    family_key[..2].copy_from_slice(&number.to_be_bytes());
    let authorization = Authorization::new(FamilyId::from_bytes(family), client, user);
    let (ends, noted) = (at(now + 14 * 86_400), access(&format!("jti {number}"), now + 300));
    let key = RefreshKey { family: SecretDigest::from_bytes(family_key), token: digest(number) };
    let token = RefreshToken::first(authorization, ends, at(now + 90 * 86_400), noted);
    run(store.insert(&NewRefresh { key, token, now: at(now) }))
}

/// Whether the store knows a token of [`log_in`].
fn lives(store: &MemoryRefreshStore, number: u16) -> bool {
    let mut family_key = [0; 32];
    family_key[..2].copy_from_slice(&number.to_be_bytes());
    let key = RefreshKey { family: SecretDigest::from_bytes(family_key), token: digest(number) };
    run(store.load(&key)).unwrap().is_some()
}

#[test]
fn st2_no_client_of_a_user_takes_the_places_of_the_users_other_clients() {
    for capacity in [4_096, 100_000] {
        let store = MemoryRefreshStore::single_node(capacity).unwrap();
        for number in 0..3_000 {
            let _ = log_in(&store, "usr_1", "evil", number, 0);
        }
        assert_eq!(log_in(&store, "usr_1", "bank", 60_000, 1), Ok(true), "capacity {capacity}");
        assert!(store.len() <= capacity / 16 + 1 && lives(&store, 2_999));
        for number in 3_000..6_000 {
            assert_eq!(log_in(&store, "usr_1", "evil", number, 2), Ok(true));
        }
        assert!(lives(&store, 60_000), "what ended was the client's own");
    }
    let codes = MemoryCodeStore::single_node(4_096).unwrap();
    let insert = |number: u16, client: &str| {
        let authorization = Authorization::new(FamilyId::from_bytes([0; 16]), client, "usr_1");
        let challenge = CodeChallenge::from_bytes([0; 32]);
        let code = AuthorizationCode::new(authorization, "https://c.example/cb", challenge, at(60));
        run(codes.insert(&NewCode { digest: digest(number), code, now: at(0) }))
    };
    let evil = (0..4_000).filter(|number| insert(*number, "evil").is_ok()).count();
    assert_eq!((evil, insert(60_000, "bank")), (256, Ok(())));
}

#[test]
fn st2_a_user_who_logs_in_five_times_a_day_for_years_is_never_refused() {
    let store = MemoryRefreshStore::single_node(4_096).unwrap();
    for number in 0..5_000 {
        assert_eq!(log_in(&store, "usr_1", "app", number, u64::from(number) * 17_280), Ok(true), "login {number}");
    }
    assert!(store.len() <= 14 * 5 + 1);
}

#[test]
fn st2_over_the_share_the_family_that_was_used_longest_ago_ends_and_is_unknown() {
    let store = MemoryRefreshStore::single_node(200).unwrap();
    for number in 0..16 {
        assert_eq!(insert(&store, number, u8::try_from(number).unwrap(), 1_000, 0), Ok(true));
    }
    assert_eq!(rotate(&store, 0, 100, 0, 1_000, 1), Ok(Rotated::Done), "the first is used");
    let repeated =
        RepeatedRefresh { key: key(1, 1), access: access("again", 300), expires_at: at(900), at_most: 9, now: at(1) };
    assert_eq!(run(store.record_repeat(&repeated)), Ok(true), "so is the second");
    assert_eq!(revoke(&store, 2, 500, 1), Ok(1), "what is revoked stays so");
    assert_eq!(insert(&store, 16, 16, 1_000, 2), Ok(true));
    let known = |token: u16, family: u8| run(store.load(&key(token, family))).unwrap().is_some();
    assert_eq!([known(100, 0), known(1, 1), known(2, 2), known(3, 3), known(4, 4)], [true, true, true, false, true]);
    assert_eq!((run(store.load_family("jti 3")), store.len()), (Ok(None), 16));
    assert_eq!(rotate(&store, 3, 101, 3, 1_000, 3), Ok(Rotated::Lost));
    assert_eq!(insert(&store, 17, 2, 1_000, 3), Ok(false), "nor is a revoked family revived");
}

#[test]
fn st2_revoked_families_keep_their_places_and_only_their_client_is_refused() {
    let store = MemoryRefreshStore::single_node(200).unwrap();
    for number in 0..16 {
        assert_eq!(insert(&store, number.into(), number, 1_000, 0), Ok(true));
        assert_eq!(revoke(&store, number, 500, 0), Ok(1));
    }
    assert_eq!(
        [insert(&store, 90, 90, 1_000, 1), log_in(&store, "usr_1", "other", 60_000, 1)],
        [Err(Unavailable), Ok(true)]
    );
    // A family that was never seen has no client, and its own share.
    let unseen = (100..200).filter(|family| revoke(&store, *family, 500, 1).is_ok()).count();
    assert_eq!((unseen, log_in(&store, "usr_1", "other", 60_001, 1)), (16, Ok(true)));
    assert_eq!(store.sweep(at(1_001)), 32);
    assert_eq!(insert(&store, 90, 90, 2_000, 1_001), Ok(true), "given back");
}

#[test]
fn st2_a_user_at_their_share_goes_on_with_the_clients_they_have() {
    let store = MemoryRefreshStore::single_node(200).unwrap();
    for number in 0..64 {
        assert_eq!(log_in(&store, "usr_1", &format!("client {}", number % 4), number, 0), Ok(true));
    }
    assert_eq!(
        [log_in(&store, "usr_1", "client 5", 64, 1), log_in(&store, "usr_2", "client 5", 65, 1)],
        [Err(Unavailable), Ok(true)]
    );
    assert_eq!((log_in(&store, "usr_1", "client 1", 66, 1), store.len()), (Ok(true), 65));
    assert_eq!([lives(&store, 0), lives(&store, 1), lives(&store, 2)], [true, false, true]);
}

#[test]
fn st2_a_question_about_many_tokens_is_done_whole_or_not_at_all() {
    let list = MemoryDenyList::single_node(3).unwrap();
    let revoke = |numbers: core::ops::Range<u8>| {
        let access = numbers.map(|number| access(&format!("jti {number}"), 100)).collect();
        run(list.revoke(&RevokedAccessTokens { access, subject: "usr_1".into(), now: at(0) }))
    };
    assert_eq!([revoke(0..2), revoke(1..5)], [Ok(()), Err(Unavailable)]);
    assert_eq!(run(list.is_revoked(&access("jti 2", 100))), Ok(false));
    assert_eq!((revoke(1..3), list.len()), (Ok(()), 3));
}

#[test]
fn az26_one_grant_too_many_evicts_the_oldest_of_the_same_user() {
    let store = MemoryConsentGrantStore::single_node(20).unwrap();
    let grant = |user: &str, number: u8| {
        let binding = ConsentBinding::from_bytes([number; 32]);
        NewConsentGrant::without_secret(
            digest(number.into()),
            ConsentGrant::new(binding, user, ScopeSet::new(["read"]), at(300)),
        )
    };
    assert_eq!(store.insert(&grant("alice", 200), at(0)), Ok(()));
    for number in 0..100 {
        assert_eq!(store.insert(&grant("mallory", number), at(0)), Ok(()));
    }
    let take = |number: u8| {
        let binding = ConsentBinding::from_bytes([number; 32]);
        run(store.take(&crate::authorization::ConsentRedemption { digest: digest(number.into()), binding, now: at(1) }))
    };
    assert!(take(200).unwrap().is_some() && take(99).unwrap().is_some() && take(84).unwrap().is_some());
    assert_eq!(take(83), Ok(None), "the oldest went");
    assert_eq!(
        (0..3).map(|number| store.insert(&grant(&format!("user {number}"), 201 + number), at(0))).collect::<Vec<_>>(),
        [Ok(()); 3]
    );
}

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
fn rt5_no_clock_that_goes_backwards_revives_a_family() {
    let store = MemoryRefreshStore::single_node(10).unwrap();
    assert_eq!(revoke(&store, 1, 100, 0), Ok(0));
    assert_eq!(store.sweep(at(100)), 0, "kept through its time");
    assert_eq!(store.sweep(at(101)), 1);
    assert_eq!(insert(&store, 1, 1, 100, 0), Err(Unavailable));
    assert_eq!(insert(&store, 1, 1, 101, 0), Ok(true), "it cannot be of that time");
}

#[test]
fn rt4_salts_are_forgotten_after_the_longest_window() {
    let store = MemoryRefreshStore::single_node(100).unwrap();
    let salt = |store: &MemoryRefreshStore| run(store.load(&key(1, 1))).unwrap().unwrap().spent.unwrap().salt;
    assert_eq!(insert(&store, 1, 1, 1_000, 0), Ok(true));
    assert_eq!(rotate(&store, 1, 2, 1, 1_000, 10), Ok(Rotated::Done));
    assert_eq!(insert(&store, 8, 8, 1_000, 10 + LONGEST_GRACE), Ok(true));
    assert!(salt(&store).is_some());
    assert_eq!(insert(&store, 9, 9, 1_000, 11 + LONGEST_GRACE), Ok(true));
    assert!(salt(&store).is_none());
}

#[test]
fn rt4_what_repetitions_cost_is_bounded() {
    let store = MemoryRefreshStore::single_node(100).unwrap();
    assert_eq!(insert(&store, 1, 1, 1_000, 0), Ok(true));
    let repeat = |number: usize, expires_at, now| {
        let access = access(&format!("repeated {number}"), expires_at);
        run(store.record_repeat(&RepeatedRefresh {
            key: key(1, 1),
            access,
            expires_at: at(now),
            at_most: 40,
            now: at(now),
        }))
    };
    for number in 1..40 {
        assert_eq!(repeat(number, 50, 0), Ok(true));
    }
    assert_eq!(repeat(1, 50, 0), Ok(true), "noted already");
    assert_eq!(repeat(40, 50, 49), Err(Unavailable));
    assert_eq!(repeat(40, 90, 50), Ok(true), "the others have expired");
    assert_eq!(revoke(&store, 1, 1_000, 50), Ok(2));
}

#[test]
fn rv4_a_deny_list_never_lets_go_early() {
    let list = MemoryDenyList::single_node(1).unwrap().exp_leeway(Duration::from_secs(30));
    let revoke = |jti, now| {
        let access = [access(jti, 100)].into();
        run(list.revoke(&RevokedAccessTokens { access, subject: "usr_1".into(), now: at(now) }))
    };
    assert_eq!([revoke("a", 0), revoke("b", 130), revoke("a", 130)], [Ok(()), Err(Unavailable), Ok(())]);
    assert_eq!(run(list.is_revoked(&access("a", 100))), Ok(true));
    assert_eq!(list.sweep(at(131)), 1);
    // After the clock went backwards: it may have been on the list.
    assert_eq!(run(list.is_revoked(&access("a", 100))), Err(Unavailable));
    assert_eq!(run(list.is_revoked(&access("c", 101))), Ok(false));
}

#[test]
fn hc5_a_store_whose_lock_was_poisoned_knows_nothing() {
    let store = MemoryCodeStore::single_node(10).unwrap();
    insert_code(&store, 1, 60, 0).unwrap();
    let store = std::sync::Arc::new(store);
    let poisoner = std::sync::Arc::clone(&store);
    assert!(std::thread::spawn(move || poisoner.poison()).join().is_err());
    assert_eq!(run(store.load(&digest(1))), Err(Unavailable));
    assert_eq!(run(store.take(&SecretQuery { digest: digest(1), now: at(0) })), Err(Unavailable));
    assert_eq!(insert_code(&store, 2, 60, 0), Err(Unavailable));
    assert_eq!((store.sweep(at(999)), store.len()), (0, 0));
}

#[test]
fn ev2_stores_do_not_show_what_they_hold() {
    let store = MemoryCodeStore::single_node(10).unwrap();
    insert_code(&store, 1, 60, 0).unwrap();
    assert_eq!(format!("{store:?}"), "MemoryCodeStore { held: 1, capacity: 10, .. }");
    assert_eq!(format!("{:?}", MemoryRefreshStore::single_node(5).unwrap()), "MemoryRefreshStore { held: 0, .. }");
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

#[test]
fn st2_an_entry_outlives_the_row_that_was_taken_and_harms_nothing() {
    let store = MemoryPushedRequestStore::single_node(1).unwrap();
    for round in 0..100 {
        let request = PushedRequest::new("client", "client_id=client", at(round), at(round + 5));
        assert_eq!(run(store.insert(&NewPushedRequest { digest: digest(1), request })), Ok(()));
        assert!(run(store.take(&SecretQuery { digest: digest(1), now: at(round) })).unwrap().is_some());
    }
    assert_eq!(store.sweep(at(500)), 0);
}
