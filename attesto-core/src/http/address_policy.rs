//! Which addresses an outgoing request may reach (CM-4, CDS-8).

use super::network::Network;
use crate::ConfigError;
use alloc::format;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses this server may connect to when it fetches a URL that others supply (a `jwks_uri`, an introspection
/// endpoint, a client's metadata). By default only public addresses, so that no client can direct this server at its
/// own network (RFC 9728 §7.7; server-side request forgery, in OWASP's terms).
///
/// Check every address that a name resolves to, refuse the name if one of them is refused, and connect to a checked
/// address: a second resolution may differ. `attesto-reqwest` does this. An IPv6 address that embeds an IPv4 one
/// (mapped, compatible, 6to4, NAT64) is checked by that.
///
/// ```
/// use attesto_core::http::AddressPolicy;
///
/// let policy = AddressPolicy::public();
/// assert!(policy.allows("198.41.0.4".parse()?));
/// assert!(!policy.allows("169.254.169.254".parse()?)); // a cloud's metadata service
/// assert!(!policy.allows("::ffff:10.0.0.7".parse()?));
///
/// // Keycloak runs in the cluster:
/// let policy = AddressPolicy::public().allow(["10.96.0.0/12"])?;
/// assert!(policy.allows("10.96.3.1".parse()?));
/// assert!(!policy.allows("10.0.0.7".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AddressPolicy {
    anywhere: bool,
    allowed: Vec<Network>,
    nat64: Vec<Network>,
}

/// IPv4 addresses that are not on the public internet: IANA's special-purpose registry (RFC 6890), multicast, reserved
/// addresses, and one that belongs to the network the server may run in.
const SPECIAL_V4: [Network; 16] = [
    Network::v4(0, 0, 0, 0, 8),        // this network
    Network::v4(10, 0, 0, 0, 8),       // private
    Network::v4(100, 64, 0, 0, 10),    // shared by carriers
    Network::v4(127, 0, 0, 0, 8),      // loopback
    Network::v4(168, 63, 129, 16, 32), // Azure's platform, from inside its virtual networks
    Network::v4(169, 254, 0, 0, 16),   // link-local, and the metadata services of clouds
    Network::v4(172, 16, 0, 0, 12),    // private
    Network::v4(192, 0, 0, 0, 24),     // protocol assignments
    Network::v4(192, 0, 2, 0, 24),     // documentation
    Network::v4(192, 88, 99, 0, 24),   // former 6to4 relays
    Network::v4(192, 168, 0, 0, 16),   // private
    Network::v4(198, 18, 0, 0, 15),    // benchmarking
    Network::v4(198, 51, 100, 0, 24),  // documentation
    Network::v4(203, 0, 113, 0, 24),   // documentation
    Network::v4(224, 0, 0, 0, 4),      // multicast
    Network::v4(240, 0, 0, 0, 4),      // reserved, and broadcast
];

/// IANA's global unicast block. Everything else is special: loopback, unique local, link-local, multicast, NAT64 for
/// local use, discard-only, segment routing, and unallocated space.
const GLOBAL_V6: Network = Network::v6(0x2000, 0, 0, 0, 3);

/// Special blocks inside it: protocol assignments (Teredo, benchmarking, ORCHID), documentation, and the former 6bone.
const SPECIAL_IN_GLOBAL_V6: [Network; 4] = [
    Network::v6(0x2001, 0, 0, 0, 23),
    Network::v6(0x2001, 0x0db8, 0, 0, 32),
    Network::v6(0x3fff, 0, 0, 0, 20),
    Network::v6(0x3ffe, 0, 0, 0, 16),
];

const SIX_TO_FOUR: Network = Network::v6(0x2002, 0, 0, 0, 16);
const WELL_KNOWN_NAT64: Network = Network::v6(0x0064, 0xff9b, 0, 0, 96);
const COMPATIBLE: Network = Network::v6(0, 0, 0, 0, 96);

impl AddressPolicy {
    /// Allows public addresses only. The default.
    #[must_use]
    pub const fn public() -> Self {
        Self { anywhere: false, allowed: Vec::new(), nat64: Vec::new() }
    }

