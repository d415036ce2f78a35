//! A database behind the ledger: SQLite in memory, one for each thread. Each scene has names of its own in it, so that
//! thousands of them can be played on one database; a copy of a scene does again, under its own names, what changed
//! something.

use attesto_core::authorization::{
    Answered, Authorization, AuthorizationCode, CodeRedemption, FamilyId, FamilyRevocation, IssuedAccessToken, NewCode,
    NewRefresh, RefreshKey, RefreshState, RefreshToken, RepeatedRefresh, RevocableFamily, RevokedAccessTokens, Rotated,
    Rotation, SecretDigest, SecretQuery, SettledRevocation, TakenCode,
};
use attesto_core::host::{AccessTokenDenyList as _, CodeStore as _, RefreshStore as _};
use attesto_sqlx::{SqliteOptions, SqlxCodeStore, SqlxDenyList, SqlxRefreshStore, migrate};
use attesto_testkit::block_on;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

struct Stores {
    codes: SqlxCodeStore,
    refresh: SqlxRefreshStore,
    denied: SqlxDenyList,
}

thread_local! {
    static STORES: Stores = block_on(async {
        let database = SqliteOptions::memory().open().await.expect("opens");
        migrate(&database).await.expect("migrates");
        Stores { codes: database.codes(), refresh: database.refresh_tokens(), denied: database.deny_list() }
    });
}

/// Something that changes a database, under the names of a scene.
type Act = Arc<dyn Fn(&Stores, Names) + Send + Sync>;

/// What one scene has in the database.
#[derive(Default)]
pub(crate) struct Behind {
    acts: Vec<Act>,
    /// `None` until the acts have been done.
    names: Option<Names>,
}

impl Clone for Behind {
    fn clone(&self) -> Self {
        Self { acts: self.acts.clone(), names: None }
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Behind").field("acts", &self.acts.len()).finish_non_exhaustive()
    }
}

impl Behind {
    /// The names of this scene, under which it is in the database.
    fn names(&mut self) -> Names {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let acts = &self.acts;
        *self.names.get_or_insert_with(|| {
            let names = Names(NEXT.fetch_add(1, Ordering::Relaxed));
            STORES.with(|stores| acts.iter().for_each(|act| act(stores, names)));
            names
        })
    }

    fn load<T>(&mut self, load: impl FnOnce(&Stores, Names) -> Answered<T>) -> Answered<T> {
        let names = self.names();
        STORES.with(|stores| load(stores, names))
    }

    fn act<T>(&mut self, act: impl Fn(&Stores, Names) -> Answered<T> + Send + Sync + 'static) -> Answered<T> {
        let names = self.names();
        let answer = STORES.with(|stores| act(stores, names));
        self.acts.push(Arc::new(move |stores, names| drop(act(stores, names))));
        answer
    }

    pub(crate) fn insert_code(&mut self, new: &NewCode) -> Answered<()> {
        let new = new.clone();
        self.act(move |stores, names| {
            let (digest, code) = (names.digest(&new.digest), names.code(&new.code, Names::name));
            block_on(stores.codes.insert(&NewCode { digest, code, now: new.now }))
        })
    }

    pub(crate) fn load_code(&mut self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        self.load(|stores, names| {
            let code = block_on(stores.codes.load(&names.digest(digest)))?;
            Ok(code.map(|code| names.code(&code, Names::bare)))
        })
    }

    pub(crate) fn take_code(&mut self, asked: &SecretQuery) -> Answered<TakenCode> {
        let asked = *asked;
        self.act(move |stores, names| {
            let asked = SecretQuery { digest: names.digest(&asked.digest), now: asked.now };
            Ok(match block_on(stores.codes.take(&asked))? {
                TakenCode::Fresh(code) => TakenCode::Fresh(Box::new(names.code(&code, Names::bare))),
                TakenCode::Spent(mut spent) => {
                    spent.family = names.family(spent.family);
                    spent.recorded = spent.recorded.map(|access| names.access(&access, Names::bare));
                    TakenCode::Spent(spent)
                }
                TakenCode::Unknown => TakenCode::Unknown,
            })
        })
    }

    pub(crate) fn record_redemption(&mut self, redemption: &CodeRedemption) -> Answered<()> {
        let redemption = redemption.clone();
        self.act(move |stores, names| {
            let mut named = redemption.clone();
            named.digest = names.digest(&redemption.digest);
            named.access = names.access(&redemption.access, Names::name);
            block_on(stores.codes.record(&named))
        })
    }

    pub(crate) fn load_refresh(&mut self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        self.load(|stores, names| {
            let state = block_on(stores.refresh.load(&names.key(key)))?;
            Ok(state.map(|state| RefreshState {
                token: names.token(&state.token, Names::bare),
                undenied: names.all(&state.undenied, Names::bare),
                ..state
            }))
        })
    }

