//! Builds a resource's document and checks it member by member.

use super::{ProtectedResourceMetadata, ProtectedResourceMetadataBuilder};
use crate::challenge::is_acr_value;
use crate::crypto::AlgorithmSet;
use crate::http::WebUrl;
use crate::metadata::document::{
    Document, alg_is_named, items_are_distinct, signed_metadata_is_signed, text_is_printable, word_is_printable,
};
use crate::metadata::enforced::{BearerMethod, EnforcedCapabilities};
use crate::scope::is_scope_token;
use crate::{ConfigError, mcp};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl ProtectedResourceMetadataBuilder {
    /// Checks everything and writes the document.
    ///
    /// # Errors
    /// The first member whose value is invalid (P7), or contradicts what the verifier enforces (P8).
    pub fn build(self, enforced: &EnforcedCapabilities) -> Result<ProtectedResourceMetadata, ConfigError> {
        enforced.is_coherent()?;
        let mut document = Document::default();
        document.add("resource", Some(self.resource.as_str()));
        document.add_list("authorization_servers", self.issuers()?);
        document.add_list("scopes_supported", self.scopes()?);
        document.add_list("bearer_methods_supported", self.methods(enforced)?.iter().map(|method| method.name()));
        if let Some(algs) = self.proof_algs(enforced)? {
            document.add_list("dpop_signing_alg_values_supported", algs.iter().map(|algorithm| algorithm.name()));
        }
        let flags = [
            ("dpop_bound_access_tokens_required", self.dpop_required, enforced.dpop_required),
            ("tls_client_certificate_bound_access_tokens", self.mtls_bound, enforced.mtls_bound),
        ];
        for (name, stated, enforced) in flags {
            flag_is_enforced(name, stated, enforced)?;
            document.add(name, enforced.then_some(true));
        }
        self.add_host_members(&mut document)?;
        Ok(ProtectedResourceMetadata { json: document.to_json()?, resource: self.resource })
    }

    /// Adds the members that only the host knows: all optional, without defaults.
    fn add_host_members(&self, document: &mut Document) -> Result<(), ConfigError> {
        document.add("jwks_uri", self.url("jwks_uri", self.jwks_uri.as_deref())?);
        for alg in &self.signing_algs {
            alg_is_named("resource_signing_alg_values_supported", alg)?;
        }
        document.add_list("resource_signing_alg_values_supported", &self.signing_algs);
        for details_type in &self.authorization_details_types {
            text_is_printable("authorization_details_types_supported", details_type)?;
        }
        document.add_list("authorization_details_types_supported", &self.authorization_details_types);
        if let Some(name) = &self.name {
            text_is_printable("resource_name", name)?;
        }
        document.add("resource_name", self.name.as_deref());
        languages_are_distinct_tags(&self.localized_names)?;
        for (language, name) in &self.localized_names {
            text_is_printable("resource_name", name)?;
            document.add(format!("resource_name#{language}"), Some(name.as_str()));
        }
        document.add("resource_documentation", self.url("resource_documentation", self.documentation.as_deref())?);
        document.add("resource_policy_uri", self.url("resource_policy_uri", self.policy_uri.as_deref())?);
        document.add("resource_tos_uri", self.url("resource_tos_uri", self.tos_uri.as_deref())?);
        if let Some(jwt) = &self.signed_metadata {
            signed_metadata_is_signed(jwt)?;
        }
        document.add("signed_metadata", self.signed_metadata.as_deref());
        if let Some(value) = self.acr_values.iter().find(|value| !is_acr_value(value)) {
            let problem = format!("{value:?} is not an acr value: a token without quote, comma and backslash");
            return Err(ConfigError::new("acr_values_supported", problem));
        }
        document.add_list("acr_values_supported", &self.acr_values);
        Ok(())
    }

    /// Returns `authorization_servers`: issuers as RFC 8414 §2 defines them, verbatim. P7.
    fn issuers(&self) -> Result<Vec<String>, ConfigError> {
        const MEMBER: &str = "authorization_servers";
        for issuer in &self.authorization_servers {
            let url = WebUrl::parse(MEMBER, issuer, self.resource.plain_http())?;
            if url.query().is_some() {
                return Err(ConfigError::new(MEMBER, format!("{issuer:?} has a query, which no issuer has")));
            }
        }
        items_are_distinct(MEMBER, &self.authorization_servers)?;
        if !self.authorization_servers.is_empty() {
            return Ok(self.authorization_servers.clone());
        }
        if self.is_own_issuer {
            return Ok([String::from(self.resource.origin())].into());
        }
        if self.is_mcp {
            let problem = "is empty; MCP clients start from it, so name the issuer of the tokens accepted here";
            return Err(ConfigError::new(MEMBER, problem));
        }
        Ok(Vec::new())
    }

    /// Returns `scopes_supported`: scope-tokens (S1), by default those of MCP for an MCP server. P7.
    fn scopes(&self) -> Result<Vec<String>, ConfigError> {
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope_token(scope)) {
            return Err(ConfigError::new("scopes_supported", format!("{scope:?} is not a scope-token")));
        }
        if self.scopes.is_empty() && self.is_mcp {
            return Ok(mcp::all().into_iter().map(String::from).collect());
        }
        Ok(self.scopes.clone())
    }

    /// Returns `bearer_methods_supported`: what the verifier accepts, or a subset. P6, P8.
    fn methods(&self, enforced: &EnforcedCapabilities) -> Result<Vec<BearerMethod>, ConfigError> {
        const MEMBER: &str = "bearer_methods_supported";
        let Some(mut stated) = self.bearer_methods.clone() else { return Ok(enforced.bearer_methods().collect()) };
        if let Some(refused) = stated.iter().find(|method| !enforced.accepts(**method)) {
            let problem = format!("{:?} is stated, but the verifier refuses it; enable it there", refused.name());
            return Err(ConfigError::new(MEMBER, problem));
        }
        if stated.is_empty() && enforced.bearer_methods().next().is_some() {
            return Err(ConfigError::new(
                MEMBER,
                "is empty, but the verifier accepts tokens; leave it to the verifier",
            ));
        }
        stated.sort_unstable();
        stated.dedup();
        Ok(stated)
    }

    /// Returns `dpop_signing_alg_values_supported`: what the verifier accepts, or a subset. P6, P8.
    fn proof_algs(&self, enforced: &EnforcedCapabilities) -> Result<Option<AlgorithmSet>, ConfigError> {
        const MEMBER: &str = "dpop_signing_alg_values_supported";
        let (Some(stated), accepted) = (self.dpop_algs, enforced.dpop_algs) else { return Ok(enforced.dpop_algs) };
        let Some(accepted) = accepted else {
            return Err(ConfigError::new(MEMBER, "is stated, but the verifier has DPoP off; enable it there"));
        };
        if let Some(refused) = stated.iter().find(|algorithm| !accepted.contains(*algorithm)) {
            return Err(ConfigError::new(MEMBER, format!("{refused} is stated, but the verifier refuses it")));
        }
        Ok(Some(stated))
    }

    /// Checks a URL of the host: https, or http to this machine if the resource itself is plain http there.
    fn url<'u>(&self, member: &'static str, url: Option<&'u str>) -> Result<Option<&'u str>, ConfigError> {
        if let Some(url) = url {
            WebUrl::parse(member, url, self.resource.plain_http())?;
        }
        Ok(url)
    }
}

