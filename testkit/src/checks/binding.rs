//! Proof of possession: T4 to T7.

use super::checks;
use crate::finding::Finding;
use crate::fixes;
use crate::probe::{Probe, Refusal};
use crate::route::{Presents, Reached};
use crate::{App, ProofDefect};
use attesto_core::challenge::AuthScheme;
use attesto_core::resource::Sender;

checks! {
    /// Checks that a DPoP-bound token with a fresh proof is accepted (T5), and that the handler sees the sender if it
    /// reports it with [`Reached::by`]. This shows that origin, method, clock, issuer and replay store are wired.
    "proof_accepted": assert_proof_accepted, check_proof_accepted = proof_accepted;

    /// Checks that the same token sent as `Bearer`, without a proof, is refused: 401, a `DPoP` challenge,
    /// `invalid_token`, and the handler is not reached (T4).
    "bound_token_refused_as_bearer": assert_bound_token_refused_as_bearer, check_bound_token_refused_as_bearer = downgrade;

    /// Checks that an unbound token is refused: 401, `invalid_token` (B12). Passes for a route that accepts bearer
    /// tokens, which is every route without [`Route::sender_constrained`](crate::Route::sender_constrained).
    "unbound_token_refused": assert_unbound_token_refused, check_unbound_token_refused = unbound;

    /// Checks that a proof is accepted once, and that two clients may use the same `jti` (T6).
    "replay_refused": assert_replay_refused, check_replay_refused = replay;

    /// Checks that a refused request does not use up its proof, and writes nothing to the store (T7).
    "refused_request_leaves_proof_usable": assert_refused_request_leaves_proof_usable,
        check_refused_request_leaves_proof_usable = usable;
}

async fn proof_accepted<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    let answer = probe.baseline().await?;
    let seen = probe.route.reached.as_ref().and_then(Reached::last_sender);
    let expected = Sender::Dpop { jkt: probe.fixture.key().jkt() };
    match (probe.route.presents, seen) {
        (Presents::Dpop, Some(sender)) if sender != expected => Err(probe.finding(
            &probe.right_credentials(),
            &answer,
            "the sender is the holder of the client's DPoP key",
            format!(
                "the handler takes the caller for a `{}` sender; take the sender from `Granted`, not from elsewhere.",
                sender.kind()
            ),
        )),
        _ => Ok(()),
    }
}

const AS_BEARER: &str = "a DPoP-bound token as Bearer, without a proof";

async fn downgrade<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let token = probe.route.token(probe.fixture).bound_to(probe.fixture.key()).build();
    let answer = probe.send(probe.request().bearer(&token)).await;
    let refusal = Refusal::new(401, "invalid_token");
    let refusal = match probe.route.presents {
        Presents::Dpop => refusal.challenging(AuthScheme::Dpop),
        Presents::Bearer | Presents::Certificate => refusal,
    };
    probe.refused(AS_BEARER, &answer, refusal, fixes::DOWNGRADE)?;
    // In any spelling: RFC 9110 §11.1.
    let answer = probe.send(probe.request().header("authorization", ["bEARER ", &token].concat())).await;
    probe.refused(AS_BEARER, &answer, refusal, fixes::DOWNGRADE)
}

async fn unbound<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    if !probe.route.constrained {
        return Ok(());
    }
    let token = probe.route.token(probe.fixture).build();
    let answer = probe.send(probe.request().bearer(&token)).await;
    let sent = "a token that is bound to nothing, as Bearer";
    probe.refused(sent, &answer, Refusal::new(401, "invalid_token"), fixes::UNBOUND)
}

async fn replay<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let fixture = probe.fixture;
    let token = probe.token().build();
    let jti = fixture.fresh("replayed");
    let proof = probe.proof(&token).jti(&jti).build();
    let first = probe.send(probe.request().dpop(&token, &proof)).await;
    probe.accepted("a DPoP-bound token with a fresh proof", first)?;
    let second = probe.send(probe.request().dpop(&token, &proof)).await;
    let refusal = Refusal::new(401, "invalid_dpop_proof").challenging(AuthScheme::Dpop);
    probe.refused("the same proof once more", &second, refusal, fixes::REPLAY)?;

    let token = probe.route.token(fixture).bound_to(fixture.other_key()).build();
    let proof = probe.proof(&token).by(fixture.other_key()).jti(&jti).build();
    let other = probe.send(probe.request().dpop(&token, &proof)).await;
    let sent = "a proof of another client's key with a jti that the first client has used";
    probe.accepted_or(sent, other, Some(fixes::REPLAY_KEY)).map(drop)
}

async fn usable<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let store = probe.fixture.replay_store();
    let token = probe.token().build();
    let proof = probe.proof(&token).build();
    let before = store.len();
    let forged = with_another_signature(&token);
    let refused = [
        ("a forged token with a client's proof", probe.request().dpop(&forged, &proof)),
        ("a client's token and proof under the scheme Bearer", probe.request().bearer(&token).header("dpop", &proof)),
        (
            "a client's proof with a token of somebody else's",
            probe.request().dpop(&probe.route.token(probe.fixture).bound_to(probe.fixture.other_key()).build(), &proof),
        ),
        (
            "a client's token with a defective proof",
            probe.request().dpop(&token, &probe.proof(&token).defect(ProofDefect::WrongHtu).build()),
        ),
    ];
    for (sent, request) in refused {
        let answer = probe.send(request).await;
        probe.not_let_in(sent, &answer, fixes::PROOF)?;
        if store.len() > before {
            return Err(probe.finding(sent, &answer, "nothing is written to the replay store", fixes::BURNT));
        }
    }
    let answer = probe.send(probe.request().dpop(&token, &proof)).await;
    let sent = "the client's token and proof, after requests with the same proof were refused";
    probe.accepted_or(sent, answer, Some(fixes::BURNT)).map(drop)
}

/// Keeps header and claims, and changes the signature.
fn with_another_signature(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { "B" } else { "A" };
    [input, ".", first, signature.get(1..).unwrap_or_default()].concat()
}
