//! Metadata of an authorization server: RFC 8414; P10.

use super::ResourceIdentifier;
use super::document::{self, Document, MemberValue, items_are_distinct, word_is_printable};
use super::registered::member_is_registered;
use crate::ConfigError;
use crate::crypto::AlgorithmSet;
use crate::http::ResponseParts;
use crate::http::{PlainHttp, WebUrl};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The suffix of RFC 8414 §3.
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// The default path of an issuer's keys, below the issuer's own path, so that two issuers on one host have separate
/// sets (RFC 8414 §2, §3.1; CF-4, MD-5).
pub(crate) const JWKS: &str = "/.well-known/jwks.json";

/// The grants that need an authorization endpoint (RFC 8414 §2).
const REDIRECT_GRANTS: [&str; 2] = ["authorization_code", "implicit"];

/// The metadata document of an issuer, complete and checked.
///
/// ```
/// use attesto_core::metadata::AuthorizationServerMetadata;
///
/// let document = AuthorizationServerMetadata::builder("https://auth.example.com/tenant")
///     .authorization_endpoint("/oauth/authorize")
///     .grant_types_supported(["authorization_code"])
///     .member("scopes_supported", ["documents.read"])
///     .build()?;
/// assert_eq!(document.well_known_path(), "/.well-known/oauth-authorization-server/tenant");
/// assert_eq!(
///     document.to_json(),
///     "{\"issuer\":\"https://auth.example.com/tenant\",\
///      \"authorization_endpoint\":\"https://auth.example.com/oauth/authorize\",\
///      \"token_endpoint\":\"https://auth.example.com/oauth/token\",\
///      \"jwks_uri\":\"https://auth.example.com/tenant/.well-known/jwks.json\",\
///      \"response_types_supported\":[\"code\"],\"grant_types_supported\":[\"authorization_code\"],\
///      \"code_challenge_methods_supported\":[\"S256\"],\"scopes_supported\":[\"documents.read\"]}"
/// );
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthorizationServerMetadata {
    issuer: WebUrl,
    json: String,
}

impl AuthorizationServerMetadata {
    /// Starts the document of this issuer: an absolute https URL without query and fragment, kept verbatim.
    #[must_use]
    pub fn builder(issuer: impl Into<String>) -> AuthorizationServerMetadataBuilder {
        AuthorizationServerMetadataBuilder::new(issuer.into())
    }

    /// The issuer as given.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The document's path: the well-known suffix, followed by the issuer's path without a final `/`. RFC 8414 §3.1.
    #[must_use]
    pub fn well_known_path(&self) -> String {
        let path = self.issuer.path();
        [WELL_KNOWN, path.strip_suffix('/').unwrap_or(path)].concat()
    }

    /// The document's URL.
    #[must_use]
    pub fn well_known_url(&self) -> String {
        self.issuer.sibling(&self.well_known_path())
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.clone()
    }

    /// Answers a request for the raw `path`; `None` if that is not the document's.
    #[must_use]
    pub fn respond(&self, method: &str, path: &str) -> Option<ResponseParts> {
        (path == self.well_known_path()).then(|| document::respond(method, &self.json))
    }
}

/// Collects the members of an [`AuthorizationServerMetadata`]. Values are checked by [`build`](Self::build).
#[derive(Clone, Debug)]
pub struct AuthorizationServerMetadataBuilder {
    plain_http: PlainHttp,
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    jwks_uri: Option<String>,
    response_types: Option<Vec<String>>,
    grant_types: Vec<String>,
    dpop_algs: Option<AlgorithmSet>,
    members: Vec<(String, MemberValue)>,
    protected_resources: Vec<String>,
}

impl AuthorizationServerMetadataBuilder {
    fn new(issuer: String) -> Self {
        Self {
            plain_http: PlainHttp::Refused,
            issuer,
            authorization_endpoint: None,
            token_endpoint: "/oauth/token".into(),
            jwks_uri: None,
            response_types: None,
            grant_types: ["client_credentials".into()].into(),
            dpop_algs: None,
            members: Vec::new(),
            protected_resources: Vec::new(),
        }
    }

    /// **Development only.** Allows the issuer and the URLs to be plain `http` to this machine.
    #[must_use]
    pub fn danger_insecure_loopback(mut self) -> Self {
        self.plain_http = PlainHttp::LoopbackOnly;
        self
    }