/// Checks that a stated flag agrees with what is enforced. P8.
fn flag_is_enforced(member: &'static str, stated: Option<bool>, enforced: bool) -> Result<(), ConfigError> {
    match (stated, enforced) {
        (Some(true), false) => Err(ConfigError::new(member, "is stated, but the verifier does not enforce it")),
        (Some(false), true) => Err(ConfigError::new(member, "is denied, but the verifier enforces it")),
        (None, _) | (Some(true), true) | (Some(false), false) => Ok(()),
    }
}

/// Checks language tags against an outline of BCP 47: subtags of one to eight letters and digits, the first of letters.
/// Tags compare case-insensitively.
fn languages_are_distinct_tags(names: &[(String, String)]) -> Result<(), ConfigError> {
    let tags: Vec<String> = names.iter().map(|(tag, _)| tag.to_ascii_lowercase()).collect();
    for tag in &tags {
        word_is_printable("resource_name", tag)?;
        let is_subtag =
            |part: &str| matches!(part.len(), 1..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let starts_with_letters =
            tag.split('-').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_alphabetic()));
        if !tag.split('-').all(is_subtag) || !starts_with_letters {
            return Err(ConfigError::new("resource_name", format!("{tag:?} is not a language tag")));
        }
    }
    items_are_distinct("resource_name", &tags)
}
