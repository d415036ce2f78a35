//! `prompt` (OIDC Core §3.1.2.1; AZ-17).

/// What the client wants the user to be asked.
///
/// ```
/// use attesto_core::authorization::Prompt;
///
/// let prompt = Prompt::parse("login consent")?;
/// assert!(prompt.login && prompt.consent && !prompt.none);
/// assert!(Prompt::parse("none login").is_err());
/// # Ok::<(), attesto_core::authorization::PromptError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Prompt {
    /// Nothing: respond at once, or with the error of what would have to be asked.
    pub none: bool,
    /// The user must log in again.
    pub login: bool,
    /// The user must consent, even after earlier consent.
    pub consent: bool,
    /// The user must choose among their accounts.
    pub select_account: bool,
}

/// The parameter breaks a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// It has an unknown value.
    #[error("prompt is not valid")]
    UnknownValue,
    /// It has `none` together with another value.
    #[error("prompt none excludes other values")]
    NoneNotAlone,
}

impl Prompt {
    /// Parses the parameter.
    ///
    /// # Errors
    /// Fails for an unknown value, and for `none` with another.
    pub fn parse(parameter: &str) -> Result<Self, PromptError> {
        let mut prompt = Self::default();
        for value in parameter.split(' ') {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return Err(PromptError::UnknownValue),
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err(PromptError::NoneNotAlone);
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn az17_prompt_is_a_list_of_known_values_and_none_stands_alone() {
        let all = Prompt { none: false, login: true, consent: true, select_account: true };
        assert_eq!(Prompt::parse("select_account login consent login"), Ok(all));
        assert_eq!(Prompt::parse("none"), Ok(Prompt { none: true, ..Prompt::default() }));
        for bad in ["", " ", "login ", "login  consent", "Login", "create", "none,login"] {
            assert_eq!(Prompt::parse(bad), Err(PromptError::UnknownValue), "{bad:?}");
        }
        for bad in ["none login", "consent none", "select_account none"] {
            assert_eq!(Prompt::parse(bad), Err(PromptError::NoneNotAlone), "{bad}");
        }
    }
}