    /// Allows every address, for networks whose firewall decides.
    #[must_use]
    pub const fn danger_anywhere() -> Self {
        Self { anywhere: true, allowed: Vec::new(), nat64: Vec::new() }
    }

    /// Also allows these addresses (`10.0.0.7`) and networks in CIDR notation (`10.96.0.0/12`, `fd00::/8`), which need
    /// not be public.
    ///
    /// # Errors
    /// [`ConfigError`] if an entry is neither, or a network's address has bits beyond its prefix length.
    pub fn allow<'a>(mut self, entries: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        for entry in entries {
            let network = Network::parse(entry).ok_or_else(|| {
                let problem = "is not an address or a network such as 10.0.0.0/8 (no bits beyond its length)";
                ConfigError::new("allow", format!("{entry:?} {problem}"))
            })?;
            self.allowed.push(network);
        }
        Ok(self)
    }

    /// Also allows this machine: 127.0.0.0/8 and ::1.
    #[must_use]
    pub fn allow_loopback(mut self) -> Self {
        self.allowed.extend(Network::LOOPBACK);
        self
    }

    /// Adds the prefix of a NAT64 translator in your own network. Addresses in it are checked by the IPv4 address they
    /// embed (RFC 6052 §2.2). The well-known `64:ff9b::/96` is built in.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not an IPv6 network of 32, 40, 48, 56, 64 or 96 bits.
    pub fn nat64_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        let network = Network::parse(prefix)
            .filter(|network| network.address().is_ipv6() && matches!(network.length(), 32 | 40 | 48 | 56 | 64 | 96))
            .ok_or_else(|| {
                ConfigError::new(
                    "nat64_prefix",
                    format!("{prefix:?} is not a prefix of RFC 6052 §2.2, such as 64:ff9b::/96"),
                )
            })?;
        self.nat64.push(network);
        Ok(self)
    }

    /// Whether this address may be reached.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if self.anywhere || self.names(address) {
            return true;
        }
        match address {
            IpAddr::V4(address) => !is_special_v4(address),
            IpAddr::V6(address) => match self.embedded_v4(address) {
                Some(embedded) => self.names(IpAddr::V4(embedded)) || !is_special_v4(embedded),
                None => !is_special_v6(address),
            },
        }
    }

    fn names(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(address))
    }

    /// Returns the IPv4 address embedded in an IPv6 address, if packets to the latter arrive there.
    fn embedded_v4(&self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        let is_in = |network: &Network| network.contains(IpAddr::V6(address));
        let prefix = if is_in(&SIX_TO_FOUR) {
            16
        } else if is_in(&WELL_KNOWN_NAT64) || is_in(&COMPATIBLE) {
            96
        } else {
            self.nat64.iter().find(|network| is_in(network))?.length()
        };
        Some(behind(prefix, address))
    }
}

