//! The origin a request was made to (catalogue P11, P14).

use super::authority::Authority;
use super::forwarded::{self, ForwardedHeader};
use super::{CanonicalOrigin, HeaderLines, Lines, ObservedUri, RequestParts, Scheme, TrustedProxies};
use crate::{ConfigError, limits};
use core::fmt;
use core::net::IpAddr;

reasons! {
    /// The origin of a request cannot be told, or must not carry credentials (catalogue P11 to P14).
    pub enum OriginError {
        /// The effective scheme is not `https`. RFC 6750 §5.3; P14.
        InsecureTransport => "insecure_transport", "the request did not come over TLS";
        /// Neither a `Host` field nor an authority in the request target. RFC 9112 §3.2; P11.
        MissingHost => "invalid_host", "the request names no host";
        /// More than one `Host` field line, equal or not. RFC 9112 §3.2; P11.
        SeveralHosts => "invalid_host", "the request has several Host fields";
        /// `Host` or the request target's authority is not a host with an optional port. RFC 9110 §7.2; P11.
        InvalidHost => "invalid_host", "the host is not a valid host";
        /// `Host` and the request target's authority name different hosts. RFC 9113 §8.3.1; P11.
        HostsDisagree => "invalid_host", "Host and the request target name different hosts";
        /// The forwarded field is not a list of the right form, an element is empty, or one has a parameter twice.
        /// RFC 7239 §4; P13.
        ForwardedMalformed => "invalid_forwarded", "the forwarded field is malformed";
        /// The forwarded field has too many elements or too long a line. P13.
        ForwardedTooLong => "invalid_forwarded", "the forwarded field is too long";
        /// The forwarded scheme is neither `http` nor `https`. RFC 7239 §5.4; P13.
        ForwardedProto => "invalid_forwarded", "the forwarded scheme is neither http nor https";
        /// The forwarded host is not a host with an optional port. RFC 7239 §5.3; P13.
        ForwardedHost => "invalid_forwarded", "the forwarded host is not a valid host";
        /// The forwarded port is not 1 to 65535. P13.
        ForwardedPort => "invalid_forwarded", "the forwarded port is not a port";
    }
}

/// How the origin of a request is found; the first hit wins (P11):
///
/// 1. the [canonical origin](Self::canonical), where one is configured: nothing of the request is looked at;
/// 2. what a [trusted proxy](Self::proxies) forwarded in the [configured header field](Self::forwarded), value by
///    value: a proxy that forwards the scheme only leaves the host to the next step;
/// 3. the connection: whether it has TLS, and the one valid `Host` field or `:authority`.
///
/// ```
/// use attesto_core::http::{CanonicalOrigin, OriginPolicy, RequestParts};
///
/// let policy = OriginPolicy::new().canonical(CanonicalOrigin::parse("https://api.example.com/v1")?);
/// let headers: &[(&str, &[u8])] = &[("host", b"whatever.example")];
/// let request = RequestParts::new("GET", "/orders", &headers);
/// let uri = policy.resolve(&request)?.uri(request.path);
/// assert_eq!(uri.to_string(), "https://api.example.com/v1/orders");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OriginPolicy {
    canonical: Option<CanonicalOrigin>,
    proxies: TrustedProxies,
    forwarded: ForwardedHeader,
    hops: usize,
    require_https: bool,
}

