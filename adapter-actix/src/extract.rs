//! Extractors: what a handler may know of a granted request.

use crate::translate::{response, status};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use attesto_core::host::{self, Passage};
use attesto_core::resource::{Grant, Sender};
use std::any::Any;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

/// Evidence that the request passed every check: claims, sender, scopes. Dereferences to the core's `Grant`.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct Granted(pub Arc<Grant>);

impl Deref for Granted {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.0
    }
}

/// The scopes of the access token, without duplicates.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct GrantedScopes(pub Vec<String>);

/// Who sent the request, as far as it is proven: any bearer, or the holder of a key or certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct GrantedSender(pub Sender);

/// What the host's [`PrincipalLookup`](attesto_core::host::PrincipalLookup) found for this request.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct GrantedPrincipal<T>(pub Arc<T>);

impl<T> Clone for GrantedPrincipal<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for GrantedPrincipal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why an extractor failed, as an actix error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the core's error in a type that may implement actix's trait")]
pub struct WiringError(pub host::WiringError);

impl fmt::Display for WiringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for WiringError {
    fn status_code(&self) -> StatusCode {
        status(&self.0.response())
    }

    fn error_response(&self) -> HttpResponse {
        response(self.0.response())
    }
}

/// Returns what a request was granted, for code that gets the request instead of an extractor.
///
/// # Errors
/// Where no [`Protect`](crate::Protect) stands before.
pub fn granted(request: &HttpRequest) -> Result<Arc<Grant>, WiringError> {
    Passage::grant_in(request.extensions().get()).cloned().map_err(WiringError)
}

pub(crate) fn passage(request: &ServiceRequest) -> Option<Passage> {
    request.extensions().get().cloned()
}

macro_rules! extracts {
    ($extractor:ty $([$($generics:tt)*])?, $from:expr) => {
        impl $(<$($generics)*>)? FromRequest for $extractor {
            type Error = WiringError;
            type Future = Ready<Result<Self, WiringError>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(granted(request).and_then($from))
            }
        }
    };
}

extracts!(Granted, |grant| Ok(Self(grant)));
extracts!(GrantedScopes, |grant| Ok(Self(grant.claims().scopes().map(str::to_owned).collect())));
extracts!(GrantedSender, |grant| Ok(Self(*grant.sender())));
extracts!(GrantedPrincipal<T>[T: Any + Send + Sync], |grant| grant.principal().map(Self).map_err(WiringError));
