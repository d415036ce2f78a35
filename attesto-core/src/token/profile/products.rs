//! Profiles of well-known products.

use super::issuer_profile::{IssuerProfile, Names};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl IssuerProfile {
    /// Keycloak: `typ` is `JWT`, also in its ID and refresh tokens, so the private `typ` claim must be `Bearer` (or
    /// `DPoP`). The client is in `azp`.
    ///
    /// Add an audience mapper for this resource to the client or a client scope; otherwise tokens have no `aud` for it.
    /// From 26.2 on, a client can be configured to use `at+jwt`, which is better, and matches this profile as well.
    pub fn keycloak() -> Self {
        let mut profile =
            Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]).purpose(&["Bearer", "DPoP"], true);
        // Its access tokens had a `nonce` until version 25.
        profile.may_hold = Vec::from(["nonce".to_string()]);
        profile
    }

    /// Auth0 with its own token profile: `typ` is `JWT`, the client is in `azp`, and there is no `jti`. The issuer ends
    /// in a slash: `https://tenant.eu.auth0.com/`. The API's setting "RFC 9068" makes tokens that need no profile.
    ///
    /// The array `permissions`, which RBAC adds, is not read. It lists everything that the *user* may do, not what the
    /// client was granted: read as scopes, it would give every client all rights of its user. If every client is yours,
    /// add `.scopes_in(["scope", "permissions"])`.
    pub fn auth0() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Okta's custom authorization servers: no `typ`, the client in `cid`, scopes in the array `scp`. ID tokens have
    /// neither `cid` nor `scp`.
    pub fn okta() -> Self {
        let typ = ["JWT", "okta-internal-at+jwt"];
        let mut profile = Self::recipe(&typ, &["cid"], &["scp"], &["jti"]);
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Microsoft Entra ID, tokens of version 2.0 of one tenant: `typ` is `JWT`, the client is in `azp`, delegated
    /// scopes are in the string `scp`, and `uti` replaces `jti`. `ver` must be `2.0` and `tid` the tenant. In a token
    /// that no user delegated, which has no `scp`, the array `roles` has the client's own permissions, which count as
    /// its scopes. Next to `scp` it has the roles of the user, and is not read.
    ///
    /// `aud` is the API's application id, not its URL: name it with
    /// [`TokenRules::audience_is`](crate::token::TokenRules::audience_is). Set `requestedAccessTokenVersion` to 2 in
    /// the API's manifest; the issuer is then `https://login.microsoftonline.com/{tenant}/v2.0`. Tokens for several
    /// tenants need one issuer each.
    pub fn entra_id_v2(tenant: impl Into<String>) -> Self {
        let mut profile = Self::recipe(&["JWT"], &["azp"], &["scp"], &["uti", "jti"]);
        profile.names_mut().client_scope = Vec::from(["roles".to_string()]);
        profile.pin("ver", "2.0").pin("tid", tenant)
    }

    /// The Elixir family attesto / attesto_phoenix: it ignores the `typ` header value and tells tokens apart by the
    /// private claim `typ`, which must be `access`.
    pub fn reference_family() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id"], &["scope"], &["jti"]).purpose(&["access"], true);
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Microsoft Entra ID, tokens of version 1.0 of one tenant: what every API gets until its manifest asks for version
    /// 2, and what managed identities get. Like [`entra_id_v2`](Self::entra_id_v2), but the client is in `appid`, and
    /// `ver` must be `1.0`.
    ///
    /// The issuer is `https://sts.windows.net/{tenant}/`, with the slash. `aud` is the API's identifier (`api://...`)
    /// or its application id, depending on the token request.
    pub fn entra_id_v1(tenant: impl Into<String>) -> Self {
        let mut profile = Self::recipe(&["JWT"], &["appid"], &["scp"], &["uti", "jti"]);
        profile.names_mut().client_scope = Vec::from(["roles".to_string()]);
        profile.pin("ver", "1.0").pin("tid", tenant)
    }

    /// Amazon Cognito user pools: no `typ`; `token_use` must be `access`, which it is not in ID tokens. A token
    /// requested with a resource has it in `aud`. Any other has no `aud` and is for the client itself: name the
    /// clients' ids with [`TokenRules::audience_is`](crate::token::TokenRules::audience_is), besides the resource.
    pub fn cognito() -> Self {
        let mut profile = Self::recipe(&[], &["client_id"], &["scope"], &["jti"]).header_typ_may_be_absent();
        profile.names_mut().audience = Vec::from(["client_id".to_string()]);
        profile.pin("token_use", "access")
    }

    /// Spring Authorization Server: no `typ`, scopes in an array. By default the client is the audience (`aud`) of its
    /// tokens and is not named otherwise. An `OAuth2TokenCustomizer` has to put this resource into `aud` and the client
    /// into `client_id`, in access tokens only (`OAuth2TokenType.ACCESS_TOKEN`). Its ID tokens, which have `azp`, are
    /// refused even if it changes those too.
    pub fn spring_authorization_server() -> Self {
        let profile = Self::recipe(&["JWT"], &["client_id"], &["scope"], &["jti"]).header_typ_may_be_absent();
        profile.forbid("azp").forbid("sid")
    }

    /// Duende IdentityServer: RFC 9068, except that scopes are an array and a client's own token has no `sub`. Its subject is
    /// the client here, also for [`allow_subjects`](crate::token::TrustedIssuer::allow_subjects); see
    /// [`subject_may_be_client`](Self::subject_may_be_client).
    pub fn duende() -> Self {
        let mut profile = Self::rfc9068().subject_may_be_client();
        profile.names = Some(Names::rfc9068());
        profile
    }
}
