//! What can be wrong with a configuration. Reported when something is built, never while a request is served.
//!
//! ```
//! use attesto_core::crypto::AlgorithmSet;
//!
//! // An empty allow-list would mean "refuse everything" at best. It cannot be built.
//! assert!(AlgorithmSet::try_from_iter([]).is_err());
//! ```

use alloc::borrow::Cow;
use core::fmt;

/// A configuration was refused. Names the member that is wrong and how to mend it.
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

/// The text: it is what a `main` that gives the error back prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ConfigError {
    /// A fault of `member`; the text says what to do about it. Never put key material into the text.
    pub fn new(member: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { member, problem: Problem(problem.into()) }
    }

    /// The configuration member at fault, as it is spelled in the builder.
    #[must_use]
    pub fn member(&self) -> &'static str {
        self.member
    }
}
