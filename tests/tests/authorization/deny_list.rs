//! A resource that consults the deny list of the authorization server beside it.

use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use attesto_core::host::{AccessTokenDenyList, DenyListCheck, MemoryDenyList, RevocationCheck, StoreReach};
use attesto_core::resource::RevocationAnswer;
use attesto_testkit::{Fixture, RequestVerifier, Route, block_on};
use std::sync::Arc;

/// What the list says of a good token with this `jti`.
fn asked(list: impl AccessTokenDenyList, jwt_id: &str) -> RevocationAnswer {
    let fixture = Fixture::new();
    let request = Route::post("/mcp").request(&fixture).bearer(&fixture.token().claim("jti", jwt_id).build());
    let grant = RequestVerifier::new(fixture.resource_server()).verify(&request, fixture.now()).granted();
    assert_eq!(grant.claims().jwt_id(), Some(jwt_id));
    block_on(DenyListCheck::new(list).revocation(grant.claims()))
}

#[test]
fn rv4_a_resource_refuses_what_the_list_holds_and_nothing_else() {
    let list = Arc::new(MemoryDenyList::single_node(1).expect("a list"));
    let now = Timestamp::from_secs(1_000);
    let access = IssuedAccessToken::new("jti-1", Timestamp::from_secs(u64::from(u32::MAX)));
    let revoked = RevokedAccessTokens { access: [access].into(), subject: "usr_1".into(), now };
    block_on(list.revoke(&revoked)).expect("room for one");
    assert_eq!(asked(Arc::clone(&list), "jti-1"), RevocationAnswer::Revoked);
    assert_eq!(asked(list, "jti-2"), RevocationAnswer::Active);
}

struct Silent;

impl AccessTokenDenyList for Silent {
    async fn revoke(&self, _: &RevokedAccessTokens) -> Answered<()> {
        Err(Unavailable)
    }

    async fn is_revoked(&self, _: &IssuedAccessToken) -> Answered<bool> {
        Err(Unavailable)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn st5_a_token_that_no_list_can_hold_counts_as_revoked() {
    let list = || MemoryDenyList::single_node(1).expect("a list");
    assert_eq!(asked(list(), "jti-\u{1}\u{7f}"), RevocationAnswer::Active);
    for jwt_id in ["\0", "jti-1\0"] {
        assert_eq!(asked(list(), jwt_id), RevocationAnswer::Revoked);
    }
}

#[test]
fn rv4_a_list_that_does_not_answer_lets_nothing_through() {
    assert_eq!(asked(Silent, "jti-1"), RevocationAnswer::Unavailable);
}
