//! Families to test with. Each has a number, and each of its tokens a name.

use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, Authorization, FamilyId, FamilyRevocation, IssuedAccessToken, NewRefresh, RefreshKey, RefreshState,
    RefreshToken, RepeatedRefresh, Rotated, Rotation, SecretDigest, SettledRevocation, SuccessorSalt,
};
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::host::RefreshStore as _;
use attesto_sqlx::SqlxRefreshStore;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn bytes(label: &str, family: u32, token: &str) -> [u8; 32] {
    RustCrypto::new().sha256(&[label.as_bytes(), &family.to_be_bytes(), token.as_bytes()])
}

pub(crate) fn family_id(family: u32) -> FamilyId {
    let mut id = [0; 16];
    id.copy_from_slice(&bytes("family", family, "")[..16]);
    FamilyId::from_bytes(id)
}

pub(crate) fn digest(family: u32, token: &str) -> SecretDigest {
    SecretDigest::from_bytes(bytes("token", family, token))
}

pub(crate) fn key(family: u32, token: &str) -> RefreshKey {
    RefreshKey { family: SecretDigest::from_bytes(bytes("key", family, "")), token: digest(family, token) }
}

/// The access token issued with a token.
pub(crate) fn access(family: u32, token: &str) -> IssuedAccessToken {
    IssuedAccessToken::new(format!("{family} {token}"), NOW.plus(900))
}

pub(crate) fn first(family: u32, token: &str) -> NewRefresh {
    first_of("user", "client", family, token, NOW)
}

pub(crate) fn first_of(user: &str, client: &str, family: u32, token: &str, now: Timestamp) -> NewRefresh {
    let authorization = Authorization::new(family_id(family), client, user);
    let record = RefreshToken::first(authorization, now.plus(1_000), now.plus(9_000), access(family, token));
    NewRefresh { key: key(family, token), token: record, now }
}

/// From one token to the next.
pub(crate) fn rotation(family: u32, spent: &str, successor: &str, now: Timestamp) -> Rotation {
    let mut token = first(family, successor).token;
    token.generation = 1;
    let salt = SuccessorSalt::from_bytes(bytes("salt", family, successor));
    Rotation::new(key(family, spent), digest(family, successor), token, Some(salt), now)
}

/// The token once more, with another access token.
pub(crate) fn repeated(family: u32, token: &str, with: &str, at_most: usize) -> RepeatedRefresh {
    let (access, expires_at) = (access(family, with), NOW.plus(1_000));
    RepeatedRefresh { key: key(family, token), access, expires_at, at_most, now: NOW }
}

pub(crate) fn revocation(family: u32) -> FamilyRevocation {
    let (family, keep_until) = (family_id(family), NOW.plus(86_400));
    FamilyRevocation { family, subject: "user".into(), access: Vec::new(), now: NOW, keep_until }
}

pub(crate) fn settled(family: u32, access: &[IssuedAccessToken]) -> SettledRevocation {
    SettledRevocation { family: family_id(family), access: access.into(), now: NOW }
}

/// Inserts the first token of a family, which the store must accept.
pub(crate) async fn inserted(store: &SqlxRefreshStore, family: u32) {
    assert_eq!(store.insert(&first(family, "first")).await, Ok(true), "family {family}");
}

pub(crate) async fn rotate(store: &SqlxRefreshStore, family: u32, spent: &str, successor: &str) -> Answered<Rotated> {
    store.rotate(&rotation(family, spent, successor, NOW)).await
}

/// Loads a token that the store must know.
pub(crate) async fn state(store: &SqlxRefreshStore, family: u32, token: &str) -> RefreshState {
    let state = store.load(&key(family, token)).await.expect("an answer");
    state.unwrap_or_else(|| panic!("{token} of family {family} is known"))
}

/// Whether a token is the current one of a living family.
pub(crate) async fn is_current(store: &SqlxRefreshStore, family: u32, token: &str) -> bool {
    let state = store.load(&key(family, token)).await.expect("an answer");
    state.is_some_and(|state| state.spent.is_none() && !state.family_revoked)
}

/// The `jti`s, in order.
pub(crate) fn ids(access: &[IssuedAccessToken]) -> Vec<&str> {
    let mut ids: Vec<&str> = access.iter().map(|access| access.jwt_id.as_str()).collect();
    ids.sort_unstable();
    ids
}
