//! Kinds of principals (users, services, agents), identified by a claim and by the subject's prefix (A14 to
//! A16).

use super::TokenError;
use crate::ConfigError;
use crate::encoding::json::{Number, Object, Value};
use alloc::string::String;
use alloc::vec::Vec;

/// Claims with a defined meaning: they can neither name a kind nor be extra claims when minting.
pub(super) const RESERVED: [&str; 13] =
    ["iss", "aud", "exp", "iat", "nbf", "jti", "sub", "client_id", "scope", "typ", "cnf", "acr", "auth_time"];

/// The shape that a required claim must have (A15).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimShape {
    /// A string of at least one character.
    NonEmptyString,
    /// Any string.
    String,
    /// An integer of at least zero.
    NonNegativeInteger,
}

impl ClaimShape {
    fn fits(self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::NonEmptyString, Value::String(text)) => !text.is_empty(),
            (Self::String, Value::String(_)) | (Self::NonNegativeInteger, Value::Number(Number::Unsigned(_))) => true,
            _ => false,
        }
    }
}

/// One kind of principal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrincipalKind {
    value: String,
    sub_prefix: String,
    required: Vec<(String, ClaimShape)>,
}

impl PrincipalKind {
    /// Creates a kind: the kind claim has the value `value`, and subjects start with `sub_prefix`.
    pub fn new(value: impl Into<String>, sub_prefix: impl Into<String>) -> Self {
        Self { value: value.into(), sub_prefix: sub_prefix.into(), required: Vec::new() }
    }

    /// Requires a claim of this shape.
    #[must_use]
    pub fn require(mut self, claim: impl Into<String>, shape: ClaimShape) -> Self {
        self.required.push((claim.into(), shape));
        self
    }
}

/// All kinds of principals that an issuer's tokens may be for.
///
/// ```
/// use attesto_core::token::{ClaimShape, PrincipalKind, PrincipalKinds};
///
/// let kinds = PrincipalKinds::new([
///     PrincipalKind::new("user", "usr_"),
///     PrincipalKind::new("service", "svc_").require("tenant", ClaimShape::NonEmptyString),
/// ])?;
/// // Prefixes that contain one another would make the kind ambiguous:
/// assert!(PrincipalKinds::new([PrincipalKind::new("a", "x_"), PrincipalKind::new("b", "x_y_")]).is_err());
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrincipalKinds {
    claim: String,
    kinds: Vec<PrincipalKind>,
}

impl PrincipalKinds {
    /// Lists the kinds, named by the claim `principal_kind`.
    ///
    /// # Errors
    /// Fails if there is no kind, a value or prefix is blank, two values are equal, or a prefix begins with another
    /// (A16).
    pub fn new(kinds: impl IntoIterator<Item = PrincipalKind>) -> Result<Self, ConfigError> {
        let kinds: Vec<PrincipalKind> = kinds.into_iter().collect();
        let problem = |text: &'static str| Err(ConfigError::new("principal_kinds", text));
        if kinds.is_empty() {
            return problem("the list is empty; name at least one kind");
        }
        for (index, kind) in kinds.iter().enumerate() {
            if kind.value.trim().is_empty() || kind.sub_prefix.trim().is_empty() {
                return problem("a kind's value and subject prefix must not be blank");
            }
            for other in kinds.iter().take(index) {
                if other.value == kind.value {
                    return problem("two kinds have the same value");
                }
                if other.sub_prefix.starts_with(&kind.sub_prefix) || kind.sub_prefix.starts_with(&other.sub_prefix) {
                    return problem("two kinds have overlapping subject prefixes; neither may begin with the other");
                }
            }
            if kind.required.iter().any(|(claim, _)| claim.trim().is_empty()) {
                return problem("a required claim must have a name");
            }
        }
        Ok(Self { claim: "principal_kind".into(), kinds })
    }

    /// Uses another claim to name the kind.
    ///
    /// # Errors
    /// Fails if the name is blank or that of a reserved claim (A16).
    pub fn named_by(mut self, claim: impl Into<String>) -> Result<Self, ConfigError> {
        self.claim = claim.into();
        if self.claim.trim().is_empty() || RESERVED.contains(&self.claim.as_str()) {
            return Err(ConfigError::new("principal_kinds", "the kind claim must not be blank or a reserved claim"));
        }
        Ok(self)
    }

