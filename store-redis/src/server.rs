//! What a server says about itself, and whether it may hold records of used proofs.

use crate::failure::Unsuitable;
use std::time::Duration;

/// What one server process says of itself in `INFO`. What it leaves out is `None`.
///
/// `INFO` has all of it in one reply, where `CONFIG GET` is denied by most managed servers and `ROLE` by most access lists.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Server {
    role: Option<String>,
    policy: Option<String>,
    cluster: Option<String>,
    /// Bytes; 0 is no limit.
    pub(crate) max_memory: Option<u64>,
    /// Chosen by the process when it starts.
    pub(crate) run_id: Option<String>,
    /// How long ago the process started, in whole seconds.
    pub(crate) uptime: Option<Duration>,
}

impl Server {
    /// Reads the reply to `INFO`: lines of `name:value`, and titles.
    pub(crate) fn read(info: &str) -> Self {
        let mut server = Self::default();
        for (name, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
            match name {
                "role" => server.role = Some(value.to_owned()),
                "maxmemory_policy" => server.policy = Some(value.to_owned()),
                "cluster_enabled" => server.cluster = Some(value.to_owned()),
                "maxmemory" => server.max_memory = value.parse().ok(),
                "run_id" => server.run_id = Some(value.to_owned()),
                "uptime_in_seconds" => server.uptime = value.parse().ok().map(Duration::from_secs),
                _ => {}
            }
        }
        server
    }

    /// The server is a primary on its own that evicts nothing. R1, R3. The operator may vouch for what it does not say, not for what it
    /// does.
    pub(crate) fn is_suitable(&self, vouched: bool) -> Result<(), Unsuitable> {
        let said = [
            (&self.cluster, "0", Unsuitable::Cluster),
            (&self.role, "master", Unsuitable::Replica),
            (&self.policy, "noeviction", Unsuitable::Evicts),
        ];
        for (value, expected, otherwise) in said {
            match value.as_deref() {
                Some(value) if value == expected => {}
                Some(_) => return Err(otherwise),
                None if vouched => {}
                None => return Err(Unsuitable::Unsaid),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nrun_id:f8c8\r\nuptime_in_seconds:12\r\n\r\n# Memory\r\nmaxmemory:1048576\r\n\
        maxmemory_policy:noeviction\r\n# Replication\r\nrole:master\r\n# Cluster\r\ncluster_enabled:0\r\n";

    #[test]
    fn a_primary_that_evicts_nothing_is_suitable() {
        let server = Server::read(INFO);
        assert_eq!(server.is_suitable(false), Ok(()));
        assert_eq!((server.max_memory, server.run_id.as_deref()), (Some(1_048_576), Some("f8c8")));
        assert_eq!(server.uptime, Some(Duration::from_secs(12)));
    }

    #[test]
    fn what_a_server_says_against_itself_counts_even_if_vouched_for() {
        for (said, instead, expected) in [
            ("noeviction", "allkeys-lru", Unsuitable::Evicts),
            ("noeviction", "volatile-ttl", Unsuitable::Evicts),
            ("role:master", "role:slave", Unsuitable::Replica),
            ("cluster_enabled:0", "cluster_enabled:1", Unsuitable::Cluster),
        ] {
            let server = Server::read(&INFO.replace(said, instead));
            assert_eq!(server.is_suitable(true), Err(expected), "{instead}");
            assert_eq!(server.is_suitable(false), Err(expected), "{instead}");
        }
    }

    #[test]
    fn what_a_server_leaves_out_must_be_vouched_for() {
        for line in ["maxmemory_policy:noeviction\r\n", "role:master\r\n", "cluster_enabled:0\r\n", INFO] {
            let server = Server::read(&INFO.replace(line, ""));
            assert_eq!(server.is_suitable(false), Err(Unsuitable::Unsaid), "{line}");
            assert_eq!(server.is_suitable(true), Ok(()), "{line}");
        }
    }
}
