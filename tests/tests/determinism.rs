//! A verdict is a function of the request, the configuration, the time and the host's answers, and of nothing else: not of what was
//! asked before, not of who asks at the same time, not of the provider.

use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_tests::negative::{Exchange, rows};
use attesto_tests::{Answers, Call, World};
use std::sync::Arc;
use std::thread;

/// One request and the server it goes to, again and again.
struct Repeated {
    name: String,
    call: Call,
    server: ResourceServer,
    requirement: Requirement,
    answers: fn() -> Answers,
}

impl Repeated {
    fn new(name: String, exchange: Exchange) -> Self {
        let Exchange { call, builder, requirement, answers } = exchange;
        Self { name, call, server: builder.build().expect("a sound configuration"), requirement, answers }
    }

    /// Returns all output: the grant, or the response to the byte, and the queries to the host.
    fn run(&self, world: &World) -> String {
        let seen = world.check(&self.server, &self.requirement, &self.call, (self.answers)());
        match seen.result {
            Ok(grant) => format!("{grant:?} {:?} after {:?}", grant.amendments(), seen.asked),
            Err(denial) => {
                format!(
                    "{:?} {:?} {:?} after {:?}",
                    denial.reason(),
                    denial.response(),
                    denial.refused_claims(),
                    seen.asked
                )
            }
        }
    }
}

/// Every request of the negative table, broken and mended.
fn all(world: &World) -> Vec<Repeated> {
    let both = |row: &attesto_tests::negative::Row| {
        [
            Repeated::new(row.name.to_owned(), row.broken_in(world)),
            Repeated::new(format!("{}, mended", row.name), row.mended_in(world)),
        ]
    };
    rows().iter().flat_map(both).collect()
}

fn world(provider: Arc<dyn CryptoProvider>) -> World {
    World::with_providers(&RustCrypto::new(), provider)
}

/// All places, each once, in an order that looks like none.
fn shuffled(length: usize, mut seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (seed >> 33) as usize % (last + 1));
    }
    order
}

#[test]
fn t13_the_same_request_gets_the_same_bytes_in_any_order_and_from_any_thread_on_every_provider() {
    let first = world(Arc::new(RustCrypto::new()));
    let expected: Vec<String> = all(&first).iter().map(|one| one.run(&first)).collect();
    assert!(expected.len() > 200, "{}", expected.len());
    let different: std::collections::BTreeSet<&String> = expected.iter().collect();
    assert!(different.len() > 80, "the outcomes do differ: {}", different.len());

    let providers: [Arc<dyn CryptoProvider>; 2] = [Arc::new(RustCrypto::new()), Arc::new(AwsLc::new())];
    for provider in providers {
        let world = world(provider);
        let all = all(&world);
        thread::scope(|scope| {
            for seed in 1..=3 {
                let (all, expected, world) = (&all, &expected, &world);
                scope.spawn(move || {
                    for place in shuffled(all.len(), seed) {
                        assert_eq!(all[place].run(world), expected[place], "{}", all[place].name);
                    }
                });
            }
        });
    }
}

/// The time is an argument: the same second gives the same verdict whatever was asked in between.
#[test]
fn t13_going_back_in_time_changes_nothing() {
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::authenticated();
    let call = world.dpop_call();
    let at = |seconds: i64| {
        let now = attesto_core::Timestamp::from_secs(attesto_tests::NOW.saturating_add_signed(seconds));
        match world.check_at(&server, &requirement, &call, Answers::good(), now).result {
            Ok(grant) => format!("{grant:?}"),
            Err(denial) => format!("{:?} {:?}", denial.reason(), denial.response()),
        }
    };
    let seconds = [-200, -61, -60, 0, 60, 61, 889, 890, 5000];
    let forth: Vec<String> = seconds.iter().map(|seconds| at(*seconds)).collect();
    let back: Vec<String> = seconds.iter().rev().map(|seconds| at(*seconds)).collect();
    assert!(forth.iter().eq(back.iter().rev()));
    let granted: Vec<bool> = forth.iter().map(|outcome| outcome.starts_with("Grant")).collect();
    assert_eq!(granted, [false, false, true, true, true, false, false, false, false]);
}
