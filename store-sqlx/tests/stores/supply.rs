//! All stores at once, for a host.

use crate::engines::{on_each_engine, postgres_nodes};
use attesto_core::authorization::{AuthorizationServer, GrantType};
use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
use attesto_core::host::{AuthorizationHost, Instances};
use attesto_core::jose::KeyMaterial;
use attesto_core::token::KeyRing;
use attesto_sqlx::{Database, SqliteOptions};
use std::sync::Arc;

fn entropy(out: &mut [u8]) -> Result<(), EntropyError> {
    out.fill(9);
    Ok(())
}

/// Asks every store.
fn server() -> AuthorizationServer {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    let key = KeyMaterial::generate(KeyKind::P256, &mut entropy).expect("a key");
    let signer = provider.signer(key.private().expect("private"), Algorithm::ES256).expect("a signer");
    let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).expect("a ring"));
    AuthorizationServer::builder("https://auth.example.com", provider, ring)
        .audience("https://api.example.com")
        .grants([GrantType::AuthorizationCode, GrantType::RefreshToken])
        .build()
        .expect("a server")
}

/// The first part of the host that is missing or does not suffice. Stores come first.
fn lacks(database: &Database, instances: Instances) -> &'static str {
    let builder = database.supply(AuthorizationHost::from_functions()).instances(instances);
    builder.build(&server()).expect_err("it has no clients").member()
}

#[tokio::test]
async fn cf2_every_store_that_a_server_asks_is_supplied() {
    let empty = AuthorizationHost::from_functions().build(&server());
    assert_eq!(empty.expect_err("it has nothing").member(), "code_store");
    on_each_engine(async |database| {
        assert_eq!(lacks(&database, Instances::Single), "load_client_with", "no store");
    })
    .await;
}

#[tokio::test]
async fn st1_several_instances_share_postgresql_and_not_sqlite() {
    for node in postgres_nodes(1).await {
        assert_eq!(lacks(&node, Instances::Multiple), "load_client_with", "no store");
    }
    let sqlite = SqliteOptions::memory().open().await.expect("opens");
    assert_eq!(lacks(&sqlite, Instances::Multiple), "code_store");
}
