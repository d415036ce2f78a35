//! The origin a request was made to (P11, P14).

use super::authority::{Authority, OwnedAuthority};
use super::forwarded;
use super::{
    CanonicalOrigin, EffectiveOrigin, ForwardedHeader, HeaderLines, Lines, ObservedUri, OriginError, RequestParts,
    Scheme, TrustedProxies,
};
use crate::{ConfigError, limits};
use alloc::format;
use alloc::vec::Vec;
use core::net::IpAddr;

/// How the origin of a request is determined (P11). If the [canonical origin](Self::canonical) is configured, it is the
/// origin, and the request has no influence. Otherwise:
///
/// - the **scheme** is the one that a [trusted proxy](Self::proxies) forwarded in the [configured
///   field](Self::forwarded), or else depends on whether the connection has TLS;
/// - the **host**, with its port, is that of the server's own identifier (a resource's, an issuer's), whatever the
///   request names. A [listed host](Self::hosts) is used if the request was made to it: as forwarded by a trusted
///   proxy, or else by its one valid `Host` field or `:authority`. So a client never chooses the host that a proof is
///   checked against.
///
/// If TLS ends in this process, there is nothing to configure. If it ends at a proxy, name the proxy and the field in
/// which it sends the scheme:
///
/// ```
/// use attesto_core::http::{CanonicalOrigin, Connection, OriginPolicy, RequestParts, TrustedProxies, XForwarded};
///
/// let policy = OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, XForwarded::PROTO);
///
/// let own = CanonicalOrigin::parse("https://api.example.com")?; // a server takes it from its identifier
/// let headers: &[(&str, &[u8])] = &[("host", b"whatever.example"), ("x-forwarded-proto", b"https")];
/// let connection = Connection::new().peer("127.0.0.1".parse()?);
/// let request = RequestParts::new("GET", "/orders", &headers).connection(connection);
/// let uri = policy.resolve(&request, &own)?.uri(request.path);
/// assert_eq!(uri.to_string(), "https://api.example.com/orders");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// That proxy needs one line of configuration; [`XForwarded`](super::XForwarded) lists it for five proxies. Without the
/// line, or from another address, requests are refused with `insecure_transport`.
#[derive(Clone, Debug)]
pub struct OriginPolicy {
    canonical: Option<CanonicalOrigin>,
    hosts: Vec<OwnedAuthority>,
    proxies: TrustedProxies,
    forwarded: ForwardedHeader,
    hops: usize,
    plain_http: PlainHttp,
}

/// Which connections may use plain http.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PlainHttp {
    Refused,
    /// From this machine: for development with an identifier on a loopback host.
    FromHere,
    Allowed,
}