/// Reads the 32 bits after a prefix of this length. With a prefix shorter than 96 bits, bits 64 to 71 are skipped,
/// which are zero (RFC 6052 §2.2; 6to4's 16 bits end well before).
fn behind(prefix: u32, address: Ipv6Addr) -> Ipv4Addr {
    let leaves_out = |at: usize| prefix < 96 && at == 8;
    let octets = address.octets();
    let kept = octets.iter().enumerate().filter(|(at, _)| !leaves_out(*at)).map(|(_, octet)| *octet);
    let mut rest = kept.skip(usize::try_from(prefix / 8).unwrap_or(usize::MAX));
    let mut next = || rest.next().unwrap_or_default();
    Ipv4Addr::new(next(), next(), next(), next())
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    SPECIAL_V4.iter().any(|network| network.contains(IpAddr::V4(address)))
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    let is_in = |network: &Network| network.contains(IpAddr::V6(address));
    !is_in(&GLOBAL_V6) || SPECIAL_IN_GLOBAL_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(policy: &AddressPolicy, address: &str) -> bool {
        policy.allows(address.parse().unwrap())
    }

    #[test]
    fn cm4_special_networks_are_refused_to_their_first_and_last_address_and_no_further() {
        let public = AddressPolicy::public();
        for (first, last, before, after) in [
            ("0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
            ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
            ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
            ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
            ("224.0.0.0", "255.255.255.255", "223.255.255.255", ""),
            // Everything outside global unicast.
            ("::", "::1", "", ""),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "", ""),
            ("100::", "100::ffff:ffff:ffff:ffff", "", ""),
            ("1fff:ffff::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2000::"),
            ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::", ""),
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "", ""),
            ("2001:20::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"),
            ("3ffe::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffd:ffff::", "3fff:1000::"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "", "3fff:1000::"),
            ("4000::", "4000::1", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
            ("5f00::", "5f00:ffff::", "", ""),
            ("fc00::", "fdff:ffff::", "", ""),
            ("fe80::", "febf:ffff::", "", ""),
            ("fec0::", "feff:ffff::", "", ""),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
        ] {
            assert!(!allows(&public, first) && !allows(&public, last), "{first} {last}");
            for outside in [before, after] {
                assert!(outside.is_empty() || allows(&public, outside), "{outside}");
            }
        }
    }

    #[test]
    fn cm4_addresses_that_stand_for_ipv4_ones_are_judged_by_those() {
        let public = AddressPolicy::public();
        for (private, global) in [
            ("::ffff:10.0.0.1", "::ffff:198.41.0.4"),         // mapped
            ("::10.0.0.1", "::198.41.0.4"),                   // compatible
            ("64:ff9b::10.0.0.1", "64:ff9b::198.41.0.4"),     // NAT64
            ("2002:a00:1::", "2002:c629:4::"),                // 6to4
            ("2002:7f00:1:ffff::1", "2002:c629:4:7f00:1::1"), // what follows does not matter
            ("64:ff9b::169.254.169.254", "64:ff9b::1.1.1.1"),
        ] {
            assert!(!allows(&public, private), "{private}");
            assert!(allows(&public, global), "{global}");
            let policy = AddressPolicy::public().allow(["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16"]).unwrap();
            assert!(allows(&policy, private), "{private}, where its IPv4 address is allowed");
        }
    }

    /// The examples of RFC 6052 §2.4: one address behind each length of prefix.
    #[test]
    fn cm4_own_nat64_prefixes_of_every_length() {
        for (prefix, address) in [
            ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
            ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
        ] {
            let of = |allowed: &str| AddressPolicy::public().nat64_prefix(prefix).unwrap().allow([allowed]).unwrap();
            assert!(allows(&of("192.0.2.33"), address), "{prefix}");
            assert!(!allows(&of("192.0.2.34"), address), "{prefix}");
        }
        let local = AddressPolicy::public().nat64_prefix("64:ff9b:1:a::/96").unwrap();
        assert!(allows(&local, "64:ff9b:1:a::198.41.0.4") && !allows(&local, "64:ff9b:1:a::127.0.0.1"));
        assert!(!allows(&local, "64:ff9b:1:b::198.41.0.4"));
        for wrong in ["64:ff9b::", "64:ff9b::/95", "10.0.0.0/8", "64:ff9b::1/96", "", "::ffff:10.0.0.0/104"] {
            assert_eq!(AddressPolicy::public().nat64_prefix(wrong).unwrap_err().member(), "nat64_prefix", "{wrong}");
        }
    }

    #[test]
    fn allowed_networks_open_nothing_beside_them() {
        let policy = AddressPolicy::public().allow(["10.96.0.0/12", "fd00:1::/32"]).unwrap().allow_loopback();
        for inside in ["10.96.0.0", "10.111.255.255", "::ffff:10.96.0.1", "fd00:1::9", "127.0.0.1", "::1", "1.1.1.1"] {
            assert!(allows(&policy, inside), "{inside}");
        }
        for outside in ["10.95.255.255", "10.112.0.0", "fd00:2::9", "169.254.169.254", "::", "0.0.0.0"] {
            assert!(!allows(&policy, outside), "{outside}");
        }
        for wrong in ["any", "loopback", "10.0.0.1/8", "localhost", ""] {
            assert_eq!(AddressPolicy::public().allow([wrong]).unwrap_err().member(), "allow", "{wrong}");
        }
        assert!(allows(&AddressPolicy::danger_anywhere(), "169.254.169.254"));
    }
}
