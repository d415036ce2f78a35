//! Host traits as trait objects.

use crate::authorization::Answered;
use crate::future::BoxFuture;
use core::future::poll_fn;
use core::panic::AssertUnwindSafe;
use core::task::Poll;
use std::panic::catch_unwind;

/// Defines an object-safe trait for a host trait whose methods take one question by reference and return an answer, and
/// implements the host trait for an `Arc` of an implementation. `[reach]` if the trait tells which processes share its
/// records, with another method of the trait that takes nothing.
macro_rules! erase {
    ($public:ident as $erased:ident $([$reach:ident $(, $own:ident -> $owned:ty)?])? {
        $( fn $method:ident(&$question:ty) -> $answer:ty; )+
    }) => {
        pub(super) trait $erased: Send + Sync {
            $( fn $method<'a>(&'a self, question: &'a $question) -> BoxFuture<'a, Answered<$answer>>; )+
        }

        impl<S: $public> $erased for S {
            $( fn $method<'a>(&'a self, question: &'a $question) -> BoxFuture<'a, Answered<$answer>> {
                // In a block, so that an implementation runs only when polled.
                Box::pin(async move { $public::$method(self, question).await })
            } )+
        }

        impl<S: $public + ?Sized> $public for Arc<S> {
            $( fn $method(&self, question: &$question) -> impl Future<Output = Answered<$answer>> + Send {
                S::$method(self, question)
            } )+

            $( fn $reach(&self) -> StoreReach {
                S::$reach(self)
            }

            $( fn $own(&self) -> $owned {
                S::$own(self)
            } )? )?
        }
    };
}

/// Awaits a host's future; `None` if it panics. The flow can then undo what it has begun, which it could not after
/// unwinding. HC-5.
pub(super) async fn unless_it_panics<A>(mut future: BoxFuture<'_, A>) -> Option<A> {
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Like [`unless_it_panics`], for an answer that may itself be a failure.
pub(super) async fn answered<A>(future: BoxFuture<'_, Answered<A>>) -> Answered<A> {
    unless_it_panics(future).await.unwrap_or(Err(crate::authorization::Unavailable))
}
