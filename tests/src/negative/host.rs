//! What the host answers: replay, revocation, principal, custom verifier; step-up and scopes.

use super::row::{Row, Told, bearer, row};
use crate::{Answers, Call, NOW, World};
use attesto_core::dpop::ReplayAnswer;
use attesto_core::metadata::{MetadataPointer, PointerRequest, PointerResolver, PointerUnavailable};
use attesto_core::resource::{
    ForeignAnswer, PrincipalAnswer, RefusalError, Requirement, ResourceServerBuilder, RevocationAnswer, StepUpError,
    UnavailableError,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const INVALID: Told = Told::Error(401, "Bearer", "invalid_token");
const STEP_UP: Told = Told::Error(401, "Bearer", "insufficient_user_authentication");
const SCOPE: Told = Told::Error(403, "Bearer", "insufficient_scope");

fn opaque(_: &World) -> Call {
    Call::new().bearer("an-opaque-token")
}

fn foreign(_: &World, builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder.ask_foreign()
}

fn logged_in(acr: &'static str, auth_time: serde_json::Value) -> impl Fn(&World) -> Call {
    move |world| {
        Call::new().bearer(&world.token(|_, claims| {
            claims.insert("acr".into(), acr.into());
            claims.insert("auth_time".into(), auth_time.clone());
        }))
    }
}

fn with(change: fn(&mut Answers)) -> Answers {
    let mut answers = Answers::good();
    change(&mut answers);
    answers
}

#[derive(Debug)]
struct Down;

impl PointerResolver for Down {
    fn resolve(&self, _: &PointerRequest<'_>) -> Result<Option<String>, PointerUnavailable> {
        Err(PointerUnavailable)
    }
}

fn answer_rows() -> Vec<Row> {
    let ask_foreign = |name, reason: attesto_core::resource::Reason, told, answers| {
        row(name, reason, told, opaque).on(foreign).mended_by(opaque).answered(answers)
    };
    vec![
        row(
            "d17 proof used before",
            RefusalError::Replay,
            Told::Error(401, "DPoP", "invalid_dpop_proof"),
            World::dpop_call,
        )
        .mended_by(World::dpop_call)
        .answered(|| with(|answers| answers.replay = ReplayAnswer::Replay))
        .consuming_the_proof(),
        row("st2 the key's share of the replay store", RefusalError::ReplayShare, Told::Unavailable, World::dpop_call)
            .mended_by(World::dpop_call)
            .answered(|| with(|answers| answers.replay = ReplayAnswer::OverShare))
            .consuming_the_proof(),
        row("d17 replay store fails", UnavailableError::ReplayStore, Told::Unavailable, World::dpop_call)
            .mended_by(World::dpop_call)
            .answered(|| with(|answers| answers.replay = ReplayAnswer::Unavailable))
            .consuming_the_proof(),
        row("a17 revoked", RefusalError::Revoked, INVALID, bearer)
            .on(|_, builder| builder.ask_revocation())
            .answered(|| with(|answers| answers.revocation = RevocationAnswer::Revoked)),
        row("a17 revocation fails", UnavailableError::Revocation, Told::Unavailable, bearer)
            .on(|_, builder| builder.ask_revocation())
            .answered(|| with(|answers| answers.revocation = RevocationAnswer::Unavailable)),
        row("step 9 principal refused", RefusalError::Principal, INVALID, bearer)
            .on(|_, builder| builder.ask_principal())
            .answered(|| with(|answers| answers.principal = PrincipalAnswer::Refused)),
        row("step 9 principal fails", UnavailableError::Principal, Told::Unavailable, bearer)
            .on(|_, builder| builder.ask_principal())
            .answered(|| with(|answers| answers.principal = PrincipalAnswer::Unavailable)),
        ask_foreign("h2 invalid", RefusalError::ForeignToken.into(), INVALID, || {
            with(|answers| answers.foreign = Some(ForeignAnswer::InvalidToken))
        }),
        ask_foreign("h3 scope", RefusalError::ForeignScope.into(), SCOPE, || {
            with(|answers| {
                answers.foreign =
                    Some(ForeignAnswer::InsufficientScope { scopes: vec!["admin".into()], description: None });
            })
        }),
        ask_foreign("h4 step-up", RefusalError::ForeignStepUp.into(), STEP_UP, || {
            with(|answers| {
                answers.foreign = Some(ForeignAnswer::InsufficientUserAuthentication {
                    acr_values: vec!["phr".into()],
                    max_age: Some(5),
                });
            })
        }),
        ask_foreign("h5 fails", UnavailableError::Verifier.into(), Told::Unavailable, || {
            with(|answers| answers.foreign = Some(ForeignAnswer::Unavailable))
        }),
        row("p9 resolver fails", UnavailableError::MetadataPointer, Told::Unavailable, |_| Call::new())
            .on(|_, builder| builder.metadata_pointer(MetadataPointer::Resolver(Arc::new(Down)))),
    ]
}

fn requirement_rows() -> Vec<Row> {
    let fresh = || Requirement::authenticated().max_age(Duration::from_secs(300));
    let phr = || Requirement::authenticated().acr_values(["phr"]).expect("a sound value");
    vec![
        row("w10 acr", StepUpError::Acr, STEP_UP, logged_in("pwd", json!(NOW)))
            .requiring(phr())
            .mended_by(logged_in("phr", json!(NOW))),
        row("w10 no auth_time", StepUpError::AuthTimeMissing, STEP_UP, bearer)
            .requiring(fresh())
            .mended_by(logged_in("phr", json!(NOW))),
        row("w10 login is old", StepUpError::TooOld, STEP_UP, logged_in("phr", json!(NOW - 301)))
            .requiring(fresh())
            .mended_by(logged_in("phr", json!(NOW - 300))),
        row("w10 login in the future", StepUpError::InFuture, STEP_UP, logged_in("phr", json!(NOW + 61)))
            .requiring(fresh())
            .mended_by(logged_in("phr", json!(NOW + 60))),
        row("w9 scope", RefusalError::Scope, SCOPE, bearer)
            .requiring(Requirement::scopes(["admin"]).expect("a scope"))
            .mended_by_no_requirement(),
    ]
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = answer_rows();
    rows.extend(requirement_rows());
    rows
}