    /// The claim that names the kind.
    #[must_use]
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// Checks that the token names a kind and that its subject and claims match the kind. There is no default kind.
    /// A14, A15.
    pub(super) fn check(&self, named: Option<&str>, subject: &str, claims: Object<'_>) -> Result<(), TokenError> {
        let kind = self.kinds.iter().find(|kind| named == Some(kind.value.as_str()));
        let kind = kind.ok_or(TokenError::UnknownPrincipalKind)?;
        if !subject.starts_with(&kind.sub_prefix) {
            return Err(TokenError::PrincipalSubject);
        }
        let fits = |(claim, shape): &(String, ClaimShape)| claims.get(claim).is_some_and(|value| shape.fits(&value));
        if kind.required.iter().all(fits) { Ok(()) } else { Err(TokenError::PrincipalClaims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> PrincipalKinds {
        PrincipalKinds::new([
            PrincipalKind::new("user", "usr_"),
            PrincipalKind::new("service", "svc_")
                .require("tenant", ClaimShape::NonEmptyString)
                .require("note", ClaimShape::String)
                .require("level", ClaimShape::NonNegativeInteger),
        ])
        .unwrap()
    }

    fn check(named: Option<&str>, subject: &str, claims: &str) -> Result<(), TokenError> {
        kinds().check(named, subject, Object::parse(claims.as_bytes()).unwrap())
    }

    #[test]
    fn a14_kind_and_prefix_must_agree() {
        assert_eq!(check(Some("user"), "usr_1", "{}"), Ok(()));
        assert_eq!(check(None, "usr_1", "{}"), Err(TokenError::UnknownPrincipalKind));
        assert_eq!(check(Some("robot"), "usr_1", "{}"), Err(TokenError::UnknownPrincipalKind));
        assert_eq!(check(Some("User"), "usr_1", "{}"), Err(TokenError::UnknownPrincipalKind));
        assert_eq!(check(Some("user"), "svc_1", "{}"), Err(TokenError::PrincipalSubject));
    }

    #[test]
    fn a15_required_claims_have_their_shape() {
        let good = r#"{"tenant":"t","note":"","level":0}"#;
        assert_eq!(check(Some("service"), "svc_1", good), Ok(()));
        for bad in [
            r#"{"note":"","level":0}"#,
            r#"{"tenant":"","note":"","level":0}"#,
            r#"{"tenant":1,"note":"","level":0}"#,
            r#"{"tenant":"t","note":null,"level":0}"#,
            r#"{"tenant":"t","note":"","level":-1}"#,
            r#"{"tenant":"t","note":"","level":1.5}"#,
            r#"{"tenant":"t","note":"","level":"0"}"#,
        ] {
            assert_eq!(check(Some("service"), "svc_1", bad), Err(TokenError::PrincipalClaims), "{bad}");
        }
    }

    #[test]
    fn a16_configuration_that_blurs_kinds_is_refused() {
        let kind = PrincipalKind::new;
        assert!(PrincipalKinds::new([]).is_err());
        assert!(PrincipalKinds::new([kind(" ", "a_")]).is_err());
        assert!(PrincipalKinds::new([kind("a", "")]).is_err());
        assert!(PrincipalKinds::new([kind("a", "a_"), kind("a", "b_")]).is_err());
        assert!(PrincipalKinds::new([kind("a", "a_"), kind("b", "a_")]).is_err());
        assert!(PrincipalKinds::new([kind("a", "a_b_"), kind("b", "a_")]).is_err());
        assert!(PrincipalKinds::new([kind("a", "a_").require("", ClaimShape::String)]).is_err());
        assert!(PrincipalKinds::new([kind("a", "a_"), kind("b", "b_")]).is_ok());
        for reserved in RESERVED {
            assert!(kinds().named_by(reserved).is_err(), "{reserved}");
        }
        assert_eq!(kinds().named_by("kind").unwrap().claim(), "kind");
    }
}
