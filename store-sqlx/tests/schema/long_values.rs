//! Values that are longer than an entry of an index of PostgreSQL, which is 2,704 bytes, and cannot be compressed.

use crate::places;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, AuthorizationCode, ConsentBinding, ConsentGrant, ConsentRedemption, FamilyId, IssuedAccessToken,
    NewCode, NewConsentGrant, NewPushedRequest, NewRefresh, PushedRequest, RefreshKey, RefreshToken, ScopeSet,
    SecretDigest,
};
use attesto_core::crypto::{CryptoProvider as _, RustCrypto};
use attesto_core::encoding::base64url;
use attesto_core::host::{CodeStore as _, ConsentGrantStore as _, PushedRequestStore as _, RefreshStore as _};
use attesto_sqlx::migrate;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// So many characters.
fn long(length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&base64url::encode(&RustCrypto::new().sha256(&[text.as_bytes(), b"more"])));
    }
    text.truncate(length);
    text
}

#[tokio::test]
async fn a_subject_and_a_client_may_be_longer_than_an_entry_of_an_index() {
    for place in places().await {
        let database = place.database().await;
        migrate(&database).await.expect("migrates");
        let authorization = Authorization::new(FamilyId::from_bytes([1; 16]), long(6_000), long(8_000));
        let code = AuthorizationCode::new(authorization.clone(), long(6_000), None, NOW.plus(60));
        let new = NewCode { digest: SecretDigest::from_bytes([1; 32]), code, now: NOW };
        database.codes().insert(&new).await.expect("stored");
        let access = IssuedAccessToken::new("a token", NOW.plus(900));
        let token = RefreshToken::first(authorization.clone(), NOW.plus(60), NOW.plus(900), access);
        let key = RefreshKey { family: SecretDigest::from_bytes([2; 32]), token: SecretDigest::from_bytes([3; 32]) };
        let new = NewRefresh { key, token, now: NOW };
        assert_eq!(database.refresh_tokens().insert(&new).await, Ok(true));
        let known = database.refresh_tokens().load(&key).await.expect("an answer").expect("it is known");
        assert_eq!(known.token.authorization, authorization);
    }
}

#[tokio::test]
async fn consents_of_a_long_subject_and_requests_of_a_long_client_are_kept_whole() {
    for place in places().await {
        let database = place.database().await;
        migrate(&database).await.expect("migrates");
        let (digest, binding) = (SecretDigest::from_bytes([4; 32]), ConsentBinding::from_bytes([5; 32]));
        let grant = ConsentGrant::new(binding, long(8_000), ScopeSet::new([long(3_000)]), NOW.plus(60));
        let new = NewConsentGrant::without_secret(digest, grant.clone());
        database.consent_grants().insert(&new).await.expect("stored");
        let redemption = ConsentRedemption { digest, binding, now: NOW };
        assert_eq!(database.consent_grants().take(&redemption).await, Ok(Some(grant)));
        // A URL that is a client's identifier has at most 2,048 bytes, and a pushed request 16 KiB.
        let request = PushedRequest::new(long(2_048), long(16 << 10), NOW, NOW.plus(60));
        let new = NewPushedRequest { digest, request: request.clone() };
        database.pushed_requests().insert(&new).await.expect("stored");
        assert_eq!(database.pushed_requests().load(&digest).await, Ok(Some(request)));
    }
}
