//! Extractors: what a handler may know of a granted request.

use attesto_core::host::{self, Passage};
use attesto_core::resource::{Grant, Sender};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use std::ops::Deref;
use std::sync::Arc;

/// Evidence that the request passed every check: claims, sender, scopes. Dereferences to the core's `Grant`.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct Granted(pub Arc<Grant>);

impl Granted {
    /// Reads the extensions of a request that passed a [`ProtectLayer`](crate::ProtectLayer), for code that gets the request's parts
    /// instead of an extractor (an MCP tool, say).
    #[must_use]
    pub fn from_extensions(extensions: &http::Extensions) -> Option<Self> {
        Passage::grant_in(extensions.get()).ok().cloned().map(Self)
    }
}

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

/// Why an extractor failed, as an axum rejection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the core's error in a type that may implement axum's trait")]
pub struct WiringError(pub host::WiringError);

impl IntoResponse for WiringError {
    fn into_response(self) -> Response {
        attesto_hyper::response(self.0.response()).into_response()
    }
}

macro_rules! extracts {
    ($extractor:ty $([$($generics:tt)*])?, $from:expr) => {
        impl<S: Send + Sync $(, $($generics)*)?> FromRequestParts<S> for $extractor {
            type Rejection = WiringError;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WiringError> {
                Passage::grant_in(parts.extensions.get()).and_then($from).map_err(WiringError)
            }
        }
    };
}

extracts!(Granted, |grant| Ok(Self(grant.clone())));
extracts!(GrantedScopes, |grant| Ok(Self(grant.claims().scopes().map(str::to_owned).collect())));
extracts!(GrantedSender, |grant| Ok(Self(*grant.sender())));
extracts!(GrantedPrincipal<T>[T: Send + Sync + 'static], |grant| grant.principal().map(Self));
