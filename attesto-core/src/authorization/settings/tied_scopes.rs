//! Scopes that belong to one resource (RFC 8707 §2, RFC 9068 §3; AZ-21, TK-5).

use crate::ConfigError;
use crate::authorization::resources;
use crate::authorization::scopes::ScopeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Which scopes belong to which resource. Unlisted scopes belong to all.
#[derive(Clone, Debug, Default)]
pub(crate) struct TiedScopes(pub(in crate::authorization) Vec<(String, ScopeSet)>);

impl TiedScopes {
    /// Checks that each resource is valid and listed once, in one spelling: the audience's, if it is the audience.
    /// CF-1, AZ-21.
    pub(crate) fn are_sound(&self, audience: &str) -> Result<(), ConfigError> {
        let problem = |text: String| Err(ConfigError::new("scopes_of_resource", text));
        for (index, (resource, scopes)) in self.0.iter().enumerate() {
            if !resources::is_absolute(resource) {
                return problem(format!("{resource:?} is no absolute URI without a fragment (RFC 8707 §2)"));
            }
            let others = self.0.iter().skip(index.saturating_add(1)).map(|(other, _)| other.as_str());
            if resources::configured(others, resource).is_some() {
                return problem(format!("{resource:?} is there twice, perhaps with and without its slash"));
            }
            if resources::configured([audience], resource).is_some_and(|own| own != resource) {
                return problem(format!("{resource:?} is the audience {audience:?} in another spelling"));
            }
            if scopes.contains("openid") || scopes.contains("offline_access") {
                return problem("openid and offline_access belong to no resource".into());
            }
        }
        Ok(())
    }

    /// Returns the scopes that a token for these resources carries: those of the resources, and unlisted ones. No
    /// resource means the server's own audience.
    pub(crate) fn carried(&self, scopes: &ScopeSet, resources: &[String], audience: &str) -> ScopeSet {
        let is_for = |own: &str| match resources {
            [] => resources::configured([own], audience).is_some(),
            named => named.iter().any(|resource| resources::configured([own], resource).is_some()),
        };
        let is_carried = |scope: &&str| {
            let mut tied = self.0.iter().filter(|(_, own)| own.contains(scope)).peekable();
            tied.peek().is_none() || tied.any(|(resource, _)| is_for(resource))
        };
        ScopeSet::new(scopes.iter().filter(is_carried))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn tied(pairs: &[(&str, &[&str])]) -> TiedScopes {
        TiedScopes(pairs.iter().map(|(resource, scopes)| ((*resource).into(), ScopeSet::new(*scopes))).collect())
    }

    #[test]
    fn tk5_az21_a_token_carries_what_belongs_to_its_resources_and_what_belongs_to_none() {
        let tied = tied(&[("https://a", &["a.read", "both"]), ("urn:b", &["b.read", "both"])]);
        let all = ScopeSet::new(["openid", "a.read", "b.read", "both", "free"]);
        let carried = |resources: &[&str], audience: &str| {
            let resources: Vec<String> = resources.iter().map(|resource| (*resource).into()).collect();
            tied.carried(&all, &resources, audience).to_string()
        };
        assert_eq!(carried(&["https://a"], "urn:b"), "openid a.read both free");
        assert_eq!(carried(&["https://a/"], "urn:b"), "openid a.read both free");
        assert_eq!(carried(&["urn:b"], "https://a"), "openid b.read both free");
        assert_eq!(carried(&["urn:b", "https://a"], "urn:c"), "openid a.read b.read both free");
        assert_eq!(carried(&["urn:c"], "https://a"), "openid free");
        assert_eq!(carried(&[], "https://a"), "openid a.read both free");
        assert_eq!(TiedScopes::default().carried(&all, &[], "urn:c"), all);
    }

    #[test]
    fn cf1_az21_a_resource_is_there_once_and_in_one_spelling() {
        let fault = |pairs: &[(&str, &[&str])]| tied(pairs).are_sound("https://a").err().map(|error| error.member());
        assert_eq!(fault(&[("https://a", &["x"]), ("https://b/", &["x"]), ("urn:c", &[])]), None);
        for bad in [
            &[("https://a/", &["x"][..])][..],
            &[("https://b/", &["x"][..]), ("https://b", &["y"])],
            &[("urn:c", &["x"][..]), ("urn:c", &["y"])],
            &[("c", &["x"][..])],
            &[("urn:c", &["openid"][..])],
            &[("urn:c", &["offline_access"][..])],
        ] {
            assert_eq!(fault(bad), Some("scopes_of_resource"), "{bad:?}");
        }
    }
}
