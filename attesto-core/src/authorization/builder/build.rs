//! Checks a configuration (CF-1 to CF-3).

use super::discovery;
use super::options::AuthorizationServerBuilder;
use crate::ConfigError;
use crate::authorization::flow::own_tokens;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::registered_client::grant_type::GrantType;
use crate::authorization::resources::is_absolute;
use crate::authorization::routes::{Routes, paths_differ};
use crate::authorization::scopes::ScopeSet;
use crate::authorization::server::AuthorizationServer;
use crate::authorization::settings::documents::Documents;
use crate::authorization::settings::redirect_policy::RedirectPolicy;
use crate::authorization::settings::server::Settings;
use crate::authorization::settings::signers::Signers;
use crate::dpop::ProofPolicy;
use crate::http::{CanonicalOrigin, PlainHttp, WebUrl};
use crate::token::AccessTokenIssuer;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;

/// The longest leeway, in seconds.
const LONGEST_LEEWAY: u64 = 3600;

impl AuthorizationServerBuilder {
    /// Checks everything and builds the server.
    ///
    /// # Errors
    /// The first setting that is missing or wrong, and how to correct it.
    pub fn build(mut self) -> Result<AuthorizationServer, ConfigError> {
        let plain_http = if self.insecure_loopback { PlainHttp::LoopbackOnly } else { PlainHttp::Refused };
        let routes = Routes::new(&self.prefix, &self.own_paths, &self.issuer, plain_http)?;
        let issuer = WebUrl::parse("issuer", &self.issuer, plain_http)?;
        if self.insecure_loopback && !issuer.is_loopback() {
            return Err(ConfigError::new(
                "danger_insecure_loopback",
                "is for issuers on a loopback host (localhost, 127.0.0.1, [::1]); take the call away, or change the issuer",
            ));
        }
        let own = CanonicalOrigin::parse(issuer.origin())?;
        let audience = self.audience.take().ok_or_else(|| {
            ConfigError::new(
                "audience",
                "is missing: name the resource that tokens are for, such as https://api.example.com",
            )
        })?;
        audience_is_a_resource(&audience, plain_http)?;
        self.tied_scopes.are_sound(&audience)?;
        self.profile_is_kept()?;
        self.members_are_sound()?;
        let scopes = ScopeSet::new(&self.scopes);
        if scopes.iter().count() != self.scopes.len() {
            return Err(ConfigError::new("scopes_supported", "one is no scope-token (RFC 6749 §3.3), or occurs twice"));
        }
        if self.openid && scopes.is_empty() {
            return Err(ConfigError::new(
                "scopes_supported",
                "is missing: with openid_connect(), name the scopes that there are, such as openid, profile and offline_access",
            ));
        }
        let redirects = self.redirect_policy();
        let tokens = self.token_issuer(&audience)?;
        let signers = Signers::new(self.provider.as_ref(), Arc::clone(&self.keys), self.id_token_keys)?;
        if self.openid {
            signers.rs256_is_there_or_waived(self.without_rs256)?;
        }
        let verifier =
            |leeway| own_tokens::verifier(&self.issuer, &self.provider, &self.keys, self.insecure_loopback, leeway);
        let (verifier, late_verifier) = (verifier(0)?, verifier(self.resource_leeway)?);
        if self.insecure_loopback {
            self.origin = self.origin.allow_http_from_here();
            self.dpop = self.dpop.map(ProofPolicy::danger_allow_http);
        }
        let mut settings = Settings {
            issuer: self.issuer,
            provider: self.provider,
            tokens,
            jwks: signers.jwks(),
            signers,
            verifier,
            late_verifier,
            resource_leeway: self.resource_leeway,
            ask_introspection: self.ask_introspection,
            openid: self.openid,
            require_pushed_requests: self.require_pushed_requests,
            require_nonce: self.require_nonce,
            refuse_embedded: self.refuse_embedded,
            browser_clients: self.browser_clients,
            browser_credentials: self.browser_credentials,
            redirects,
            loopback_is_a_site: self.loopback_is_a_site,
            narrow_scopes: self.narrow_scopes,
            tied_scopes: self.tied_scopes,
            pkce_always: self.profile.pkce_always(),
            envelope: self.envelope,
            routes,
            audience,
            grants: self.grants.unwrap_or_else(|| self.profile.grants()),
            auth_methods: self.auth_methods.unwrap_or_else(|| self.profile.auth_methods()),
            assertions: self.assertions,
            scopes,
            lifetimes: self.lifetimes,
            refresh: self.refresh,
            dpop: self.dpop,
            certificates: self.certificates,
            origin: self.origin,
            own,
            deny_list: self.deny_list,
            realm: self.realm,
            client_kind: self.client_kind,
            retry_after: 1,
            documents: Documents::default(),
        };
        settings.documents = discovery::documents(&settings, plain_http, &self.own_metadata)?;
        let server = AuthorizationServer::from_settings(settings);
        paths_differ(server.paths())?;
        Ok(server)
    }

