//! Which peers may forward for the client (P12).

use super::Connection;
use super::network::Network;
use crate::ConfigError;
use alloc::format;
use alloc::vec::Vec;
use core::net::IpAddr;

/// The peers whose forwarded header fields are trusted: none, unless configured.
///
/// Compared with the address of the socket only, never with one in a header field. IPv4-mapped IPv6 addresses
/// (`::ffff:192.0.2.1`, how a dual-stack socket reports an IPv4 peer) are IPv4 addresses, in the list and in the peer;
/// otherwise a network of one family contains no address of the other.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrustedProxies {
    any: bool,
    unix: bool,
    networks: Vec<Network>,
}

impl TrustedProxies {
    /// Trusts no peer. The default.
    #[must_use]
    pub const fn none() -> Self {
        Self { any: false, unix: false, networks: Vec::new() }
    }

    /// Reads a list of addresses (`192.0.2.1`, `2001:db8::1`), networks in CIDR notation (`10.0.0.0/8`), `loopback`
    /// (127.0.0.0/8 and ::1), `unix` (every client of a Unix socket; its file's permissions decide who can connect) and
    /// `any` (every peer with an address; only if nothing but the proxy can connect).
    ///
    /// `unix` applies to connections that the adapter knows to be Unix sockets: put a [`UnixSocket`](super::UnixSocket)
    /// where it looks for one.
    ///
    /// ```
    /// use attesto_core::http::{Connection, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::parse(["10.0.0.0/8", "loopback", "unix"])?;
    /// assert!(proxies.trust(&Connection::new().peer("10.1.2.3".parse()?)));
    /// assert!(proxies.trust(&Connection::new().unix_socket()));
    /// assert!(!proxies.trust(&Connection::new().peer("192.0.2.1".parse()?)));
    /// assert!(!proxies.trust(&Connection::new()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if an entry is none of these, or a network's address has bits beyond its prefix length.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        let mut proxies = Self::none();
        for entry in entries {
            match entry {
                "any" => proxies.any = true,
                "unix" => proxies.unix = true,
                "loopback" => proxies.networks.extend(Network::LOOPBACK),
                _ => proxies.networks.push(Network::parse(entry).ok_or_else(|| malformed(entry))?),
            }
        }
        Ok(proxies)
    }

    /// Whether the peer of this connection is trusted.
    #[must_use]
    pub fn trust(&self, connection: &Connection<'_>) -> bool {
        if connection.unix { self.unix } else { self.contains(connection.peer) }
    }

    /// Whether a peer is trusted by its address. A peer without one is not.
    fn contains(&self, peer: Option<IpAddr>) -> bool {
        peer.is_some_and(|peer| {
            let peer = peer.to_canonical();
            self.any || self.networks.iter().any(|network| network.contains(peer))
        })
    }
}

fn malformed(entry: &str) -> ConfigError {
    let problem = "is not an address, a network such as 10.0.0.0/8 (no bits beyond its length), loopback, unix or any";
    ConfigError::new("trusted_proxies", format!("{entry:?} {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(entry: &str, peer: &str) -> bool {
        TrustedProxies::parse([entry]).unwrap().contains(Some(peer.parse().unwrap()))
    }

    #[test]
    fn p12_networks_hold_their_first_and_last_address_only() {
        for (entry, inside, outside) in [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.0"]),
            ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.1/32", ["192.0.2.1", "192.0.2.1"], ["192.0.2.0", "::192.0.2.1"]),
            ("2001:db8::/33", ["2001:db8::", "2001:db8:7fff:ffff::"], ["2001:db8:8000::", "2001:db7::"]),
            ("2001:db8::1", ["2001:db8::1", "2001:db8:0::1"], ["2001:db8::", "2001:db8::2"]),
            ("loopback", ["127.0.0.1", "::1"], ["126.255.255.255", "::2"]),
            ("loopback", ["127.255.255.255", "::ffff:127.0.0.1"], ["128.0.0.0", "::"]),
            ("any", ["192.0.2.1", "2001:db8::1"], ["", ""]),
        ] {
            assert!(inside.iter().all(|peer| trusts(entry, peer)), "{entry}");
            assert!(!outside.iter().any(|peer| !peer.is_empty() && trusts(entry, peer)), "{entry}");
        }
    }

    #[test]
    fn p12_families_never_cross() {
        assert!(trusts("0.0.0.0/0", "203.0.113.9") && !trusts("0.0.0.0/0", "2001:db8::1"));
        assert!(trusts("::/0", "2001:db8::1") && !trusts("::/0", "203.0.113.9"));
        assert!(!trusts("::/0", "::ffff:203.0.113.9"), "a mapped peer is an IPv4 peer");
    }

    #[test]
    fn p12_mapped_entries_are_ipv4_networks() {
        assert!(trusts("::ffff:10.0.0.0/104", "10.255.0.1"));
        assert!(!trusts("::ffff:10.0.0.0/104", "11.0.0.0"));
        assert!(trusts("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(trusts("::ffff:0.0.0.0/96", "203.0.113.9"));
        assert!(TrustedProxies::parse(["::ffff:0.0.0.0/95"]).is_err());
    }

    #[test]
    fn p12_no_peer_address_is_never_trusted() {
        assert!(!TrustedProxies::parse(["any"]).unwrap().contains(None));
        assert!(!TrustedProxies::none().contains("127.0.0.1".parse().ok()));
    }

    #[test]
    fn p12_a_unix_socket_is_trusted_by_name_only() {
        let proxies = |entry| TrustedProxies::parse([entry]).unwrap();
        let unix = Connection::new().unix_socket();
        assert!(proxies("unix").trust(&unix));
        assert!(!proxies("any").trust(&unix) && !proxies("loopback").trust(&unix));
        assert!(!TrustedProxies::none().trust(&unix));
        assert!(!proxies("unix").trust(&Connection::new()), "a peer of which nothing is known");
        assert!(!proxies("unix").trust(&Connection::new().peer("127.0.0.1".parse().unwrap())));
    }

    #[test]
    fn p12_malformed_entries_are_configuration_errors() {
        for entry in [
            "",
            " ",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10/8",
            "10.0.0/8",
            "10.0.0.1/8",
            "2001:db8::1/64",
            "10.0.0.0/8/8",
            "[::1]",
            "fe80::1%eth0",
            "localhost",
            "*",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.1",
            "010.0.0.1",
            "ANY",
            "10.0.0.0/4294967304",
        ] {
            let error = TrustedProxies::parse(["loopback", entry]).expect_err(entry);
            assert_eq!(error.member(), "trusted_proxies");
        }
    }
}
