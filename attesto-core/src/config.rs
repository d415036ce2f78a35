//! Configuration errors. They are reported when something is built, never while a request is served.
//!
//! ```
//! use attesto_core::crypto::AlgorithmSet;
//!
//! // An empty allow-list would mean "refuse everything" at best. It cannot be built.
//! assert!(AlgorithmSet::try_from_iter([]).is_err());
//! ```

use alloc::borrow::Cow;
use core::fmt;

/// A configuration was refused. Names the wrong setting and how to correct it.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{member}: {problem}")]
pub struct ConfigError {
    member: &'static str,
    problem: Problem,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Problem(Cow<'static, str>);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Prints the text: a `main` that returns the error shows this.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ConfigError {
    /// Reports an error in `member`; the text says how to correct it. Never put key material into the text.
    pub fn new(member: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { member, problem: Problem(problem.into()) }
    }

    /// The wrong setting, as it is spelled in the builder.
    #[must_use]
    pub fn member(&self) -> &'static str {
        self.member
    }
}
