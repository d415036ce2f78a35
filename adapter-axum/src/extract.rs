//! Extractors: what a handler may know of an admitted request.

use crate::layer::Admitted;
use crate::response::bare_unauthorized;
use attesto_core::resource::{Grant, Sender};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use std::ops::Deref;
use std::sync::Arc;

/// The evidence that the request passed every check: claims, sender, scopes. Dereferences to [`Grant`].
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct Granted(pub Grant);

impl Granted {
    /// From the extensions of a request that passed a [`ProtectLayer`](crate::ProtectLayer), for code that is handed the
    /// request's parts instead of an extractor (an MCP tool, say).
    #[must_use]
    pub fn from_extensions(extensions: &http::Extensions) -> Option<Self> {
        Some(Self(extensions.get::<Admitted>()?.admission.grant.clone()))
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

/// What the host's [`PrincipalLookup`](attesto_core::host::PrincipalLookup) gave for this request.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper to take apart in a handler's arguments")]
pub struct Principal<T>(pub Arc<T>);

impl<T> Clone for Principal<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Principal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why an extractor gave nothing: always a fault of the wiring, never of the client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WiringError {
    /// No [`ProtectLayer`](crate::ProtectLayer) stands before the handler. Answers 401: nothing unauthenticated gets through.
    NotProtected,
    /// No principal of this type was looked up. Answers 500.
    NoSuchPrincipal,
}

impl IntoResponse for WiringError {
    fn into_response(self) -> Response {
        match self {
            Self::NotProtected => bare_unauthorized().into_response(),
            Self::NoSuchPrincipal => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn admitted(parts: &Parts) -> Result<&Admitted, WiringError> {
    parts.extensions.get().ok_or(WiringError::NotProtected)
}

impl<S: Send + Sync> FromRequestParts<S> for Granted {
    type Rejection = WiringError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WiringError> {
        Ok(Self(admitted(parts)?.admission.grant.clone()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for GrantedScopes {
    type Rejection = WiringError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WiringError> {
        let admitted = admitted(parts)?;
        Ok(Self(admitted.admission.grant.claims().scopes().map(str::to_owned).collect()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for GrantedSender {
    type Rejection = WiringError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WiringError> {
        Ok(Self(*admitted(parts)?.admission.grant.sender()))
    }
}

impl<S: Send + Sync, T: Send + Sync + 'static> FromRequestParts<S> for Principal<T> {
    type Rejection = WiringError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WiringError> {
        let principal = admitted(parts)?.admission.principal.clone().ok_or(WiringError::NoSuchPrincipal)?;
        principal.downcast().map(Self).map_err(|_| WiringError::NoSuchPrincipal)
    }
}
