//! What a thread takes of the heap, counted exactly. A test binary that counts declares the allocator:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: attesto_tests::heap::Counting = attesto_tests::heap::Counting;
//!
//! let before = attesto_tests::heap::allocations();
//! drop(Box::new(7));
//! assert_eq!(attesto_tests::heap::allocations() - before, 1);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST_HELD: Cell<isize> = const { Cell::new(0) };
}

/// How often this thread has allocated so far.
pub fn allocations() -> usize {
    ALLOCATIONS.get()
}

/// Bytes that this thread has taken and not given back: below zero where it gave back what others took (a test's own name, say).
/// What is printed takes memory, too: print when everything was measured.
pub fn held() -> isize {
    HELD.get()
}

/// How often this thread allocated while it ran, and the most it held beyond what it held before.
pub fn heap(run: &mut dyn FnMut()) -> (usize, usize) {
    let (allocations, held) = (ALLOCATIONS.get(), HELD.get());
    MOST_HELD.set(held);
    run();
    (ALLOCATIONS.get() - allocations, MOST_HELD.get().saturating_sub(held).unsigned_abs())
}

/// The system's allocator, counted for each thread by itself.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

fn taken(bytes: usize, given_back: usize) {
    // A thread that is going away has nothing left to count with.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    changed(bytes.cast_signed() - given_back.cast_signed());
}

fn changed(bytes: isize) {
    let now = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        held.get()
    });
    if let Ok(now) = now {
        let _ = MOST_HELD.try_with(|most| most.set(most.get().max(now)));
    }
}

#[expect(unsafe_code, reason = "a counting allocator cannot be written without it; it only forwards")]
// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size(), 0);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        changed(-layout.size().cast_signed());
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size, layout.size());
        // SAFETY: the caller's contract is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
