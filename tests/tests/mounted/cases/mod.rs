//! The cases.

mod answers;
mod bodies;
mod documents;
mod paths;
mod races;