    pub(crate) fn insert_refresh(&mut self, new: &NewRefresh) -> Answered<bool> {
        let new = new.clone();
        self.act(move |stores, names| {
            let (key, token) = (names.key(&new.key), names.token(&new.token, Names::name));
            block_on(stores.refresh.insert(&NewRefresh { key, token, now: new.now }))
        })
    }

    pub(crate) fn rotate_refresh(&mut self, rotation: &Rotation) -> Answered<Rotated> {
        let rotation = rotation.clone();
        self.act(move |stores, names| {
            let mut named = rotation.clone();
            named.spent = names.key(&rotation.spent);
            named.successor = names.digest(&rotation.successor);
            named.token = names.token(&rotation.token, Names::name);
            block_on(stores.refresh.rotate(&named))
        })
    }

    pub(crate) fn record_repeat(&mut self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let repeated = repeated.clone();
        self.act(move |stores, names| {
            let (key, access) = (names.key(&repeated.key), names.access(&repeated.access, Names::name));
            block_on(stores.refresh.record_repeat(&RepeatedRefresh { key, access, ..repeated }))
        })
    }

    pub(crate) fn load_family(&mut self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        self.load(|stores, names| {
            let found = block_on(stores.refresh.load_family(&names.name(jwt_id)))?;
            Ok(found.map(|found| RevocableFamily { family: names.family(found.family), ..found }))
        })
    }

    pub(crate) fn revoke_family(&mut self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        let revocation = revocation.clone();
        self.act(move |stores, names| {
            let family = names.family(revocation.family);
            let (subject, access) = (names.name(&revocation.subject), names.all(&revocation.access, Names::name));
            let named = FamilyRevocation { family, subject, access, ..revocation };
            Ok(names.all(&block_on(stores.refresh.revoke_family(&named))?, Names::bare))
        })
    }

    pub(crate) fn settle_revocation(&mut self, settled: &SettledRevocation) -> Answered<()> {
        let settled = settled.clone();
        self.act(move |stores, names| {
            let (family, access) = (names.family(settled.family), names.all(&settled.access, Names::name));
            block_on(stores.refresh.settle_revocation(&SettledRevocation { family, access, now: settled.now }))
        })
    }

    pub(crate) fn deny(&mut self, revoked: &RevokedAccessTokens) -> Answered<()> {
        let revoked = revoked.clone();
        self.act(move |stores, names| {
            let (access, subject) = (names.all(&revoked.access, Names::name), names.name(&revoked.subject));
            block_on(stores.denied.revoke(&RevokedAccessTokens { access, subject, now: revoked.now }))
        })
    }

    pub(crate) fn is_denied(&mut self, access: &IssuedAccessToken) -> Answered<bool> {
        self.load(|stores, names| block_on(stores.denied.is_revoked(&names.access(access, Names::name))))
    }
}

/// What tells the rows of one scene from those of the others. Bytes are mixed with its number, which is undone by mixing
/// them once more; texts begin with it.
#[derive(Clone, Copy)]
struct Names(u32);

/// Towards the database, or back.
type Text = fn(Names, &str) -> String;

impl Names {
    fn mixed<const N: usize>(self, mut bytes: [u8; N]) -> [u8; N] {
        bytes.iter_mut().zip(self.0.to_be_bytes()).for_each(|(byte, mixed)| *byte ^= mixed);
        bytes
    }

    fn name(self, text: &str) -> String {
        format!("{:08x}{text}", self.0)
    }

    fn bare(self, text: &str) -> String {
        let bare = text.strip_prefix(&self.name(""));
        bare.unwrap_or_else(|| panic!("{text} is of another scene")).into()
    }

    fn family(self, family: FamilyId) -> FamilyId {
        FamilyId::from_bytes(self.mixed(*family.as_bytes()))
    }

    fn digest(self, digest: &SecretDigest) -> SecretDigest {
        SecretDigest::from_bytes(self.mixed(*digest.as_bytes()))
    }

    fn key(self, key: &RefreshKey) -> RefreshKey {
        RefreshKey { family: self.digest(&key.family), token: self.digest(&key.token) }
    }

    fn access(self, access: &IssuedAccessToken, text: Text) -> IssuedAccessToken {
        IssuedAccessToken::new(text(self, &access.jwt_id), access.expires_at)
    }

    fn all(self, access: &[IssuedAccessToken], text: Text) -> Vec<IssuedAccessToken> {
        access.iter().map(|access| self.access(access, text)).collect()
    }

    fn authorization(self, authorization: &Authorization, text: Text) -> Authorization {
        let mut named = authorization.clone();
        named.family = self.family(authorization.family);
        named.subject = text(self, &authorization.subject);
        named
    }

    fn code(self, code: &AuthorizationCode, text: Text) -> AuthorizationCode {
        let mut named = code.clone();
        named.authorization = self.authorization(&code.authorization, text);
        named
    }

    fn token(self, token: &RefreshToken, text: Text) -> RefreshToken {
        let mut named = token.clone();
        named.authorization = self.authorization(&token.authorization, text);
        named.access = self.all(&token.access, text);
        named
    }
}
