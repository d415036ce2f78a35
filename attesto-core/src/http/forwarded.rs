//! The forwarded header fields of a trusted proxy (P13, RFC 7239 §4 to §6).
//!
//! Nothing here checks the peer: the caller does, and calls for trusted peers only.

use super::authority::{Authority, parse_port};
use super::forwarded_element::elements;
use super::{ForwardedHeader, HeaderLines, OriginError, Scheme, XForwarded};
use crate::limits;
use core::net::IpAddr;

/// The forwarded values of a request; absent ones were not sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values<'r> {
    pub(crate) scheme: Option<Scheme>,
    pub(crate) authority: Option<Authority<'r>>,
    pub(crate) port: Option<u16>,
}

/// Reads scheme, host and port of the element that the outermost of `hops` proxies added. A value that was not sent is
/// absent; an invalid one refuses the request.
pub(crate) fn values<'r>(
    headers: &'r dyn HeaderLines,
    header: ForwardedHeader,
    hops: usize,
) -> Result<Values<'r>, OriginError> {
    let (proto, host, port) = match header {
        ForwardedHeader::None => (None, None, None),
        ForwardedHeader::Forwarded => {
            let element = nth_from_right(headers, "forwarded", hops, elements)?.unwrap_or_default();
            (element.proto, element.host.filter(|host| !host.is_empty()), None)
        }
        ForwardedHeader::XForwarded(fields) => (
            named(headers, fields, XForwarded::PROTO, "x-forwarded-proto", hops)?,
            named(headers, fields, XForwarded::HOST, "x-forwarded-host", hops)?,
            named(headers, fields, XForwarded::PORT, "x-forwarded-port", hops)?,
        ),
    };
    Ok(Values {
        scheme: read(proto, Scheme::parse_forwarded, OriginError::ForwardedProto)?,
        authority: read(host, Authority::parse, OriginError::ForwardedHost)?,
        port: read(port, |digits| parse_port(digits).filter(|_| digits.len() <= 5), OriginError::ForwardedPort)?,
    })
}

/// Returns the value of a field, if the proxies set it. Any other field is the client's text and is ignored. P13.
fn named<'r>(
    headers: &'r dyn HeaderLines,
    fields: XForwarded,
    field: XForwarded,
    name: &str,
    hops: usize,
) -> Result<Option<&'r [u8]>, OriginError> {
    if !fields.names(field) {
        return Ok(None);
    }
    let value = nth_from_right(headers, name, hops, plain_values)?;
    Ok(value.filter(|value| !value.is_empty()))
}

/// Returns the client's address of the same element; `None` if it is hidden (`unknown`, `_x`) or unreadable.
pub(crate) fn client(headers: &dyn HeaderLines, header: ForwardedHeader, hops: usize) -> Option<IpAddr> {
    let node = match header {
        ForwardedHeader::None => None,
        ForwardedHeader::Forwarded => nth_from_right(headers, "forwarded", hops, elements).ok()??.node,
        ForwardedHeader::XForwarded(fields) => named(headers, fields, XForwarded::FOR, "x-forwarded-for", hops).ok()?,
    };
    parse_node(core::str::from_utf8(node?).ok()?)
}

/// Parses `node = nodename [ ":" node-port ]` (RFC 7239 §6), or the bare IPv6 address of `X-Forwarded-For`.
fn parse_node(node: &str) -> Option<IpAddr> {
    if let Some(literal) = node.strip_prefix('[') {
        return literal.split_once(']')?.0.parse().ok().map(IpAddr::V6);
    }
    let without_port = node.rsplit_once(':').and_then(|(address, _)| address.parse().ok().map(IpAddr::V4));
    node.parse().ok().or(without_port)
}

fn read<'r, T>(
    value: Option<&'r [u8]>,
    parse: impl FnOnce(&'r str) -> Option<T>,
    invalid: OriginError,
) -> Result<Option<T>, OriginError> {
    let Some(value) = value else { return Ok(None) };
    core::str::from_utf8(value).ok().and_then(parse).map(Some).ok_or(invalid)
}

