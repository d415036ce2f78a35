//! The store of refresh tokens.

use super::*;

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
