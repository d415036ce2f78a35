//! Locks and counters shared by threads. Under the model checker (`--cfg loom`) they are loom's, so that it can try
//! every interleaving.

#[cfg(not(all(test, loom)))]
pub(crate) use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(all(test, loom)))]
pub(crate) use std::{hash::RandomState as HashKey, sync::Mutex, sync::MutexGuard};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(all(test, loom))]
pub(crate) use loom::sync::{Mutex, MutexGuard};
/// Equal in every run: the checker repeats a run up to the point where it takes another branch.
#[cfg(all(test, loom))]
pub(crate) type HashKey = core::hash::BuildHasherDefault<std::hash::DefaultHasher>;
