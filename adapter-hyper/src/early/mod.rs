//! Answers that are given before the request's body has come.

mod answer;

pub use answer::answer_early;
