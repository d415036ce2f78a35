//! What all benches share: who issues, who calls, what is measured, and what it is held against.

pub(crate) mod pairs;
pub(crate) mod providers;
pub(crate) mod raw;
pub(crate) mod scenarios;
pub(crate) mod world;
