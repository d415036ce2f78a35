//! What a service may know of an admitted request.

use attesto_core::host::{Admitted, Passage, WiringError};
use http::{Extensions, Request};

/// Returns who was admitted, from the extensions of a request behind [`Protect`](crate::Protect).
///
/// # Errors
/// Where no `Protect` stands before; [`WiringError::response`] and [`response`](crate::response) answer it.
pub fn admitted(extensions: &Extensions) -> Result<&Admitted, WiringError> {
    Passage::admitted_in(extensions.get())
}

pub(crate) fn passage<B>(request: &Request<B>) -> Option<&Passage> {
    request.extensions().get()
}
