//! Blocks of IP addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address block: all addresses of the family that share the first `length` bits. RFC 4632 §3.1, RFC 4291 §2.3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    /// This machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    pub(super) const LOOPBACK: [Self; 2] = [
        Self { address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), length: 8 },
        Self { address: IpAddr::V6(Ipv6Addr::LOCALHOST), length: 128 },
    ];

    pub(super) const fn v4(a: u8, b: u8, c: u8, d: u8, length: u32) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), length }
    }

    /// Creates a network from the first four of eight groups; the others are zero.
    pub(super) const fn v6(a: u16, b: u16, c: u16, d: u16, length: u32) -> Self {
        Self { address: IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), length }
    }

    pub(super) const fn address(&self) -> IpAddr {
        self.address
    }

    /// The length of the prefix, in bits.
    pub(super) const fn length(&self) -> u32 {
        self.length
    }

    /// Parses `192.0.2.1` or `2001:db8::/32`. IPv4-mapped addresses become IPv4.
    pub(super) fn parse(entry: &str) -> Option<Self> {
        let (address, length) = match entry.split_once('/') {
            Some((address, length)) => (address, Some(parse_length(length)?)),
            None => (entry, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let bits = family_bits(written);
        let length = length.unwrap_or(bits);
        let address = written.to_canonical();
        // A mapped network loses the mapping and its 96 bits of prefix.
        let folded = length.checked_sub(bits.checked_sub(family_bits(address))?)?;
        let network = Self { address, length: folded };
        (length <= bits && network.has_no_host_bits()).then_some(network)
    }

    /// Whether the network contains this canonical address.
    pub(super) fn contains(&self, peer: IpAddr) -> bool {
        match (self.address, peer) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.length
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.length
            }
            (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
        }
    }

    /// Whether the address has no bits beyond the prefix: `10.0.0.1/8` is more likely a mistake than a network.
    fn has_no_host_bits(&self) -> bool {
        let significant = match self.address {
            IpAddr::V4(address) => 32_u32.saturating_sub(address.to_bits().trailing_zeros()),
            IpAddr::V6(address) => 128_u32.saturating_sub(address.to_bits().trailing_zeros()),
        };
        significant <= self.length
    }
}

const fn family_bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Parses a prefix length: digits without sign and without leading zero.
fn parse_length(digits: &str) -> Option<u32> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    is_number.then(|| digits.parse().ok()).flatten()
}