impl Default for OriginPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl OriginPolicy {
    /// Accepts direct connections only, and requires https.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            canonical: None,
            hosts: Vec::new(),
            proxies: TrustedProxies::none(),
            forwarded: ForwardedHeader::None,
            hops: 1,
            plain_http: PlainHttp::Refused,
        }
    }

    /// TLS ends at these proxies, which forward the request's origin in this field. Combines [`proxies`](Self::proxies)
    /// and [`forwarded`](Self::forwarded).
    #[must_use]
    pub fn behind(proxies: TrustedProxies, field: impl Into<ForwardedHeader>) -> Self {
        Self::new().proxies(proxies).forwarded(field)
    }

    /// Pins the origin: for a proxy that removes a prefix from the path, or that forwards no scheme.
    #[must_use]
    pub fn canonical(mut self, origin: CanonicalOrigin) -> Self {
        self.canonical = Some(origin);
        self
    }

    /// Lists further hosts of the server, besides its identifier's: `host` or `host:port`; without a port, the
    /// scheme's. A proof for one of them is accepted if the request was made to it. Default: none.
    ///
    /// ```
    /// use attesto_core::http::OriginPolicy;
    ///
    /// assert!(OriginPolicy::new().hosts(["api.example.org", "[2001:db8::1]:8443"]).is_ok());
    /// assert!(OriginPolicy::new().hosts(["https://api.example.org"]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if an entry does not have that form. There are no wildcards.
    pub fn hosts<'a>(mut self, hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        for host in hosts {
            let listed = OwnedAuthority::parse(host).ok_or_else(|| {
                ConfigError::new("origin.hosts", format!("{host:?} must be host or host:port, without scheme and path"))
            })?;
            self.hosts.push(listed);
        }
        Ok(self)
    }

    /// Sets the peers whose forwarded values are trusted. Default: none.
    #[must_use]
    pub fn proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Sets the header field in which the proxies forward: `Forwarded`, or those of [`XForwarded`](super::XForwarded)
    /// that the proxies set on every request. Default: none. The proxies must remove or extend what clients send in it.
    #[must_use]
    pub fn forwarded(mut self, field: impl Into<ForwardedHeader>) -> Self {
        self.forwarded = field.into();
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

    /// **Development only.** Accepts credentials without TLS, from every peer. Anyone who can read the network can then
    /// use them (RFC 6750 §5.3).
    #[must_use]
    pub fn danger_allow_http(mut self) -> Self {
        self.plain_http = PlainHttp::Allowed;
        self
    }

    /// Accepts credentials without TLS from this machine, for identifiers on a loopback host.
    #[must_use]
    pub(crate) fn allow_http_from_here(mut self) -> Self {
        if self.plain_http == PlainHttp::Refused {
            self.plain_http = PlainHttp::FromHere;
        }
        self
    }

    /// The configured pin.
    #[must_use]
    pub const fn canonical_origin(&self) -> Option<&CanonicalOrigin> {
        self.canonical.as_ref()
    }

    /// The configured proxies, for other evidence that requires a trusted proxy (M4).
    #[must_use]
    pub const fn trusted_proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// Determines the origin of `request` to the server whose identifier has the origin `own`. P11, P13.
    ///
    /// # Errors
    /// [`OriginError`]; refuse the request with 400.
    pub fn resolve<'r>(
        &'r self,
        request: &RequestParts<'r>,
        own: &'r CanonicalOrigin,
    ) -> Result<EffectiveOrigin<'r>, OriginError> {
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
        // A port with the host is part of the URL the client typed; a forwarded port only fills its absence.
        let named = Authority { host, port: port.or(forwarded.port) };
        let authority = if self.lists(&named, scheme) { named } else { own.authority() };
        Ok(EffectiveOrigin::from_parts(scheme, authority, ""))
    }

    /// Whether the operator listed this host. P11.
    fn lists(&self, host: &Authority<'_>, scheme: Scheme) -> bool {
        self.hosts.iter().any(|listed| listed.lent().agrees_with(host, scheme))
    }

    /// Whether a proof may name this URI's host: the pin's, or else the identifier's own or a listed one. P11; RFC 9449
    /// §4.3 check 9.
    #[must_use]
    pub(crate) fn host_is_ours(&self, uri: &ObservedUri<'_>, own: &CanonicalOrigin) -> bool {
        let pin = self.canonical.as_ref().unwrap_or(own);
        pin.authority().agrees_with(&uri.authority, uri.scheme) || self.lists(&uri.authority, uri.scheme)
    }

    /// Checks that the effective scheme is `https`, unless the policy allows http. RFC 6750 §5.3; P14. Runs before the
    /// credential is used. The response to a failure is not a redirect, which would make the client send the exposed
    /// token again.
    ///
    /// # Errors
    /// [`OriginError::InsecureTransport`].
    pub fn transport_is_https(
        &self,
        origin: &EffectiveOrigin<'_>,
        request: &RequestParts<'_>,
    ) -> Result<(), OriginError> {
        let taken = origin.is_https()
            || match self.plain_http {
                PlainHttp::Refused => false,
                PlainHttp::FromHere => self.is_from_here(request),
                PlainHttp::Allowed => true,
            };
        if taken { Ok(()) } else { Err(OriginError::InsecureTransport) }
    }

    /// Whether both ends are on this machine, as far as the connection and the proxies show; `false` if the peer is
    /// unknown. P14.
    fn is_from_here(&self, request: &RequestParts<'_>) -> bool {
        let client_is_elsewhere = self.client_address(request).is_some_and(|client| !client.is_loopback());
        request.connection.is_local() && !client_is_elsewhere
    }

    /// The client's address, for events and never for a decision: from the element that [`resolve`](Self::resolve) uses
    /// (`for=`, `X-Forwarded-For`), or else the socket's peer.
    #[must_use]
    pub fn client_address(&self, request: &RequestParts<'_>) -> Option<IpAddr> {
        let named = self.header_of(request).and_then(|header| forwarded::client(request.headers, header, self.hops));
        named.or(request.connection.peer).map(|address| address.to_canonical())
    }

    /// Whether a trusted proxy sent this request. P12.
    pub(crate) fn is_from_proxy(&self, request: &RequestParts<'_>) -> bool {
        self.proxies.trust(&request.connection)
    }

    /// The forwarded field to read for this request: none unless its socket peer is trusted. P12, P13.
    fn header_of(&self, request: &RequestParts<'_>) -> Option<ForwardedHeader> {
        let reads = self.forwarded != ForwardedHeader::None && self.is_from_proxy(request);
        reads.then_some(self.forwarded)
    }
}

