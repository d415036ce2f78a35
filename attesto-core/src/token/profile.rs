//! How the tokens of one kind of issuer look, where they are not RFC 9068's (catalogue J13, A8 to A10, A13).

use super::TokenError;
use super::raw::RawClaims;
use crate::ConfigError;
use crate::encoding::json::{Object, Value};
use crate::jose::Header;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How an issuer's access tokens look: data, not code. The default is RFC 9068, strictly. A profile changes where things are said,
/// and what tells an access token from the issuer's other tokens; issuer, audience, dates, signature and binding are never its
/// business.
///
/// The recipes ([`keycloak`](Self::keycloak), [`auth0`](Self::auth0), [`okta`](Self::okta), [`entra_id_v2`](Self::entra_id_v2),
/// [`reference_family`](Self::reference_family)) say what each product issues by default. Where the product can be told to issue RFC
/// 9068 tokens, that is better, and needs no profile.
///
/// ```
/// # use attesto_core::crypto::RustCrypto;
/// use attesto_core::remote::RemoteKeys;
/// use attesto_core::token::{IssuerProfile, TrustedIssuer};
/// # use std::sync::Arc;
///
/// let keys = RemoteKeys::builder("https://example.okta.com/oauth2/default", Arc::new(RustCrypto::new())).build()?;
/// let issuer = TrustedIssuer::remote(keys).profile(IssuerProfile::okta());
///
/// // An issuer of your own: the client in `app`, scopes as an array, `typ: JWT`.
/// let own = IssuerProfile::rfc9068().header_typ(["JWT"])?.client_id_in(["app"])?.scopes_in(["permissions"])?;
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct IssuerProfile {
    header_typ: Vec<String>,
    header_typ_may_be_absent: bool,
    names: Option<Names>,
    jti_is_optional: bool,
    purpose: Option<Purpose>,
    pinned: Vec<(String, String)>,
    forbidden: Vec<String>,
    dates_may_be_text: bool,
}

/// Where a profile's claims are.
#[derive(Clone, Debug)]
struct Names {
    client_id: Vec<String>,
    scope: Vec<String>,
    /// Where none of `scope` is there.
    client_scope: Vec<String>,
    jti: Vec<String>,
}

#[derive(Clone, Debug)]
struct Purpose {
    accepted: Vec<String>,
    required: bool,
}

impl Names {
    fn rfc9068() -> Self {
        let one = |name: &str| Vec::from([name.to_string()]);
        Self { client_id: one("client_id"), scope: one("scope"), client_scope: Vec::new(), jti: one("jti") }
    }
}

impl IssuerProfile {
    /// RFC 9068, strictly: `typ` is `at+jwt`; `client_id`, `scope` (a string) and `jti` are where the RFC says.
    pub const fn rfc9068() -> Self {
        Self {
            header_typ: Vec::new(),
            header_typ_may_be_absent: false,
            names: None,
            jti_is_optional: false,
            purpose: None,
            pinned: Vec::new(),
            forbidden: Vec::new(),
            dates_may_be_text: false,
        }
    }

