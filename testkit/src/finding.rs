//! The result of a failed check, and the only place where the testkit panics.

use std::fmt;

/// A fault of an application, and how to correct it.
///
/// ```
/// use attesto_testkit::{Fixture, Route, TestRequest, TestResponse, block_on, check_no_credentials_challenged};
///
/// let open_to_all = |_: TestRequest| async { TestResponse::new(200) };
/// let found = block_on(check_no_credentials_challenged(&open_to_all, &Fixture::new(), &Route::get("/me"))).unwrap_err();
/// assert_eq!(found.check, "no_credentials_challenged");
/// assert!(found.to_string().contains("nothing protects this route"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The check: the name of its functions without `assert_` and `check_`.
    pub check: &'static str,
    /// The route, or other subject of the check.
    pub subject: Box<str>,
    /// What was sent or done.
    pub sent: Box<str>,
    /// What was observed.
    pub seen: Box<str>,
    /// What was expected.
    pub expected: Box<str>,
    /// What to change, and where.
    pub fix: Box<str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, subject, sent, seen, expected, fix } = self;
        write!(
            f,
            "attesto testkit: {check} does not hold for {subject}\n  sent:     {sent}\n  seen:     {seen}\n  expected: \
             {expected}\n  to fix:   {fix}"
        )
    }
}

impl std::error::Error for Finding {}

/// Panics on a finding, to fail the test.
pub(super) fn passed<T>(result: Result<T, Finding>) -> T {
    result.unwrap_or_else(|finding| fail(&finding))
}

/// Unwraps a result that can only be an error if the test itself is set up wrongly.
pub(super) fn sound<T, E: fmt::Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| fail(&format!("attesto testkit: {what}: {error}")))
}

#[expect(clippy::panic, reason = "an assertion of a test suite; the one place where the testkit panics")]
pub(super) fn fail(message: &dyn fmt::Display) -> ! {
    panic!("{message}")
}
