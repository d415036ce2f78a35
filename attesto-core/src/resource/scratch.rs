//! What one check works in, kept by the caller for the next.

use super::grant::Grant;
use crate::dpop::ProofRoom;
use alloc::vec::Vec;
use core::fmt;

/// Buffers for one check at a time. Kept from check to check, with each grant [given back](Self::reclaim), they let a check make no
/// allocation of its own, whatever the requests are like, once they have grown to the size of the longest.
///
/// One for each thread or task that checks requests. Between checks it holds what the last token and the last proof said: claims, which
/// are personal data, and public keys; neither token nor secret.
///
/// ```
/// # use attesto_core::testkit::Fixture;
/// use attesto_core::http::{Connection, RequestParts};
/// use attesto_core::resource::{Requirement, Scratch, Verdict};
///
/// # let fixture = Fixture::new();
/// # let token = fixture.token().mint();
/// let server = fixture.resource_server().build()?;
/// let requirement = Requirement::authenticated();
/// let mut scratch = Scratch::new();
/// for _ in 0..3 {
///     let credentials = format!("Bearer {token}");
///     let headers: &[(&str, &[u8])] = &[("host", fixture.host().as_bytes()), ("authorization", credentials.as_bytes())];
///     let request = RequestParts::new("POST", "/mcp", &headers).connection(Connection::new().tls());
///     match server.check_with(&mut scratch, &request, &requirement, fixture.now()) {
///         Verdict::Granted(grant) => {
///             assert!(!grant.subject().is_empty());
///             scratch.reclaim(grant);
///         }
///         verdict => panic!("{verdict:?}"),
///     }
/// }
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Default)]
pub struct Scratch {
    /// Goes into the claims of the grant.
    pub(super) token: Vec<u8>,
    pub(super) proof: ProofRoom,
}

impl Scratch {
    /// Empty: it grows when it is needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back what a grant of this or another scratch was made in. The grant is gone; a grant that is kept costs the next check
    /// one allocation.
    pub fn reclaim(&mut self, grant: Grant) {
        let buffer = grant.into_buffer();
        if buffer.capacity() > self.token.capacity() {
            self.token = buffer;
        }
    }
}

/// Shows nothing of what is left in it.
impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