    /// Checks each setting, and those that depend on each other. CF-1, CF-3.
    fn members_are_sound(&mut self) -> Result<(), ConfigError> {
        self.grants_are_sound()?;
        self.auth_methods_are_sound()?;
        self.certificates_can_be_believed()?;
        self.assertions_can_be_verified()?;
        self.lifetimes.are_sound()?;
        self.redirect_policy().is_sound()?;
        if self.dpop.as_ref().and_then(ProofPolicy::nonces).is_some_and(|nonces| !nonces.is_for_authorization_server())
        {
            return Err(ConfigError::new(
                "dpop",
                "its nonces are those of a resource; make them for NonceUse::AuthorizationServer",
            ));
        }
        if !(1..=86_400).contains(&self.access_token_lifetime) {
            return Err(ConfigError::new(
                "access_token_lifetime",
                "must be 1 second to a day: nothing takes an access token back",
            ));
        }
        if self.resource_leeway > LONGEST_LEEWAY {
            return Err(ConfigError::new("resource_leeway", "must be at most an hour"));
        }
        let realm_fits = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !self.realm.bytes().all(realm_fits) {
            return Err(ConfigError::new("realm", "must be printable ASCII without quotes and backslashes"));
        }
        Ok(())
    }

    fn redirect_policy(&self) -> RedirectPolicy {
        let localhost_on_any_port = self.profile.localhost_on_any_port();
        RedirectPolicy { schemes: self.private_use_schemes.clone(), localhost_on_any_port }
    }

    fn token_issuer(&self, audience: &str) -> Result<AccessTokenIssuer, ConfigError> {
        let (provider, keys) = (Arc::clone(&self.provider), Arc::clone(&self.keys));
        let mut issuer = AccessTokenIssuer::builder(self.issuer.clone(), provider, keys);
        if self.insecure_loopback {
            issuer = issuer.danger_insecure_loopback();
        }
        if let Some(kinds) = &self.principal_kinds {
            issuer = issuer.principal_kinds(kinds.clone());
        }
        issuer
            .audience([audience.to_string()])
            .default_lifetime(Duration::from_secs(self.access_token_lifetime))
            .build()
    }

    fn grants_are_sound(&self) -> Result<(), ConfigError> {
        let problem = |text: &'static str| Err(ConfigError::new("grants", text));
        if self.effective_grants().is_empty() {
            return problem("is empty; name at least one grant");
        }
        let has = |grant| self.effective_grants().contains(&grant);
        if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
            return problem("refresh_token needs authorization_code: nothing else gives refresh tokens");
        }
        Ok(())
    }

    fn auth_methods_are_sound(&self) -> Result<(), ConfigError> {
        let problem = |text: &'static str| Err(ConfigError::new("auth_methods", text));
        let by_certificate = |method: &AuthMethod| match method {
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => true,
            AuthMethod::None
            | AuthMethod::ClientSecretBasic
            | AuthMethod::ClientSecretPost
            | AuthMethod::PrivateKeyJwt => false,
        };
        if self.effective_auth_methods().is_empty() {
            return problem("is empty; name at least one method");
        }
        if self.certificates.is_none() && self.effective_auth_methods().iter().any(by_certificate) {
            return problem("authentication by certificate needs mtls(..), which says where certificates come from");
        }
        if self.effective_auth_methods() == [AuthMethod::None]
            && self.effective_grants().contains(&GrantType::ClientCredentials)
        {
            return problem("client_credentials needs a method by which clients prove who they are");
        }
        Ok(())
    }

    /// Checks the settings for certificates. CA-7. A terminator that accepts self-signed certificates validates no
    /// chain, and a request does not show which was done: so one server accepts one kind only.
    fn certificates_can_be_believed(&self) -> Result<(), ConfigError> {
        let has = |method| self.effective_auth_methods().contains(&method);
        let problem = |text: &'static str| Err(ConfigError::new("auth_methods", text));
        if !has(AuthMethod::TlsClientAuth) {
            return Ok(());
        }
        if !self.tls_chains_are_validated {
            return problem("tls_client_auth needs tls_chains_are_validated(), if that is so (RFC 8705 §2.1)");
        }
        if has(AuthMethod::SelfSignedTlsClientAuth) {
            return problem(
                "tls_client_auth and self_signed_tls_client_auth need a server each: validated chains exclude the other",
            );
        }
        Ok(())
    }

    /// Checks that the provider supports some accepted algorithm, and keeps only the supported ones. CA-4.
    fn assertions_can_be_verified(&mut self) -> Result<(), ConfigError> {
        if !(1..=3600).contains(&self.assertions.lifetime) {
            return Err(ConfigError::new("assertion_lifetime", "must be 1 to 3600 seconds"));
        }
        match self.assertions.algorithms.intersection(self.provider.algorithms()) {
            Some(algorithms) => self.assertions.algorithms = algorithms,
            None if self.effective_auth_methods().contains(&AuthMethod::PrivateKeyJwt) => {
                return Err(ConfigError::new("assertion_algorithms", "the provider has none of them"));
            }
            None => {}
        }
        Ok(())
    }
}

/// Checks that the audience is a resource. RFC 8707 §2; AZ-21. An http or https one must be a valid URL.
fn audience_is_a_resource(audience: &str, plain_http: PlainHttp) -> Result<(), ConfigError> {
    let is_web =
        audience.split_once(':').is_none_or(|(scheme, _)| matches!(&*scheme.to_ascii_lowercase(), "http" | "https"));
    if is_web {
        return WebUrl::parse("audience", audience, plain_http).map(|_| ());
    }
    if is_absolute(audience) {
        Ok(())
    } else {
        Err(ConfigError::new("audience", "must be an absolute URI without a fragment (RFC 8707 §2)"))
    }
}