impl Default for OriginPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl OriginPolicy {
    /// Direct connections only, and https required.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            canonical: None,
            proxies: TrustedProxies::none(),
            forwarded: ForwardedHeader::None,
            hops: 1,
            require_https: true,
        }
    }

    /// Pins the origin. Recommended wherever the public origin is known, and above all behind proxies.
    #[must_use]
    pub fn canonical(mut self, origin: CanonicalOrigin) -> Self {
        self.canonical = Some(origin);
        self
    }

    /// Sets the peers whose forwarded values count. Default: none.
    #[must_use]
    pub fn proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Sets the header field in which the proxies forward. Default: none. The proxy must remove or extend what clients
    /// send in it.
    #[must_use]
    pub fn forwarded(mut self, header: ForwardedHeader) -> Self {
        self.forwarded = header;
        self
    }

    /// Sets how many trusted proxies a request passes, each of which adds one element to the forwarded list. The
    /// element that the outermost of them added is used: the `hops`-th from the right, or the first of a shorter list
    /// (proxies may set a value instead of adding to it). Default: 1.
    ///
    /// # Errors
    /// [`ConfigError`] for 0, and for more than [`limits::FORWARDED_ELEMENTS`].
    pub fn hops(mut self, hops: usize) -> Result<Self, ConfigError> {
        if !(1..=limits::FORWARDED_ELEMENTS).contains(&hops) {
            return Err(ConfigError::new("hops", "must be at least 1 (one trusted proxy) and at most 32"));
        }
        self.hops = hops;
        Ok(self)
    }

    /// Development only: accepts credentials without TLS. Whoever can read the network can then use them (RFC 6750
    /// §5.3).
    #[must_use]
    pub fn danger_allow_http(mut self) -> Self {
        self.require_https = false;
        self
    }

    /// Whether plain http is accepted; see [`danger_allow_http`](Self::danger_allow_http).
    #[must_use]
    pub const fn allows_http(&self) -> bool {
        !self.require_https
    }

    /// The configured pin.
    #[must_use]
    pub const fn canonical_origin(&self) -> Option<&CanonicalOrigin> {
        self.canonical.as_ref()
    }

    /// The configured proxies, for other evidence under the same gate (M4).
    #[must_use]
    pub const fn trusted_proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// Finds the origin of `request`. P11, P13.
    ///
    /// # Errors
    /// [`OriginError`]; the request is to be refused with 400.
    pub fn resolve<'r>(&'r self, request: &RequestParts<'r>) -> Result<EffectiveOrigin<'r>, OriginError> {
        if let Some(pin) = &self.canonical {
            return Ok(pin.origin());
        }
        let forwarded = match self.header_of(request) {
            Some(header) => forwarded::values(request.headers, header, self.hops)?,
            None => forwarded::Values::default(),
        };
        let scheme = forwarded.scheme.unwrap_or_else(|| direct_scheme(request));
        let Authority { host, port } = match forwarded.authority {
            Some(authority) => authority,
            None => direct_authority(request, scheme)?,
        };
        // A port beside the host is part of the URL the client typed; a forwarded port only fills its absence.
        let authority = Authority { host, port: port.or(forwarded.port) };
        Ok(EffectiveOrigin::from_parts(scheme, authority, ""))
    }

    /// The effective scheme is `https`, unless the policy was told to do without. RFC 6750 §5.3; P14. Comes before
    /// anything is done with the credential; the answer to a failure is no redirect, which would invite a replay of the
    /// exposed token.
    ///
    /// # Errors
    /// [`OriginError::InsecureTransport`].
    pub fn transport_is_https(&self, origin: &EffectiveOrigin<'_>) -> Result<(), OriginError> {
        if origin.is_https() || self.allows_http() { Ok(()) } else { Err(OriginError::InsecureTransport) }
    }

    /// The client's address, for events and never for a decision: what the element that
    /// [`resolve`](Self::resolve) uses says about it (`for=`, `X-Forwarded-For`), else the socket's peer.
    #[must_use]
    pub fn client_address(&self, request: &RequestParts<'_>) -> Option<IpAddr> {
        let named = self.header_of(request).and_then(|header| forwarded::client(request.headers, header, self.hops));
        named.or(request.connection.peer).map(|address| address.to_canonical())
    }

    /// The forwarded field to read for this request: none, unless its socket peer is trusted. P12, P13.
    fn header_of(&self, request: &RequestParts<'_>) -> Option<ForwardedHeader> {
        let reads = self.forwarded != ForwardedHeader::None && self.proxies.contains(request.connection.peer);
        reads.then_some(self.forwarded)
    }
}

const fn direct_scheme(request: &RequestParts<'_>) -> Scheme {
    if request.connection.tls { Scheme::Https } else { Scheme::Http }
}

/// The one host that the request names, in `Host`, in its target, or in both alike. RFC 9112 §3.2, RFC 9113 §8.3.1.
fn direct_authority<'r>(request: &RequestParts<'r>, scheme: Scheme) -> Result<Authority<'r>, OriginError> {
    let target = request.authority.map(|authority| Authority::parse(authority).ok_or(OriginError::InvalidHost));
    match (target.transpose()?, host_field(request.headers)?) {
        (None, None) => Err(OriginError::MissingHost),
        (Some(only), None) | (None, Some(only)) => Ok(only),
        (Some(target), Some(host)) if target.agrees_with(&host, scheme) => Ok(target),
        (Some(_), Some(_)) => Err(OriginError::HostsDisagree),
    }
}

fn host_field(headers: &dyn HeaderLines) -> Result<Option<Authority<'_>>, OriginError> {
    match headers.lines("host") {
        Lines::None => Ok(None),
        Lines::One(value) => {
            let host = core::str::from_utf8(value).ok().and_then(Authority::parse);
            host.map(Some).ok_or(OriginError::InvalidHost)
        }
        Lines::Many => Err(OriginError::SeveralHosts),
    }
}

/// Where the client called: scheme, host and port, and the prefix that a pin puts before every path.
///
/// `Display` writes the origin in its normal form: lower case, no default port, the prefix at the end.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveOrigin<'r> {
    scheme: Scheme,
    authority: Authority<'r>,
    prefix: &'r str,
}

impl<'r> EffectiveOrigin<'r> {
    pub(crate) const fn from_parts(scheme: Scheme, authority: Authority<'r>, prefix: &'r str) -> Self {
        Self { scheme, authority, prefix }
    }

