//! The binding matrix, over whole requests.

use super::row::{Row, Told, bearer, row};
use crate::{Call, World, sign};
use attesto_core::mtls::CertificatePolicy;
use attesto_core::resource::BindingError::*;
use attesto_core::resource::SenderPolicy;
use serde_json::{Value, json};

const CLIENT: &[u8] = include_bytes!("../../keys/client.der");
const OTHER: &[u8] = include_bytes!("../../keys/other.der");
const ON_DPOP: Told = Told::Error(401, "DPoP", "invalid_token");
const ON_BEARER: Told = Told::Error(401, "Bearer", "invalid_token");

/// A certificate-bound token, with this certificate on the connection.
fn with_certificate(der: Option<&'static [u8]>) -> impl Fn(&World) -> Call {
    move |world| {
        let mut call = Call::new().bearer(&world.certificate_token(CLIENT));
        call.certificate = der.map(<[u8]>::to_vec);
        call
    }
}

/// The client's bound token with a proof that the thief's key made, complete and valid in itself.
fn with_thiefs_key(world: &World) -> Call {
    let token = world.bound_token();
    let (mut header, claims) = world.proof_parts(&token);
    let jwk = attesto_core::jose::Jwk::new(world.thief.public_key().clone()).to_json();
    header.insert("jwk".into(), serde_json::from_str(&jwk).expect("a JWK is JSON"));
    let (header, claims) = (Value::Object(header).to_string(), Value::Object(claims).to_string());
    Call::new().dpop(&token, &sign(world.thief.as_ref(), &header, &claims))
}

fn proof_for(token: &str, world: &World) -> Call {
    Call::new().dpop(token, &world.proof(token, |_, _| {}))
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("b2 bound token as bearer", ProofRequired, ON_DPOP, |world| Call::new().bearer(&world.bound_token()))
            .mended_by(World::dpop_call),
        row("b3 proof of another key", KeyMismatch, ON_DPOP, with_thiefs_key).mended_by(World::dpop_call),
        row("b6 proof for an unbound token", ProofUnexpected, ON_DPOP, |world| {
            proof_for(&world.token(|_, _| {}), world)
        })
        .mended_by(World::dpop_call),
        row("b10 proof for a certificate-bound token", ProofForCertificateBoundToken, ON_BEARER, |world| {
            proof_for(&world.certificate_token(CLIENT), world)
        })
        .mended_by(with_certificate(Some(CLIENT))),
        row("b8 no certificate", CertificateRequired, ON_BEARER, with_certificate(None))
            .mended_by(with_certificate(Some(CLIENT))),
        row("m2 certificate is junk", CertificateUnreadable, ON_BEARER, with_certificate(Some(b"junk")))
            .mended_by(with_certificate(Some(CLIENT))),
        row("b9 another certificate", CertificateMismatch, ON_BEARER, with_certificate(Some(OTHER)))
            .mended_by(with_certificate(Some(CLIENT))),
        row("b12 dpop required", DpopRequired, ON_DPOP, bearer)
            .on(|_, builder| builder.sender_policy(SenderPolicy::RequireDpop))
            .mended_by(World::dpop_call),
        row("b12 mtls required", MtlsRequired, ON_BEARER, bearer)
            .on(|_, builder| builder.mtls(CertificatePolicy::new()).sender_policy(SenderPolicy::RequireMtls))
            .mended_by(with_certificate(Some(CLIENT))),
        row("b12 either required", SenderConstraintRequired, Told::OnBoth("invalid_token"), bearer)
            .on(|_, builder| builder.sender_policy(SenderPolicy::RequireEither))
            .mended_by(World::dpop_call),
        row(
            "a11 both kinds of binding",
            attesto_core::token::TokenError::UnsupportedConfirmation,
            ON_BEARER,
            |world| {
                let jkt = world.thumbprint(world.client.as_ref()).to_base64url();
                let cnf = json!({"jkt": jkt, "x5t#S256": world.digest(CLIENT).to_base64url()});
                Call::new().bearer(&world.token(|_, claims| {
                    claims.insert("cnf".into(), cnf);
                }))
            },
        ),
    ]
}