    /// Keycloak: `typ` is `JWT` and the same for its ID and refresh tokens, so that the private `typ` claim must say `Bearer` (or
    /// `DPoP`); the client is in `azp`.
    ///
    /// Add an audience mapper for this resource to the client or a client scope, or tokens have no `aud` for it. From 26.2 on a
    /// client can be told to use `at+jwt`, which is better, and fits this profile as well.
    pub fn keycloak() -> Self {
        Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]).purpose(&["Bearer", "DPoP"], true)
    }

    /// Auth0 with its own token profile: `typ` is `JWT`, the client in `azp`; there is no `jti`. The issuer ends in a slash:
    /// `https://tenant.eu.auth0.com/`. The API's setting "RFC 9068" makes tokens that need no profile.
    ///
    /// The array `permissions`, which RBAC adds, is not read. It lists everything that the *user* may do, whatever of it the client was
    /// granted: taken for scopes it lets a client that was granted little do all that its user can. Where every client is yours, add it:
    /// `.scopes_in(["scope", "permissions"])`.
    pub fn auth0() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id", "azp"], &["scope"], &["jti"]).not_an_id_token();
        profile.jti_is_optional = true;
        profile
    }

    /// Okta's custom authorization servers: no `typ` at all, the client in `cid`, scopes in the array `scp`. ID tokens have neither
    /// `cid` nor `scp`.
    pub fn okta() -> Self {
        let typ = ["JWT", "okta-internal-at+jwt"];
        let mut profile = Self::recipe(&typ, &["cid"], &["scp"], &["jti"]).not_an_id_token();
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Microsoft Entra ID, tokens of version 2.0 of one tenant: `typ` is `JWT`, the client in `azp`, delegated scopes in the string
    /// `scp`, `uti` for `jti`. `ver` must be `2.0` and `tid` the tenant. In a token that no user delegated, which has no `scp`, the array
    /// `roles` holds the client's own permissions, and they count as its scopes; beside `scp` it holds the roles of the user, and is not
    /// read.
    ///
    /// `aud` is the API's application id, not its URL: name it with
    /// [`TokenRules::audience_is`](super::TokenRules::audience_is). Set `requestedAccessTokenVersion` to 2 in the API's manifest; the
    /// issuer is then `https://login.microsoftonline.com/{tenant}/v2.0`. Tokens for several tenants need one issuer each.
    pub fn entra_id_v2(tenant: impl Into<String>) -> Self {
        let mut profile = Self::recipe(&["JWT"], &["azp"], &["scp"], &["uti", "jti"]).not_an_id_token();
        profile.names_mut().client_scope = Vec::from(["roles".to_string()]);
        profile.pinned = Vec::from([("ver".to_string(), "2.0".to_string()), ("tid".to_string(), tenant.into())]);
        profile
    }

    /// The Elixir family attesto / attesto_phoenix: it does not look at `typ` and tells tokens apart by the private claim `typ`, which
    /// must say `access`.
    pub fn reference_family() -> Self {
        let mut profile = Self::recipe(&["JWT"], &["client_id"], &["scope"], &["jti"]).purpose(&["access"], true);
        profile.header_typ_may_be_absent = true;
        profile
    }

    /// Accepts these `typ` header values beside `at+jwt` (J13).
    ///
    /// # Errors
    /// Where a value is blank: there is no "any".
    pub fn header_typ<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.header_typ.extend(named("header_typ", values)?);
        Ok(self)
    }

    /// The claims that may name the client, the first that is there counts. One of them is required (A8).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn client_id_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().client_id = named("client_id_in", claims)?;
        Ok(self)
    }

    /// The claims that hold scopes, all of which count: a string of scopes with single spaces between, or an array with one scope in
    /// each element (A10).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn scopes_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().scope = named("scopes_in", claims)?;
        Ok(self)
    }

    /// The claims that hold the scopes of a token that no user delegated. They count where none of [`scopes_in`](Self::scopes_in) is
    /// there: beside those they often say what the user may do, which is not what the client was granted.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn client_scopes_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.names_mut().client_scope = named("client_scopes_in", claims)?;
        Ok(self)
    }

    /// The claims that may identify the token, the first that is there counts, and whether there may be none (A9).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn jti_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
        optional: bool,
    ) -> Result<Self, ConfigError> {
        self.names_mut().jti = named("jti_in", claims)?;
        self.jti_is_optional = optional;
        Ok(self)
    }

    /// The private `typ` claim must say one of these (A13).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn purpose_is<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.purpose = Some(Purpose { accepted: named("purpose_is", values)?, required: true });
        Ok(self)
    }

    /// The claim must be this string.
    pub fn pin(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.pinned.push((claim.into(), value.into()));
        self
    }

    /// A token with this claim is refused: it is one of the issuer's other tokens, `at_hash` or `nonce` of an ID token say.
    pub fn forbid(mut self, claim: impl Into<String>) -> Self {
        self.forbidden.push(claim.into());
        self
    }

    /// In introspection answers, dates may be digits in quotation marks: `"exp": "1800000000"`. In tokens they may not (RFC 7519 §2).
    pub const fn introspected_dates_may_be_text(mut self) -> Self {
        self.dates_may_be_text = true;
        self
    }

    pub(super) const fn dates_may_be_text(&self) -> bool {
        self.dates_may_be_text
    }

    fn recipe(typ: &[&str], client_id: &[&str], scope: &[&str], jti: &[&str]) -> Self {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let names = Names { client_id: list(client_id), scope: list(scope), client_scope: Vec::new(), jti: list(jti) };
        Self { header_typ: list(typ), names: Some(names), ..Self::rfc9068() }
    }

    fn purpose(mut self, accepted: &[&str], required: bool) -> Self {
        let accepted = accepted.iter().map(ToString::to_string).collect();
        self.purpose = Some(Purpose { accepted, required });
        self
    }

    /// OpenID Connect Core 1.0 §2, §3.1.3.6, §3.3.2.11; Back-Channel Logout 1.0 §2.4.
    fn not_an_id_token(mut self) -> Self {
        self.forbidden.extend(["nonce", "at_hash", "c_hash", "events"].map(String::from));
        self
    }

    fn names_mut(&mut self) -> &mut Names {
        self.names.get_or_insert_with(Names::rfc9068)
    }

    pub(super) fn accept_typ(&mut self, value: String) {
        self.header_typ.push(value);
    }

    pub(super) fn check_purpose_claim(&mut self) {
        self.purpose = Some(Purpose { accepted: Vec::from(["access".to_string()]), required: false });
    }

    /// `at+jwt`, or what the profile names. RFC 9068 §4; J13.
    pub(super) fn typ_is_access_token(&self, header: &Header<'_>) -> bool {
        match header.typ {
            None => self.header_typ_may_be_absent,
            Some(_) => header.typ_is("at+jwt") || self.header_typ.iter().any(|typ| header.typ_is(typ)),
        }
    }

    /// The private `typ` claim says that this is an access token. Where it says that the token is DPoP-bound, `cnf` says to what. A13, B4.
    pub(super) fn purpose_is_access(
        &self,
        claim: Option<&Value<'_>>,
        cnf: Option<&Value<'_>>,
    ) -> Result<(), TokenError> {
        let Some(purpose) = &self.purpose else { return Ok(()) };
        match claim {
            Some(Value::String(text)) if text.eq_ignore_ascii_case("dpop") && cnf.is_none() => {
                Err(TokenError::UnsupportedConfirmation)
            }
            None if purpose.required => Err(TokenError::UnknownPurpose),
            None => Ok(()),
            Some(Value::String(text)) if purpose.accepted.iter().any(|accepted| accepted == text) => Ok(()),
            Some(Value::String(text)) if matches!(text.as_ref(), "refresh" | "Refresh" | "Offline" | "ID") => {
                Err(TokenError::WrongPurpose)
            }
            Some(_) => Err(TokenError::UnknownPurpose),
        }
    }

    pub(super) const fn jti_is_optional(&self) -> bool {
        self.jti_is_optional
    }

    /// No claim that only the issuer's other tokens have, and each pinned claim as pinned.
    pub(super) fn payload_fits(&self, object: Object<'_>) -> Result<(), TokenError> {
        if self.forbidden.iter().any(|claim| object.get(claim).is_some()) {
            return Err(TokenError::OtherTokenKind);
        }
        let holds = |(claim, value): &(String, String)| matches!(object.get(claim), Some(Value::String(found)) if found == *value);
        if self.pinned.iter().all(holds) { Ok(()) } else { Err(TokenError::PinnedClaim) }
    }

    /// Puts what the profile's claims say where the rules look for it.
    pub(super) fn locate<'p>(&self, claims: &mut RawClaims<'p>, object: Object<'p>) {
        let Some(names) = &self.names else { return };
        let first = |names: &[String]| names.iter().find_map(|name| object.get(name));
        claims.client_id = first(&names.client_id);
        claims.jti = first(&names.jti);
        let all = |names: &[String]| all_scopes(names.iter().filter_map(|name| object.get(name)));
        claims.scope = all(&names.scope).or_else(|| all(&names.client_scope));
    }
}

