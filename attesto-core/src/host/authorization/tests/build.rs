//! The required parts of a host, and what it keeps.

use super::*;

#[test]
fn cf2_a_host_has_what_its_server_asks() {
    let office = || AuthorizationHost::builder(Office::default(), Office::default());
    let refused = |builder: AuthorizationHostBuilder, server: &AuthorizationServer| -> &'static str {
        builder.build(server).map_err(|error: ConfigError| error.member()).unwrap_err()
    };
    let all = server(CODE_AND_REFRESH, |builder| builder);
    let codes = || MemoryCodeStore::single_node(1).unwrap();
    let tokens = || MemoryRefreshStore::single_node(1).unwrap();
    let list = || MemoryDenyList::single_node(1).unwrap();
    assert_eq!(refused(office(), &all), "code_store");
    assert_eq!(refused(office().code_store(codes()), &all), "refresh_store");
    let stored = || office().code_store(codes()).refresh_store(tokens());
    assert_eq!(refused(stored(), &all), "pushed_request_store");
    let stored = || {
        office()
            .code_store(codes())
            .refresh_store(tokens())
            .pushed_request_store(MemoryPushedRequestStore::single_node(1).unwrap())
    };
    assert_eq!(refused(stored(), &all), "deny_list");
    let stored = stored().deny_list(list());
    assert_eq!(refused(stored, &all), "replay_store");
    assert_eq!(refused(office().single_node_memory(1).unwrap(), &all), "principals");
    let users = || office().single_node_memory(1).unwrap().principals(Office::default());
    assert_eq!(refused(users(), &all), "consent_policy");
    let users = || users().consent_policy(Office::default());
    assert!(users().build(&all).is_ok());
    assert_eq!(office().single_node_memory(0).unwrap_err().member(), "capacity");
    let wider = server(CODE_AND_REFRESH, |builder| {
        builder.openid_connect().id_tokens_without_rs256().scopes_supported(["openid"]).ask_introspection()
    });
    assert_eq!(refused(users(), &wider), "claims");
    assert_eq!(refused(users().claims(Office::default()), &wider), "introspection_policy");
    assert!(users().claims(Office::default()).introspection_policy(Office::default()).build(&wider).is_ok());
    // Assertions are used once, as proofs are.
    let assertions = |builder: AuthorizationServerBuilder| builder.without_dpop().without_deny_list();
    assert_eq!(refused(office(), &server(&[GrantType::ClientCredentials], assertions)), "replay_store");
    let secrets = |builder: AuthorizationServerBuilder| {
        builder.without_dpop().without_deny_list().auth_methods([AuthMethod::ClientSecretPost])
    };
    assert!(office().build(&server(&[GrantType::ClientCredentials], secrets)).is_ok());
}

#[test]
fn st1_several_instances_need_stores_that_they_share() {
    let all = server(CODE_AND_REFRESH, |builder| builder);
    let memory = || {
        let builder = AuthorizationHost::builder(Office::default(), Office::default()).single_node_memory(1).unwrap();
        builder.principals(Office::default()).consent_policy(Office::default()).instances(Instances::Multiple)
    };
    assert_eq!(memory().build(&all).unwrap_err().member(), "code_store");
    assert_eq!(memory().code_store(Arc::new(Shared)).build(&all).unwrap_err().member(), "refresh_store");
    // Stores that are never asked need not be shared.
    let secrets = |builder: AuthorizationServerBuilder| {
        builder.without_dpop().without_deny_list().auth_methods([AuthMethod::ClientSecretPost])
    };
    assert!(memory().build(&server(&[GrantType::ClientCredentials], secrets)).is_ok());
}

#[test]
fn az26_a_consent_grant_is_spent_once_for_what_it_was_given_for_and_in_time() {
    let world = World::new();
    let store = MemoryConsentGrantStore::single_node(2).unwrap();
    let binding = ConsentBinding::parse(&base64url::encode(&[1; 32])).unwrap();
    let other = ConsentBinding::parse(&base64url::encode(&[2; 32])).unwrap();
    let given =
        |seed| world.server.grant_consent(binding, "usr_1", ScopeSet::new(["read"]), NOW, &mut entropy(seed)).unwrap();
    let [first, second, third] = [1, 2, 3].map(given);
    let inserted = [&first, &first, &second, &third].map(|grant| store.insert(grant, NOW));
    assert_eq!(inserted, [Ok(()), Err(Unavailable), Ok(()), Err(Unavailable)]);
    let take = |grant: &NewConsentGrant, binding, now| {
        run(store.take(&ConsentRedemption { digest: grant.digest(), binding, now })).unwrap()
    };
    assert_eq!(take(&first, other, NOW), None, "given for something else");
    assert_eq!(take(&first, binding, NOW).as_ref(), Some(first.grant()), "and not spent by that");
    assert_eq!(take(&first, binding, NOW), None);
    assert_eq!(take(&second, binding, second.grant().expires_at), None, "expires_at > now");
    assert_eq!((store.sweep(second.grant().expires_at.plus(1)), store.reach()), (1, StoreReach::Process));
}

