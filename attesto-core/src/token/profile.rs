//! How the tokens of one kind of issuer look, where they are not RFC 9068's (catalogue J13, A8 to A10, A13).

use super::TokenError;
use super::raw::RawClaims;
use crate::ConfigError;
use crate::encoding::json::{Object, Value};
use crate::jose::Header;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod products;

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
/// // Its refresh tokens are JWTs as well: what tells them apart is pinned.
/// let own = IssuerProfile::rfc9068()
///     .header_typ(["JWT"])?
///     .pin("token_use", "access")
///     .client_id_in(["app"])?
///     .scopes_in(["permissions"])?;
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct IssuerProfile {
    header_typ: Vec<String>,
    header_typ_may_be_absent: bool,
    /// Claims of [`OTHER_KINDS`] that the issuer's access tokens have as well.
    may_hold: Vec<String>,
    names: Option<Names>,
    jti_is_optional: bool,
    purpose: Option<Purpose>,
    pinned: Vec<Pin>,
    forbidden: Vec<String>,
}

/// Claims that ID tokens and logout tokens have and access tokens have not. OpenID Connect Core 1.0 §2, §3.1.3.6, §3.3.2.11;
/// Back-Channel Logout 1.0 §2.4.
const OTHER_KINDS: [&str; 4] = ["nonce", "at_hash", "c_hash", "events"];

/// One of these strings must stand where the path leads.
#[derive(Clone, Debug)]
struct Pin {
    path: Vec<String>,
    values: Vec<String>,
}

impl Pin {
    fn holds(&self, claims: Object<'_>) -> bool {
        let Some((last, parents)) = self.path.split_last() else { return false };
        let mut object = claims;
        for name in parents {
            let Some(Value::Object(inner)) = object.get(name) else { return false };
            object = inner;
        }
        matches!(object.get(last), Some(Value::String(found)) if self.values.iter().any(|value| found == *value))
    }
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
            may_hold: Vec::new(),
            names: None,
            jti_is_optional: false,
            purpose: None,
            pinned: Vec::new(),
            forbidden: Vec::new(),
        }
    }

    /// Accepts these `typ` header values beside `at+jwt` (J13).
    ///
    /// `typ` is what keeps an access token apart from everything else that its issuer signs (RFC 9068 §4, RFC 8725 §3.12). In its place
    /// a token with a claim that only ID and logout tokens have (`nonce`, `at_hash`, `c_hash`, `events`) is refused. That does not
    /// tell refresh tokens that are JWTs, nor ID tokens without these claims: find out what does (`token_use`, `type`, `mode`,
    /// `token_class`), and [`pin`](Self::pin) it.
    ///
    /// # Errors
    /// Where a value is blank: there is no "any".
    pub fn header_typ<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.header_typ.extend(named("header_typ", values)?);
        Ok(self)
    }

    /// Says that access tokens of this issuer hold these claims too, of the four that are otherwise taken for another kind's where
    /// `typ` was loosened. Say it only where a [`pin`](Self::pin) or [`purpose_is`](Self::purpose_is) tells the kinds apart.
    ///
    /// # Errors
    /// Where a name is none of `nonce`, `at_hash`, `c_hash` and `events`.
    pub fn access_tokens_may_hold<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        let claims = named("access_tokens_may_hold", claims)?;
        if claims.iter().any(|claim| !OTHER_KINDS.contains(&claim.as_str())) {
            return Err(ConfigError::new("access_tokens_may_hold", "name claims of nonce, at_hash, c_hash and events"));
        }
        self.may_hold.extend(claims);
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
        self.pinned.push(Pin { path: Vec::from([claim.into()]), values: Vec::from([value.into()]) });
        self
    }

    /// A token with this claim is refused: it is one of the issuer's other tokens, `at_hash` or `nonce` of an ID token say.
    pub fn forbid(mut self, claim: impl Into<String>) -> Self {
        self.forbidden.push(claim.into());
        self
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

    /// Whether `typ` does not tell access tokens from the issuer's other tokens. RFC 9068 §4, RFC 8725 §3.12; J13.
    fn typ_is_loosened(&self) -> bool {
        self.header_typ_may_be_absent || !self.header_typ.is_empty()
    }

    /// No claim that only the issuer's other tokens have, and each pinned claim as pinned.
    pub(super) fn payload_fits(&self, object: Object<'_>) -> Result<(), TokenError> {
        self.kind_is_access_token(object)?;
        if self.pinned.iter().all(|pin| pin.holds(object)) { Ok(()) } else { Err(TokenError::PinnedClaim) }
    }

    /// No claim that only the issuer's other tokens have: those the profile names, and where `typ` tells nothing, the usual ones. RFC 8725
    /// §3.12; A13.
    fn kind_is_access_token(&self, object: Object<'_>) -> Result<(), TokenError> {
        let guarded = self.typ_is_loosened();
        if !guarded && self.forbidden.is_empty() {
            return Ok(());
        }
        object.members(|name, _| {
            let of_another_kind =
                guarded && OTHER_KINDS.contains(&name) && !self.may_hold.iter().any(|claim| claim == name);
            let forbidden = self.forbidden.iter().any(|claim| claim == name);
            if of_another_kind || forbidden { Err(TokenError::OtherTokenKind) } else { Ok(()) }
        })
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
