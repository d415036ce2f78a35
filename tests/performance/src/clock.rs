//! Time, processor time and memory of this process.

use attesto_core::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime};

/// The system's time.
pub(crate) fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

/// What this process has used of all processors so far, in user mode and in the kernel.
pub(crate) fn processor_time() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or_default())
}

/// The resident set, in bytes; 0 where the system has no `/proc`.
pub(crate) fn resident_set() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kibibytes = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
    kibibytes * 1024
}