    /// The effective scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the effective scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The URI of the raw, undecoded `path` at this origin, including any mount prefix that a router stripped. A query
    /// or fragment is cut off. A `path` that is none (`*`) gives a URI that matches no `htu`.
    #[must_use]
    pub fn uri(&self, path: &'r str) -> ObservedUri<'r> {
        ObservedUri::from_parts(self.scheme, self.authority, self.prefix, path)
    }
}

impl fmt::Display for EffectiveOrigin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri("").fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Connection;
    use alloc::string::{String, ToString};

    type Pairs<'a> = &'a [(&'a str, &'a [u8])];

    fn origin(policy: &OriginPolicy, request: &RequestParts<'_>) -> Result<String, OriginError> {
        policy.resolve(request).map(|origin| origin.to_string())
    }

    fn direct(authority: Option<&str>, headers: Pairs<'_>) -> Result<String, OriginError> {
        let request = RequestParts::new("GET", "/", &headers).authority(authority);
        origin(&OriginPolicy::new(), &request.connection(Connection::new().tls()))
    }

    #[test]
    fn p11_a_direct_connection_takes_tls_and_host() {
        assert_eq!(direct(None, &[("host", b"API.example.com:443")]).unwrap(), "https://api.example.com");
        assert_eq!(direct(Some("h:8443"), &[]).unwrap(), "https://h:8443");
        let headers: Pairs<'_> = &[("Host", b"h")];
        let plain = RequestParts::new("GET", "/", &headers);
        assert_eq!(origin(&OriginPolicy::new(), &plain).unwrap(), "http://h");
    }

    #[test]
    fn p11_host_and_authority_must_agree() {
        assert_eq!(direct(Some("h:443"), &[("host", b"H")]).unwrap(), "https://h");
        assert_eq!(direct(Some("h"), &[("host", b"i")]), Err(OriginError::HostsDisagree));
        assert_eq!(direct(Some("h"), &[("host", b"h:80")]), Err(OriginError::HostsDisagree));
    }

    #[test]
    fn p11_exactly_one_valid_host() {
        assert_eq!(direct(None, &[]), Err(OriginError::MissingHost));
        assert_eq!(direct(None, &[("host", b"h"), ("host", b"h")]), Err(OriginError::SeveralHosts));
        assert_eq!(direct(Some("h"), &[("host", b"h"), ("host", b"h")]), Err(OriginError::SeveralHosts));
        for host in [&b""[..], b"h,i", b"h, h", b"u@h", b"h/", b"h:0", b"\xff", b"h\0", b"https://h"] {
            assert_eq!(direct(None, &[("host", host)]), Err(OriginError::InvalidHost), "{host:?}");
            assert_eq!(direct(Some("h"), &[("host", host)]), Err(OriginError::InvalidHost), "{host:?}");
        }
        assert_eq!(direct(Some("u@h"), &[("host", b"h")]), Err(OriginError::InvalidHost));
        assert_eq!(direct(Some(""), &[("host", b"h")]), Err(OriginError::InvalidHost));
    }

    #[test]
    fn x35_a_pin_comes_before_everything_the_request_says() {
        let pin = CanonicalOrigin::parse("https://api.example.com/v1/").unwrap();
        let policy = OriginPolicy::new()
            .canonical(pin)
            .proxies(TrustedProxies::parse(["any"]).unwrap())
            .forwarded(ForwardedHeader::Forwarded);
        let headers: Pairs<'_> = &[("host", b"evil"), ("host", b"\0"), ("forwarded", b"host=evil;proto=gopher")];
        let peer = Connection::new().peer("127.0.0.1".parse().unwrap());
        let request = RequestParts::new("GET", "/a%2fb?x", &headers).connection(peer);
        let origin = policy.resolve(&request).unwrap();
        assert_eq!(origin.to_string(), "https://api.example.com/v1");
        assert_eq!(origin.uri(request.path).to_string(), "https://api.example.com/v1/a%2fb");
    }

    #[test]
    fn p14_plain_http_is_refused_unless_development_allows_it() {
        let headers: Pairs<'_> = &[("host", b"h")];
        let plain = RequestParts::new("GET", "/", &headers);
        let tls = plain.connection(Connection::new().tls());
        let policy = OriginPolicy::new();
        assert_eq!(policy.transport_is_https(&policy.resolve(&tls).unwrap()), Ok(()));
        let insecure = policy.resolve(&plain).unwrap();
        assert_eq!(policy.transport_is_https(&insecure), Err(OriginError::InsecureTransport));
        assert_eq!(policy.clone().danger_allow_http().transport_is_https(&insecure), Ok(()));
    }

    #[test]
    fn p13_hops_are_bounded() {
        assert!(OriginPolicy::new().hops(0).is_err() && OriginPolicy::new().hops(33).is_err());
        assert!(OriginPolicy::new().hops(1).is_ok() && OriginPolicy::new().hops(32).is_ok());
    }
}
