//! Steps 1 to 3: transport, credential, scheme.

use super::stage::{Received, Stage};
use crate::challenge::AuthScheme;
use crate::dpop::{self, ProofError};
use crate::http::{Lines, ObservedUri, RequestParts};
use crate::resource::reason::Reason;
use crate::resource::requirement::Requirement;
use crate::resource::scratch::Scratch;
use crate::resource::server::ResourceServer;
use crate::resource::verdict::Verdict;
use crate::time::Timestamp;

impl ResourceServer {
    /// Checks one request. Deterministic: the same request, configuration, time and answers give the same verdict.
    pub fn check<'a>(
        &'a self,
        request: &RequestParts<'_>,
        requirement: &'a Requirement,
        now: Timestamp,
    ) -> Verdict<'a> {
        self.check_with(&mut Scratch::new(), request, requirement, now)
    }

    /// Like [`check`](Self::check), with buffers that the caller keeps: see [`Scratch`]. Their contents do not affect
    /// the verdict.
    pub fn check_with<'a>(
        &'a self,
        scratch: &mut Scratch,
        request: &RequestParts<'_>,
        requirement: &'a Requirement,
        now: Timestamp,
    ) -> Verdict<'a> {
        start(scratch, self, request, requirement, now)
    }
}

/// Runs steps 1 to 3, then 4 to 6 if the token is from a configured issuer.
fn start<'a>(
    scratch: &mut Scratch,
    server: &'a ResourceServer,
    request: &RequestParts<'_>,
    requirement: &'a Requirement,
    now: Timestamp,
) -> Verdict<'a> {
    let mut stage = Stage { server, requirement, facts: server.facts(request, requirement), began: now, now };
    match stage.receive(request) {
        Ok(received) => stage.identify(scratch, request, &received),
        Err(reason) => stage.deny(reason),
    }
}

impl ResourceServer {
    /// Returns the resolver's URI for a request from a trusted proxy; `None` without a resolver or such a proxy. Its
    /// host must be one of ours, since the field that a proxy sets may repeat what the client wrote. RFC 9449 §4.3
    /// check 9; D10, P11, P12.
    fn observed_uri_is_ours<'r>(&self, request: &RequestParts<'r>) -> Result<Option<ObservedUri<'r>>, ProofError> {
        let Some(resolver) = self.observed_uri.as_ref().filter(|_| self.origin.is_from_proxy(request)) else {
            return Ok(None);
        };
        let uri = resolver.observed_uri(request).filter(|uri| self.origin.host_is_ours(uri, &self.own));
        uri.map(Some).ok_or(ProofError::InvalidHtu)
    }
}

/// Returns the scheme of unusable credentials, so that the refusal can challenge for that scheme. W3.
fn recognisable_scheme(request: &RequestParts<'_>) -> Option<AuthScheme> {
    let Lines::One(value) = request.headers.lines("authorization") else { return None };
    let scheme = value.split(|byte| !byte.is_ascii_alphanumeric()).next()?;
    core::str::from_utf8(scheme).ok().and_then(AuthScheme::from_name)
}

impl<'a> Stage<'a> {
    /// Runs steps 1 to 3: transport, credential, scheme.
    fn receive<'r>(&mut self, request: &RequestParts<'r>) -> Result<Received<'r>, Reason>
    where
        'a: 'r,
    {
        let origin = self.server.origin.resolve(request, &self.server.own)?;
        self.server.origin.transport_is_https(&origin, request)?;
        let presented = self.server.credentials.extract(request).inspect_err(|_| {
            self.facts.scheme = recognisable_scheme(request);
        })?;
        self.facts.scheme = Some(presented.scheme);
        self.facts.channel = Some(presented.channel);
        let proof = self.proof_goes_with_scheme(request, presented.scheme)?;
        let uri = match presented.scheme {
            AuthScheme::Dpop => self.server.observed_uri_is_ours(request)?.unwrap_or_else(|| origin.uri(request.path)),
            AuthScheme::Bearer => origin.uri(request.path),
        };
        Ok(Received { presented, uri, proof })
    }

    /// Checks that a `DPoP` field comes with the DPoP scheme only, and then exactly once. RFC 9449 §7.1, §4.3 check 1;
    /// D1, B4, B5.
    fn proof_goes_with_scheme<'r>(
        &self,
        request: &RequestParts<'r>,
        scheme: AuthScheme,
    ) -> Result<Option<&'r [u8]>, ProofError> {
        match scheme {
            AuthScheme::Dpop => dpop::is_single(request.headers).map(Some),
            // A server without DPoP ignores the field, as any unknown field.
            AuthScheme::Bearer if self.server.dpop.is_none() => Ok(None),
            AuthScheme::Bearer if request.headers.lines("dpop") == Lines::None => Ok(None),
            AuthScheme::Bearer => Err(ProofError::DpopSchemeRequired),
        }
    }
}
