//! huskarl-resource-server, its RFC 9068 validator, with AWS-LC below it: its own platform pins a release candidate of rsa that
//! cannot stand beside ours.

use crate::Peer;
use crate::common::raw::{self, RawKey};
use crate::common::world::{ISSUER, RESOURCE, SCOPE, World};
use attesto_core::crypto;
use attesto_testkit::block_on;
use http::{HeaderMap, HeaderValue, Method, Uri};
use huskarl_resource_server::core::crypto::KeyMatchStrength;
use huskarl_resource_server::core::crypto::verifier::{
    CreateVerifierError, JwsVerifier, JwsVerifierPlatform, KeyMatch, VerifyError,
};
use huskarl_resource_server::core::jwk::{PublicJwk, PublicKey};
use huskarl_resource_server::core::jwt::JtiUniquenessChecker;
use huskarl_resource_server::core::platform::MaybeSendBoxFuture;
use huskarl_resource_server::core::{EndpointUrl, Error, RetryAdvice};
use huskarl_resource_server::validator::rfc9068::Rfc9068Validator;
use std::sync::Arc;

#[derive(Debug)]
struct AwsLc;

struct Verifier {
    key: RawKey,
    algorithm: &'static str,
    kid: Option<String>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.algorithm)
    }
}

impl JwsVerifier for Verifier {
    fn key_match(&self, key_match: &KeyMatch<'_>) -> Option<KeyMatchStrength> {
        key_match.strength_for(&[self.algorithm], self.kid.as_deref())
    }

    fn verify<'a>(
        &'a self,
        input: &'a [u8],
        signature: &'a [u8],
        key_match: &'a KeyMatch<'a>,
    ) -> MaybeSendBoxFuture<'a, Result<(), VerifyError>> {
        Box::pin(async move {
            self.key_match(key_match).ok_or(VerifyError::NoMatchingKey)?;
            if (self.key)(input, signature) { Ok(()) } else { Err(VerifyError::SignatureMismatch) }
        })
    }
}

fn key(jwk: &PublicJwk) -> Option<(RawKey, &'static str)> {
    let (key, algorithm) = match &jwk.key {
        PublicKey::Ec(key) if key.crv == "P-256" => {
            let (x, y) = (key.x.as_slice().try_into().ok()?, key.y.as_slice().try_into().ok()?);
            (crypto::PublicKey::P256 { x, y }, "ES256")
        }
        PublicKey::Okp(key) => (crypto::PublicKey::Ed25519 { x: key.x.as_slice().try_into().ok()? }, "EdDSA"),
        PublicKey::Rsa(key) => (crypto::PublicKey::Rsa { n: key.n.clone(), e: key.e.clone() }, "RS256"),
        _ => return None,
    };
    Some((raw::aws_lc(&key), algorithm))
}

impl JwsVerifierPlatform for AwsLc {
    fn create_verifier_from_jwk(
        &self,
        jwk: PublicJwk,
    ) -> MaybeSendBoxFuture<'static, Result<Arc<dyn JwsVerifier>, CreateVerifierError>> {
        let (key, algorithm) = key(&jwk).expect("a key of the world");
        let verifier = Verifier { key: key, algorithm, kid: jwk.kid };
        Box::pin(async move { Ok(Arc::new(verifier) as Arc<dyn JwsVerifier>) })
    }

    fn supported_signature_algorithms(&self) -> &[&str] {
        &["ES256", "EdDSA", "RS256"]
    }
}

/// Answers at once, as ours does in the same table.
#[derive(Debug)]
struct Fresh;

impl JtiUniquenessChecker for Fresh {
    fn check_and_mark_seen(&self, _: &str) -> MaybeSendBoxFuture<'_, Result<bool, Error>> {
        Box::pin(async { Ok(false) })
    }
}

fn unusable() -> Error {
    Error::new(RetryAdvice::No, "a key of the world")
}

fn has_scope(scope: Option<&str>) -> bool {
    scope.is_some_and(|scope| scope.split(' ').any(|scope| scope == SCOPE))
}

pub fn peer(world: &World) -> Peer {
    let jwk: PublicJwk = serde_json::from_str(&world.key().to_json()).expect("a JWK");
    let prepare = move |token: &str, proof: Option<&str>| {
        let jwk = jwk.clone();
        let factory = move |_: Option<&EndpointUrl>, platform: Arc<dyn JwsVerifierPlatform>| {
            let jwk = jwk.clone();
            let verifier = async move { platform.create_verifier_from_jwk(jwk).await.map_err(|_| unusable()) };
            Box::pin(verifier) as MaybeSendBoxFuture<'static, Result<Arc<dyn JwsVerifier>, Error>>
        };
        let validator = Rfc9068Validator::builder()
            .issuer(ISSUER)
            .audience(RESOURCE)
            .jws_verifier_platform(Arc::new(AwsLc) as Arc<dyn JwsVerifierPlatform>)
            .jws_verifier_factory(factory)
            .clock_leeway(std::time::Duration::ZERO)
            .dpop_jti_checker(Fresh);
        let validator = block_on(validator.build()).expect("a validator");
        let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
        let value = |text: &str| HeaderValue::from_str(text).expect("a field value");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value(&format!("{scheme} {token}")));
        proof.map(|proof| headers.insert("dpop", value(proof)));
        let uri: Uri = RESOURCE.parse().expect("a URI");
        let check = move || {
            let validated = block_on(validator.validate_request(&headers, &Method::GET, &uri, None));
            matches!(validated.outcome, Ok(Some(request)) if has_scope(request.claims.scope.as_deref()))
        };
        Box::new(check) as crate::Check
    };
    Peer {
        name: "huskarl-resource-server 0.11",
        backend: "AWS-LC (put below it here)",
        side: "AwsLc",
        prepare: Box::new(prepare),
    }
}
