//! What a flow keeps of its request, and the rules that every request is held to (EP-1 to EP-7, SC-1, SC-2).

use super::accept::prefers_html;
use super::embedded::is_no_embedded_user_agent;
use super::prefetch::is_no_prefetch;
use crate::authorization::error::at_endpoint::{RequestError, SenderError};
use crate::authorization::error::reason::Reason;
use crate::authorization::parameters::Parameters;
use crate::authorization::questions::visit::UserAgent;
use crate::authorization::registered_client::origin::is_origin;
use crate::authorization::settings::server::Settings;
use crate::dpop;
use crate::http::{HeaderLines, Lines, OriginError, RequestParts};
use crate::jose::Thumbprint;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Returns the request's only origin.
pub(crate) fn origin_of(headers: &dyn HeaderLines) -> Option<String> {
    let Lines::One(origin) = headers.lines("origin") else { return None };
    core::str::from_utf8(origin).ok().filter(|origin| is_origin(origin)).map(Into::into)
}

/// The parts of the request that the flow keeps.
#[derive(Default)]
pub(crate) struct Received {
    /// The URL of the endpoint, which proofs and assertions must name (EP-3).
    pub(crate) url: String,
    pub(crate) parameters: Parameters,
    pub(crate) authorization: AuthorizationField,
    /// The origin of the script that sent the request, if any.
    pub(crate) origin: Option<String>,
    pub(crate) proof: Option<Vec<u8>>,
    pub(crate) certificate: Option<Thumbprint>,
    /// The whole certificate.
    pub(crate) certificate_der: Option<Vec<u8>>,
    /// Parameters that occur more than once, if that does not yet refuse the request.
    pub(crate) repeated: Vec<&'static str>,
    pub(crate) user_agent: UserAgent,
    /// Whether the caller of the introspection endpoint prefers a signed response.
    pub(crate) prefers_signature: bool,
    /// Whether errors are shown to a person.
    pub(crate) prefers_html: bool,
}

/// The `Authorization` field.
#[derive(Default)]
pub(crate) enum AuthorizationField {
    #[default]
    Absent,
    One(Zeroizing<Vec<u8>>),
    Several,
}

impl Received {
    pub(super) fn read(&mut self, server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
        transport_is_https(server, request)?;
        method_is_post(request)?;
        self.authorization = match request.headers.lines("authorization") {
            Lines::None => AuthorizationField::Absent,
            Lines::One(value) => AuthorizationField::One(Zeroizing::new(value.to_vec())),
            Lines::Many => AuthorizationField::Several,
        };
        self.origin = origin_of(request.headers);
        self.parameters = Parameters::from_form(request)?;
        self.proof = single_proof(server, request)?;
        self.certificate_der = certificate_is_readable(server, request)?;
        let thumbprint = |der: &Vec<u8>| Thumbprint::from_bytes(server.provider.sha256(&[der]));
        self.certificate = self.certificate_der.as_ref().map(thumbprint);
        Ok(())
    }

    pub(super) fn read_interactive(&mut self, server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
        self.prefers_html = prefers_html(request.headers);
        transport_is_https(server, request)?;
        method_is_get_or_post(request)?;
        is_no_prefetch(request)?;
        self.user_agent = UserAgent::from_headers(request.headers, server.origin.client_address(request));
        (self.parameters, self.repeated) = Parameters::from_query_or_form(request)?;
        if server.refuse_embedded { is_no_embedded_user_agent(request.headers) } else { Ok(()) }
    }
}

/// Returns the certificate of the connection, or of a trusted proxy's field. An unreadable one is an error, not an
/// absent one: a client that binds its tokens would otherwise get unbound ones. RFC 8705 §3, RFC 9440 §2; SC-2.
fn certificate_is_readable(server: &Settings, request: &RequestParts<'_>) -> Result<Option<Vec<u8>>, Reason> {
    let Some(policy) = &server.certificates else { return Ok(None) };
    let shown = policy.certificate(request, server.origin.trusted_proxies());
    shown
        .map(|certificate| certificate.map(Cow::into_owned))
        .map_err(|_| Reason::Sender(SenderError::CertificateUnreadable))
}

/// Checks that the request came over https, before any credential is used. RFC 6749 §3.2; EP-1.
pub(crate) fn transport_is_https(server: &Settings, request: &RequestParts<'_>) -> Result<(), Reason> {
    let origin = server.origin.resolve(request, &server.own);
    let checked = origin.and_then(|origin| server.origin.transport_is_https(&origin, request));
    checked.map_err(|error| match error {
        OriginError::InsecureTransport => Reason::Request(RequestError::InsecureTransport),
        OriginError::MissingHost
        | OriginError::SeveralHosts
        | OriginError::InvalidHost
        | OriginError::HostsDisagree
        | OriginError::ForwardedMalformed
        | OriginError::ForwardedTooLong
        | OriginError::ForwardedProto
        | OriginError::ForwardedHost
        | OriginError::ForwardedPort => Reason::Request(RequestError::InvalidOrigin),
    })
}

/// EP-4.
fn method_is_post(request: &RequestParts<'_>) -> Result<(), Reason> {
    if request.method == "POST" { Ok(()) } else { Err(Reason::Request(RequestError::MethodNotAllowed)) }
}

/// Checks that the method is GET or POST. EP-4. HEAD is refused: it would spend what a GET spends (a consent grant, a
/// pushed request) and create a code that the client never receives. Only prefetchers and scanners send HEAD here.
fn method_is_get_or_post(request: &RequestParts<'_>) -> Result<(), Reason> {
    if matches!(request.method, "GET" | "POST") { Ok(()) } else { Err(Reason::Request(RequestError::MethodNotAllowed)) }
}

/// Returns the only `DPoP` field, if any. RFC 9449 §4.3 check 1; SC-1. A server without DPoP ignores the field.
fn single_proof(server: &Settings, request: &RequestParts<'_>) -> Result<Option<Vec<u8>>, Reason> {
    if server.dpop.is_none() || request.headers.lines("dpop") == Lines::None {
        return Ok(None);
    }
    dpop::is_single(request.headers)
        .map(|proof| Some(proof.to_vec()))
        .map_err(|_| Reason::Sender(SenderError::SeveralProofs))
}
