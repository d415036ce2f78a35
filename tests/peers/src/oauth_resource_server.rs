//! oauth-resource-server: a validator fed with the key set by hand, `at+jwt` required.

use crate::Peer;
use crate::common::world::{ISSUER, RESOURCE, SCOPE, World};
use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};

pub fn peer(world: &World) -> Peer {
    let set = world.published.to_json();
    let prepare = move |token: &str, _: Option<&str>| {
        let token = token.to_owned();
        let config = OAuthConfig {
            enabled: true,
            issuer: ISSUER.into(),
            jwks_uri: Some("https://127.0.0.1:1/nobody".into()),
            audience: RESOURCE.into(),
            resource: RESOURCE.into(),
            required_scopes: vec![SCOPE.into()],
            leeway_secs: 0,
            require_at_jwt: true,
            ..OAuthConfig::default()
        };
        let config = config.resolve(KeyNaming::Dotted("oauth")).expect("sound").expect("enabled");
        let validator = OAuthValidator::builder(&config).initial_jwks(&set).build().expect("a validator");
        // For an unknown `kid` it fetches from an address where no server answers, and needs a runtime for that.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let check = move || {
            let validated = runtime.block_on(validator.validate(&token));
            validated.is_ok_and(|token| token.require_scopes(&[SCOPE]).is_ok())
        };
        Box::new(check) as crate::Check
    };
    let backend = "ring, through jsonwebtoken 9";
    Peer { name: "oauth-resource-server 0.4", backend, side: "AwsLc", prepare: Box::new(prepare) }
}
