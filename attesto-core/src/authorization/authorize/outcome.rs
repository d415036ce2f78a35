//! How far a step of the authorization endpoint came.

use crate::http::ResponseParts;
use alloc::boxed::Box;

/// What is there in the end, or a page on the way to it.
pub(crate) enum Outcome<T> {
    Done(T),
    Interact(Box<ResponseParts>),
}
