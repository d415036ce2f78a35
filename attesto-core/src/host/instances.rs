//! How many processes serve the resource, and whether its stores reach them all.

use super::StoreReach;
use crate::ConfigError;

/// How many processes serve the resource at once, overlapping deployments included. R8.
///
/// Only the operator knows. Builders assume [`Single`](Self::Single): state [`Multiple`](Self::Multiple) for several
/// processes, or one proof can be used once per process.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "one, or not one")]
pub enum Instances {
    /// One process at a time. Its memory is complete.
    #[default]
    Single,
    /// Several processes. They must share their stores.
    Multiple,
}

/// Checks that the store called `member` in the configuration reaches every instance. R8, ST-1.
///
/// # Errors
///
/// Fails for several instances with a store that only one process sees.
pub fn reach_is_enough(member: &'static str, instances: Instances, reach: StoreReach) -> Result<(), ConfigError> {
    match (instances, reach) {
        (Instances::Single, StoreReach::Process | StoreReach::Shared) | (Instances::Multiple, StoreReach::Shared) => {
            Ok(())
        }
        (Instances::Multiple, StoreReach::Process) => Err(ConfigError::new(
            member,
            "several instances need a store that they share; this one is local to its process",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_several_instances_need_a_shared_store() {
        assert!(reach_is_enough("replay_store", Instances::Single, StoreReach::Process).is_ok());
        assert!(reach_is_enough("replay_store", Instances::Single, StoreReach::Shared).is_ok());
        assert!(reach_is_enough("replay_store", Instances::Multiple, StoreReach::Shared).is_ok());
        let refused = reach_is_enough("replay_store", Instances::Multiple, StoreReach::Process).unwrap_err();
        assert_eq!(refused.member(), "replay_store");
    }
}