/// Parses one field line and passes on its list elements from left to right.
type LineParser<'r, T> = fn(&'r [u8], &mut dyn FnMut(T)) -> Result<(), OriginError>;

/// Returns the `hops`-th element from the right, or the first of a shorter list. The lines of the field form one list,
/// in order (RFC 9110 §5.3), but each must be a list by itself: a quotation cannot continue into a line that another
/// proxy wrote.
fn nth_from_right<'r, T: Copy>(
    headers: &'r dyn HeaderLines,
    name: &str,
    hops: usize,
    parse_line: LineParser<'r, T>,
) -> Result<Option<T>, OriginError> {
    let mut list = [None; limits::FORWARDED_ELEMENTS];
    let mut count = 0_usize;
    let mut outcome = Ok(());
    headers.visit(name, &mut |line| {
        if outcome.is_err() {
            return;
        }
        outcome = parse_line(line, &mut |element| {
            if let Some(slot) = list.get_mut(count) {
                *slot = Some(element);
            }
            count = count.saturating_add(1);
        });
        if line.len() > limits::HEADER_VALUE || count > limits::FORWARDED_ELEMENTS {
            outcome = Err(OriginError::ForwardedTooLong);
        }
    });
    outcome?;
    Ok(list.get(count.saturating_sub(hops)).copied().flatten())
}

