//! What the memory stores of an authorization server hold, and whose share of it is how large.

use crate::measured_input::Row;
use crate::meter::held;
use crate::stores::{bytes_each, row};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, AuthorizationServer, ConsentBinding, FamilyId, IssuedAccessToken, NewCode,
    NewPushedRequest, NewRefresh, PushedRequest, RefreshKey, RefreshToken, RevokedAccessTokens, Rotated, Rotation,
    ScopeSet, SecretDigest,
};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use attesto_core::host::{
    AccessTokenDenyList, CodeStore, MemoryCodeStore, MemoryConsentGrantStore, MemoryDenyList, MemoryPushedRequestStore,
    MemoryRefreshStore, PushedRequestStore, RefreshStore,
};
use attesto_core::jose::KeyMaterial;
use attesto_core::limits;
use attesto_core::pkce::CodeChallenge;
use attesto_core::token::KeyRing;
use attesto_testkit::block_on;
use attesto_tests::NOW;
use std::sync::Arc;

const CAPACITY: usize = 10_000;
/// What one client of one user has at most of a store of this size: a quarter of the user's.
const ONE_CLIENT: usize = 1_024 / 4;

fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

fn digest(kind: u8, number: usize) -> SecretDigest {
    SecretDigest::from_bytes(RustCrypto::new().sha256(&[&[kind], &number.to_be_bytes()]))
}

/// As users of a service with names of 36 characters have them.
fn authorization(user: &str, number: usize) -> Authorization {
    let mut family = [0; 16];
    family[..8].copy_from_slice(&number.to_be_bytes());
    let mut authorization =
        Authorization::new(FamilyId::from_bytes(family), "https://client.example/id", format!("{user:0>36}"));
    authorization.scopes = ScopeSet::new(["openid", "offline_access", "files.read", "files.write"]);
    authorization.resources = ["https://api.example.com/mcp".into()].into();
    authorization
}

fn access(number: usize) -> IssuedAccessToken {
    IssuedAccessToken::new(format!("{number:0>22}"), now().plus(960))
}

fn token(user: &str, number: usize, jti: usize) -> RefreshToken {
    RefreshToken::first(authorization(user, number), now().plus(1_209_600), now().plus(7_776_000), access(jti))
}

fn key(number: usize, token: usize) -> RefreshKey {
    RefreshKey { family: digest(b'f', number), token: digest(b't', token) }
}

pub(crate) fn families_of_refresh_tokens() -> Row {
    const EACH: usize = 1_250;
    let store = MemoryRefreshStore::single_node(CAPACITY).expect("a capacity");
    let insert = |user: &str, number: usize| {
        block_on(store.insert(&NewRefresh { key: key(number, number), token: token(user, number, number), now: now() }))
    };
    bytes_each(CAPACITY, EACH, || {
        let mallory = (0..CAPACITY).rev().filter(|number| insert("mallory", *number) == Ok(true)).count();
        assert_eq!((mallory, store.len()), (CAPACITY, ONE_CLIENT), "the older ones have ended");
        for number in ONE_CLIENT..CAPACITY {
            assert_eq!(insert(&format!("user {}", number % 1_000), number), Ok(true));
        }
    });
    assert!(insert("alice", CAPACITY).is_err());
    let full = held();
    for turn in 0..50_000 {
        let spent = key(0, if turn == 0 { 0 } else { CAPACITY + turn });
        // One access token at a time: what more of them take is bounded by the server (100 of a family).
        let rotation = Rotation::new(spent, digest(b't', CAPACITY + turn + 1), token("mallory", 0, 0), None, now());
        assert_eq!(block_on(store.rotate(&rotation)), Ok(Rotated::Done));
    }
    assert!(held() <= full + 1024, "a family that is rotated in a loop takes no more: {} bytes", held() - full);
    row(
        "`MemoryRefreshStore`: one row for each authorization, however often its token is rotated",
        EACH,
        CAPACITY,
        "family",
        "503 for new families; one user has a 64th of it, or 1024, one client of a user a quarter of that: then its own oldest ends",
    )
}

pub(crate) fn revoked_access_tokens() -> Row {
    const EACH: usize = 180;
    let list = MemoryDenyList::single_node(CAPACITY).expect("a capacity");
    let revoke = |user: usize, from: usize, to: usize| {
        let access = (from..to).map(access).collect();
        block_on(list.revoke(&RevokedAccessTokens { access, subject: format!("user {user}"), now: now() }))
    };
    bytes_each(CAPACITY, EACH, || {
        for user in 0..CAPACITY / 100 {
            assert_eq!(revoke(user, user * 100, user * 100 + 100), Ok(()));
        }
    });
    let full = held();
    assert!(revoke(0, CAPACITY, CAPACITY + 1).is_err());
    assert_eq!(held(), full, "a full list does not grow");
    row(
        "`MemoryDenyList`: revoked access tokens until they expire, those of a family by one question (100 at most)",
        EACH,
        CAPACITY,
        "token",
        "503; one subject has a 16th of it, or 1000",
    )
}

