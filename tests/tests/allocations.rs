//! Heap allocations of one check, counted exactly: what a bearer and a DPoP check with ES256 make today. They may fall, and
//! must not rise. What AWS-LC takes from C's allocator is not in the count.

use attesto_core::crypto::{AwsLc, CryptoProvider, RustCrypto};
use attesto_core::host::ReplayAnswer;
use attesto_core::resource::{Question, Requirement, Verdict};
use attesto_tests::{Call, World};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that is going away has nothing left to count with.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

#[expect(unsafe_code, reason = "a counting allocator cannot be written without it; it only forwards")]
// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATIONS.with(Cell::get);
    let done = work();
    (done, ALLOCATIONS.with(Cell::get) - before)
}

/// Counts from the request's parts to the grant, the replay answer included; the most that any provider makes.
fn of_call(call: &Call) -> usize {
    let counted = [of_provider(call, Arc::new(RustCrypto::new())), of_provider(call, Arc::new(AwsLc::new()))];
    println!("pure Rust and AWS-LC: {counted:?}");
    counted[0].max(counted[1])
}

fn of_provider(call: &Call, provider: Arc<dyn CryptoProvider>) -> usize {
    let world = World::with_providers(&RustCrypto::new(), provider);
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::scopes(["mcp:tools:call"]).expect("a scope");
    call.with_parts(|parts| {
        let (verdict, counted) = allocations(|| match server.check(parts, &requirement, world.now()) {
            Verdict::Ask(Question::Replay(question)) => question.answer(ReplayAnswer::Fresh),
            verdict => verdict,
        });
        assert!(matches!(verdict, Verdict::Granted(_)), "{verdict:?}");
        counted
    })
}

#[test]
fn bearer_check_with_es256_makes_one_allocation() {
    let counted = of_call(&Call::new().bearer(&World::new().token(|_, _| {})));
    println!("bearer: {counted} allocations");
    assert!(counted <= 1, "{counted}: the token's payload, which the grant keeps");
}

#[test]
fn dpop_check_with_es256_makes_five_allocations() {
    let counted = of_call(&World::new().dpop_call());
    println!("dpop: {counted} allocations");
    assert!(counted <= 5, "{counted}: as bearer, and proof, thumbprint, jkt text, jti");
}

#[test]
fn refusal_before_any_work_does_not_grow_with_its_input() {
    let world = World::new();
    let server = world.builder().build().expect("a sound configuration");
    let requirement = Requirement::authenticated();
    let refuse = |token: String| {
        Call::new().bearer(&token).with_parts(|parts| {
            let (verdict, counted) = allocations(|| server.check(parts, &requirement, world.now()));
            assert!(matches!(verdict, Verdict::Denied(_)));
            counted
        })
    };
    assert_eq!(refuse(".".repeat(100)), refuse(".".repeat(16_000)));
    assert_eq!(refuse("a".repeat(17_000)), refuse("a".repeat(1_000_000)));
}
