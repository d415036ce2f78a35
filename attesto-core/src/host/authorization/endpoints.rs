//! The part of an authorization server's request handling that all adapters share, independent of any framework.

use super::drive::drive;
use super::host::AuthorizationHost;
use crate::authorization::{AuthorizationServer, RouteClass};
use crate::host::EntropySource;
use crate::http::{RequestParts, ResponseParts};
use crate::time::Clock;
use alloc::vec::Vec;

/// A server, its host, its clock and its source of randomness: everything that its mounted endpoints need. A clone is
/// another handle to the same endpoints.
///
/// An adapter mounts [`paths`](Self::paths), reads the body if [`wants_body`](Self::wants_body) asks for it, and sends
/// the result of [`respond`](Self::respond).
///
/// ```
/// # use attesto_core::{Timestamp, http::RequestParts, http::ResponseParts};
/// # use attesto_core::host::{AuthorizationEndpoints, AuthorizationHost, EntropySource};
/// # use attesto_core::time::Clock;
/// # use attesto_core::authorization::AuthorizationServer;
/// # async fn demo(
/// #     server: AuthorizationServer, host: AuthorizationHost, entropy: EntropySource, request: RequestParts<'_>, body: &[u8],
/// # ) -> Option<ResponseParts> {
/// let clock = Clock::new(|| Timestamp::from_secs(1_800_000_000));
/// let endpoints = AuthorizationEndpoints::new(server, host, clock, entropy);
/// let form = endpoints.wants_body(request.method, request.path).then_some(body); // at most 64 KiB and one byte
/// let request = form.map_or(request, |form| request.form_body(form));
/// endpoints.respond(&request).await // `None`: not one of these paths
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizationEndpoints {
    server: AuthorizationServer,
    host: AuthorizationHost,
    clock: Clock,
    entropy: EntropySource,
}

impl AuthorizationEndpoints {
    /// Creates the endpoints of `server`, backed by `host`.
    #[must_use]
    pub const fn new(
        server: AuthorizationServer,
        host: AuthorizationHost,
        clock: Clock,
        entropy: EntropySource,
    ) -> Self {
        Self { server, host, clock, entropy }
    }

    /// The server.
    #[must_use]
    pub const fn server(&self) -> &AuthorizationServer {
        &self.server
    }

    /// Every path to mount.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        self.server.paths()
    }

    /// The paths of one class, for separate middleware (CF-5).
    #[must_use]
    pub fn paths_of(&self, class: RouteClass) -> Vec<&str> {
        self.server.paths_of(class)
    }

    /// Whether something is mounted at this path.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.server.class_of(path).is_some()
    }

    /// Whether the caller must read the body before [`respond`](Self::respond), and pass it as
    /// [`RequestParts::form_body`]. Read up to [`limits::FORM_BODY`](crate::limits::FORM_BODY) bytes; of a longer body,
    /// pass what was read beyond the limit, which is answered with 413. Pass `None` if the body broke off. `respond`
    /// decides whether the body is a form.
    #[must_use]
    pub fn wants_body(&self, method: &str, path: &str) -> bool {
        method == "POST"
            && match self.server.class_of(path) {
                Some(RouteClass::Interactive | RouteClass::Protocol) => true,
                Some(RouteClass::Metadata) | None => false,
            }
    }

    /// Answers one request to the end. `None` if nothing is mounted at its path.
    pub async fn respond(&self, request: &RequestParts<'_>) -> Option<ResponseParts> {
        let step = self.server.serve(request, self.clock.now(), self.entropy.clone())?;
        Some(drive(step, &self.host, &self.clock).await)
    }
}
