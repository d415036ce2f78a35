//! Stores that break their contract in one way each, around the memory stores that keep it.

use attesto_core::authorization::{
    Answered, AuthorizationCode, CodeRedemption, FamilyRevocation, IssuedAccessToken, NewCode, NewPushedRequest,
    NewRefresh, PushedRequest, RefreshKey, RefreshState, RepeatedRefresh, RevocableFamily, RevokedAccessTokens,
    Rotated, Rotation, SecretDigest, SecretQuery, SettledRevocation, TakenCode,
};
use attesto_core::host::{
    AccessTokenDenyList, AuthorizationHostBuilder, CodeStore, MemoryCodeStore, MemoryPushedRequestStore,
    MemoryRefreshStore, PushedRequestStore, RefreshStore, StoreReach,
};

/// What is broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Broken {
    /// A code that was taken is given once more.
    CodesStay,
    /// The store does not record the access token of a code.
    CodesForget,
    /// A pushed request that was taken is still there.
    ReferencesStay,
    /// A family is revoked, and goes on.
    FamiliesGoOn,
    /// A refresh token that was rotated counts as before.
    TokensStay,
    /// A denied access token is not.
    DenialsAreLost,
}

const CAPACITY: usize = 1_000;

impl Broken {
    pub(crate) const ALL: [Self; 6] = [
        Self::CodesStay,
        Self::CodesForget,
        Self::ReferencesStay,
        Self::FamiliesGoOn,
        Self::TokensStay,
        Self::DenialsAreLost,
    ];

    /// The host with the broken store in place of the sound one.
    pub(crate) fn stores(self, host: AuthorizationHostBuilder) -> AuthorizationHostBuilder {
        match self {
            Self::CodesStay | Self::CodesForget => {
                host.code_store(Codes(self, MemoryCodeStore::single_node(CAPACITY).expect("a capacity")))
            }
            Self::ReferencesStay => {
                host.pushed_request_store(Pushed(MemoryPushedRequestStore::single_node(CAPACITY).expect("a capacity")))
            }
            Self::FamiliesGoOn | Self::TokensStay => {
                host.refresh_store(Tokens(self, MemoryRefreshStore::single_node(CAPACITY).expect("a capacity")))
            }
            Self::DenialsAreLost => host.deny_list(NoList),
        }
    }
}

struct Codes(Broken, MemoryCodeStore);

impl CodeStore for Codes {
    async fn insert(&self, new: &NewCode) -> Answered<()> {
        self.1.insert(new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        self.1.load(digest).await
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<TakenCode> {
        let code = self.1.load(&presented.digest).await?;
        let taken = self.1.take(presented).await?;
        Ok(match code {
            Some(code) if self.0 == Broken::CodesStay => TakenCode::Fresh(Box::new(code)),
            _ => taken,
        })
    }

    async fn record(&self, redemption: &CodeRedemption) -> Answered<()> {
        if self.0 == Broken::CodesForget { Ok(()) } else { self.1.record(redemption).await.or(Ok(())) }
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

struct Pushed(MemoryPushedRequestStore);

impl PushedRequestStore for Pushed {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        self.0.insert(new).await
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        self.0.load(digest).await
    }

    async fn take(&self, redemption: &SecretQuery) -> Answered<Option<PushedRequest>> {
        self.0.load(&redemption.digest).await
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

struct Tokens(Broken, MemoryRefreshStore);

impl RefreshStore for Tokens {
    async fn load(&self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        let mut state = self.1.load(key).await?;
        if let Some(state) = state.as_mut().filter(|_| self.0 == Broken::TokensStay) {
            state.spent = None;
        }
        Ok(state)
    }

    async fn insert(&self, new: &NewRefresh) -> Answered<bool> {
        self.1.insert(new).await
    }

    async fn rotate(&self, rotation: &Rotation) -> Answered<Rotated> {
        if self.0 != Broken::TokensStay {
            return self.1.rotate(rotation).await;
        }
        // Whichever of the family's is shown.
        let state = self.1.load(&rotation.spent).await?;
        let answer = self.1.rotate(rotation).await?;
        Ok(if state.is_some() && answer == Rotated::Lost { Rotated::Done } else { answer })
    }

    async fn record_repeat(&self, repeated: &RepeatedRefresh) -> Answered<bool> {
        self.1.record_repeat(repeated).await
    }

    async fn load_family(&self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        self.1.load_family(jwt_id).await
    }

    async fn settle_revocation(&self, settled: &SettledRevocation) -> Answered<()> {
        self.1.settle_revocation(settled).await
    }

    async fn revoke_family(&self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        if self.0 == Broken::FamiliesGoOn { Ok(Vec::new()) } else { self.1.revoke_family(revocation).await }
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

struct NoList;

impl AccessTokenDenyList for NoList {
    async fn revoke(&self, _: &RevokedAccessTokens) -> Answered<()> {
        Ok(())
    }

    async fn is_revoked(&self, _: &IssuedAccessToken) -> Answered<bool> {
        Ok(false)
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}
