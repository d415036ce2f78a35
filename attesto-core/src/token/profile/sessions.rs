//! Profiles of tokens of a session between a login service and an application's own user. There is no OAuth client and
//! no grant, so they have no scopes. They are for an application's own backend.

use super::IssuerProfile;
use crate::ConfigError;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl IssuerProfile {
    /// A session token: no scopes, `jti` optional.
    fn session(typ: &[&str], client_id: &[&str]) -> Self {
        let mut profile = Self::recipe(typ, client_id, &[], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Supabase with asymmetric keys: issuer `https://PROJECT.supabase.co/auth/v1`, audience `authenticated`. `role`
    /// must be `authenticated`, which the project's own keys (`anon`, `service_role`) do not have. Users who signed in
    /// anonymously have the same role; their tokens have `is_anonymous`.
    pub fn supabase() -> Self {
        Self::session(&["JWT"], &["client_id", "sub"]).pin("role", "authenticated")
    }

    /// Firebase Authentication and Identity Platform, of this project: issuer `https://securetoken.google.com/PROJECT`,
    /// audience the project's id. All projects' tokens are signed with the same keys, so `aud` must be the project
    /// whatever the resource is called.
    ///
    /// # Errors
    /// Fails if the project is blank.
    pub fn firebase(project: impl Into<String>) -> Result<Self, ConfigError> {
        Self::session(&["JWT"], &["sub"]).require("user_id").pin_one_of("aud", [project])
    }

    /// Clerk, session tokens: the issuer is the instance's Frontend API. They have no `aud`; the audience is the origin
    /// of the application, in `azp`: name it with [`TokenRules::audience_is`](crate::token::TokenRules::audience_is)
    /// (`https://app.example.com`). `sid` is required; tokens of JWT templates lack it.
    pub fn clerk() -> Self {
        let mut profile = Self::session(&["JWT"], &["azp"]).require("sid");
        profile.names_mut().audience = Vec::from(["azp".to_string()]);
        profile
    }

    /// WorkOS AuthKit, access tokens of sessions. They have no `aud`. Either the issuer is specific to the client, or
    /// its keys are (`https://api.workos.com/sso/jwks/CLIENT_ID`; configure that as
    /// [`jwks_uri`](crate::remote::RemoteKeysBuilder::jwks_uri)). Name the issuer with
    /// [`TokenRules::audience_is`](crate::token::TokenRules::audience_is), and also the resource if tokens are
    /// requested with one. `permissions` are those of the user, and are not read.
    pub fn workos() -> Self {
        let mut profile = Self::session(&["JWT"], &["client_id", "sub"]).header_typ_may_be_absent().require("sid");
        profile.names_mut().audience = Vec::from(["iss".to_string()]);
        profile
    }

    /// Cloudflare Access, application tokens (the header field `Cf-Access-Jwt-Assertion`): issuer
    /// `https://TEAM.cloudflareaccess.com`, audience the application's AUD tag, `type` must be `app`. The keys are at
    /// `/cdn-cgi/access/certs`; configure that as [`jwks_uri`](crate::remote::RemoteKeysBuilder::jwks_uri). A service
    /// token has no subject: its client, in `common_name`, is the subject here, also for
    /// [`allow_subjects`](crate::token::TrustedIssuer::allow_subjects); see
    /// [`subject_may_be_client`](Self::subject_may_be_client).
    pub fn cloudflare_access() -> Self {
        Self::session(&["JWT"], &["common_name", "sub"]).subject_may_be_client().pin("type", "app")
    }
}
