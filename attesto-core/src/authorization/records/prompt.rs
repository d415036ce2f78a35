//! `prompt` (OIDC Core §3.1.2.1; AZ-17).

use crate::authorization::error::at_authorize::AuthorizeError;
use crate::authorization::error::reason::Reason;

/// What the client wants the user to be asked.
///
/// ```
/// use attesto_core::authorization::Prompt;
///
/// let prompt = Prompt::parse("login consent").ok().ok_or("prompt")?;
/// assert!(prompt.login && prompt.consent && !prompt.none);
/// assert!(Prompt::parse("none login").is_err());
/// # Ok::<(), &str>(())
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

impl Prompt {
    /// Parses the parameter.
    ///
    /// # Errors
    /// [`AuthorizeError::MalformedPrompt`] for an unknown value, [`AuthorizeError::PromptNoneNotAlone`] for `none` with another.
    pub fn parse(parameter: &str) -> Result<Self, Reason> {
        let mut prompt = Self::default();
        for value in parameter.split(' ') {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return Err(Reason::Authorize(AuthorizeError::MalformedPrompt)),
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err(Reason::Authorize(AuthorizeError::PromptNoneNotAlone));
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
            assert_eq!(Prompt::parse(bad), Err(Reason::Authorize(AuthorizeError::MalformedPrompt)), "{bad:?}");
        }
        for bad in ["none login", "consent none", "select_account none"] {
            assert_eq!(Prompt::parse(bad), Err(Reason::Authorize(AuthorizeError::PromptNoneNotAlone)), "{bad}");
        }
    }
}
