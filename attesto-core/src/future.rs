//! Futures behind a pointer.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

/// A future behind a pointer, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
