//! The testkit under test: services that are wired rightly pass it under every adapter, and each way to wire them wrongly is found,
//! with the words that say what to change. T1 to T12.

mod adapters;
mod factories;
mod hostile;
mod miswired;
mod replay_stores;
mod under;
mod verifier;
mod wired;
