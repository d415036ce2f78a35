//! Where the server is, and who logs in there.

use attesto_core::ConfigError;
use redis::{ConnectionAddr, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo};
use std::fmt;
use std::path::PathBuf;

const EXPECTED: &str = "redis://user:password@host:port/database, rediss:// for TLS, or redis+unix:///path is expected";
/// What may stand in the query of a URL with a host, and of one with a path. The redis crate would ignore the rest: `?ssl=true` would be
/// a connection without TLS.
const HOST_PARAMETERS: &[&str] = &["protocol"];
const PATH_PARAMETERS: &[&str] = &["db", "user", "pass", "protocol"];

/// A server's address.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) place: Place,
    pub(crate) login: RedisConnectionInfo,
}

/// What to connect to.
#[derive(Clone)]
pub(crate) enum Place {
    Host { name: String, port: u16, tls: bool },
    Socket(PathBuf),
}

impl Address {
    /// Reads a URL. Errors never repeat it: it holds a password.
    pub(crate) fn parse(url: &str) -> Result<Self, ConfigError> {
        let mut url = redis::parse_redis_url(url).ok_or(refused(EXPECTED))?;
        if url.fragment().is_some() {
            return Err(refused("has a fragment; `#insecure` would leave the server's certificate unchecked"));
        }
        let tls = matches!(url.scheme(), "rediss" | "valkeys");
        if tls && !cfg!(feature = "tls") {
            return Err(refused("TLS needs the feature `tls` of attesto-redis"));
        }
        let known = if url.has_host() { HOST_PARAMETERS } else { PATH_PARAMETERS };
        if url.query_pairs().any(|(name, _)| !known.contains(&name.as_ref())) {
            return Err(refused("has a parameter that means nothing here; TLS is `rediss://`"));
        }
        // TLS is made here, not by the redis crate: see `tls.rs`.
        if tls && url.set_scheme("redis").is_err() {
            return Err(refused(EXPECTED));
        }
        let parsed = url.into_connection_info().map_err(|_| refused(EXPECTED))?;
        let login = parsed.redis_settings();
        if login.username().is_some() && login.password().is_none() {
            return Err(refused("has a user without a password; a password alone is `redis://:password@host`"));
        }
        // RESP2 and no `CLIENT SETINFO`: a login is then `AUTH` and nothing else. With RESP3 it is part of `HELLO`, which a server that does
        // not know it quotes back, password included.
        let login = login.clone().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        let place = match parsed.addr() {
            ConnectionAddr::Tcp(name, port) => Place::Host { name: name.clone(), port: *port, tls },
            ConnectionAddr::Unix(path) => Place::Socket(path.clone()),
            _ => return Err(refused(EXPECTED)),
        };
        Ok(Self { place, login })
    }
}

fn refused(problem: &'static str) -> ConfigError {
    ConfigError::new("redis URL", problem)
}

/// The URL without user, password and query.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host { name, port, tls } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                let brackets = if name.contains(':') { ["[", "]"] } else { ["", ""] };
                write!(f, "{scheme}://{}{name}{}:{port}/{}", brackets[0], brackets[1], self.login.db())
            }
            Place::Socket(path) => write!(f, "redis+unix://{}", path.display()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Result<String, String> {
        Address::parse(url).map(|address| address.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_shown_without_its_login() {
        for (url, expected) in [
            ("redis://localhost", "redis://localhost:6379/0"),
            ("redis://u:hunter2@127.0.0.1:6380/3", "redis://127.0.0.1:6380/3"),
            ("valkey://:hunter2@[::1]/1", "redis://[::1]:6379/1"),
            ("redis+unix:///run/redis.sock?user=u&pass=hunter2&db=2", "redis+unix:///run/redis.sock"),
            ("unix:///run/redis.sock", "redis+unix:///run/redis.sock"),
        ] {
            assert_eq!(shown(url).as_deref(), Ok(expected));
            assert_eq!(format!("{:?}", Address::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn a_url_that_would_mean_less_than_it_says_is_refused() {
        for url in [
            "",
            "http://hunter2@host",
            "redis://",
            "redis://host/hunter2",
            "redis://hunter2@host",
            "redis://host?ssl=true",
            "redis://host/0#insecure",
            "rediss://u:hunter2@host#insecure",
            "redis+unix:///run/redis.sock?password=hunter2",
            "redis://u:hunter2@0.0.0.0:6379",
            "redis://u:hunter2@host:99999",
        ] {
            let error = shown(url).expect_err(url);
            assert!(error.starts_with("redis URL: ") && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn tls_is_what_its_scheme_says_where_it_is_built_in() {
        for url in ["rediss://u:hunter2@host:6380/1", "valkeys://host:6380/1"] {
            match shown(url) {
                Ok(address) => assert!(cfg!(feature = "tls") && address == "rediss://host:6380/1", "{address}"),
                Err(error) => assert!(!cfg!(feature = "tls") && error.contains("the feature `tls`"), "{error}"),
            }
        }
    }

    #[test]
    fn a_login_is_auth_alone() {
        let address = Address::parse("redis://u:p@host?protocol=resp3").unwrap();
        assert_eq!(address.login.protocol(), ProtocolVersion::RESP2);
        assert!(address.login.skip_set_lib_name());
        assert_eq!((address.login.username(), address.login.password()), (Some("u"), Some("p")));
    }
}