/// A list with fewer places would answer 503 to the revocation of such a family for as long as its access tokens live.
#[test]
fn rv4_the_deny_list_of_a_small_host_has_room_for_the_largest_family() {
    use crate::authorization::{RefreshPolicy, RevokedAccessTokens};
    let server = server(CODE_AND_REFRESH, |builder| builder);
    let host = AuthorizationHost::builder(Office::default(), Office::default()).single_node_memory(9).unwrap();
    let host = host.principals(Office::default()).consent_policy(Office::default()).build(&server).unwrap();
    let most = 1_000;
    assert!(RefreshPolicy::new().access_tokens_at_a_time(most).is_ok());
    assert!(RefreshPolicy::new().access_tokens_at_a_time(most + 1).is_err());
    let access = (0..most).map(|number| IssuedAccessToken::new(format!("jti {number}"), NOW.plus(60))).collect();
    let revoked = RevokedAccessTokens { access, subject: "usr_1".into(), now: NOW };
    let list = host.parts().deny_list.as_deref().unwrap();
    assert_eq!(run(deny_list::ErasedDenyList::revoke(list, &revoked)), Ok(()));
}

/// Otherwise such a family could be revoked only when its access tokens have expired.
#[test]
fn rt5_a_deny_list_that_is_smaller_than_a_family_is_refused() {
    use crate::authorization::RefreshPolicy;
    use crate::host::MemoryDenyList;
    let build = |places: usize, tokens: Option<usize>, shared: bool| {
        let server = server(CODE_AND_REFRESH, |builder| match tokens {
            Some(tokens) => builder.refresh(RefreshPolicy::new().access_tokens_at_a_time(tokens).unwrap()),
            None => builder,
        });
        let host = AuthorizationHost::builder(Office::default(), Office::default()).single_node_memory(9).unwrap();
        let list = MemoryDenyList::single_node(places).unwrap();
        let host = if shared { host.deny_list(Arc::new(list)) } else { host.deny_list(list) };
        host.principals(Office::default()).consent_policy(Office::default()).build(&server)
    };
    for shared in [false, true] {
        assert!(build(99, None, shared).unwrap_err().to_string().contains("deny_list"));
        assert!(build(100, None, shared).is_ok());
        assert!(build(19, Some(20), shared).is_err());
        assert!(build(20, Some(20), shared).is_ok());
    }
}

/// An assertion that a predecessor may have seen is not accepted again.
#[test]
fn ca6_after_a_restart_what_may_have_been_used_is_not_taken() {
    let by_key = server(CODE_AND_REFRESH, |builder| builder.without_dpop());
    let by_proof = server(CODE_AND_REFRESH, |builder| builder.auth_methods([AuthMethod::None]));
    for (server, window) in [(by_key, 421), (by_proof, 181)] {
        let memory = || AuthorizationHost::builder(Office::default(), Office::default()).single_node_memory(9).unwrap();
        let users = |host: AuthorizationHostBuilder| {
            host.principals(Office::default()).consent_policy(Office::default()).build(&server).unwrap()
        };
        let fresh = |host: &AuthorizationHost, until| {
            let claim = ReplayClaim::new(crate::dpop::ReplayKey::from_bytes([1; 32]), NOW.plus(until));
            run(host.parts().replay.as_ref().unwrap().claim_boxed(&claim, NOW))
        };
        assert_eq!(fresh(&users(memory()), 60), ReplayAnswer::Fresh);
        let restarted = users(memory().restarted(NOW));
        assert_eq!(
            [60, window, window + 1].map(|until| fresh(&restarted, until)),
            [ReplayAnswer::Unavailable, ReplayAnswer::Unavailable, ReplayAnswer::Fresh]
        );
        let own = crate::host::MemoryReplayStore::single_node(9).unwrap();
        assert_eq!(
            fresh(&users(memory().restarted(NOW).replay_store(own)), 60),
            ReplayAnswer::Fresh,
            "it knows itself"
        );
    }
}
