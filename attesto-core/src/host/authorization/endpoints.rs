//! What an adapter does with a request to an authorization server, without its framework.

use super::bundle::AuthorizationHost;
use super::drive::drive;
use crate::authorization::{AuthorizationServer, RouteClass};
use crate::host::EntropySource;
use crate::http::{RequestParts, ResponseParts};
use crate::time::Clock;
use alloc::vec::Vec;

/// A server, its host, the clock it goes by and the randomness it draws on: all that its mounted endpoints need. A clone is another
/// handle on the same.
///
/// An adapter mounts [`paths`](Self::paths), reads the body where [`wants_body`](Self::wants_body) says so, and sends what
/// [`respond`](Self::respond) gives.
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
/// let form = endpoints.wants_body(request.method, request.path).then_some(body); // at most 64 KiB and one byte of it
/// let request = form.map_or(request, |form| request.form_body(form));
/// endpoints.respond(&request).await // `None`: another's path
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
    /// Of this server, answered for by this host.
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

    /// Those of one class, for middleware of its own (CF-5).
    #[must_use]
    pub fn paths_of(&self, class: RouteClass) -> Vec<&str> {
        self.server.paths_of(class)
    }

    /// Whether something is mounted at this path.
    #[must_use]
    pub fn serves(&self, path: &str) -> bool {
        self.server.class_of(path).is_some()
    }

    /// Whether to read the body before [`respond`](Self::respond), and lend it as [`RequestParts::form_body`]. Read up to
    /// [`limits::FORM_BODY`](crate::limits::FORM_BODY) bytes, and lend one that goes on as what was read of it, beyond the limit: it is
    /// answered with 413. Lend none of a body that broke off. Whether it is a form, `respond` decides.
    #[must_use]
    pub fn wants_body(&self, method: &str, path: &str) -> bool {
        method == "POST"
            && match self.server.class_of(path) {
                Some(RouteClass::Interactive | RouteClass::Protocol) => true,
                Some(RouteClass::Metadata) | None => false,
            }
    }

    /// Answers one request to the end. `None`: nothing is mounted at its path.
    pub async fn respond(&self, request: &RequestParts<'_>) -> Option<ResponseParts> {
        let step = self.server.serve(request, self.clock.now(), self.entropy.clone())?;
        Some(drive(step, &self.host, &self.clock).await)
    }
}
