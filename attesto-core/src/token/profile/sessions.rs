//! Tokens of the session that a login service keeps with an application's own user: there is no OAuth client and nothing was granted,
//! so that they have no scopes. They serve an application's own backend.

use super::IssuerProfile;
use crate::ConfigError;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl IssuerProfile {
    /// No scopes, and no `jti` is needed.
    fn session(typ: &[&str], client_id: &[&str]) -> Self {
        let mut profile = Self::recipe(typ, client_id, &[], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Supabase with asymmetric keys: issuer `https://PROJECT.supabase.co/auth/v1`, audience `authenticated`, and `role` must be
    /// `authenticated`, which the project's own keys (`anon`, `service_role`) are not. Users who signed in anonymously have the same role:
    /// their tokens say `is_anonymous`.
    pub fn supabase() -> Self {
        Self::session(&["JWT"], &["client_id", "sub"]).pin("role", "authenticated")
    }

    /// Firebase Authentication and Identity Platform, of this project: issuer `https://securetoken.google.com/PROJECT`, audience the
    /// project's id. All projects' tokens are signed with the same keys, so `aud` must be the project whatever the resource is called.
    ///
    /// # Errors
    /// Where the project is blank.
    pub fn firebase(project: impl Into<String>) -> Result<Self, ConfigError> {
        Self::session(&["JWT"], &["sub"]).require("user_id").pin_one_of("aud", [project])
    }

    /// Clerk, session tokens: the issuer is the instance's Frontend API. They have no `aud`; who they are for is the origin of the
    /// application, in `azp`: name it with [`TokenRules::audience_is`](crate::token::TokenRules::audience_is) (`https://app.example.com`).
    /// `sid` must be there, which tokens of JWT templates have not.
    pub fn clerk() -> Self {
        let mut profile = Self::session(&["JWT"], &["azp"]).require("sid");
        profile.names_mut().audience = Vec::from(["azp".to_string()]);
        profile
    }

    /// WorkOS AuthKit, access tokens of sessions. They have no `aud`; the issuer is the client's own, or the keys are
    /// (`https://api.workos.com/sso/jwks/CLIENT_ID`, to be given as
    /// [`jwks_uri`](crate::remote::RemoteKeysBuilder::jwks_uri)): name the issuer with
    /// [`TokenRules::audience_is`](crate::token::TokenRules::audience_is), and the resource beside it where tokens are asked for with one.
    /// `permissions` say what the user may do, and are not read.
    pub fn workos() -> Self {
        let mut profile = Self::session(&["JWT"], &["client_id", "sub"]).header_typ_may_be_absent().require("sid");
        profile.names_mut().audience = Vec::from(["iss".to_string()]);
        profile
    }

    /// Cloudflare Access, application tokens (the field `Cf-Access-Jwt-Assertion`): issuer `https://TEAM.cloudflareaccess.com`, audience
    /// the application's AUD tag, `type` must be `app`; keys at `/cdn-cgi/access/certs`, to be given as
    /// [`jwks_uri`](crate::remote::RemoteKeysBuilder::jwks_uri). A service token has no subject: its client is in `common_name`.
    pub fn cloudflare_access() -> Self {
        Self::session(&["JWT"], &["common_name", "sub"]).subject_may_be_client().pin("type", "app")
    }
}
