//! `uri-host [ ":" port ]`, as in `Host`, `:authority`, forwarded hosts and URIs.

use super::Scheme;
use crate::limits;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host: a name, or an address compared by value. RFC 3986 §3.2.2.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host<'a> {
    /// A registered name, in the case it was written in.
    Name(&'a str),
    /// A dotted-decimal address. Octal, hexadecimal and short forms count as names, equal only to themselves.
    V4(Ipv4Addr),
    /// A bracketed address.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads `IP-literal / IPv4address / reg-name`, except what no host of an HTTP origin needs: percent triplets and
    /// sub-delims in names (resolvers disagree about the former, and the latter could hide list separators), zones and
    /// `IPvFuture`.
    fn parse(text: &'a str) -> Option<Self> {
        if let Some(literal) = text.strip_prefix('[') {
            return literal.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        let legal = !text.is_empty() && text.len() <= limits::HOST && text.bytes().all(is_unreserved);
        legal.then(|| text.parse().map_or(Self::Name(text), Self::V4))
    }

    /// `localhost` (RFC 6761 §6.3) or a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }
}

/// Names compare in ASCII lower case, addresses by value. A trailing dot is significant.
impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::V4(a), Self::V4(b)) => a == b,
            (Self::V6(a), Self::V6(b)) => a == b,
            (Self::Name(_) | Self::V4(_) | Self::V6(_), _) => false,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.chars().try_for_each(|c| write!(f, "{}", c.to_ascii_lowercase())),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// A host and its port, if one was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority<'a> {
    pub(crate) host: Host<'a>,
    pub(crate) port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads `uri-host [ ":" port ]` (RFC 9110 §7.2). No userinfo, no empty host; an empty port is no port.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let host_end = match text.strip_prefix('[') {
            Some(literal) => literal.find(']')?.checked_add(2)?,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at_checked(host_end)?;
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            None => return None,
            Some("") => None,
            Some(digits) => Some(parse_port(digits)?),
        };
        Some(Self { host: Host::parse(host)?, port })
    }

    /// The effective port: the one written, or else the scheme's. RFC 3986 §6.2.3.
    fn effective_port(&self, scheme: Scheme) -> u16 {
        self.port.unwrap_or(scheme.default_port())
    }

    /// Whether both name the same host and port under `scheme`.
    pub(crate) fn agrees_with(&self, other: &Self, scheme: Scheme) -> bool {
        self.host == other.host && self.effective_port(scheme) == other.effective_port(scheme)
    }

    /// Writes host and port; omits the scheme's default port.
    pub(crate) fn write(&self, scheme: Scheme, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if port != scheme.default_port() => write!(f, "{}:{port}", self.host),
            Some(_) | None => write!(f, "{}", self.host),
        }
    }
}

/// An authority kept by a configuration. Names are in lower case.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct OwnedAuthority {
    name: String,
    address: Option<IpAddr>,
    port: Option<u16>,
}

impl OwnedAuthority {
    /// Reads `host [ ":" port ]`, as [`Authority::parse`] does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Authority { host, port } = Authority::parse(text)?;
        let (name, address) = match host {
            Host::Name(name) => (name.to_ascii_lowercase(), None),
            Host::V4(address) => (String::new(), Some(IpAddr::V4(address))),
            Host::V6(address) => (String::new(), Some(IpAddr::V6(address))),
        };
        Some(Self { name, address, port })
    }

    /// Borrows it as an [`Authority`].
    pub(crate) fn lent(&self) -> Authority<'_> {
        let host = match self.address {
            None => Host::Name(&self.name),
            Some(IpAddr::V4(address)) => Host::V4(address),
            Some(IpAddr::V6(address)) => Host::V6(address),
        };
        Authority { host, port: self.port }
    }
}

impl fmt::Debug for OwnedAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Authority { host, port } = self.lent();
        match port {
            Some(port) => write!(f, "{host}:{port}"),
            None => write!(f, "{host}"),
        }
    }
}

/// Parses a port, 1 to 65535. Leading zeros are allowed, signs are not.
pub(crate) fn parse_port(digits: &str) -> Option<u16> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().filter(|&port| port != 0)
}

/// `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"`. RFC 3986 §2.3.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(a: &str, b: &str) -> bool {
        let (a, b) = (Authority::parse(a).unwrap(), Authority::parse(b).unwrap());
        a.agrees_with(&b, Scheme::Https)
    }

    #[test]
    fn p11_hosts_compare_normalised() {
        assert!(agree("API.example.com", "api.EXAMPLE.com:443"));
        assert!(agree("h:", "h"));
        assert!(agree("h:08443", "h:8443"));
        assert!(agree("[2001:DB8:0:0::1]", "[2001:db8::1]:443"));
        assert!(agree("[::ffff:192.0.2.1]", "[::ffff:c000:201]"));
        assert!(agree("my_service-1~x", "MY_service-1~X"));

        assert!(!agree("h:80", "h"));
        assert!(!agree("h.", "h"));
        assert!(!agree("192.0.2.1", "[::ffff:192.0.2.1]"));
        assert!(!agree("127.0.0.1", "127.0.0.01"));
        assert!(!agree("127.0.0.1", "127.1"));
    }

    #[test]
    fn p11_text_that_is_not_a_host_is_refused() {
        for text in [
            "",
            ":443",
            "u@h",
            "u:p@h",
            "h:x",
            "h:+80",
            "h:-1",
            "h:0",
            "h:65536",
            "h:99999999999999999999",
            "h:80:80",
            "h/",
            "h?x",
            "h#x",
            "h h",
            " h",
            "h ",
            "h\t",
            "h,i",
            "a%2eb",
            "%68",
            "h\\",
            "[::1",
            "::1",
            "[]",
            "[::1]x",
            "[::1]]",
            "[::1%25lo]",
            "[fe80::1%lo]",
            "[v1.a]",
            "[1.2.3.4]",
            "[h]",
            "h\u{e9}",
            "h\0",
            "a;b",
            "(h)",
            "*",
        ] {
            assert!(Authority::parse(text).is_none(), "{text:?}");
        }
        for text in ["h:65535", "h:1", "[::1]:", "[::]:8080", "0x7f.1", "256.256.256.256", "a..b", "-"] {
            assert!(Authority::parse(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn p11_a_name_has_at_most_255_bytes() {
        let name = String::from_utf8(alloc::vec![b'a'; 255]).unwrap();
        assert!(Authority::parse(&name).is_some());
        assert!(Authority::parse(&(name + "a")).is_none());
    }
}
