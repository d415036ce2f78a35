//! The hook with which a host changes challenges: W14.

use super::Challenge;
use super::write::EXTENSIONS;

/// Lets a host add to the challenges that the library makes. Called for every outcome with a challenge.
///
/// The result is checked again: values are checked as they are set (W1, W2), and [`Challenge::amended_by`] restores
/// what a hook may not remove.
///
/// ```
/// use attesto_core::challenge::{Challenge, ChallengeHook};
///
/// #[derive(Debug)]
/// struct Realm;
/// impl ChallengeHook for Realm {
///     fn amend(&self, challenge: &mut Challenge) {
///         challenge.update(|challenge| challenge.realm("internal"));
///     }
/// }
///
/// let challenge = Challenge::bearer().error("invalid_token").amended_by(&Realm);
/// assert_eq!(challenge.header_value(), "Bearer realm=\"internal\", error=\"invalid_token\"");
/// ```
pub trait ChallengeHook: core::fmt::Debug + Send + Sync {
    /// Adds parameters, or replaces the values of `realm`, `error_description`, `scope`, `acr_values`, `max_age`,
    /// `resource_metadata` and of extensions.
    fn amend(&self, challenge: &mut Challenge);
}

impl Challenge {
    /// Returns this challenge after the hook. Scheme, `algs` and `error` are unchanged, and every earlier parameter is
    /// still present: a hook adds and replaces, but cannot remove. W14.
    #[must_use]
    pub fn amended_by(self, hook: &dyn ChallengeHook) -> Self {
        let mut amended = self.clone();
        hook.amend(&mut amended);
        let mut extensions = self.extensions;
        for (name, value) in amended.extensions {
            let room = extensions.len() < EXTENSIONS;
            match extensions.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, known)) => *known = value,
                None if room => extensions.push((name, value)),
                None => {}
            }
        }
        Self {
            scheme: self.scheme,
            realm: amended.realm.or(self.realm),
            error: self.error,
            error_description: amended.error_description.or(self.error_description),
            scope: amended.scope.or(self.scope),
            acr_values: amended.acr_values.or(self.acr_values),
            max_age: amended.max_age.or(self.max_age),
            resource_metadata: amended.resource_metadata.or(self.resource_metadata),
            extensions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Algorithm, AlgorithmSet};

    #[derive(Debug)]
    struct Hook(fn(&mut Challenge));
    impl ChallengeHook for Hook {
        fn amend(&self, challenge: &mut Challenge) {
            (self.0)(challenge);
        }
    }

    fn ours() -> Challenge {
        Challenge::dpop(AlgorithmSet::only(Algorithm::ES256)).error("invalid_token").scope(["a"]).max_age(5)
    }

    #[test]
    fn w14_hook_adds_and_replaces() {
        let hook = Hook(|challenge| challenge.update(|c| c.realm("r").scope(["b", "c"])));
        assert_eq!(
            ours().amended_by(&hook).header_value(),
            "DPoP realm=\"r\", error=\"invalid_token\", scope=\"b c\", algs=\"ES256\", max_age=\"5\""
        );
    }

    #[test]
    fn w14_hook_cannot_remove_what_the_library_said() {
        let with_extension = ours().extension("trace", "1").unwrap();
        let hook = Hook(|challenge| *challenge = Challenge::bearer());
        assert_eq!(with_extension.clone().amended_by(&hook), with_extension);
        let spoiled = Hook(|challenge| challenge.update(|c| c.scope(["a b"]).error("other").error("")));
        assert_eq!(ours().amended_by(&spoiled), ours());
    }

    #[test]
    fn w14_extensions_of_a_hook_get_the_room_there_is() {
        let hook = Hook(|challenge| {
            *challenge = Challenge::bearer().extension("OURS", "replaced").unwrap();
            for n in 0.. {
                let Ok(more) = challenge.clone().extension(alloc::format!("x{n}"), "v") else { break };
                *challenge = more;
            }
        });
        let ours = ["ours", "kept"].into_iter().fold(ours(), |c, name| c.extension(name, "v").unwrap());
        let value = ours.amended_by(&hook).header_value();
        assert!(value.contains("ours=\"replaced\", kept=\"v\", x0=\"v\""), "{value}");
        assert!(Challenge::parse(&value).is_ok(), "{value}");
    }

    #[test]
    fn w7_hook_cannot_put_an_error_where_there_is_none() {
        let hook = Hook(|challenge| challenge.update(|c| c.error("invalid_token").error_description("why")));
        assert_eq!(Challenge::bearer().amended_by(&hook).header_value(), "Bearer");
    }

    #[test]
    fn w14_whole_value_is_replaced_only_by_a_valid_one() {
        let hook = Hook(|challenge| {
            for value in ["Bearer realm=\"a\r\nb\"", "Bearer scope=\"x\", scope=\"y\"", "Bearer realm=\"good\""] {
                if let Ok(replacement) = Challenge::parse(value) {
                    *challenge = replacement;
                }
            }
        });
        let amended = Challenge::bearer().error("invalid_token").amended_by(&hook);
        assert_eq!(amended.header_value(), "Bearer realm=\"good\", error=\"invalid_token\"");
    }
}
