//! `Forwarded` and `X-Forwarded-*`: what the trusted proxies said counts, what a client wrote before them does not.

use crate::request::Request;
use attesto_core::http::{ForwardedHeader, ObservedUri, OriginError, OriginPolicy, Scheme, TrustedProxies};
use attesto_core::limits;
use std::net::IpAddr;
use url::Url;

/// A request. Its method says which field is read and over how many proxies: `F1`, `X3`.
pub fn forwarded(data: &[u8]) {
    let request = Request::parse(data);
    let x = request.method.starts_with('X');
    let digit = request.method.as_bytes().get(1).filter(|byte| byte.is_ascii_digit());
    let hops = digit.map_or(1, |digit| usize::from(digit - b'0')).max(1);
    let header = if x { ForwardedHeader::XForwarded } else { ForwardedHeader::Forwarded };
    let trusting = policy(header, hops).proxies(TrustedProxies::parse(["10.0.0.0/8"]).expect("a network"));
    let seen = resolve(&trusting, &request);
    if let Ok(origin) = &seen {
        is_an_origin(origin);
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
    OriginPolicy::new().forwarded(header).hops(hops).expect("one to nine").danger_allow_http()
}

fn resolve(policy: &OriginPolicy, request: &Request) -> Result<String, OriginError> {
    request.with_parts(|parts| policy.resolve(parts).map(|origin| origin.to_string()))
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

/// Commas and positions, without any cleverness.
fn values_are_those_of_the_outermost_proxy(request: &Request, hops: usize, seen: &Result<String, OriginError>) {
    let value = |name: &str| {
        let lines: Vec<String> =
            request.values(name).iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let all = lines.join(",");
        let values: Vec<String> = all.split(',').map(|value| value.trim_ascii().to_owned()).collect();
        let chosen = values[values.len().saturating_sub(hops)].clone();
        (!lines.is_empty()).then_some((values, chosen))
    };
    let [proto, host, port] = ["proto", "host", "port"].map(|name| value(&format!("x-forwarded-{name}")));
    let Ok(seen) = seen else { return };
    for (values, _) in [&proto, &host, &port].into_iter().flatten() {
        assert!(values.len() <= limits::FORWARDED_ELEMENTS && !values.iter().any(String::is_empty));
    }
    let uri = ObservedUri::parse(seen).expect("an origin is a URI");
    match proto {
        Some((_, proto)) => assert!(uri.scheme().as_str().eq_ignore_ascii_case(&proto), "{seen} {proto}"),
        None => assert_eq!(uri.scheme(), Scheme::Https, "the connection's own"),
    }
    if let Some((_, host)) = host {
        let suffix = port.map(|(_, port)| port).filter(|_| !has_port(&host)).map(|port| format!(":{port}"));
        let expected = format!("{}://{}{}", uri.scheme(), host.trim_end_matches(':'), suffix.unwrap_or_default());
        assert_eq!(ObservedUri::parse(&expected).map(|uri| uri.to_string()).as_ref(), Some(seen));
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
