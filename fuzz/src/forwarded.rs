//! `Forwarded` and `X-Forwarded-*`: what the trusted proxies said counts, what a client wrote before them does not.

use crate::request::Request;
use attesto_core::http::{
    CanonicalOrigin, ForwardedHeader, ObservedUri, OriginError, OriginPolicy, Scheme, TrustedProxies, XForwarded,
};
use attesto_core::limits;
use std::net::IpAddr;
use std::sync::LazyLock;
use url::Url;

/// The origin of the server's identifier.
static OWN: LazyLock<CanonicalOrigin> = LazyLock::new(|| CanonicalOrigin::parse("https://own.example").expect("one"));
/// The hosts that the operator listed.
const LISTED: [&str; 4] = ["a.example", "a.example:444", "b.example:80", "[2001:db8::1]:8443"];
/// All that a proxy can forward.
const X_FORWARDED: ForwardedHeader =
    ForwardedHeader::XForwarded(XForwarded::PROTO.and(XForwarded::HOST).and(XForwarded::PORT).and(XForwarded::FOR));

/// A request. Its method says which field is read and over how many proxies: `F1`, `X3`.
pub fn forwarded(data: &[u8]) {
    let request = Request::parse(data);
    let x = request.method.starts_with('X');
    let digit = request.method.as_bytes().get(1).filter(|byte| byte.is_ascii_digit());
    let hops = digit.map_or(1, |digit| usize::from(digit - b'0')).max(1);
    let header = if x { X_FORWARDED } else { ForwardedHeader::Forwarded };
    let trusting = policy(header, hops).proxies(TrustedProxies::parse(["10.0.0.0/8"]).expect("a network"));
    let seen = resolve(&trusting, &request);
    if let Ok(origin) = &seen {
        is_an_origin(origin);
        is_of_the_operators_choice(origin);
    }
    if x {
        values_are_those_of_the_outermost_proxy(&request, hops, &seen);
    }
    what_clients_wrote_does_not_matter(&trusting, &request, x, hops);

    // From a peer that is no proxy, no forwarded field is read.
    let direct = resolve(&policy(header, hops), &request);
    assert_eq!(direct, resolve(&policy(header, hops), &request.without(|name| name.contains("forwarded"))));
    let distrusted = policy(header, hops).proxies(TrustedProxies::parse(["192.0.2.0/24"]).expect("a network"));
    assert_eq!(direct, resolve(&distrusted, &request));
    assert_eq!(client(&distrusted, &request), "10.0.0.1".parse::<IpAddr>().ok());
}

fn policy(header: ForwardedHeader, hops: usize) -> OriginPolicy {
    let policy = OriginPolicy::new().forwarded(header).hops(hops).expect("one to nine").danger_allow_http();
    policy.hosts(LISTED).expect("hosts")
}

fn resolve(policy: &OriginPolicy, request: &Request) -> Result<String, OriginError> {
    request.with_parts(|parts| policy.resolve(parts, &OWN).map(|origin| origin.to_string()))
}

fn client(policy: &OriginPolicy, request: &Request) -> Option<IpAddr> {
    request.with_parts(|parts| policy.client_address(parts))
}

/// Everybody reads it as the same origin, without path, query or user.
fn is_an_origin(origin: &str) {
    let parsed = ObservedUri::parse(origin).expect("an origin is a URI");
    assert_eq!(parsed.to_string(), origin, "in its normal form");
    if let Ok(url) = Url::parse(origin) {
        assert!(matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none());
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    }
}

/// Whatever the request says, the host is the server's own or a listed one.
fn is_of_the_operators_choice(origin: &str) {
    let (scheme, _) = origin.split_once("://").expect("a scheme");
    let ours = LISTED.into_iter().chain(["own.example"]).map(|host| format!("{scheme}://{host}"));
    let ours: Vec<String> = ours.filter_map(|text| ObservedUri::parse(&text).map(|uri| uri.to_string())).collect();
    assert!(ours.iter().any(|ours| ours == origin), "{origin}");
}

/// Commas and positions, without any cleverness.
fn values_are_those_of_the_outermost_proxy(request: &Request, hops: usize, seen: &Result<String, OriginError>) {
    let value = |name: &str| {
        let lines: Vec<String> =
            request.values(name).iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let all = lines.join(",");
        let values: Vec<String> = all.split(',').map(|value| value.trim_ascii().to_owned()).collect();
        let chosen = values[values.len().saturating_sub(hops)].clone();
        (!lines.is_empty()).then_some((values, Some(chosen).filter(|value| !value.is_empty())))
    };
    let [proto, host, port] = ["proto", "host", "port"].map(|name| value(&format!("x-forwarded-{name}")));
    let Ok(seen) = seen else { return };
    for (values, _) in [&proto, &host, &port].into_iter().flatten() {
        assert!(values.len() <= limits::FORWARDED_ELEMENTS);
    }
    let uri = ObservedUri::parse(seen).expect("an origin is a URI");
    let scheme_of = |proto: &str| if proto.to_ascii_lowercase().ends_with('s') { Scheme::Https } else { Scheme::Http };
    match proto.and_then(|(_, proto)| proto) {
        Some(proto) => assert_eq!(uri.scheme(), scheme_of(&proto), "{seen} {proto}"),
        None => assert_eq!(uri.scheme(), Scheme::Https, "the connection's own"),
    }
    if let Some(host) = host.and_then(|(_, host)| host) {
        let port = port.and_then(|(_, port)| port).filter(|_| !has_port(&host));
        let suffix = port.map(|port| format!(":{port}")).unwrap_or_default();
        let named = format!("{}://{}{suffix}", uri.scheme(), host.trim_end_matches(':'));
        let named = ObservedUri::parse(&named).map(|uri| uri.to_string()).expect("a host");
        let own = format!("{}://own.example", uri.scheme());
        assert!(*seen == named || *seen == own, "{seen}: neither {named} nor {own}");
    }
}

fn has_port(host: &str) -> bool {
    let after_literal = host.rsplit(']').next().unwrap_or(host);
    after_literal.split_once(':').is_some_and(|(_, port)| !port.is_empty())
}

/// As many elements before all others as there are proxies, then one more with anything in it: that one is never looked at.
fn what_clients_wrote_does_not_matter(policy: &OriginPolicy, request: &Request, x: bool, hops: usize) {
    let names: &[(&str, &str, &str)] = if x {
        &[
            ("x-forwarded-proto", "https", "http"),
            ("x-forwarded-host", "a.example", "evil.example"),
            ("x-forwarded-port", "444", "1"),
            ("x-forwarded-for", "192.0.2.1", "192.0.2.66"),
        ]
    } else {
        &[("forwarded", "for=192.0.2.1;host=a.example;proto=https", "for=192.0.2.66;host=evil.example;proto=http")]
    };
    let mut with_proxies = request.clone();
    let mut with_client = request.clone();
    for (name, by_proxy, by_client) in names {
        let proxies = vec![*by_proxy; hops].join(", ");
        with_proxies = with_proxies.preceded_by(name, &proxies);
        with_client = with_client.preceded_by(name, format!("{by_client}, {proxies}"));
    }
    let (without, with) = (resolve(policy, &with_proxies), resolve(policy, &with_client));
    assert!(with == without || with == Err(OriginError::ForwardedTooLong), "{with:?} {without:?}");
    if with.is_ok() {
        assert_eq!(client(policy, &with_client), client(policy, &with_proxies));
    }
}
