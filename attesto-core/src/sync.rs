//! Locks and counters of what threads share. Under the model checker (`--cfg loom`) they are its own, so that it can try every order in
//! which threads may come by.

#[cfg(not(all(test, loom)))]
pub(crate) use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(all(test, loom)))]
pub(crate) use std::{hash::RandomState as HashKey, sync::Mutex, sync::MutexGuard};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(all(test, loom))]
pub(crate) use loom::sync::{Mutex, MutexGuard};
/// The same in each run: the checker repeats a run up to the point where it takes another turn.
#[cfg(all(test, loom))]
pub(crate) type HashKey = core::hash::BuildHasherDefault<std::hash::DefaultHasher>;
