//! The part of request handling that all adapters share, independent of any framework.
//!
//! An adapter passes the request to [`Gate::enter`]. It then either responds with the returned error, or puts the
//! [`Passage`] into the request's extensions and forwards the request. The code behind it (extractors, a route's own
//! requirement, the MCP session check) reads the passage.

use super::guard::Guard;
use super::wiring_error::WiringError;
use crate::http::{Amendment, HeaderLines, RequestParts, ResponseParts};
use crate::resource::{Grant, Requirement, is_cors_preflight};
use crate::time::Clock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

/// A guard, its requirement, and its clock: everything that one protected service needs.
///
/// ```
/// # use attesto_core::{Timestamp, http::RequestParts, http::ResponseParts};
/// # use attesto_core::host::{Gate, Guard};
/// # use attesto_core::time::Clock;
/// # async fn demo(guard: Guard, request: &RequestParts<'_>) -> Result<String, ResponseParts> {
/// let gate = Gate::new(guard, Clock::new(|| Timestamp::from_secs(1_800_000_000)));
/// let passage = gate.enter(request).await?; // the error is the response to send
/// let grant = passage.grant().map_err(|error| error.response())?;
/// Ok(grant.subject().to_owned())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    guard: Arc<Guard>,
    requirement: Arc<Requirement>,
    clock: Clock,
    pass_preflight: bool,
}

impl Gate {
    /// Requires a valid token, with any scopes.
    pub fn new(guard: impl Into<Arc<Guard>>, clock: Clock) -> Self {
        Self { guard: guard.into(), requirement: Arc::new(Requirement::authenticated()), clock, pass_preflight: false }
    }

    /// Adds a requirement: scopes, step-up.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = Arc::new(requirement);
        self
    }

    /// Uses another clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Forwards CORS preflights unauthenticated, because something behind the gate answers them. Otherwise they are
    /// refused like any request without credentials (C11).
    #[must_use]
    pub const fn pass_cors_preflight(mut self) -> Self {
        self.pass_preflight = true;
        self
    }

    /// The guard.
    #[must_use]
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Whether the caller must read the body before [`enter`](Self::enter), up to
    /// [`limits::FORM_BODY`](crate::limits::FORM_BODY), and pass it as [`RequestParts::form_body`]. It may be a form
    /// with a token in it, and the resource accepts those (C8). Pass `None` for a longer body.
    /// [`enter`](Self::enter) decides whether the body is a form.
    #[must_use]
    pub fn wants_form(&self, method: &str, headers: &dyn HeaderLines) -> bool {
        self.guard.server().wants_form(method, headers)
    }

    /// Checks one request to the end.
    ///
    /// # Errors
    /// The response to send instead of the service's.
    pub async fn enter(&self, request: &RequestParts<'_>) -> Result<Passage, ResponseParts> {
        if self.pass_preflight && is_cors_preflight(request) {
            return Ok(self.passage(None));
        }
        match self.guard.admit(request, &self.requirement, &self.clock).await {
            Ok(grant) => Ok(self.passage(Some(Arc::new(grant)))),
            Err(denial) => Err(denial.response()),
        }
    }

    fn passage(&self, grant: Option<Arc<Grant>>) -> Passage {
        Passage { guard: Arc::clone(&self.guard), grant, clock: self.clock.clone() }
    }
}

/// Evidence that a request has passed a [`Gate`], which alone creates it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passage {
    guard: Arc<Guard>,
    /// `None` for a preflight, forwarded to what answers it; the sender is unknown.
    grant: Option<Arc<Grant>>,
    /// The gate's.
    clock: Clock,
}

impl Passage {
    /// Returns what the request was granted.
    ///
    /// # Errors
    /// Fails for a CORS preflight, which passed without being authenticated.
    pub fn grant(&self) -> Result<&Arc<Grant>, WiringError> {
        self.grant.as_ref().ok_or(WiringError::NotProtected)
    }

    /// Like [`grant`](Self::grant), for the passage that an adapter found in a request's extensions.
    ///
    /// # Errors
    /// Fails if there is none, because no gate protects the route.
    pub fn grant_in(extensions: Option<&Self>) -> Result<&Arc<Grant>, WiringError> {
        extensions.ok_or(WiringError::NotProtected)?.grant()
    }

    /// Checks a route's own requirement, behind the gate that authenticated the request, by the time of the gate's clock:
    /// a token that has expired since is refused. Refuses a request that was never authenticated, whatever the intended
    /// order of the layers (S10). A forwarded preflight passes on to what answers it.
    ///
    /// # Errors
    /// The response to send instead of the route's.
    pub fn require(
        extensions: Option<&Self>,
        request: &RequestParts<'_>,
        requirement: &Requirement,
    ) -> Result<(), ResponseParts> {
        let Self { guard, grant, clock } = extensions.ok_or_else(|| WiringError::NotProtected.response())?;
        match grant {
            Some(grant) => guard.require(grant, request, requirement, clock.now()).map_err(|denial| denial.response()),
            None => Ok(()),
        }
    }

    /// The fields that the response to this request must carry.
    #[must_use]
    pub fn amendments(&self) -> Vec<Amendment> {
        self.grant.as_ref().map(|grant| grant.amendments()).unwrap_or_default()
    }

    /// Whether this is a CORS preflight that was forwarded unauthenticated.
    #[must_use]
    pub const fn is_preflight(&self) -> bool {
        self.grant.is_none()
    }
}

impl Grant {
    /// Returns the result of the host's [`PrincipalLookup`](super::PrincipalLookup).
    ///
    /// # Errors
    /// Fails if no lookup is configured, or it returns another type.
    pub fn principal<T: Any + Send + Sync>(&self) -> Result<Arc<T>, WiringError> {
        let principal = self.any_principal().cloned().ok_or(WiringError::NoSuchPrincipal)?;
        principal.downcast().map_err(|_| WiringError::NoSuchPrincipal)
    }
}
