//! A library for a program without the standard library. It brings its own panic handler: were `std` anywhere in the tree, the compiler
//! would find two and refuse.
#![no_std]

use attesto_core::encoding::base64url;
use core::alloc::{GlobalAlloc, Layout};

struct NoMemory;

// SAFETY: hands out nothing, so there is nothing to get wrong. It is built, never run.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern "C" fn attesto_no_std() -> i32 {
    i32::from(base64url::decode_array::<3>(b"Zm9v").is_err())
}
