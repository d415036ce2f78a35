//! Runs each contract against the memory store that keeps it, and against stores that break it in one way each.

mod clients;
mod codes;
mod consent_grants;
mod deny_list;
mod pushed_requests;
mod refresh_tokens;
mod wrapped;

use super::{Finding, Racing};
use attesto_core::Timestamp;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const BOTH: [Racing; 2] = [Racing::OneTask, Racing::Threads];

/// Waits between two steps that should be one, long enough for all others, on this task and on other threads.
async fn pause() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        std::thread::sleep(Duration::from_millis(2));
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Checks that the finding names the promise, and how to correct it.
fn is_about(result: Result<(), Finding>, promise: &str, fault: &dyn std::fmt::Debug) {
    let Err(finding) = result else { panic!("{fault:?} went unnoticed") };
    assert!(finding.sent.contains(&["(", promise, ")"].concat()), "{fault:?} was found as {finding}");
    assert!(finding.to_string().contains("to fix:"), "{finding}");
}
