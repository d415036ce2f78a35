//! How far a step of the authorization endpoint came.

use crate::http::ResponseParts;
use alloc::boxed::Box;

/// The result, or a page to show before there is one.
pub(crate) enum Outcome<T> {
    Done(T),
    Interact(Box<ResponseParts>),
}
