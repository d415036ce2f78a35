//! What a service may know of a granted request.

use attesto_core::host::{Passage, WiringError};
use attesto_core::resource::Grant;
use http::{Extensions, Request};
use std::sync::Arc;

/// Returns what a request was granted, from the extensions of a request behind [`Protect`](crate::Protect).
///
/// # Errors
/// Where no `Protect` stands before; [`WiringError::response`] and [`response`](crate::response) answer it.
pub fn granted(extensions: &Extensions) -> Result<&Arc<Grant>, WiringError> {
    Passage::grant_in(extensions.get())
}

pub(crate) fn passage<B>(request: &Request<B>) -> Option<&Passage> {
    request.extensions().get()
}