/// Splits an `X-Forwarded-*` line at its commas. An empty element (RFC 9110 §5.6.1.2) has no value but counts: skipping
/// it would shift the count from the right to a value that a client chose.
fn plain_values<'r>(line: &'r [u8], each: &mut dyn FnMut(&'r [u8])) -> Result<(), OriginError> {
    line.split(|&byte| byte == b',').for_each(|value| each(value.trim_ascii()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{CanonicalOrigin, Connection, OriginPolicy, RequestParts, TrustedProxies};
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use std::sync::Mutex;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    /// Header lines that record which names were requested.
    struct Recording<'a>(Pairs<'a>, Mutex<Vec<String>>);

    impl HeaderLines for Recording<'_> {
        fn visit<'h>(&'h self, name: &str, visit: &mut dyn FnMut(&'h [u8])) {
            self.1.lock().unwrap().push(name.to_string());
            self.0.iter().filter(|(line, _)| *line == name).for_each(|(_, value)| visit(value.as_bytes()));
        }
    }

    const PROTO_HOST_PORT: XForwarded = XForwarded::PROTO.and(XForwarded::HOST).and(XForwarded::PORT);

    /// Lists every host that a test forwards; the identifier's is not among them.
    fn policy(header: impl Into<ForwardedHeader>, hops: usize) -> OriginPolicy {
        let proxies = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
        let listed = ["h", "h:8443", "h:9443", "H:80", "[2001:db8::1]", "direct", "direct:8080", "f", "x", "evil"];
        let more = ["outer", "inner", "only", "good"];
        let policy = OriginPolicy::behind(proxies, header).hops(hops).unwrap();
        policy.hosts(listed.into_iter().chain(more)).unwrap()
    }

    fn own() -> CanonicalOrigin {
        CanonicalOrigin::parse("https://own").unwrap()
    }

    fn resolve(header: impl Into<ForwardedHeader>, hops: usize, lines: Pairs<'_>) -> Result<String, OriginError> {
        let headers = Recording(lines, Mutex::default());
        let connection = Connection::new().peer("10.0.0.1".parse().unwrap());
        let request = RequestParts::new("GET", "/", &headers).connection(connection);
        policy(header, hops).resolve(&request, &own()).map(|origin| origin.to_string())
    }

    fn rfc7239(hops: usize, values: &[&str]) -> Result<String, OriginError> {
        let mut lines: Vec<_> = values.iter().map(|value| ("forwarded", *value)).collect();
        lines.push(("host", "direct:8080"));
        resolve(ForwardedHeader::Forwarded, hops, &lines)
    }

    fn x(lines: Pairs<'_>) -> Result<String, OriginError> {
        let lines: Vec<_> = lines.iter().copied().chain([("host", "direct:8080")]).collect();
        resolve(PROTO_HOST_PORT, 1, &lines)
    }

    #[test]
    fn p13_a_field_that_the_operator_did_not_name_is_not_even_read() {
        let lines: Pairs<'_> = &[
            ("host", "direct"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "h"),
            ("x-forwarded-port", "8443"),
            ("x-forwarded-for", "192.0.2.2"),
        ];
        for (field, name, origin) in [
            (XForwarded::PROTO, "x-forwarded-proto", "https://direct"),
            (XForwarded::HOST, "x-forwarded-host", "http://h"),
            (XForwarded::PORT, "x-forwarded-port", "https://own"),
            (XForwarded::FOR, "x-forwarded-for", "http://direct"),
        ] {
            let headers = Recording(lines, Mutex::default());
            let connection = Connection::new().peer("10.0.0.1".parse().unwrap());
            let request = RequestParts::new("GET", "/", &headers).connection(connection);
            let (policy, own) = (policy(field, 1), own());
            let seen = policy.resolve(&request, &own).unwrap().to_string();
            assert_eq!(seen.replace("http://own", "https://own"), origin, "{name}");
            let client = policy.client_address(&request).unwrap().to_string();
            assert_eq!(client, if field == XForwarded::FOR { "192.0.2.2" } else { "10.0.0.1" }, "{name}");
            let asked = headers.1.lock().unwrap();
            assert!(asked.iter().filter(|asked| asked.starts_with("x-")).all(|asked| asked == name), "{asked:?}");
        }
    }

    #[test]
    fn p13_fields_that_are_not_named_cannot_refuse_a_request() {
        let lines =
            [("x-forwarded-proto", "https"), ("x-forwarded-host", "a b"), ("x-forwarded-port", "0"), ("host", "h")];
        assert_eq!(resolve(XForwarded::PROTO, 1, &lines).unwrap(), "https://h");
    }

    #[test]
    fn p13_web_socket_schemes_are_those_of_their_http_requests() {
        for (proto, scheme) in [("wss", "https"), ("WSS", "https"), ("ws", "http")] {
            assert_eq!(x(&[("x-forwarded-proto", proto)]).unwrap(), alloc::format!("{scheme}://direct:8080"));
            assert_eq!(rfc7239(1, &[&alloc::format!("proto={proto};host=h")]).unwrap(), alloc::format!("{scheme}://h"));
        }
        assert!(Scheme::parse("wss").is_none(), "elsewhere wss is no scheme of HTTP");
    }

    #[test]
    fn p13_empty_elements_have_no_value_and_keep_their_place_in_the_count() {
        for (list, origin) in [(", h", "http://h"), ("evil,, h", "http://h"), (",,h", "http://h")] {
            assert_eq!(x(&[("x-forwarded-host", list)]).unwrap(), origin, "{list}");
        }
        for list in ["", " ", "evil,", "evil, ,"] {
            assert_eq!(x(&[("x-forwarded-host", list)]).unwrap(), "http://direct:8080", "{list}: not the client's");
        }
        for (list, origin) in [(",host=h", "http://h"), ("host=evil,,host=h", "http://h"), (";, host=h", "http://h")] {
            assert_eq!(rfc7239(1, &[list]).unwrap(), origin, "{list}");
        }
        for list in ["", ",", ";", "host=evil,", "host=evil, ;"] {
            assert_eq!(rfc7239(1, &[list]).unwrap(), "http://direct:8080", "{list}: not the client's");
        }
        assert_eq!(rfc7239(2, &["host=outer;proto=https,"]).unwrap(), "https://outer");
        assert_eq!(rfc7239(1, &[&",".repeat(31)]).unwrap(), "http://direct:8080");
        assert_eq!(rfc7239(1, &[&",".repeat(32)]), Err(OriginError::ForwardedTooLong), "a reasonable number");
        assert_eq!(x(&[("x-forwarded-host", &",".repeat(32))]), Err(OriginError::ForwardedTooLong));
    }

    #[test]
    fn p13_an_empty_host_of_forwarded_is_absent() {
        assert_eq!(rfc7239(1, &[r#"proto=https;host="""#]).unwrap(), "https://direct:8080");
        assert_eq!(rfc7239(1, &[r#"host="";host=h"#]), Err(OriginError::ForwardedMalformed), "twice is twice");
    }

    #[test]
    fn p13_forwarded_values_replace_the_connections() {
        let ok = |value: &str| rfc7239(1, &[value]).unwrap();
        assert_eq!(ok("for=192.0.2.60;proto=https;by=203.0.113.43;host=h"), "https://h");
        assert_eq!(ok(r#"FOR="[2001:db8:cafe::17]:4711"; Proto=HTTPS ;HOST="H:8443""#), "https://h:8443");
        assert_eq!(ok(r#"host="[2001:DB8::1]";proto="https""#), "https://[2001:db8::1]");
        assert_eq!(ok(r#"secret="a,b;\"c\\";proto=https;host=h;;"#), "https://h");
        assert_eq!(ok("proto=https"), "https://direct:8080", "a part that is absent comes from the connection");
        assert_eq!(ok("host=h"), "http://h");
        assert_eq!(ok("for=unknown"), "http://direct:8080");
        assert_eq!(rfc7239(1, &[]).unwrap(), "http://direct:8080");
    }

    #[test]
    fn p13_elements_are_counted_from_the_right_over_all_lines() {
        let lines = ["host=evil;proto=http, host=outer;proto=https", "host=inner;proto=http"];
        assert_eq!(rfc7239(1, &lines).unwrap(), "http://inner");
        assert_eq!(rfc7239(2, &lines).unwrap(), "https://outer");
        assert_eq!(rfc7239(3, &lines).unwrap(), "http://evil");
        assert_eq!(rfc7239(2, &["host=only;proto=https"]).unwrap(), "https://only");
        let list = [("x-forwarded-host", "evil, good"), ("x-forwarded-proto", "http"), ("x-forwarded-proto", "https")];
        assert_eq!(x(&list).unwrap(), "https://good");
    }

    #[test]
    fn p13_malformed_forwarded_is_refused() {
        for value in [
            "host",
            "host=",
            "host =h",
            "host= h",
            "=h",
            "host=h host=h",
            "host=h proto=https",
            r#"host="h"#,
            r#"host="h\""#,
            r#"host="h"x"#,
            r#"ho"st=h"#,
            "host=h:8080",
            "host=[::1]",
            "host=h;host=h",
            "host=h;HOST=i",
            "proto=https;proto=https",
            "for=a;for=b",
            "by=a;by=b",
            "host=\"\u{1}\"",
        ] {
            assert_eq!(rfc7239(1, &[value]), Err(OriginError::ForwardedMalformed), "{value:?}");
        }
        // An open quotation does not swallow the trusted proxy's line.
        let lines = [r#"host=evil;x=""#, r#"x=",host=good;proto=https"#];
        assert_eq!(rfc7239(1, &lines), Err(OriginError::ForwardedMalformed));
    }

    #[test]
    fn p13_invalid_values_are_refused_one_by_one() {
        for proto in ["proto=wsss", "proto=\"\"", "proto=htt", r#"proto="https, http""#, r#"proto="h\ttps""#] {
            assert_eq!(rfc7239(1, &[proto]), Err(OriginError::ForwardedProto), "{proto}");
        }
        for host in [r#"host="u@h""#, r#"host="h:0""#, r#"host="a,b""#, r#"host="a\b""#, "host=a%2eb"] {
            assert_eq!(rfc7239(1, &[host]), Err(OriginError::ForwardedHost), "{host}");
        }
        assert_eq!(x(&[("x-forwarded-proto", "ftp")]), Err(OriginError::ForwardedProto));
        assert_eq!(x(&[("x-forwarded-host", "h/")]), Err(OriginError::ForwardedHost));
        for port in ["0", "65536", "x", "+1", "-1", "000443", "4 43"] {
            assert_eq!(x(&[("x-forwarded-port", port)]), Err(OriginError::ForwardedPort), "{port}");
        }
    }

    #[test]
    fn p13_x_forwarded_port_fills_in_for_a_host_without_port() {
        let proto = ("x-forwarded-proto", "https");
        let port = ("x-forwarded-port", "8443");
        assert_eq!(x(&[proto, ("x-forwarded-host", "h"), port]).unwrap(), "https://h:8443");
        assert_eq!(x(&[proto, ("x-forwarded-host", "h:9443"), port]).unwrap(), "https://h:9443");
        assert_eq!(x(&[proto, port]).unwrap(), "https://direct:8080");
        assert_eq!(x(&[proto, ("x-forwarded-host", "h"), ("x-forwarded-port", "443")]).unwrap(), "https://h");
    }

    #[test]
    fn p13_lists_are_bounded() {
        let list = |n: usize| alloc::vec!["host=h;proto=https"; n].join(",");
        assert!(rfc7239(1, &[&list(32)]).is_ok());
        assert_eq!(rfc7239(1, &[&list(33)]), Err(OriginError::ForwardedTooLong));
        assert_eq!(rfc7239(1, &[&list(32), "host=h"]), Err(OriginError::ForwardedTooLong));
        let long = alloc::format!("host=h;x={}", "a".repeat(limits::HEADER_VALUE));
        assert_eq!(rfc7239(1, &[&long]), Err(OriginError::ForwardedTooLong));
    }

    #[test]
    fn p13_only_the_configured_header_of_a_trusted_peer_is_read() {
        let lines: Pairs<'_> = &[
            ("host", "direct"),
            ("forwarded", "host=f;proto=https;for=192.0.2.1"),
            ("x-forwarded-host", "x"),
            ("x-forwarded-for", "192.0.2.2"),
        ];
        let x_host_for = ForwardedHeader::from(XForwarded::HOST.and(XForwarded::FOR));
        for (header, peer, origin, client) in [
            (ForwardedHeader::None, Some("10.0.0.1"), "http://direct", Some("10.0.0.1")),
            (ForwardedHeader::Forwarded, Some("10.0.0.1"), "https://f", Some("192.0.2.1")),
            (x_host_for, Some("::ffff:10.0.0.1"), "http://x", Some("192.0.2.2")),
            (ForwardedHeader::Forwarded, Some("11.0.0.1"), "http://direct", Some("11.0.0.1")),
            (x_host_for, None, "http://direct", None),
        ] {
            let headers = Recording(lines, Mutex::default());
            let mut connection = Connection::new();
            connection.peer = peer.map(|peer| peer.parse().unwrap());
            let request = RequestParts::new("GET", "/", &headers).connection(connection);
            let policy = policy(header, 1);
            assert_eq!(policy.resolve(&request, &own()).unwrap().to_string(), origin);
            assert_eq!(policy.client_address(&request).map(|ip| ip.to_string()).as_deref(), client);

            let asked = headers.1.lock().unwrap();
            let reads = |prefix: &str| asked.iter().any(|name| name.starts_with(prefix));
            assert_eq!(reads("forwarded"), origin == "https://f");
            assert_eq!(reads("x-forwarded"), origin == "http://x");
        }
    }

    #[test]
    fn e2_client_addresses_are_read_in_every_usual_form() {
        for (node, address) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
        ] {
            assert_eq!(parse_node(node), Some(address.parse().unwrap()), "{node}");
        }
        for node in ["", "unknown", "_hidden", "[::1", "h", "192.0.2.1:80:80", "[192.0.2.1]"] {
            assert_eq!(parse_node(node), None, "{node}");
        }
    }
}
