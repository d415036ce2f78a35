//! Futures behind a pointer.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

/// A boxed future, for object-safe traits.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