pub(crate) fn authorization_codes() -> Row {
    const EACH: usize = 900;
    let store = MemoryCodeStore::single_node(CAPACITY).expect("a capacity");
    let insert = |user: &str, number: usize| {
        let (authorization, redirect) = (authorization(user, number), "https://client.example/callback");
        let challenge = CodeChallenge::from_bytes([0; 32]);
        let code = AuthorizationCode::new(authorization, redirect, challenge, now().plus(60));
        block_on(store.insert(&NewCode { digest: digest(b'c', number), code, now: now() }))
    };
    bytes_each(CAPACITY, EACH, || {
        assert_eq!((0..CAPACITY).filter(|number| insert("mallory", *number).is_ok()).count(), ONE_CLIENT);
        for number in ONE_CLIENT..CAPACITY {
            assert_eq!(insert(&format!("user {}", number % 1_000), number), Ok(()));
        }
    });
    assert!(insert("alice", CAPACITY).is_err());
    row(
        "`MemoryCodeStore`: codes, until the access token of each has expired",
        EACH,
        CAPACITY,
        "code",
        "503 for new codes; one user has a 64th of it, or 1024, one client of a user a quarter of that",
    )
}

/// By strangers, in the name of public clients, of the longest.
pub(crate) fn pushed_requests() -> Row {
    const EACH: usize = 520;
    let store = MemoryPushedRequestStore::single_node(CAPACITY).expect("a capacity");
    let insert = |number: usize, authenticated: bool, length: usize| {
        let client = format!("client {}", number % 10);
        let mut request = PushedRequest::new(client, "x".repeat(length), now(), now().plus(690));
        (request.present_by, request.authenticated) = (now().plus(90), authenticated);
        block_on(store.insert(&NewPushedRequest { digest: digest(b'p', number), request }))
    };
    bytes_each(CAPACITY, EACH, || {
        let longest = (0..CAPACITY).filter(|number| insert(*number, false, limits::PUSHED_REQUEST).is_ok()).count();
        assert_eq!(longest, CAPACITY / 2 / 17, "half of the places, for strangers");
    });
    assert!(
        insert(2 * CAPACITY, true, limits::PUSHED_REQUEST).is_ok(),
        "the other half is for those who have proved it"
    );
    row(
        "`MemoryPushedRequestStore`: pushed requests in the name of public clients, of the longest",
        EACH,
        CAPACITY,
        "place of 1 KiB",
        "503; public clients have half of it, one client a quarter: then its own late ones go",
    )
}

pub(crate) fn consent_grants() -> Row {
    const EACH: usize = 800;
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let mut counter = 0u64;
    let mut entropy = move |out: &mut [u8]| -> Result<(), EntropyError> {
        counter += 1;
        out.fill(0);
        out.iter_mut().zip(counter.to_be_bytes()).for_each(|(to, from)| *to = from);
        Ok(())
    };
    let key = KeyMaterial::generate(KeyKind::P256, &mut |out: &mut [u8]| {
        out.fill(7);
        Ok(())
    });
    let key = key.expect("a key");
    let signer = provider.signer(key.private().expect("private"), Algorithm::ES256).expect("a signer");
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).expect("a ring"));
    let server = AuthorizationServer::builder("https://as.example", Arc::clone(&provider), ring)
        .audience("https://api.example")
        .build()
        .expect("a sound configuration");
    let store = MemoryConsentGrantStore::single_node(CAPACITY).expect("a capacity");
    let mut insert = |user: usize| {
        let scopes = ScopeSet::new(["openid", "offline_access", "files.read", "files.write"]);
        let binding = ConsentBinding::from_bytes([7; 32]);
        let grant = server.grant_consent(binding, format!("{user:0>36}"), scopes, now(), &mut entropy);
        store.insert(&grant.expect("entropy"), now())
    };
    bytes_each(CAPACITY, EACH, || {
        for _ in 0..CAPACITY {
            assert_eq!(insert(0), Ok(()), "with another click the user's oldest goes");
        }
        for user in 1..=CAPACITY - 16 {
            assert_eq!(insert(user), Ok(()));
        }
    });
    assert!(insert(CAPACITY).is_err());
    row(
        "`MemoryConsentGrantStore`: clicks on consent pages",
        EACH,
        CAPACITY,
        "grant",
        "503; one user has 16, of which the oldest goes",
    )
}