impl Default for IssuerProfile {
    fn default() -> Self {
        Self::rfc9068()
    }
}

fn named<S: Into<String>>(
    member: &'static str,
    values: impl IntoIterator<Item = S>,
) -> Result<Vec<String>, ConfigError> {
    let values: Vec<String> = values.into_iter().map(Into::into).collect();
    if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) {
        return Err(ConfigError::new(member, "name at least one, none of them blank; there is no \"any\""));
    }
    Ok(values)
}

/// The scopes of all claims in one string. What has the wrong shape anywhere gives `null`, which is no scope claim (A10): half of
/// what was granted is not what was granted.
fn all_scopes<'p>(claims: impl Iterator<Item = Value<'p>>) -> Option<Value<'p>> {
    let claims: Vec<Value<'p>> = claims.collect();
    match claims.as_slice() {
        [] => return None,
        [Value::String(_)] => return claims.into_iter().next(),
        _ => {}
    }
    let mut scopes = String::new();
    for claim in claims {
        let added = match claim {
            Value::String(text) if text.is_empty() => Ok(()),
            Value::String(text) => add(&mut scopes, &text),
            // An element with a space would be two scopes that nobody granted.
            Value::Array(array) => array.items(|item| {
                let scope = item.into_string().filter(|scope| !scope.is_empty() && !scope.contains(' ')).ok_or(())?;
                add(&mut scopes, &scope)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(()),
        };
        if added.is_err() {
            return Some(Value::Null);
        }
    }
    Some(Value::String(scopes.into()))
}

fn add(scopes: &mut String, scope: &str) -> Result<(), ()> {
    if !scopes.is_empty() {
        scopes.push(' ');
    }
    scopes.push_str(scope);
    Ok(())
}