const fn direct_scheme(request: &RequestParts<'_>) -> Scheme {
    if request.connection.tls { Scheme::Https } else { Scheme::Http }
}

/// Returns the one host that the request names: in `Host`, in its target, or equally in both. RFC 9112 §3.2, RFC 9113
/// §8.3.1.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Connection;
    use alloc::string::{String, ToString};

    type Pairs<'a> = &'a [(&'a str, &'a [u8])];

    fn own() -> CanonicalOrigin {
        CanonicalOrigin::parse("https://own.example").unwrap()
    }

    fn origin(policy: &OriginPolicy, request: &RequestParts<'_>) -> Result<String, OriginError> {
        policy.resolve(request, &own()).map(|origin| origin.to_string())
    }

    /// Resolves for a server that lists `h`, another port of it, and `api.example.com`.
    fn direct(authority: Option<&str>, headers: Pairs<'_>) -> Result<String, OriginError> {
        let request = RequestParts::new("GET", "/", &headers).authority(authority);
        let policy = OriginPolicy::new().hosts(["h", "h:8443", "api.example.com"]).unwrap();
        origin(&policy, &request.connection(Connection::new().tls()))
    }

    #[test]
    fn p11_a_direct_connection_takes_tls_and_a_listed_host() {
        assert_eq!(direct(None, &[("host", b"API.example.com:443")]).unwrap(), "https://api.example.com");
        assert_eq!(direct(Some("h:8443"), &[]).unwrap(), "https://h:8443");
        let headers: Pairs<'_> = &[("Host", b"h")];
        let plain = RequestParts::new("GET", "/", &headers);
        assert_eq!(origin(&OriginPolicy::new().hosts(["h"]).unwrap(), &plain).unwrap(), "http://h");
    }

    #[test]
    fn p11_a_host_that_a_client_chose_never_decides() {
        for host in [&b"evil.example"[..], b"own.example:8443", b"own.example.", b"h:8444", b"h:80", b"x.h"] {
            assert_eq!(direct(None, &[("host", host)]).unwrap(), "https://own.example", "{host:?}");
        }
        let headers: Pairs<'_> = &[("host", b"evil.example")];
        let tls = RequestParts::new("GET", "/", &headers).connection(Connection::new().tls());
        assert_eq!(origin(&OriginPolicy::new(), &tls).unwrap(), "https://own.example");
        assert_eq!(origin(&OriginPolicy::new(), &tls.authority(Some("evil.example"))).unwrap(), "https://own.example");
    }

    #[test]
    fn p11_a_resolved_uri_has_one_of_our_hosts() {
        let uri = |text| ObservedUri::parse(text).unwrap();
        let policy = OriginPolicy::new().hosts(["h:8443"]).unwrap();
        for ours in ["https://own.example/a", "https://OWN.example:443/", "https://h:8443/b"] {
            assert!(policy.host_is_ours(&uri(ours), &own()), "{ours}");
        }
        for other in ["https://own.example:8443/a", "http://own.example:443/", "https://h/b", "https://evil.example/"] {
            assert!(!policy.host_is_ours(&uri(other), &own()), "{other}");
        }
        let pinned = policy.canonical(CanonicalOrigin::parse("https://pin.example/v1").unwrap());
        assert!(pinned.host_is_ours(&uri("https://pin.example/x"), &own()));
        assert!(!pinned.host_is_ours(&uri("https://own.example/x"), &own()));
    }

    #[test]
    fn p11_listed_hosts_are_hosts() {
        for host in ["", "https://h", "h/", "*.h", "u@h", "h:0", "h h", "::1", "*"] {
            assert_eq!(OriginPolicy::new().hosts([host]).unwrap_err().member(), "origin.hosts", "{host}");
        }
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
    fn p11_a_pin_comes_before_everything_the_request_says() {
        let pin = CanonicalOrigin::parse("https://api.example.com/v1/").unwrap();
        let policy = OriginPolicy::new()
            .canonical(pin)
            .proxies(TrustedProxies::parse(["any"]).unwrap())
            .forwarded(ForwardedHeader::Forwarded);
        let headers: Pairs<'_> = &[("host", b"evil"), ("host", b"\0"), ("forwarded", b"host=evil;proto=gopher")];
        let peer = Connection::new().peer("127.0.0.1".parse().unwrap());
        let request = RequestParts::new("GET", "/a%2fb?x", &headers).connection(peer);
        let own = own();
        let origin = policy.resolve(&request, &own).unwrap();
        assert_eq!(origin.to_string(), "https://api.example.com/v1");
        assert_eq!(origin.uri(request.path).to_string(), "https://api.example.com/v1/a%2fb");
    }

    fn transport(policy: &OriginPolicy, request: &RequestParts<'_>) -> Result<(), OriginError> {
        policy.transport_is_https(&policy.resolve(request, &own()).unwrap(), request)
    }

    #[test]
    fn p14_plain_http_is_refused_unless_development_allows_it() {
        let headers: Pairs<'_> = &[("host", b"h")];
        let plain = RequestParts::new("GET", "/", &headers);
        let tls = plain.connection(Connection::new().tls());
        let policy = OriginPolicy::new();
        assert_eq!(transport(&policy, &tls), Ok(()));
        assert_eq!(transport(&policy, &plain), Err(OriginError::InsecureTransport));
        assert_eq!(transport(&policy.danger_allow_http(), &plain), Ok(()));
    }

    #[test]
    fn p14_development_on_loopback_takes_plain_http_from_this_machine_only() {
        let local = OriginPolicy::new().allow_http_from_here();
        let from = |connection| {
            let headers: Pairs<'_> = &[("host", b"localhost:3000"), ("x-forwarded-for", b"203.0.113.9")];
            transport(&local, &RequestParts::new("GET", "/", &headers).connection(connection))
        };
        for here in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(from(Connection::new().peer(here.parse().unwrap())), Ok(()), "{here}");
        }
        assert_eq!(from(Connection::new().unix_socket()), Ok(()));
        for elsewhere in ["203.0.113.9", "10.0.0.1", "::2"] {
            let connection = Connection::new().peer(elsewhere.parse().unwrap());
            assert_eq!(from(connection), Err(OriginError::InsecureTransport), "{elsewhere}");
            assert_eq!(from(connection.tls()), Ok(()), "{elsewhere} through TLS");
        }
        assert_eq!(from(Connection::new()), Err(OriginError::InsecureTransport), "nothing is known of the peer");

        // A proxy on this machine, whose client is on another.
        let proxied = OriginPolicy::behind(TrustedProxies::parse(["loopback"]).unwrap(), super::super::XForwarded::FOR);
        let headers: Pairs<'_> = &[("host", b"localhost:3000"), ("x-forwarded-for", b"203.0.113.9")];
        let connection = Connection::new().peer("127.0.0.1".parse().unwrap());
        let request = RequestParts::new("GET", "/", &headers).connection(connection);
        assert_eq!(transport(&proxied.allow_http_from_here(), &request), Err(OriginError::InsecureTransport));
    }

    #[test]
    fn p13_hops_are_bounded() {
        assert!(OriginPolicy::new().hops(0).is_err() && OriginPolicy::new().hops(33).is_err());
        assert!(OriginPolicy::new().hops(1).is_ok() && OriginPolicy::new().hops(32).is_ok());
    }
}
