//! How the tokens of well-known products look.

use super::{IssuerProfile, Names};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl IssuerProfile {
    /// Keycloak: `typ` is `JWT` and the same for its ID and refresh tokens, so that the private `typ` claim must say `Bearer` (or
    /// `DPoP`); the client is in `azp`.
    ///
    /// Add an audience mapper for this resource to the client or a client scope, or tokens have no `aud` for it. From 26.2 on a
    /// client can be told to use `at+jwt`, which is better, and fits this profile as well.
    pub fn keycloak() -> Self {
        let mut profile =
            Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]).purpose(&["Bearer", "DPoP"], true);
        // Its access tokens had one until version 25.
        profile.may_hold = Vec::from(["nonce".to_string()]);
        profile
    }

    /// Auth0 with its own token profile: `typ` is `JWT`, the client in `azp`; there is no `jti`. The issuer ends in a slash:
    /// `https://tenant.eu.auth0.com/`. The API's setting "RFC 9068" makes tokens that need no profile.
    ///
    /// The array `permissions`, which RBAC adds, is not read. It lists everything that the *user* may do, whatever of it the client was
    /// granted: taken for scopes it lets a client that was granted little do all that its user can. Where every client is yours, add it:
    /// `.scopes_in(["scope", "permissions"])`.
    pub fn auth0() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Okta's custom authorization servers: no `typ` at all, the client in `cid`, scopes in the array `scp`. ID tokens have neither
    /// `cid` nor `scp`.
    pub fn okta() -> Self {
        let typ = ["JWT", "okta-internal-at+jwt"];
        let mut profile = Self::recipe(&typ, &["cid"], &["scp"], &["jti"]);
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Microsoft Entra ID, tokens of version 2.0 of one tenant: `typ` is `JWT`, the client in `azp`, delegated scopes in the string
    /// `scp`, `uti` for `jti`. `ver` must be `2.0` and `tid` the tenant. In a token that no user delegated, which has no `scp`, the array
    /// `roles` holds the client's own permissions, and they count as its scopes; beside `scp` it holds the roles of the user, and is not
    /// read.
    ///
    /// `aud` is the API's application id, not its URL: name it with
    /// [`TokenRules::audience_is`](crate::token::TokenRules::audience_is). Set `requestedAccessTokenVersion` to 2 in the API's manifest; the
    /// issuer is then `https://login.microsoftonline.com/{tenant}/v2.0`. Tokens for several tenants need one issuer each.
    pub fn entra_id_v2(tenant: impl Into<String>) -> Self {
        let mut profile = Self::recipe(&["JWT"], &["azp"], &["scp"], &["uti", "jti"]);
        profile.names_mut().client_scope = Vec::from(["roles".to_string()]);
        profile.pin("ver", "2.0").pin("tid", tenant)
    }

    /// The Elixir family attesto / attesto_phoenix: it does not look at `typ` and tells tokens apart by the private claim `typ`, which
    /// must say `access`.
    pub fn reference_family() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id"], &["scope"], &["jti"]).purpose(&["access"], true);
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Microsoft Entra ID, tokens of version 1.0 of one tenant: what every API gets until its manifest says 2, and what managed identities
    /// get. As [`entra_id_v2`](Self::entra_id_v2), with the client in `appid`, and `ver` must be `1.0`.
    ///
    /// The issuer is `https://sts.windows.net/{tenant}/`, with the slash; `aud` is the API's identifier (`api://...`) or its application
    /// id, as the token was asked for.
    pub fn entra_id_v1(tenant: impl Into<String>) -> Self {
        let mut profile = Self::recipe(&["JWT"], &["appid"], &["scp"], &["uti", "jti"]);
        profile.names_mut().client_scope = Vec::from(["roles".to_string()]);
        profile.pin("ver", "1.0").pin("tid", tenant)
    }

    /// Amazon Cognito user pools: no `typ`; `token_use` must be `access`, which ID tokens are not. A token that was asked for with a
    /// resource has its `aud`; any other has none, and is for the client that asked: name the clients' ids with
    /// [`TokenRules::audience_is`](crate::token::TokenRules::audience_is), beside the resource.
    pub fn cognito() -> Self {
        let mut profile = Self::recipe(&[], &["client_id"], &["scope"], &["jti"]).header_typ_may_be_absent();
        profile.names_mut().audience = Vec::from(["client_id".to_string()]);
        profile.pin("token_use", "access")
    }

    /// Spring Authorization Server: no `typ`, scopes in an array. By default its tokens are for the client itself (`aud`) and do not
    /// name it otherwise: an `OAuth2TokenCustomizer` has to put this resource into `aud` and the client into `client_id`, in access
    /// tokens only (`OAuth2TokenType.ACCESS_TOKEN`). Its ID tokens, which have `azp`, are refused even where it does so in them too.
    pub fn spring_authorization_server() -> Self {
        let profile = Self::recipe(&["JWT"], &["client_id"], &["scope"], &["jti"]).header_typ_may_be_absent();
        profile.forbid("azp").forbid("sid")
    }

    /// Duende IdentityServer: RFC 9068, but that scopes are an array, and a token that stands for a client has no `sub`.
    pub fn duende() -> Self {
        let mut profile = Self::rfc9068().subject_may_be_client();
        profile.names = Some(Names::rfc9068());
        profile
    }
}