    /// Sets `authorization_endpoint`: an absolute URL, or an absolute path on the issuer's origin.
    #[must_use]
    pub fn authorization_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.authorization_endpoint = Some(endpoint.into());
        self
    }

    /// Sets `token_endpoint`: a path or URL on the issuer's origin. Default `/oauth/token`.
    #[must_use]
    pub fn token_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.token_endpoint = endpoint.into();
        self
    }

    /// Sets `jwks_uri`: a path or URL on the issuer's origin. Default `/.well-known/jwks.json`, below the issuer's own path if it
    /// has one.
    #[must_use]
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Sets `response_types_supported`, which RFC 8414 requires. Default `code` with an authorization endpoint; without
    /// one it has to be set.
    #[must_use]
    pub fn response_types_supported<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.response_types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    /// Sets `grant_types_supported`. Default `client_credentials`.
    #[must_use]
    pub fn grant_types_supported<S: Into<String>>(mut self, grants: impl IntoIterator<Item = S>) -> Self {
        self.grant_types = grants.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `dpop_signing_alg_values_supported` (RFC 9449 §5.1); leave it out if DPoP is off.
    #[must_use]
    pub fn dpop_signing_alg_values_supported(mut self, algs: AlgorithmSet) -> Self {
        self.dpop_algs = Some(algs);
        self
    }

    /// Adds an optional member of the registered set.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<MemberValue>) -> Self {
        self.members.push((name.into(), value.into()));
        self
    }

    /// Adds to `protected_resources` (RFC 9728 §4).
    #[must_use]
    pub fn protected_resources<'r>(mut self, resources: impl IntoIterator<Item = &'r ResourceIdentifier>) -> Self {
        self.protected_resources.extend(resources.into_iter().map(|resource| resource.as_str().into()));
        self
    }

    /// Checks everything and writes the document.
    ///
    /// # Errors
    /// The first member that is invalid, unknown or set twice, or a missing one: the authorization endpoint if a grant
    /// needs it, or the response types without such an endpoint.
    pub fn build(self) -> Result<AuthorizationServerMetadata, ConfigError> {
        let issuer = WebUrl::parse("issuer", &self.issuer, self.plain_http)?;
        if issuer.query().is_some() {
            return Err(ConfigError::new("issuer", "has a query, which no issuer has (RFC 8414 §2)"));
        }
        let authorization_endpoint = self.endpoint_for_redirects(&issuer)?;
        let mut document = Document::default();
        document.add("issuer", Some(issuer.as_str()));
        document.add("authorization_endpoint", authorization_endpoint.as_ref().map(WebUrl::as_str));
        let jwks_uri = self.jwks_uri.clone().unwrap_or_else(|| issuer.below(JWKS));
        for (name, endpoint) in [("token_endpoint", &self.token_endpoint), ("jwks_uri", &jwks_uri)] {
            document.add(name, Some(self.on_the_issuers_origin(name, endpoint, &issuer)?.as_str()));
        }
        document.add_list("response_types_supported", self.response_types(authorization_endpoint.is_some())?);
        document.add_list("grant_types_supported", &self.grant_types);
        document.add("code_challenge_methods_supported", Some(["S256"]));
        if let Some(algs) = self.dpop_algs {
            document.add_list("dpop_signing_alg_values_supported", algs.iter().map(|algorithm| algorithm.name()));
        }
        self.add_members(&mut document)?;
        items_are_distinct("protected_resources", &self.protected_resources)?;
        document.add_list("protected_resources", &self.protected_resources);
        Ok(AuthorizationServerMetadata { issuer, json: document.to_json()? })
    }

    /// Returns the authorization endpoint, which must be set if a grant needs it. RFC 8414 §2.
    fn endpoint_for_redirects(&self, issuer: &WebUrl) -> Result<Option<WebUrl>, ConfigError> {
        const MEMBER: &str = "authorization_endpoint";
        let grants = &self.grant_types;
        if grants.is_empty() {
            return Err(ConfigError::new("grant_types_supported", "is empty; name at least one grant"));
        }
        grants.iter().try_for_each(|grant| word_is_printable("grant_types_supported", grant))?;
        items_are_distinct("grant_types_supported", grants)?;
        if let Some(endpoint) = &self.authorization_endpoint {
            return self.endpoint(MEMBER, endpoint, issuer).map(Some);
        }
        match grants.iter().find(|grant| REDIRECT_GRANTS.contains(&grant.as_str())) {
            Some(grant) => Err(ConfigError::new(MEMBER, format!("is missing, and {grant} needs it"))),
            None => Ok(None),
        }
    }

    /// Resolves an endpoint: a URL as given, or a path on the issuer's origin.
    fn endpoint(&self, member: &'static str, endpoint: &str, issuer: &WebUrl) -> Result<WebUrl, ConfigError> {
        if endpoint.starts_with('/') {
            return WebUrl::parse(member, &issuer.sibling(endpoint), self.plain_http);
        }
        WebUrl::parse(member, endpoint, self.plain_http)
    }

    /// Resolves an [`endpoint`](Self::endpoint) and checks that it is on the issuer's origin. P10.
    fn on_the_issuers_origin(
        &self,
        member: &'static str,
        endpoint: &str,
        issuer: &WebUrl,
    ) -> Result<WebUrl, ConfigError> {
        let url = self.endpoint(member, endpoint, issuer)?;
        if !url.origin().eq_ignore_ascii_case(issuer.origin()) {
            return Err(ConfigError::new(member, format!("{endpoint:?} is not on the issuer's origin")));
        }
        Ok(url)
    }

    /// Returns `response_types_supported`, a required member that is never empty.
    fn response_types(&self, has_authorization_endpoint: bool) -> Result<Vec<String>, ConfigError> {
        const MEMBER: &str = "response_types_supported";
        let Some(stated) = &self.response_types else {
            if has_authorization_endpoint {
                return Ok(["code".into()].into());
            }
            return Err(ConfigError::new(MEMBER, "is required; without an authorization endpoint, state it"));
        };
        if stated.is_empty() {
            return Err(ConfigError::new(MEMBER, "is empty; RFC 8414 requires the member, name at least one type"));
        }
        // `code id_token` is one type made of several words.
        stated.iter().flat_map(|kind| kind.split(' ')).try_for_each(|word| word_is_printable(MEMBER, word))?;
        items_are_distinct(MEMBER, stated)?;
        Ok(stated.clone())
    }

    /// Adds the host's members, after checking that each is known, well-formed and set once.
    fn add_members(&self, document: &mut Document) -> Result<(), ConfigError> {
        let names: Vec<String> = self.members.iter().map(|(name, _)| name.clone()).collect();
        items_are_distinct("member", &names)?;
        for (name, value) in &self.members {
            let name = member_is_registered(name, value, self.plain_http)?;
            document.add(name, Some(value.clone()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Algorithm;

    type Builder = AuthorizationServerMetadataBuilder;

    fn builder() -> Builder {
        AuthorizationServerMetadata::builder("https://as").response_types_supported(["code"])
    }

    fn json(builder: Builder) -> serde_json::Value {
        serde_json::from_str(&builder.build().unwrap().to_json()).unwrap()
    }

    fn refused(builder: Builder) -> &'static str {
        builder.build().unwrap_err().member()
    }

    #[test]
    fn p10_defaults_are_the_catalogues() {
        let expected = concat!(
            r#"{"issuer":"https://as","token_endpoint":"https://as/oauth/token","#,
            r#""jwks_uri":"https://as/.well-known/jwks.json","response_types_supported":["code"],"#,
            r#""grant_types_supported":["client_credentials"],"code_challenge_methods_supported":["S256"]}"#
        );
        assert_eq!(builder().build().unwrap().to_json(), expected);
    }

    #[test]
    fn cf4_md5_two_issuers_on_one_host_do_not_share_a_key_set() {
        let of = |issuer: &str| AuthorizationServerMetadata::builder(issuer).response_types_supported(["code"]);
        for (issuer, keys) in [
            ("https://as/", "https://as/.well-known/jwks.json"),
            ("https://as/t1", "https://as/t1/.well-known/jwks.json"),
            ("https://as/t2/", "https://as/t2/.well-known/jwks.json"),
        ] {
            assert_eq!(json(of(issuer))["jwks_uri"], keys);
        }
        assert_eq!(json(of("https://as/t1").jwks_uri("/keys"))["jwks_uri"], "https://as/keys");
    }

    #[test]
    fn p10_issuer_is_an_https_url_without_query_and_kept_verbatim() {
        for issuer in ["http://as", "as", "https://as?x", "https://as#f", "https://u@as", ""] {
            let builder = AuthorizationServerMetadata::builder(issuer).response_types_supported(["code"]);
            assert_eq!(refused(builder), "issuer", "{issuer}");
        }
        let slash = AuthorizationServerMetadata::builder("https://as/").response_types_supported(["code"]);
        assert_eq!(json(slash)["issuer"], "https://as/");
        let local = AuthorizationServerMetadata::builder("http://localhost:9000").danger_insecure_loopback();
        assert_eq!(
            json(local.response_types_supported(["code"]))["token_endpoint"],
            "http://localhost:9000/oauth/token"
        );
    }

    #[test]
    fn p10_suffix_goes_before_the_issuers_path() {
        for (issuer, path) in [
            ("https://as", "/.well-known/oauth-authorization-server"),
            ("https://as/", "/.well-known/oauth-authorization-server"),
            ("https://as/t1", "/.well-known/oauth-authorization-server/t1"),
            ("https://as/t1/", "/.well-known/oauth-authorization-server/t1"),
        ] {
            let document = AuthorizationServerMetadata::builder(issuer).response_types_supported(["code"]).build();
            let document = document.unwrap();
            assert_eq!(document.well_known_path(), path);
            assert_eq!(document.well_known_url(), format!("https://as{path}"));
            assert_eq!(document.respond("GET", path).unwrap().body_text(), document.to_json());
            assert_eq!(document.respond("POST", path).unwrap().status, 405);
            assert!(document.respond("GET", "/").is_none());
        }
    }

    #[test]
    fn p10_response_types_are_never_missing() {
        let without = AuthorizationServerMetadata::builder("https://as");
        assert_eq!(refused(without.clone()), "response_types_supported");
        assert_eq!(refused(without.clone().response_types_supported([""; 0])), "response_types_supported");
        assert_eq!(refused(without.clone().response_types_supported(["code "])), "response_types_supported");
        assert_eq!(refused(without.clone().response_types_supported(["code", "code"])), "response_types_supported");
        let with = json(without.authorization_endpoint("/authorize"));
        assert_eq!(with["response_types_supported"], serde_json::json!(["code"]));
    }

    #[test]
    fn p10_authorization_endpoint_is_there_if_a_grant_needs_it() {
        for grant in REDIRECT_GRANTS {
            assert_eq!(refused(builder().grant_types_supported([grant])), "authorization_endpoint");
            let with = builder().grant_types_supported([grant]).authorization_endpoint("https://login.as/authorize");
            assert_eq!(json(with)["authorization_endpoint"], "https://login.as/authorize");
        }
        assert!(builder().grant_types_supported(["urn:ietf:params:oauth:grant-type:device_code"]).build().is_ok());
    }

    #[test]
    fn p10_grants_are_named_once() {
        for grants in [&[""; 0][..], &["a b"], &["a", "a"], &[""]] {
            assert_eq!(refused(builder().grant_types_supported(grants.iter().copied())), "grant_types_supported");
        }
    }

    #[test]
    fn p10_token_endpoint_and_keys_are_on_the_issuers_origin() {
        let moved = json(builder().token_endpoint("/t").jwks_uri("https://as/keys"));
        assert_eq!((&moved["token_endpoint"], &moved["jwks_uri"]), (&"https://as/t".into(), &"https://as/keys".into()));
        for url in ["https://other/t", "http://as/t", "https://as:444/t", "t", "", "https://as/t#f", "/t#f", "/a b"] {
            assert_eq!(refused(builder().token_endpoint(url)), "token_endpoint", "{url}");
            assert_eq!(refused(builder().jwks_uri(url)), "jwks_uri", "{url}");
        }
    }

    #[test]
    fn p10_members_are_known_and_occur_once() {
        assert_eq!(refused(builder().member("x", true)), "member");
        assert_eq!(refused(builder().member("issuer", "https://other")), "member");
        let twice = builder().member("op_tos_uri", "https://a").member("op_tos_uri", "https://b");
        assert_eq!(refused(twice), "member");
        let document = json(builder().member("op_tos_uri", "https://a").member("scopes_supported", [""; 0]));
        assert_eq!(document["op_tos_uri"], "https://a");
        assert!(document.get("scopes_supported").is_none(), "P6");
    }

    #[test]
    fn p10_proof_algorithms_and_resources_are_listed() {
        let resource = ResourceIdentifier::parse("https://h/mcp").unwrap();
        let document = json(
            builder()
                .dpop_signing_alg_values_supported(AlgorithmSet::only(Algorithm::ES256))
                .protected_resources([&resource]),
        );
        assert_eq!(document["dpop_signing_alg_values_supported"], serde_json::json!(["ES256"]));
        assert_eq!(document["protected_resources"], serde_json::json!(["https://h/mcp"]));
        assert_eq!(refused(builder().protected_resources([&resource, &resource])), "protected_resources");
    }
}
