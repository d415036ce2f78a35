//! The stores in memory: what they refuse, and what they drop.

mod pushed_requests;
mod refresh_tokens;

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
fn st2_an_entry_outlives_the_row_that_was_taken_and_harms_nothing() {
    let store = MemoryPushedRequestStore::single_node(1).unwrap();
    for round in 0..100 {
        let request = PushedRequest::new("client", "client_id=client", at(round), at(round + 5));
        assert_eq!(run(store.insert(&NewPushedRequest { digest: digest(1), request })), Ok(()));
        assert!(run(store.take(&SecretQuery { digest: digest(1), now: at(round) })).unwrap().is_some());
    }
    assert_eq!(store.sweep(at(500)), 0);
}
