//! A resource that takes whatever can be taken, and requests to it.

use crate::meter::{Meter, Work, measure};
use attesto_core::crypto::{CryptoProvider, RustCrypto};
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse, ProofPolicy};
use attesto_core::resource::{Denial, Reason, Requirement, ResourceServer, ResourceServerBuilder, Verdict};
use attesto_tests::{Answers, Call, World};
use std::sync::Arc;

/// How a resource is configured.
pub(crate) type Configure = fn(ResourceServerBuilder) -> ResourceServerBuilder;

/// Nonces under a secret and its predecessor: as expensive as they get while a secret is being replaced.
pub(crate) fn nonces() -> NonceIssuer {
    let secret = |byte| NonceSecret::new([byte; 32]);
    NonceIssuer::new(NonceUse::ResourceServer, secret(1)).previous(secret(2))
}

/// With nonces for DPoP.
pub(crate) fn with_nonces(builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder.dpop(ProofPolicy::new().require_nonces(nonces()))
}

/// As it is built by default.
pub(crate) fn plain(builder: ResourceServerBuilder) -> ResourceServerBuilder {
    builder
}

/// Sends a request that must be refused for this reason, and says what that cost.
pub(crate) fn refused(configure: Configure, call: impl Fn(&World) -> Call, reason: impl Into<Reason>) -> Work {
    let reason = reason.into();
    measure(|provider, meter| {
        let denial = send(provider, meter, configure, &call).err().unwrap_or_else(|| panic!("granted: {reason}"));
        assert_eq!(denial.reason(), reason);
    })
}

/// Sends a request that must be granted.
pub(crate) fn granted(configure: Configure, call: impl Fn(&World) -> Call) -> Work {
    measure(|provider, meter| {
        if let Err(denial) = send(provider, meter, configure, &call) {
            panic!("{denial}");
        }
    })
}

fn send(
    provider: Arc<dyn CryptoProvider>,
    meter: Meter<'_>,
    configure: Configure,
    call: &dyn Fn(&World) -> Call,
) -> Result<(), Box<Denial>> {
    let world = World::with_providers(&RustCrypto::new(), provider);
    // With a memory of verified tokens, as every guard has one: it hashes each token that it is asked for.
    let builder = configure(world.builder()).remember_tokens(10).expect("a capacity");
    let server: ResourceServer = builder.build().expect("a sound configuration");
    let requirement = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    let call = call(&world);
    call.with_parts(|parts| {
        let mut verdict = None;
        let mut answers = Answers::good();
        answers.asked.reserve(8);
        meter(&mut || verdict = Some(answers.drive(server.check(parts, &requirement, world.now()), world.now())));
        match verdict {
            Some(Verdict::Granted(_)) => Ok(()),
            Some(Verdict::Denied(denial)) => {
                assert!(
                    answers.asked.is_empty(),
                    "nothing is recorded or looked up for a request that is refused: {denial}"
                );
                Err(Box::new(denial))
            }
            other => unreachable!("driven to its end: {other:?}"),
        }
    })
}
