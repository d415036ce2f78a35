//! Whole stores between the suite and a good one: a replica that answers reads, and a clock of the store's own.

use super::{NOW, Racing, is_about};
use crate::{
    block_on, check_code_store_conforms, check_deny_list_conforms, check_pushed_request_store_conforms,
    check_refresh_store_conforms,
};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, AuthorizationCode, CodeRedemption, FamilyRevocation, IssuedAccessToken, NewCode, NewPushedRequest,
    NewRefresh, PushedRequest, RefreshKey, RefreshState, RepeatedRefresh, RevocableFamily, RevokedAccessTokens,
    Rotated, Rotation, SecretDigest, SecretQuery, SettledRevocation, TakenCode,
};
use attesto_core::host::{
    AccessTokenDenyList, CodeStore, MemoryCodeStore, MemoryDenyList, MemoryPushedRequestStore, MemoryRefreshStore,
    PushedRequestStore, RefreshStore, StoreReach,
};
use std::sync::Mutex;

/// A question that changes something.
#[derive(Clone)]
enum Write {
    InsertCode(NewCode),
    TakeCode(SecretQuery),
    RecordCode(CodeRedemption),
    InsertPushed(NewPushedRequest),
    TakePushed(SecretQuery),
    Insert(NewRefresh),
    Rotate(Rotation),
    Repeat(RepeatedRefresh),
    Revoke(FamilyRevocation),
    Settle(SettledRevocation),
    Deny(RevokedAccessTokens),
}

/// The stores of one node.
struct Stores {
    codes: MemoryCodeStore,
    pushed: MemoryPushedRequestStore,
    refresh: MemoryRefreshStore,
    denied: MemoryDenyList,
}

impl Stores {
    fn new() -> Self {
        Self {
            codes: MemoryCodeStore::single_node(1_000).unwrap(),
            pushed: MemoryPushedRequestStore::single_node(100_000).unwrap(),
            refresh: MemoryRefreshStore::single_node(100_000).unwrap(),
            denied: MemoryDenyList::single_node(1_000).unwrap(),
        }
    }

    /// Whatever the answer was: the primary has given it already.
    async fn apply(&self, write: Write) {
        match write {
            Write::InsertCode(new) => drop(self.codes.insert(&new).await),
            Write::TakeCode(query) => drop(self.codes.take(&query).await),
            Write::RecordCode(redemption) => drop(self.codes.record(&redemption).await),
            Write::InsertPushed(new) => drop(self.pushed.insert(&new).await),
            Write::TakePushed(query) => drop(self.pushed.take(&query).await),
            Write::Insert(new) => drop(self.refresh.insert(&new).await),
            Write::Rotate(rotation) => drop(self.refresh.rotate(&rotation).await),
            Write::Repeat(repeated) => drop(self.refresh.record_repeat(&repeated).await),
            Write::Revoke(revocation) => drop(self.refresh.revoke_family(&revocation).await),
            Write::Settle(settled) => drop(self.refresh.settle_revocation(&settled).await),
            Write::Deny(revoked) => drop(self.denied.revoke(&revoked).await),
        }
    }
}

/// Reads are answered by a replica, which learns of a write when the next one comes.
struct Lagging {
    primary: Stores,
    replica: Stores,
    on_its_way: Mutex<Option<Write>>,
}

impl Lagging {
    fn new() -> Self {
        Self { primary: Stores::new(), replica: Stores::new(), on_its_way: Mutex::default() }
    }

    async fn passes(&self, write: Write) {
        let before = self.on_its_way.lock().unwrap().replace(write);
        if let Some(before) = before {
            self.replica.apply(before).await;
        }
    }
}

impl CodeStore for Lagging {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        self.passes(Write::InsertCode(new.clone())).await;
        self.primary.codes.insert(new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        self.replica.codes.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        self.passes(Write::TakeCode(*presented)).await;
        self.primary.codes.take(presented).await
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        self.passes(Write::RecordCode(redemption.clone())).await;
        self.primary.codes.record(redemption).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl PushedRequestStore for Lagging {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        self.passes(Write::InsertPushed(new.clone())).await;
        self.primary.pushed.insert(new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        self.replica.pushed.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<Option<PushedRequest>> {
        self.passes(Write::TakePushed(*presented)).await;
        self.primary.pushed.take(presented).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl RefreshStore for Lagging {
    async fn load(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        self.replica.refresh.load(key).await
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        self.passes(Write::Insert(new.clone())).await;
        self.primary.refresh.insert(new).await
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        self.passes(Write::Rotate(rotation.clone())).await;
        self.primary.refresh.rotate(rotation).await
    }

    async fn record_repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        self.passes(Write::Repeat(repeated.clone())).await;
        self.primary.refresh.record_repeat(repeated).await
    }

    async fn load_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        self.replica.refresh.load_family(jwt_id).await
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        self.passes(Write::Revoke(revocation.clone())).await;
        self.primary.refresh.revoke_family(revocation).await
    }

    async fn settle_revocation(&self, settled: &SettledRevocation) -> Answered<()> {
        self.passes(Write::Settle(settled.clone())).await;
        self.primary.refresh.settle_revocation(settled).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl AccessTokenDenyList for Lagging {
    async fn revoke(&self, revoked: &RevokedAccessTokens) -> Answered<()> {
        self.passes(Write::Deny(revoked.clone())).await;
        self.primary.denied.revoke(revoked).await
    }

    async fn is_revoked(&self, access: &IssuedAccessToken) -> Answered<bool> {
        self.replica.denied.is_revoked(access).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn st1_reads_from_a_replica_are_found() {
    let lagging = "a replica that is one write late";
    let racing = Racing::OneTask;
    is_about(block_on(check_code_store_conforms(&Lagging::new(), NOW, racing)), "Whole rows", &lagging);
    let pushed = block_on(check_pushed_request_store_conforms(&Lagging::new(), NOW, racing));
    is_about(pushed, "Whole rows", &lagging);
    is_about(block_on(check_refresh_store_conforms(&Lagging::new(), NOW, racing)), "Whole rows", &lagging);
    is_about(block_on(check_deny_list_conforms(&Lagging::new(), NOW, racing)), "By `jti` alone", &lagging);
}

/// Judges by a clock that is a minute ahead of the questions.
struct Ahead(Stores);

fn ahead(now: Timestamp) -> Timestamp {
    now.plus(60)
}

impl CodeStore for Ahead {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        self.0.codes.insert(&NewCode { now: ahead(new.now), ..new.clone() }).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        self.0.codes.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        self.0.codes.take(&SecretQuery { now: ahead(presented.now), ..*presented }).await
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        self.0.codes.record(redemption).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

impl PushedRequestStore for Ahead {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        self.0.pushed.insert(new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        self.0.pushed.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<Option<PushedRequest>> {
        self.0.pushed.take(&SecretQuery { now: ahead(presented.now), ..*presented }).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn st3_a_clock_of_the_stores_own_is_found() {
    let clock = "a clock that is a minute ahead";
    let racing = Racing::OneTask;
    let codes = block_on(check_code_store_conforms(&Ahead(Stores::new()), NOW, racing));
    is_about(codes, "Whole rows", &clock);
    let pushed = block_on(check_pushed_request_store_conforms(&Ahead(Stores::new()), NOW, racing));
    is_about(pushed, "Whole rows", &clock);
}
