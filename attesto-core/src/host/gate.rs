//! The part of request handling that all adapters share, independent of any framework.
//!
//! An adapter passes the request to [`Gate::enter`]. It then either responds with the returned error, or puts the
//! [`Passage`] into the request's extensions and forwards the request. The code behind it (extractors, a route's own
//! requirement, the MCP session check) reads the passage.

use super::guard::{Admission, Guard};
use super::wiring::WiringError;
use crate::Timestamp;
use crate::http::{Amendment, HeaderLines, RequestParts, ResponseParts};
use crate::resource::{Grant, Requirement, is_cors_preflight};
use crate::time::Clock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::ops::Deref;

/// A guard, its requirement, and its clock: everything that one protected service needs.
///
/// ```
/// # use attesto_core::{Timestamp, http::RequestParts, http::ResponseParts};
/// # use attesto_core::host::{Gate, Guard};
/// # use attesto_core::time::Clock;
/// # async fn demo(guard: Guard, request: &RequestParts<'_>) -> Result<String, ResponseParts> {
/// let gate = Gate::new(guard, Clock::new(|| Timestamp::from_secs(1_800_000_000)));
/// let passage = gate.enter(request).await?; // the error is the response to send
/// let admitted = passage.admitted().map_err(|error| error.response())?;
/// Ok(admitted.subject().to_owned())
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
            return Ok(Passage(Way::Preflight));
        }
        match self.guard.admit(request, &self.requirement, &self.clock).await {
            Ok(admission) => {
                let guard = Arc::clone(&self.guard);
                Ok(Passage(Way::Admitted(Admitted(Arc::new(Evidence { admission, guard })))))
            }
            Err(denial) => Err(denial.response()),
        }
    }
}

/// Evidence that a request has passed a [`Gate`], which alone creates it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passage(Way);

#[derive(Clone, Debug)]
enum Way {
    Admitted(Admitted),
    /// A preflight, forwarded to what answers it; the sender is unknown.
    Preflight,
}

impl Passage {
    /// Returns the admitted request.
    ///
    /// # Errors
    /// Fails for a CORS preflight, which passed without being authenticated.
    pub const fn admitted(&self) -> Result<&Admitted, WiringError> {
        match &self.0 {
            Way::Admitted(admitted) => Ok(admitted),
            Way::Preflight => Err(WiringError::NotProtected),
        }
    }

    /// Like [`admitted`](Self::admitted), for the passage that an adapter found in a request's extensions.
    ///
    /// # Errors
    /// Fails if there is none, because no gate protects the route.
    pub fn admitted_in(extensions: Option<&Self>) -> Result<&Admitted, WiringError> {
        extensions.ok_or(WiringError::NotProtected)?.admitted()
    }

    /// Checks a route's own requirement, behind the gate that authenticated the request. Refuses a request that was
    /// never authenticated, whatever the intended order of the layers (S10). A forwarded preflight passes on
    /// to what answers it.
    ///
    /// # Errors
    /// The response to send instead of the route's.
    pub fn require(
        extensions: Option<&Self>,
        request: &RequestParts<'_>,
        requirement: &Requirement,
    ) -> Result<(), ResponseParts> {
        match extensions.map(|passage| &passage.0) {
            Some(Way::Preflight) => Ok(()),
            Some(Way::Admitted(Admitted(evidence))) => {
                let Evidence { admission, guard } = evidence.as_ref();
                // The time of admission, so that no two checks of one request use different times.
                let now = admission.checked_at;
                guard.require(&admission.grant, request, requirement, now).map_err(|denial| denial.response())
            }
            None => Err(WiringError::NotProtected.response()),
        }
    }

    /// The fields that the response to this request must carry.
    #[must_use]
    pub fn amendments(&self) -> Vec<Amendment> {
        match &self.0 {
            Way::Admitted(admitted) => admitted.amendments(),
            Way::Preflight => Vec::new(),
        }
    }

    /// Whether this is a CORS preflight that was forwarded unauthenticated.
    #[must_use]
    pub const fn is_preflight(&self) -> bool {
        matches!(self.0, Way::Preflight)
    }
}

/// Evidence that a request passed every check, for sharing. Dereferences to its [`Grant`].
#[derive(Clone)]
pub struct Admitted(Arc<Evidence>);

struct Evidence {
    admission: Admission,
    guard: Arc<Guard>,
}

impl Admitted {
    /// Returns the result of the host's [`PrincipalLookup`](super::PrincipalLookup).
    ///
    /// # Errors
    /// Fails if no lookup is configured, or it returns another type.
    pub fn principal<T: Any + Send + Sync>(&self) -> Result<Arc<T>, WiringError> {
        let principal = self.0.admission.principal.clone().ok_or(WiringError::NoSuchPrincipal)?;
        principal.downcast().map_err(|_| WiringError::NoSuchPrincipal)
    }

    /// The time of admission: the latest clock reading.
    #[must_use]
    pub fn checked_at(&self) -> Timestamp {
        self.0.admission.checked_at
    }
}

impl Deref for Admitted {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.0.admission.grant
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Admitted").field(&self.0.admission.grant).finish()
    }
}
