//! Loopback redirect URIs, which match on any port (RFC 8252 §7.3; AZ-9).

/// Whether both are plain http to the same loopback address and differ only in the port. The address must be spelled
/// canonically. `localhost` counts only if the client may use it, and never equals an address (§8.3).
pub(super) fn differ_in_port_only(registered: &str, presented: &str, localhost: bool) -> bool {
    let (registered, presented) = (Loopback::parse(registered, localhost), Loopback::parse(presented, localhost));
    registered.is_some() && registered == presented
}

/// The parts that must be equal.
#[derive(Eq, PartialEq)]
struct Loopback<'u> {
    host: &'u str,
    path_and_query: &'u str,
}

impl<'u> Loopback<'u> {
    fn parse(uri: &'u str, localhost: bool) -> Option<Self> {
        let rest = uri.strip_prefix("http://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at_checked(end)?;
        let hosts = ["127.0.0.1", "[::1]", "localhost"];
        let host = hosts.into_iter().find(|host| {
            (localhost || *host != "localhost") && authority.strip_prefix(host).is_some_and(is_nothing_or_port)
        })?;
        (!path_and_query.contains('#')).then_some(Self { host, path_and_query })
    }
}

/// Whether the text is empty, or a colon and 1 to 65535 without leading zeros.
fn is_nothing_or_port(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(':') else { return text.is_empty() };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    plain && digits.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn az9_the_port_is_free() {
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
            ("http://127.0.0.1:8000/cb", "http://127.0.0.1/cb"),
            ("http://127.0.0.1:1/cb?a=b", "http://127.0.0.1:65535/cb?a=b"),
            ("http://[::1]/cb", "http://[::1]:8080/cb"),
            ("http://127.0.0.1", "http://127.0.0.1:9"),
            ("http://127.0.0.1?x", "http://127.0.0.1:9?x"),
        ] {
            assert!(differ_in_port_only(registered, presented, false), "{presented}");
        }
        assert!(differ_in_port_only("http://localhost/cb", "http://localhost:3000/cb", true));
    }

    #[test]
    fn az9_nothing_else_is() {
        let registered = "http://127.0.0.1/cb";
        for presented in [
            "http://[::1]:80/cb",
            "http://localhost:80/cb",
            "HTTP://127.0.0.1:80/cb",
            "hTtp://127.0.0.1:80/cb",
            "https://127.0.0.1:80/cb",
            "http:/127.0.0.1:80/cb",
            "http:///127.0.0.1:80/cb",
            "http://127.0.0.1:80/cb/",
            "http://127.0.0.1:80/Cb",
            "http://127.0.0.1:80/%63b",
            "http://127.0.0.1:80//cb",
            "http://127.0.0.1:80/./cb",
            "http://127.0.0.1:80/x/../cb",
            "http://127.0.0.1:80/cb?",
            "http://127.0.0.1:80/cb?x=y",
            "http://127.0.0.1:80/cb#",
            "http://127.0.0.1:80/cb#x",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:-1/cb",
            "http://127.0.0.1: 80/cb",
            "http://127.0.0.1:80 /cb",
            "http://127.0.0.1:８０/cb",
            "http://127.0.0.1:80:80/cb",
            "http://user@127.0.0.1:80/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:80.evil.example/cb",
            "http://127.0.0.1\\evil.example/cb",
            "http://127.0.0.1:80\\@evil.example/cb",
            "http://evil.example/127.0.0.1/cb",
            "http://0177.0.0.1:80/cb",
            "http://127.0.0.1.:80/cb",
            "http://127.1:80/cb",
            "http://2130706433:80/cb",
            "http://0x7f.0.0.1:80/cb",
            "http://0x7f000001:80/cb",
            "http://127.000.000.001:80/cb",
            "http://127.0.0.2:80/cb",
            "http://0.0.0.0:80/cb",
            "http://１２７.0.0.1:80/cb",
            "http://127。0。0。1:80/cb",
            "http://127.0.0.1%00:80/cb",
            "http://%3127.0.0.1:80/cb",
            "http://\t127.0.0.1:80/cb",
            " http://127.0.0.1:80/cb",
            "http://127.0.0.1:80/cb ",
            "",
        ] {
            assert!(!differ_in_port_only(registered, presented, true), "{presented:?}");
        }
        for presented in [
            "http://[0:0:0:0:0:0:0:1]:80/cb",
            "http://[::01]:80/cb",
            "http://[0::1]:80/cb",
            "http://[::ffff:127.0.0.1]:80/cb",
            "http://[::1%25lo]:80/cb",
            "http://[::1:80/cb",
            "http://::1:80/cb",
            "http://[::1]80/cb",
            "http://127.0.0.1:80/cb",
        ] {
            assert!(!differ_in_port_only("http://[::1]/cb", presented, true), "{presented}");
        }
    }

    #[test]
    fn az9_localhost_needs_its_own_switch_and_is_no_address() {
        let registered = "http://localhost/cb";
        assert!(!differ_in_port_only(registered, "http://localhost:80/cb", false));
        for presented in [
            "http://127.0.0.1:80/cb",
            "http://[::1]:80/cb",
            "http://LOCALHOST:80/cb",
            "http://localhost.:80/cb",
            "http://localhost.evil.example:80/cb",
            "http://localhost:80@evil.example/cb",
            "http://localhostx:80/cb",
        ] {
            assert!(!differ_in_port_only(registered, presented, true), "{presented}");
        }
    }

    #[test]
    fn az9_registered_uris_are_held_to_the_same_rules() {
        for registered in [
            "https://127.0.0.1/cb",
            "http://127.0.0.1:0/cb",
            "http://127.1/cb",
            "http://u@127.0.0.1/cb",
            "com.example:/cb",
        ] {
            assert!(!differ_in_port_only(registered, "http://127.0.0.1:80/cb", true), "{registered}");
            assert!(!differ_in_port_only(registered, registered, true), "{registered}");
        }
    }
}
